"""What changing shifts does to a roster, and what has to hold for it."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from .codes import ShiftCodes, ShiftKind
from .conflicts import blocking, find_conflicts
from .errors import refuse
from .plan import Assignment, intervals_of


class SwapKind(StrEnum):
    """What is asked."""

    SWAP = "swap"
    """换班: each takes the other's shift."""
    SUBSTITUTE = "substitute"
    """替班: one shift goes over, none comes back."""


class SwapState(StrEnum):
    """Where a request stands; all but `asked` are final."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Swap:
    """A request.

    Attributes:
        given: the asker's shift, which the accepter is to take.
        accepter: the physician who is asked.
        taken: the accepter's shift, which the asker takes; None for a substitution.
        expires_at: when an unanswered request ends; no later than the first shift's beginning.
        answered_at: when it got its final state.
    """

    kind: SwapKind
    given: Assignment
    accepter: str
    taken: Assignment | None
    expires_at: datetime
    state: SwapState = SwapState.ASKED
    answered_at: datetime | None = None

    @property
    def asker(self) -> str:
        """The physician who asks."""
        return self.given.physician


@dataclass(frozen=True)
class SwapRules:
    """What a hospital decides.

    Attributes:
        may_practise: whether a physician's registration covers a site on a day.
        belongs_to: whether a physician belongs to a department.
    """

    codes: ShiftCodes
    may_practise: Callable[[str, str, date], bool]
    belongs_to: Callable[[str, str], bool]


def exchanged(
    roster: Collection[Assignment], swap: Swap, rules: SwapRules, now: datetime
) -> set[Assignment]:
    """The roster with both shifts moved, if every rule holds. Raises `RosterRefused`."""
    before = set(roster)
    _movable(before, swap, rules, now)
    after = _moved(before, swap.given, swap.accepter, rules)
    if swap.taken is not None:
        after = _moved(after, swap.taken, swap.asker, rules)
    _no_new_conflict(before, after, swap, rules)
    return after


def begins_at(shift: Assignment, rules: SwapRules) -> datetime:
    """When a shift begins, in UTC."""
    return intervals_of(shift, rules.codes)[0].start_utc


def _movable(roster: set[Assignment], swap: Swap, rules: SwapRules, now: datetime) -> None:
    for shift, owner, heir in _moves(swap):
        if shift not in roster or shift.physician != owner:
            raise refuse("roster.swap_not_there")
        if rules.codes.get(shift.code).kind is ShiftKind.OFF:
            raise refuse("roster.swap_off_duty")
        if shift.department != swap.given.department or not rules.belongs_to(
            heir, shift.department
        ):
            raise refuse("roster.swap_department")
        if begins_at(shift, rules) <= now:
            raise refuse("roster.swap_past")
        days = {day for i in intervals_of(shift, rules.codes) for day in i.days}
        if not all(rules.may_practise(heir, shift.site, day) for day in days):
            raise refuse("roster.swap_not_registered")


def _moves(swap: Swap) -> Iterator[tuple[Assignment, str, str]]:
    """Each shift with whose it is and who takes it."""
    yield swap.given, swap.asker, swap.accepter
    if swap.taken is not None:
        yield swap.taken, swap.accepter, swap.asker


def _moved(
    roster: set[Assignment], shift: Assignment, heir: str, rules: SwapRules
) -> set[Assignment]:
    """The roster with one shift in other hands, and the heir's rest of that day in the giver's.

    A giver who has another shift on that day does not rest.
    """
    left = roster - {shift}
    rests = {one for one in _of(left, heir, shift.day) if rules.codes.get(one.code).gives_way}
    passed_on = set() if _of(left, shift.physician, shift.day) else rests
    back = {replace(rest, physician=shift.physician) for rest in passed_on}
    return (left - rests) | back | {replace(shift, physician=heir)}


def _of(roster: set[Assignment], physician: str, day: date) -> set[Assignment]:
    return {one for one in roster if (one.physician, one.day) == (physician, day)}


def _no_new_conflict(
    before: set[Assignment], after: set[Assignment], swap: Swap, rules: SwapRules
) -> None:
    both = {swap.asker, swap.accepter}
    if any(replace(shift, physician=heir) in before for shift, _, heir in _moves(swap)):
        raise refuse("roster.swap_conflict", "the heir has the same shift already")
    old = find_conflicts((a for a in before if a.physician in both), rules.codes)
    new = find_conflicts((a for a in after if a.physician in both), rules.codes)
    if added := set(blocking(new)) - set(old):
        raise refuse("roster.swap_conflict", "; ".join(sorted(one.en for one in added)))
