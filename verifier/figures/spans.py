"""How a range is cut: hours where it is short, days, and weeks where it is long. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from .asked import SHANGHAI, Asked

Unit = Literal["hour", "day", "week"]
MOST_HOURLY, MOST_DAILY = 3, 62
"""Days up to which hours, and days, are shown one by one."""


@dataclass(frozen=True)
class Span:
    """One bar's time: from `start`, in Asia/Shanghai, until before `end`."""

    start: datetime
    end: datetime


def unit_of(asked: Asked) -> Unit:
    """How fine a range is shown."""
    if asked.days <= MOST_HOURLY:
        return "hour"
    return "day" if asked.days <= MOST_DAILY else "week"


def step_s(unit: Unit) -> int:
    """Seconds by which the store groups; weeks are made of days."""
    return 3600 if unit == "hour" else 86_400


def spans(asked: Asked) -> list[Span]:
    """Every one of the range, also those in which nothing happened. The first and the last week
    may be short: weeks begin on Monday."""
    return list(_cut(asked, unit_of(asked)))


def place_of(asked: Asked, index: int) -> int:
    """In which of `spans` the store's group `index` stands."""
    if unit_of(asked) != "week":
        return index
    monday = asked.first - timedelta(days=asked.first.weekday())
    return (asked.first + timedelta(days=index) - monday).days // 7


def laid_out(asked: Asked, groups: Mapping[int, int]) -> list[int]:
    """Counts of the store's groups, one for each span."""
    counts = [0] * len(spans(asked))
    for index, count in groups.items():
        counts[place_of(asked, index)] += count
    return counts


def _cut(asked: Asked, unit: Unit) -> Iterator[Span]:
    at, end = _local(asked.first), _local(asked.last + timedelta(days=1))
    while at < end:
        if unit == "hour":
            after = at + timedelta(hours=1)
        elif unit == "day":
            after = at + timedelta(days=1)
        else:
            after = at + timedelta(days=7 - at.weekday())
        yield Span(at, min(after, end))
        at = after


def _local(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
