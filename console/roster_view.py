"""A month as a grid for the eye: columns of days with their kinds, rows of people, cells."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from verifier.shifts import (
    Assignment,
    DayKind,
    HolidayName,
    Month,
    Physician,
    ShiftCode,
    ShiftCodes,
    day_kind,
    holiday_name,
)


@dataclass(frozen=True)
class Column:
    """One day.

    Attributes:
        marks: any of `weekend`, `holiday`, `made_workday`, `unknown`, `today`, `past`.
    """

    day: date
    marks: tuple[str, ...]
    holiday: HolidayName | None

    @property
    def weekday(self) -> int:
        """0 is Monday."""
        return self.day.weekday()


@dataclass(frozen=True)
class Cell:
    """A physician's day; shifts in the order of the table of codes."""

    day: date
    shifts: tuple[tuple[str, str], ...]
    """Code and kind: `work`, `on_call`, `off`, or `unknown` for a code that the table lost."""
    marks: tuple[str, ...]
    open: bool


@dataclass(frozen=True)
class Row:
    """A physician's month."""

    physician: Physician
    cells: tuple[Cell, ...]


def columns(month: Month, today: date) -> tuple[Column, ...]:
    """The month's days."""
    return tuple(Column(day, _marks(day, today), holiday_name(day)) for day in month.days())


def rows(
    physicians: Iterable[Physician],
    planned: Iterable[Assignment],
    days: Iterable[Column],
    codes: ShiftCodes,
) -> tuple[Row, ...]:
    """A row for each physician."""
    order = {one.code: rank for rank, one in enumerate(codes)}
    names: dict[tuple[str, date], list[str]] = defaultdict(list)
    for one in planned:
        names[one.physician, one.day].append(one.code)
    for found in names.values():
        found.sort(key=lambda name: order.get(name, len(order)))
    shown = tuple(days)
    return tuple(
        Row(who, tuple(_cell(column, names[who.code, column.day], codes) for column in shown))
        for who in physicians
    )


def by_kind(codes: ShiftCodes) -> dict[str, list[ShiftCode]]:
    """The table of codes, for the legend and for choosing."""
    found: dict[str, list[ShiftCode]] = defaultdict(list)
    for one in codes:
        found[one.kind.value].append(one)
    return dict(found)


def beside(month: Month, step: int) -> Month | None:
    """The month before or after; None where no roster has one."""
    day = month.first_day - timedelta(days=1) if step < 0 else month.last_day + timedelta(days=1)
    try:
        return Month(day.year, day.month)
    except ValueError:
        return None


def _cell(column: Column, names: Iterable[str], codes: ShiftCodes) -> Cell:
    kinds = tuple((n, codes.get(n).kind.value if n in codes else "unknown") for n in names)
    return Cell(column.day, kinds, column.marks, "past" not in column.marks)


def _marks(day: date, today: date) -> tuple[str, ...]:
    kind = day_kind(day)
    marks = {
        "weekend": kind is DayKind.WEEKEND or (kind is DayKind.UNKNOWN and day.weekday() >= 5),
        "holiday": kind is DayKind.HOLIDAY,
        "made_workday": kind is DayKind.WORKDAY and day.weekday() >= 5,
        "unknown": kind is DayKind.UNKNOWN,
        "today": day == today,
        "past": day < today,
    }
    return tuple(name for name, holds in marks.items() if holds)
