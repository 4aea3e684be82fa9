"""What a decision rests on, and what it concludes: plain data around the pure rule."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from verifier.protocol.decision import Comparison, Identification
from verifier.protocol.values import Assurance, Liveness, Outcome


class Reason(StrEnum):
    """Why an outcome is what it is. Codes are stable; a screen has a sentence for each."""

    FACE_DIFFERS = "face_differs"
    CARD_EXPIRED = "card_expired"
    CARD_UNAUTHENTICATED = "card_unauthenticated"
    NAME_DIFFERS = "name_differs"
    NOT_ENROLLED = "not_enrolled"
    ASSURANCE_INSUFFICIENT = "assurance_insufficient"
    IDENTIFY_OFF = "identify_off"
    NARROWING_REQUIRED = "narrowing_required"
    FPIR_EXCEEDED = "fpir_exceeded"
    FMR_BELOW_FLOOR = "fmr_below_floor"
    NO_MATCH = "no_match"
    AMBIGUOUS = "ambiguous"
    LOOK_ALIKES = "look_alikes"
    LIVENESS_FAILED = "liveness_failed"
    LIVENESS_NOT_ASSESSED = "liveness_not_assessed"
    CODE_EXPIRED = "code_expired"
    CODE_FOREIGN = "code_foreign"
    PLATFORM_UNAVAILABLE = "platform_unavailable"
    CHIP_PHOTO_DIFFERS = "chip_photo_differs"
    CREDENTIAL_UNAVAILABLE = "credential_unavailable"
    CARD_ON_HOLD = "card_on_hold"


@dataclass(frozen=True)
class CardFacts:
    """A credential, and the person of this institution whom it names, if there is one.

    Attributes:
        authenticated: the reader proved the chip (a SAM reader does).
        name_agrees: the card's name is the registered one after normalisation; None where nobody
            is registered under the number.
        enrolled: a live template, under a live consent, of a confirmed person.
        on_hold: its loss was reported here (挂失), so that a person looks at whoever shows it.
    """

    authenticated: bool
    expired: bool
    name_agrees: bool | None
    enrolled: bool
    on_hold: bool = False


@dataclass(frozen=True)
class Candidate:
    """A person whom the search proposed, with the score of the template as re-read."""

    person: str
    score: float
    linked: bool


@dataclass(frozen=True)
class SearchFacts:
    """What a 1:N search found.

    Attributes:
        narrowed_by: what made the list, or None where the person gave nothing.
        searched: people on the list, N.
        gallery: people enrolled in the whole gallery.
        best: the best live candidates, highest score first; empty where nobody was searched.
    """

    narrowed_by: str | None
    searched: int
    gallery: int
    best: tuple[Candidate, ...] = ()


@dataclass(frozen=True)
class Facts:
    """Everything that `decide` looks at.

    Attributes:
        score: cosine of the fused probe and the card's person's template; None without a capture or
            without a template.
        chip_score: cosine of the probe and the photo on the card's chip; None without either.
        unresolved: why the token that was shown stands for nobody; None where none was, or it does.
    """

    liveness: Liveness
    face: bool
    card: CardFacts | None = None
    score: float | None = None
    search: SearchFacts | None = None
    unresolved: Reason | None = None
    chip_score: float | None = None


@dataclass(frozen=True)
class Verdict:
    """What follows from the facts.

    Attributes:
        identified: the person whom 1:N found, only where the outcome is `accepted`.
    """

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    assurance: Assurance | None = None
    enrolment_offered: bool = False
    comparison: Comparison | None = None
    identification: Identification | None = None
    identified: str | None = None


Answer = Literal["match", "no_match", "ambiguous", "not_searched"]
