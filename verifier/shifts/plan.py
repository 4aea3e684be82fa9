"""From assignments to times: who is on shift, on call, off or not scheduled, at any moment.

Times are UTC and half-open. A day begins at midnight in Asia/Shanghai wherever the server stands.
Nothing here looks at what a person did: a plan says who may practise where and when, no more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from .codes import ShiftCodes, ShiftKind
from .month import local_day, midnight


class Status(StrEnum):
    """What the roster says of a physician at one moment; exactly one of four."""

    ON_SHIFT = "on_shift"
    ON_CALL = "on_call"
    OFF = "off"
    UNSCHEDULED = "unscheduled"


@dataclass(frozen=True, order=True)
class Place:
    """Where somebody works: a department (科室) at a site (院区)."""

    department: str
    site: str


@dataclass(frozen=True, order=True)
class Assignment:
    """One shift of one physician: the code that stands in one cell of the grid.

    Attributes:
        physician: the insurance platform's code (医保医师代码), or the hospital's own.
        day: of the hospital; the day on which the shift begins.
        code: of the table of shift codes. A cell with two codes makes two assignments.
    """

    physician: str
    department: str
    site: str
    day: date
    code: str

    @property
    def place(self) -> Place:
        """Its department and site."""
        return Place(self.department, self.site)


@dataclass(frozen=True)
class Interval:
    """A stretch of an assignment's time, `start_utc` within and `end_utc` without."""

    start_utc: datetime
    end_utc: datetime
    kind: ShiftKind
    assignment: Assignment

    @property
    def code(self) -> str:
        """The assignment's."""
        return self.assignment.code

    @property
    def days(self) -> tuple[date, ...]:
        """The hospital's days that it touches: one, or two of a night."""
        last = local_day(self.end_utc - timedelta(microseconds=1))
        return tuple(dict.fromkeys((local_day(self.start_utc), last)))

    def covers(self, moment: datetime) -> bool:
        """Whether the moment lies within."""
        return self.start_utc <= moment < self.end_utc

    def overlaps(self, other: "Interval") -> bool:
        """Whether both have a moment in common."""
        return self.start_utc < other.end_utc and other.start_utc < self.end_utc


def intervals_of(assignment: Assignment, codes: ShiftCodes) -> tuple[Interval, ...]:
    """The stretches of one assignment, in order.

    Raises `RosterRefused` with `roster.code_unknown`.
    """
    meaning, begin = codes.get(assignment.code), midnight(assignment.day)
    return tuple(
        Interval(
            begin + timedelta(minutes=start),
            begin + timedelta(minutes=end),
            meaning.kind,
            assignment,
        )
        for start, end in meaning.intervals
    )


def status_at(
    assignments: Iterable[Assignment], physician: str, moment: datetime, codes: ShiftCodes
) -> Status:
    """Work beats on call, on call beats off, and without any of them nobody is scheduled.

    Raises `ValueError` for a moment without a zone, `RosterRefused` (`roster.code_unknown`).
    """
    kinds = {interval.kind for interval in intervals_at(assignments, physician, moment, codes)}
    return next((status for kind, status in _BY_RANK if kind in kinds), Status.UNSCHEDULED)


def overlay_at(
    assignments: Iterable[Assignment], physician: str, moment: datetime, codes: ShiftCodes
) -> tuple[Interval, ...]:
    """The on-call shifts of this moment, which become windows of practice when they are used.

    They stand beside work, and do not end it. Raises as `status_at`.
    """
    found = intervals_at(assignments, physician, moment, codes)
    return tuple(interval for interval in found if interval.kind is ShiftKind.ON_CALL)


def intervals_at(
    assignments: Iterable[Assignment], physician: str, moment: datetime, codes: ShiftCodes
) -> tuple[Interval, ...]:
    """Everything that the plan has for this physician and moment, by beginning. Raises likewise."""
    if moment.utcoffset() is None:
        raise ValueError("a moment needs its zone")
    mine = (a for a in assignments if a.physician == physician)
    found = {i for a in mine for i in intervals_of(a, codes) if i.covers(moment)}
    return tuple(sorted(found, key=by_start))


def by_start(interval: Interval) -> tuple[datetime, datetime, Assignment]:
    """For sorting."""
    return interval.start_utc, interval.end_utc, interval.assignment


_BY_RANK = (
    (ShiftKind.WORK, Status.ON_SHIFT),
    (ShiftKind.ON_CALL, Status.ON_CALL),
    (ShiftKind.OFF, Status.OFF),
)
