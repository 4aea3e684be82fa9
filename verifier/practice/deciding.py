"""Dual authentication (双重认证): face ∧ place ∧ shift ∧ right to practise, each answered apart.

Pure. Outside the shift is no wall: with face, place and registration a window opens at once,
provisional, with a reason. Only a missing registration, or practising elsewhere too far away,
denies. What is not proved yet is `retry`: there is another way, and care never waits.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from verifier.place import Answer, PlaceAnswer
from verifier.protocol.practice import Outcome, Part, Reason

from .registry import InForce
from .rules import PracticeRules
from .shift_now import ShiftNow

_PLACE = {
    Answer.INSIDE: Part.PROVED,
    Answer.UNCERTAIN: Part.NOT_PROVED,
    Answer.UNPROVEN: Part.NOT_PROVED,
    Answer.OUTSIDE: Part.REFUTED,
}


@dataclass(frozen=True)
class Facts:
    """All that one check-in is decided on.

    Attributes:
        accepted: whether the decision on identity was `accepted`.
        by_face: whether a face was part of it.
        right: None where no registration covers site and day.
    """

    accepted: bool
    by_face: bool
    place: PlaceAnswer
    shift: ShiftNow
    right: InForce | None
    reason: Reason | None
    at: datetime
    later: bool = False
    """Sent later: nobody stands there to be asked for a reason, and it is reviewed anyhow."""


@dataclass(frozen=True)
class Verdict:
    """What follows, before the lock is asked.

    Attributes:
        until: when the window ends where nobody closes it; None where none opens.
        review_by: until when somebody reviews it; None where nobody has to.
    """

    outcome: Outcome
    identity: Part
    place: Part
    registration: Part
    reasons: tuple[str, ...]
    at: datetime
    until: datetime | None = None
    review_by: datetime | None = None

    @property
    def proved(self) -> bool:
        """Whether a person with a right to practise is here, whatever the roster says."""
        who = self.identity in (Part.PROVED, Part.OTHER_WAY)
        return who and self.place is Part.PROVED and self.registration is Part.PROVED

    @property
    def opens(self) -> Literal["confirmed", "provisional"] | None:
        """In which state a window opens."""
        if self.outcome is Outcome.CONFIRMED:
            return "confirmed"
        return "provisional" if self.outcome is Outcome.PROVISIONAL else None


def decide(facts: Facts, rules: PracticeRules) -> Verdict:
    """The verdict. Total: every combination has one."""
    identity, place = _identity(facts), _PLACE[facts.place.answer]
    lawful = facts.right is not None and facts.right.right != "none"
    registration = Part.PROVED if lawful else Part.REFUTED
    reasons = _reasons(facts, identity, place, lawful)

    def verdict(outcome: Outcome, until: datetime | None = None) -> Verdict:
        review = facts.at + timedelta(hours=rules.review_h)
        due = review if outcome is Outcome.PROVISIONAL else None
        return Verdict(outcome, identity, place, registration, reasons, facts.at, until, due)

    if not lawful:
        return verdict(Outcome.DENIED)
    if identity is Part.NOT_PROVED or place is not Part.PROVED:
        return verdict(Outcome.RETRY)
    if _asks_for_a_reason(facts):
        return verdict(Outcome.RETRY)
    expected = facts.shift.status in ("on_shift", "on_call")
    sure = expected and identity is Part.PROVED
    return verdict(Outcome.CONFIRMED if sure else Outcome.PROVISIONAL, _until(facts, rules))


def _identity(facts: Facts) -> Part:
    if not facts.accepted:
        return Part.NOT_PROVED
    return Part.PROVED if facts.by_face else Part.OTHER_WAY


def _asks_for_a_reason(facts: Facts) -> bool:
    outside = facts.shift.status in ("off", "unscheduled")
    return outside and facts.reason is None and not facts.later


def _reasons(facts: Facts, identity: Part, place: Part, lawful: bool) -> tuple[str, ...]:
    found = []
    if not lawful:
        found.append("practice.no_registration")
    if identity is Part.NOT_PROVED:
        found.append("practice.identity_not_proved")
    if identity is Part.OTHER_WAY:
        found.append("practice.other_way")
    if place is not Part.PROVED:
        found.append("practice.place_not_proved")
    if facts.shift.status in ("off", "unscheduled"):
        found.append("practice.outside_shift")
    if lawful and place is Part.PROVED and _asks_for_a_reason(facts):
        found.append("practice.reason_needed")
    return (*found, *facts.place.reasons)


def _until(facts: Facts, rules: PracticeRules) -> datetime:
    """A shift's end and the grace; outside a shift so many hours; never past the longest."""
    ends = facts.shift.ends_at if facts.shift.status in ("on_shift", "on_call") else None
    planned = (ends or facts.at + timedelta(hours=rules.provisional_h)) + rules.grace
    return min(planned, facts.at + rules.longest)
