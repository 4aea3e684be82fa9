"""What counts as proof that somebody is at a site (定位), from all that is known of one request.

Not stopped: a camera and a position injected on a phone. Whoever controls a phone makes its
browser say any place, so its position proves nothing here; it can only contradict. A site's code
can be read out to somebody elsewhere while it holds, and a network can be entered through a tunnel.
Both prove less than a fixed terminal does, and the answer says on which one it rests.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from .datums import Datum
from .judging import Judged, Where
from .positions import Source
from .reasons import AGAINST_BELIEF, AGAINST_COUNTING, Reason


class Kind(StrEnum):
    """What the request came from."""

    SURVEYED_TERMINAL = "surveyed_terminal"
    """Fixed, its position measured and registered."""
    PHONE = "phone"


class Proof(StrEnum):
    """On what an answer rests, the strongest first."""

    SURVEYED_TERMINAL = "surveyed_terminal"
    SITE_CODE = "site_code"
    SITE_NETWORK = "site_network"
    NONE = "none"


class Answer(StrEnum):
    """What is known about the place."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNCERTAIN = "uncertain"
    """A fixed terminal so near the fence that its survey does not say on which side."""
    UNPROVEN = "unproven"


@dataclass(frozen=True)
class Sighting:
    """One position of the request: its source, where it lies, what the checks hold against it."""

    source: Source
    judged: Judged
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """All that is known of one request. A fixed terminal's registered position is a sighting of the
    source `surveyed`.
    """

    kind: Kind
    sightings: tuple[Sighting, ...] = ()
    site_code: bool = False
    """Whether the site's code matched, for the first time for this physician."""
    site_network: bool = False
    """Whether the request came from the site's network."""


@dataclass(frozen=True)
class PlaceAnswer:
    """The answer on place of one check-in."""

    answer: Answer
    proof: Proof
    reasons: tuple[str, ...]
    distance_m: float | None
    """To the boundary, negative inside, of the position that decided or else the first that
    counts; None without one.
    """
    datum_used: Datum | None
    """In which that distance was measured."""
    alert: bool = False
    """Whether somebody has to look: a fixed terminal seems to stand elsewhere."""


def answer_on(evidence: Evidence) -> PlaceAnswer:
    """The answer. A position clearly outside beats every proof; without proof it is `unproven`."""
    counted = [s for s in evidence.sightings if not AGAINST_COUNTING.intersection(s.reasons)]
    outside = [s for s in counted if s.judged.answer is Where.OUTSIDE]
    if outside:
        return _contradicted(evidence, outside)
    believed = [s for s in counted if not AGAINST_BELIEF.intersection(s.reasons)]
    surveyed = [s for s in believed if s.source is Source.SURVEYED]
    if evidence.kind is Kind.SURVEYED_TERMINAL and surveyed:
        return _surveyed(evidence, max(surveyed, key=lambda s: s.judged.distance_m))
    measured = next((s for s in believed if s.source is not Source.SURVEYED), None)
    if evidence.site_code:
        return _answered(evidence, Answer.INSIDE, Proof.SITE_CODE, measured)
    if evidence.site_network and measured:
        return _answered(evidence, Answer.INSIDE, Proof.SITE_NETWORK, measured)
    return _unproven(evidence, measured)


def _contradicted(evidence: Evidence, outside: list[Sighting]) -> PlaceAnswer:
    fixed = evidence.kind is Kind.SURVEYED_TERMINAL
    reasons = []
    if fixed and any(s.source is Source.SURVEYED for s in outside):
        reasons.append(Reason.REGISTERED_OUTSIDE)
    moved = fixed and any(s.source is Source.GNSS for s in outside)
    if moved:
        reasons.append(Reason.TERMINAL_MOVED)
    if evidence.site_code or evidence.site_network:
        reasons.append(Reason.CONTRADICTED)
    return _answered(evidence, Answer.OUTSIDE, Proof.NONE, outside[0], reasons, alert=moved)


def _surveyed(evidence: Evidence, registered: Sighting) -> PlaceAnswer:
    inside = registered.judged.answer is Where.INSIDE
    answer = Answer.INSIDE if inside else Answer.UNCERTAIN
    return _answered(evidence, answer, Proof.SURVEYED_TERMINAL, registered)


def _unproven(evidence: Evidence, measured: Sighting | None) -> PlaceAnswer:
    reason = Reason.BROWSER_ALONE if measured else Reason.NO_POSITION
    return _answered(evidence, Answer.UNPROVEN, Proof.NONE, measured, [reason])


def _answered(
    evidence: Evidence,
    answer: Answer,
    proof: Proof,
    decisive: Sighting | None,
    reasons: Iterable[Reason] = (),
    alert: bool = False,
) -> PlaceAnswer:
    every = [*reasons]
    for sighting in evidence.sightings:
        every += [*sighting.reasons, *sighting.judged.reasons]
    judged = decisive.judged if decisive else None
    return PlaceAnswer(
        answer=answer,
        proof=proof,
        reasons=tuple(reason.value for reason in dict.fromkeys(every)),
        distance_m=judged.distance_m if judged else None,
        datum_used=judged.datum_used if judged else None,
        alert=alert,
    )
