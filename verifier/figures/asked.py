"""What is asked for: days, and of which purpose, site or terminal.

Days are of Asia/Shanghai, first and last included; it has had no summer time since 1991, so a day
has 24 hours.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from verifier.protocol.practice import PURPOSE as CHECK_IN

from .errors import FiguresRefused

SHANGHAI = timezone(timedelta(hours=8))
MOST_DAYS = 366
EARLIEST, LATEST = date(2000, 1, 1), date(9999, 12, 30)

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Place:
    """A fixed terminal as a filter knows it."""

    id: str
    label: str
    site: str


@dataclass(frozen=True)
class Known:
    """What may be asked for: purposes by their code, sites by name, terminals by id."""

    purposes: Collection[str]
    terminals: tuple[Place, ...]

    @property
    def sites(self) -> list[str]:
        """Where terminals stand."""
        return sorted({each.site for each in self.terminals})


@dataclass(frozen=True)
class Asked:
    """A range and its filters; None leaves one open."""

    first: date
    last: date
    purpose: str | None = None
    site: str | None = None
    terminal: str | None = None

    @property
    def days(self) -> int:
        """How many, both ends counted."""
        return (self.last - self.first).days + 1

    @property
    def since(self) -> datetime:
        """The first moment, UTC."""
        return _midnight(self.first)

    @property
    def until(self) -> datetime:
        """The first moment after it, UTC."""
        return _midnight(self.last + timedelta(days=1))

    @property
    def narrowed(self) -> bool:
        """Whether something is left out."""
        return any((self.purpose, self.site, self.terminal))

    def query(self) -> dict[str, str]:
        """As an address says it; what is left open is not said."""
        said = {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "purpose": self.purpose,
            "site": self.site,
            "terminal": self.terminal,
        }
        return {name: value for name, value in said.items() if value}


def today(at: datetime) -> date:
    """Which day it is in the hospital."""
    return at.astimezone(SHANGHAI).date()


def read(said: Mapping[str, str], known: Known, now: datetime) -> Asked:
    """From an address's parameters; without days it is today, with one alone that day.

    Raises `FiguresRefused`.
    """
    first_said, last_said = (said.get(name, "").strip() for name in ("from", "to"))
    first, last = _day(first_said, "from"), _day(last_said, "to")
    if first is None or last is None:
        first = last = first or last or today(now)
    if last < first:
        raise FiguresRefused("figures.days_reversed")
    if first < EARLIEST:
        raise FiguresRefused("figures.too_early", "from")
    if last > LATEST:
        raise FiguresRefused("figures.too_late", "to")
    asked = Asked(
        first,
        last,
        _one_of(said, "purpose", known.purposes),
        _one_of(said, "site", known.sites),
        _one_of(said, "terminal", [each.id for each in known.terminals]),
    )
    if asked.days > MOST_DAYS:
        raise FiguresRefused("figures.too_long")
    return asked


def counted(purposes: Collection[str]) -> list[str]:
    """Purposes that are a patient's: checking in is a member of staff's, and is not counted."""
    return [each for each in purposes if each != CHECK_IN]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def _day(said: str, field: str) -> date | None:
    if not said:
        return None
    try:
        if _DAY.fullmatch(said):
            return date.fromisoformat(said)
    except ValueError:
        pass
    raise FiguresRefused("figures.day_malformed", field)


def _one_of(said: Mapping[str, str], field: str, known: Collection[str]) -> str | None:
    value = said.get(field, "").strip()
    if not value:
        return None
    if value not in known:
        raise FiguresRefused("figures.filter_unknown", field)
    return value
