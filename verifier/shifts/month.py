"""A month of a roster, and the hospital's midnight."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

CHINA: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Asia/Shanghai, which has had no summer time since 1991: the server's own zone never counts."""

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100

# Not a month: the beginning of a full date, such as the day on which a table was made.
_MONTH = re.compile(
    r"(?<!\d)(20\d\d|2100) ?(?:年 ?(1[0-2]|0?[1-9]) ?月(?! ?\d)|"
    r"[-./](1[0-2]|0?[1-9])(?!\d|[-./]\d))"
)


@dataclass(frozen=True, order=True)
class Month:
    """One month. Raises `ValueError` outside January 2000 to December 2100."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (FIRST_YEAR <= self.year <= LAST_YEAR and 1 <= self.month <= 12):
            raise ValueError(f"no month of a roster: {self.year}-{self.month}")

    def day(self, number: int) -> date | None:
        """The date of a day's number, or None where the month has no such day."""
        if not 1 <= number <= self.length:
            return None
        return date(self.year, self.month, number)

    def days(self) -> Iterator[date]:
        """Every day, in order."""
        return (date(self.year, self.month, number) for number in range(1, self.length + 1))

    @property
    def first_day(self) -> date:
        """The first."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The last."""
        return date(self.year, self.month, self.length)

    @property
    def length(self) -> int:
        """How many days it has."""
        return calendar.monthrange(self.year, self.month)[1]

    @property
    def title(self) -> str:
        """`2026年12月`."""
        return f"{self.year}年{self.month}月"

    def __contains__(self, day: date) -> bool:
        return (day.year, day.month) == (self.year, self.month)


def months_named(text: str) -> set[Month]:
    """Months that a text names (`2026年12月`, `2026-12`); a full date names none."""
    return {Month(int(m[1]), int(m[2] or m[3])) for m in _MONTH.finditer(text)}


def midnight(day: date) -> datetime:
    """The beginning of a day in the hospital, as UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=CHINA).astimezone(UTC)


def local_day(moment: datetime) -> date:
    """The hospital's day of a moment that knows its zone."""
    return moment.astimezone(CHINA).date()
