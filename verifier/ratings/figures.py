"""How many ratings of each grade came, by week, and which share of the poor ones was answered in
time. Counts of a service and of places; there is no figure of anybody's work, and none by owner.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, text

from verifier.protocol.rating import Because, Door, Grade

WEEKS = 12
"""Shown where nothing else is asked for."""
LONGEST = timedelta(days=731)
GRADES = tuple(Grade)
POOR = tuple(grade for grade in Grade if grade.poor)


@dataclass(frozen=True)
class Range:
    """Days, both of them included, and one door or every one."""

    since: date
    until: date
    door: Door | None = None

    @classmethod
    def asked(cls, since: str, until: str, door: str, today: date) -> "Range":
        """What an address says; what is no date or no door is left at what is usual."""
        last = _day(until) or today
        usual = last - timedelta(days=last.weekday() + 7 * (WEEKS - 1))
        first = _day(since) or usual
        if not timedelta() <= last - first <= LONGEST:
            first = usual
        return cls(first, last, Door(door) if door in set(Door) else None)


@dataclass(frozen=True)
class Week:
    """Ratings of one week, that begins on a Monday, by grade."""

    monday: date
    counts: Mapping[Grade, int]

    @property
    def total(self) -> int:
        """Of every grade."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Poor:
    """Poor ratings that came in a range.

    Attributes:
        in_time: first answered, or closed with what was changed, before they were due.
        ended: of how many that is known: answered, or overdue without an answer.
        waiting: not due yet.
    """

    in_time: int
    ended: int
    waiting: int


@dataclass(frozen=True)
class Figures:
    """What came in a range."""

    weeks: list[Week]
    reasons: list[tuple[Because, int]]
    poor: Poor
    simulated: int

    @property
    def total(self) -> int:
        """Of every week."""
        return sum(week.total for week in self.weeks)

    @property
    def poor_total(self) -> int:
        """Of the two lowest grades."""
        return sum(self.of(grade) for grade in POOR)

    def of(self, grade: Grade) -> int:
        """Of one grade."""
        return sum(week.counts[grade] for week in self.weeks)


_WHERE = """
r.institution = :mine AND r.day BETWEEN :since AND :until
AND (CAST(:door AS text) IS NULL OR r.door = :door)
"""
_WEEKS = text(
    "SELECT CAST(date_trunc('week', r.day) AS date) AS monday, r.grade, count(*) AS times, "  # noqa: S608
    f"count(*) FILTER (WHERE r.simulated) AS simulated FROM ratings AS r WHERE {_WHERE} "
    "GROUP BY 1, 2"
)
_REASONS = text(
    "SELECT reason, count(*) AS times FROM ratings AS r, "  # noqa: S608
    f"jsonb_array_elements_text(r.reasons) AS reason WHERE {_WHERE} "
    "AND r.grade IN ('dissatisfied','very_dissatisfied') GROUP BY reason "
    "ORDER BY times DESC, reason"
)
_POOR = text(
    "SELECT count(*) FILTER (WHERE i.in_time) AS in_time, "  # noqa: S608
    "count(*) FILTER (WHERE i.in_time IS NOT NULL OR i.due_at < :at) AS ended, "
    "count(*) FILTER (WHERE i.in_time IS NULL AND i.due_at >= :at) AS waiting "
    f"FROM ratings AS r JOIN intakes AS i ON i.rating = r.id WHERE {_WHERE} "
    "AND i.kind = 'poor_rating'"
)


def figures(conn: Connection, institution: str, asked: Range, at: datetime) -> Figures:
    """Every week of the range, those without a rating too."""
    bound = {
        "mine": institution,
        "since": asked.since,
        "until": asked.until,
        "door": asked.door.value if asked.door else None,
    }
    rows = conn.execute(_WEEKS, bound).all()
    found = {(row.monday, row.grade): row.times for row in rows}
    weeks = [
        Week(monday, {grade: found.get((monday, grade.value), 0) for grade in Grade})
        for monday in _mondays(asked)
    ]
    reasons = [(Because(row.reason), row.times) for row in conn.execute(_REASONS, bound)]
    poor = Poor(*conn.execute(_POOR, bound | {"at": at}).one())
    return Figures(weeks, reasons, poor, sum(row.simulated for row in rows))


def _mondays(asked: Range) -> list[date]:
    first = asked.since - timedelta(days=asked.since.weekday())
    return [first + timedelta(days=7 * n) for n in range((asked.until - first).days // 7 + 1)]


def _day(said: str) -> date | None:
    try:
        found = date.fromisoformat(said)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None
