"""What stands in the way of saving a roster, and what somebody might want to look at again.

A conflict `blocks`, or is a `hint` that a department may knowingly leave. Rests are looked at
because a plan usually has them; nothing is added up, and nobody is compared with anybody.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from .codes import ShiftCodes, ShiftKind
from .month import Month
from .plan import Assignment, Interval, by_start, intervals_of
from .texts import said

REST_AFTER_NIGHT: Final = timedelta(hours=8)
"""Work that begins sooner after a night's end is hinted at. Our own value."""


class Severity(StrEnum):
    """Whether a roster may be saved with it."""

    BLOCKS = "blocks"
    HINT = "hint"


@dataclass(frozen=True)
class Conflict:
    """One finding.

    Attributes:
        code: stable, `roster.…`.
        physician: whom it concerns; None for a whole department.
        day: of the hospital; None where there is no such day.
        zh, en: a sentence for the page.
    """

    code: str
    physician: str | None
    day: date | None
    zh: str
    en: str
    severity: Severity


@dataclass(frozen=True)
class Registration:
    """Days on which a physician is registered to practise (执业注册、多点执业备案).

    Attributes:
        site: None for every site of the institution.
        last_day: included; None while no end is set.
    """

    physician: str
    first_day: date
    last_day: date | None = None
    site: str | None = None

    def covers(self, physician: str, site: str, day: date) -> bool:
        """Whether this physician may practise at this site on this day."""
        return (
            self.physician == physician
            and self.site in (None, site)
            and self.first_day <= day
            and (self.last_day is None or day <= self.last_day)
        )


def find_conflicts(
    assignments: Iterable[Assignment],
    codes: ShiftCodes,
    registrations: Collection[Registration] | None = None,
    month: Month | None = None,
) -> tuple[Conflict, ...]:
    """Everything that is found, by physician; an assignment that stands twice counts once.

    `assignments` are all those that touch the time, of every department and of the days around it.
    Without `registrations` those are not looked at; with `month` a day outside it blocks.
    """
    found: list[Conflict] = []
    known: dict[str, list[Assignment]] = defaultdict(list)
    for one in sorted(set(assignments)):
        if month is not None and one.day not in month:
            found.append(conflict("roster.day_outside_month", one.physician, one.day, one.code))
        if one.code in codes:
            known[one.physician].append(one)
        else:
            found.append(conflict("roster.code_unknown", one.physician, one.day, one.code))
    by_physician = _by_physician(registrations)
    for physician, mine in known.items():
        intervals = sorted((i for a in mine for i in intervals_of(a, codes)), key=by_start)
        found.extend(_together(mine, codes))
        found.extend(_overlapping(intervals))
        found.extend(_without_rest(intervals))
        if registrations is not None:
            found.extend(_unregistered(intervals, by_physician[physician]))
    return tuple(dict.fromkeys(found))


def blocking(conflicts: Iterable[Conflict]) -> tuple[Conflict, ...]:
    """Those with which a roster is not saved."""
    return tuple(one for one in conflicts if one.severity is Severity.BLOCKS)


def missing_day(physician: str, month: Month, number: int, code: str) -> Conflict | None:
    """A conflict where the month has no day of this number, such as 31 April."""
    if month.day(number) is not None:
        return None
    return conflict("roster.day_does_not_exist", physician, None, f"{number} {code}")


def conflict(code: str, physician: str | None, day: date | None, value: str) -> Conflict:
    """A finding with its sentences; `value` says which shifts. Raises `KeyError`."""
    zh, en = said(code, value)
    severity = Severity.HINT if code in _HINTS else Severity.BLOCKS
    return Conflict(code, physician, day, zh, en, severity)


_HINTS = frozenset(
    {
        "roster.no_rest_after_night",
        "roster.on_call_elsewhere",
        "roster.holiday_uncovered",
        "roster.holidays_unknown",
    }
)


def _by_physician(registrations: Iterable[Registration] | None) -> dict[str, list[Registration]]:
    grouped: dict[str, list[Registration]] = defaultdict(list)
    for one in registrations or ():
        grouped[one.physician].append(one)
    return grouped


def _together(mine: Sequence[Assignment], codes: ShiftCodes) -> Iterator[Conflict]:
    """One physician's days on which a code that stands alone does not."""
    days: dict[date, list[Assignment]] = defaultdict(list)
    for one in mine:
        days[one.day].append(one)
    for day, several in days.items():
        names = sorted({codes.get(one.code).code for one in several})
        if len(names) > 1 and any(codes.get(name).alone for name in names):
            yield conflict("roster.codes_together", several[0].physician, day, " + ".join(names))


def _overlapping(intervals: Sequence[Interval]) -> Iterator[Conflict]:
    """Pairs with common time, of one physician's intervals by beginning."""
    for one, other in _pairs(intervals, lambda one: one.end_utc):
        if code := _quarrel(one, other):
            yield _of_two(code, one, other)


def _quarrel(one: Interval, other: Interval) -> str | None:
    """Which conflict the common time of two intervals is, if any."""
    kinds = {one.kind, other.kind}
    if ShiftKind.OFF in kinds:
        return None
    if kinds == {ShiftKind.WORK} and one.assignment.place != other.assignment.place:
        return "roster.overlap"
    if ShiftKind.ON_CALL in kinds and one.assignment.site != other.assignment.site:
        return "roster.on_call_elsewhere"
    return None


def _without_rest(intervals: Sequence[Interval]) -> Iterator[Conflict]:
    """Nights that are followed by another day's work at once."""
    work = [interval for interval in intervals if interval.kind is ShiftKind.WORK]
    for night, after in _pairs(work, lambda one: one.end_utc + REST_AFTER_NIGHT):
        if night.days[-1] > night.assignment.day < after.assignment.day:
            yield _of_two("roster.no_rest_after_night", night, after)


def _unregistered(
    intervals: Iterable[Interval], registrations: Sequence[Registration]
) -> Iterator[Conflict]:
    """Work and on call on days, nights' second days included, without a registration."""
    for interval in intervals:
        one = interval.assignment
        if interval.kind is ShiftKind.OFF:
            continue
        for day in interval.days:
            if not any(r.covers(one.physician, one.site, day) for r in registrations):
                value = f"{day} {one.code} {one.site}"
                yield conflict("roster.beyond_registration", one.physician, one.day, value)


def _pairs(
    intervals: Sequence[Interval], until: Callable[[Interval], datetime]
) -> Iterator[tuple[Interval, Interval]]:
    """Each two of which the later begins before `until` of the earlier; given by beginning."""
    for place, one in enumerate(intervals):
        for other in intervals[place + 1 :]:
            if other.start_utc >= until(one):
                break
            yield one, other


def _of_two(code: str, one: Interval, other: Interval) -> Conflict:
    first, second = one.assignment, other.assignment
    value = " / ".join(f"{a.day} {a.code} {a.department} {a.site}" for a in (first, second))
    return conflict(code, first.physician, second.day, value)
