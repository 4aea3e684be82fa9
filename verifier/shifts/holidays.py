"""Working days, weekends and statutory holidays (法定节假日), as the State Council announced them.

The table is that of the `chinese_calendar` package. Days that it cannot know yet are `unknown`:
a year without an announcement, and the last days of the newest year, which the next year's
announcement may still move (29 to 31 December 2018 belonged to New Year 2019).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import chinese_calendar

from .codes import ShiftCodes, ShiftKind
from .conflicts import Conflict, conflict
from .month import Month
from .plan import Assignment


class DayKind(StrEnum):
    """What a date is for a hospital's clinics."""

    WORKDAY = "workday"
    """A weekday, or a weekend day that was made one (调休上班)."""
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    """A statutory holiday, its bridging days (放假) included."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class HolidayName:
    """A holiday's name for both screens."""

    zh: str
    en: str


def day_kind(day: date) -> DayKind:
    """What a date is."""
    if not _known(day):
        return DayKind.UNKNOWN
    if day in chinese_calendar.holidays:
        return DayKind.HOLIDAY
    return DayKind.WORKDAY if chinese_calendar.is_workday(day) else DayKind.WEEKEND


def holiday_name(day: date) -> HolidayName | None:
    """The holiday's name, or None where `day_kind` is another."""
    if day_kind(day) is not DayKind.HOLIDAY:
        return None
    found = chinese_calendar.Holiday(chinese_calendar.holidays[day])
    return HolidayName(zh=str(found.chinese), en=str(found.value))


def uncovered_holidays(
    department: str, month: Month, assignments: Iterable[Assignment], codes: ShiftCodes
) -> tuple[Conflict, ...]:
    """Hints: holidays on which nobody of the department works or is on call, and unknown days.

    Raises `RosterRefused` (`roster.code_unknown`).
    """
    covered = {
        one.day
        for one in assignments
        if one.department == department and codes.get(one.code).kind is not ShiftKind.OFF
    }
    return tuple(_hints(month, covered))


def _hints(month: Month, covered: set[date]) -> Iterator[Conflict]:
    for day in month.days():
        name = holiday_name(day)
        if name is not None and day not in covered:
            value = f"{day} {name.zh} {name.en}"
            yield conflict("roster.holiday_uncovered", None, day, value)
    unknown = [day for day in month.days() if day_kind(day) is DayKind.UNKNOWN]
    if unknown:
        value = f"{unknown[0]}/{unknown[-1]}"
        yield conflict("roster.holidays_unknown", None, unknown[0], value)


_FIRST_YEAR: int = min(chinese_calendar.holidays).year
_LAST_YEAR: int = max(chinese_calendar.holidays).year
_NEXT_YEARS_FROM = date(_LAST_YEAR, 12, 26)


def _known(day: date) -> bool:
    return day.year >= _FIRST_YEAR and day < _NEXT_YEARS_FROM
