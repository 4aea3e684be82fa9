"""The policy's form. What it does not say, or says badly, refuses the start.

A rate is always a rate: no cosine stands in a policy. A calibration turns rates into cosines when
the verifier starts (`verifier.policy.rules`).
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from verifier.counter.rules import CounterRules
from verifier.practice.rules import PracticeRules
from verifier.presence.terms import PresenceTerms
from verifier.protocol.decision import NEXT_STEPS
from verifier.protocol.values import Assurance, Code, Outcome
from verifier.ratings.rules import RatingRules

Rate = Annotated[float, Field(gt=0, lt=1)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=400)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=64)]
NextStep = Literal[
    "proceed",
    "look_again",
    "show_fresh_code",
    "present_card",
    "enrol",
    "use_card_or_counter",
    "counter",
    "self_pay_or_treat_first",
]

ENROLMENT = "enrolment"
"""What a notice of enrolment names among its `purposes` (建档); no claim is made for it."""

ALWAYS_OPEN = ("counter", "self_pay_or_treat_first")
"""The two doors that every outcome but `accepted` leaves open (DESIGN §1)."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NoticeText(_Table):
    """A notice (告知) that people were or are shown, and from when until when it is in force.

    Attributes:
        purposes: for which alone it is; none named: for all that no other notice names. The newest
            that is in force counts, and it alone where a purpose has one of its own.
    """

    version: str = Field(pattern=r"^[A-Za-z0-9._-]{1,32}$")
    title_zh: Title
    title_en: Title
    in_force_from: date
    in_force_until: date | None = Field(default=None, description="Last day, Asia/Shanghai.")
    purposes: list[Code] = []

    def in_force(self, day: date) -> bool:
        """Whether a claim of this day may rest on it."""
        return self.in_force_from <= day and (
            self.in_force_until is None or day <= self.in_force_until
        )


class Identify(_Table):
    """1:N without a card. Off unless a hospital's own policy turns it on.

    Attributes:
        narrowing: what may make the list: the last four characters that a person types, or the
            visits that the HIS expects for this purpose now, everywhere or in one department.
        fmr: false match rate of one comparison; with N people searched, FPIR = 1 - (1 - FMR)^N.
        ambiguity_fmr: a second person at this looser rate makes the answer ambiguous.
        max_fpir: above it the person is referred and nobody is searched.
    """

    enabled: bool = False
    narrowing: Annotated[list[Literal["last_four", "department", "expected"]], Field(min_length=1)]
    fmr: Rate
    ambiguity_fmr: Rate
    max_fpir: Rate

    @model_validator(mode="after")
    def _looser(self) -> Self:
        if self.ambiguity_fmr < self.fmr:
            raise ValueError("ambiguity_fmr must not be below fmr")
        return self


class Ground(_Table):
    """What for, why a face is needed, and on which ground. Without these nothing is done with one
    (令第19号 Art. 4).
    """

    title_zh: Title
    title_en: Title
    purpose: Sentence
    necessity: Sentence
    basis: Sentence


class Purpose(Ground):
    """One use of identity. Without purpose, necessity and basis it is refused.

    Attributes:
        fmr: false match rate of a 1:1 comparison.
        allow_tail: meet a rate below the calibration's floor by its tail fit; decisions say so.
        enough: the assurances on which this purpose accepts an identity.
        unenrolled: what a valid card means when nobody is enrolled under it; never `rejected`.
        ticket_days: for how many days a claim over a ticket counts; 0, none does.
        counter_min: minutes in which the counter deals with a referral (限时); 0, it has no queue.
        counter_second: letting pass at the counter needs a second person.
        proxy_allowed: somebody may come for the patient, with both credentials (代办).
    """

    fmr: Rate
    allow_tail: bool = False
    enough: Annotated[list[Assurance], Field(min_length=1)]
    unenrolled: Literal["accept", "refer"]
    offer_enrolment: bool = True
    ticket_days: int = Field(default=0, ge=0, le=7)
    counter_min: int = Field(default=15, ge=0, le=480)
    counter_second: bool = False
    proxy_allowed: bool = False
    identify: Identify


