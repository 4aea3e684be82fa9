"""How a header writes a day: `1`, `1日`, `12/1`, `2026-12-01`, with a weekday behind it or not."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from .codes import clean
from .errors import refuse
from .month import FIRST_YEAR, LAST_YEAR, Month

WrittenDay = tuple[int | None, int | None, int]
"""A day as a header writes it: year and month where it does, and the day's number."""


@dataclass(frozen=True)
class DayColumn:
    """A column of days. `problem` says why none of its cells is read, where that is so."""

    day: date | None
    problem: str | None = None


def written_day(text: str) -> WrittenDay | None:
    """The day that a header means, or None."""
    plain = "".join(clean(text).split())
    if match := _FULL.fullmatch(plain):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _MONTH_DAY.fullmatch(plain):
        return None, int(match[1]), int(match[2])
    if match := _NUMBER.fullmatch(plain):
        return None, None, int(match[1])
    return None


def is_weekday(text: str) -> bool:
    """Whether it is the name of a weekday and nothing else."""
    return _ONLY_WEEKDAY.fullmatch(clean(text)) is not None


def day_columns(parsed: dict[int, WrittenDay], month: Month | None) -> dict[int, DayColumn]:
    """Dates of the columns, in the month given. Raises `RosterRefused` where that is needed and
    missing (`roster.grid_month_missing`).
    """
    days: dict[int, DayColumn] = {}
    seen: set[date] = set()
    for column, (year, number_of_month, number) in parsed.items():
        day = _date(year, number_of_month, number, month)
        problem = None
        if day is None:
            problem = "roster.day_does_not_exist"
        elif month is not None and day not in month:
            problem = "roster.day_outside_month"
        elif day in seen:
            problem = "roster.day_twice"
        else:
            seen.add(day)
        days[column] = DayColumn(day, problem)
    return days


def _date(year: int | None, month: int | None, number: int, of: Month | None) -> date | None:
    if of is None and (year is None or month is None):
        raise refuse("roster.grid_month_missing")
    if year is None:
        year = of.year if of is not None else 0
    if month is None:
        month = of.month if of is not None else 0
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12):
        return None
    return Month(year, month).day(number)


_WEEKDAY: Final = (
    r"(?:(?:周|星期|礼拜)?[一二三四五六日天末]|mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|"
    r"thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
)
_BEHIND: Final = rf"(?:\(?{_WEEKDAY}\)?)?"
_NUMBER = re.compile(rf"(\d{{1,2}})[日号]?{_BEHIND}", re.IGNORECASE | re.ASCII)
_MONTH_DAY = re.compile(
    rf"(\d{{1,2}})(?:月|[-/.])(\d{{1,2}})[日号]?{_BEHIND}", re.IGNORECASE | re.ASCII
)
_FULL = re.compile(
    rf"(\d{{4}})(?:年|[-/.])(\d{{1,2}})(?:月|[-/.])(\d{{1,2}})(?:日|(?:t|)00:00(?::00)?)?{_BEHIND}",
    re.IGNORECASE | re.ASCII,
)
_ONLY_WEEKDAY = re.compile(_WEEKDAY, re.IGNORECASE)