class EnrolmentRules(Ground):
    """Keeping a face (建档), in the register of purposes with its necessity and its ground.

    Attributes:
        renew: whoever was enrolled under another notice is asked to agree to the present one when
            next at the desk. Their consent stays good until then, and after a no.
    """

    renew: bool = True


class LivenessPolicy(_Table):
    """Presentation attack detection (ISO/IEC 30107-3). Not judged yet, so it cannot be required."""

    required: Literal[False] = False


class Policy(_Table):
    """Everything a hospital decides, in one file."""

    name: str = Field(min_length=1, max_length=64)
    challenge_lifetime_s: int = Field(ge=10, le=600)
    receipt_lifetime_s: int = Field(ge=60, le=7 * 86_400)
    guardian_below_age: int = Field(ge=0, le=18)
    guardian_enrolment: bool = Field(
        default=False,
        description="Whether a face may be enrolled under that age, with a guardian's consent.",
    )
    liveness: LivenessPolicy = LivenessPolicy()
    notices: Annotated[list[NoticeText], Field(min_length=1)]
    purposes: Annotated[dict[Code, Purpose], Field(min_length=1)]
    enrolment: EnrolmentRules
    next_steps: dict[Code, list[NextStep]]
    practice: PracticeRules = PracticeRules()
    counter: CounterRules = CounterRules()
    presence: PresenceTerms = PresenceTerms()
    ratings: RatingRules = RatingRules()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        versions = [notice.version for notice in self.notices]
        if len(set(versions)) != len(versions):
            raise ValueError("two notices have the same version")
        if all(notice.purposes for notice in self.notices):
            raise ValueError("one notice at least is for every purpose")
        if ENROLMENT in self.purposes:
            raise ValueError(f"{ENROLMENT} is no purpose of a claim; it has a table of its own")
        named = {purpose for notice in self.notices for purpose in notice.purposes}
        if unknown := named - {*self.purposes, ENROLMENT}:
            raise ValueError(f"a notice names no purpose of ours: {', '.join(sorted(unknown))}")
        if missing := {o.value for o in Outcome} - set(self.next_steps):
            raise ValueError(f"next_steps says nothing for {', '.join(sorted(missing))}")
        for key, steps in self.next_steps.items():
            if key != Outcome.ACCEPTED and not set(ALWAYS_OPEN) <= set(steps):
                raise ValueError(f"next_steps.{key} must keep {' and '.join(ALWAYS_OPEN)} open")
        if self.counter.emergency_purpose not in self.purposes:
            raise ValueError("counter.emergency_purpose is none of the purposes")
        return self

    def notice(self, version: str) -> NoticeText | None:
        """The notice of a version."""
        return next((n for n in self.notices if n.version == version), None)

    @property
    def newest_notice(self) -> NoticeText:
        """The last of the file that is no single purpose's."""
        return [notice for notice in self.notices if not notice.purposes][-1]

    def own_notices(self, purpose: str) -> list[NoticeText]:
        """The notices that this purpose has of its own, in the order of the file; mostly none."""
        return [notice for notice in self.notices if purpose in notice.purposes]

    def own_in_force(self, purpose: str, day: date) -> list[NoticeText]:
        """Those of them that are in force on this day."""
        return [notice for notice in self.own_notices(purpose) if notice.in_force(day)]

    def steps(self, outcome: Outcome, reasons: list[str]) -> list[str]:
        """What the screen offers: by the first reason that is named, else by the outcome."""
        named = [r for r in reasons if r in self.next_steps and r not in set(Outcome)]
        key = named[0] if named and outcome is not Outcome.ACCEPTED else outcome
        return list(self.next_steps[key])


if set(NextStep.__args__) != set(NEXT_STEPS):  # type: ignore[attr-defined]
    raise ImportError("the policy's next steps are not the protocol's")
