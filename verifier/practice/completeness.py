"""Monthly completeness (月度完整性): how a department's windows ended, and what is reviewed.

It tells whether the record is whole enough to settle on. It is made for departments alone: one with
so few practitioners that a figure would be somebody's is joined with the others that are so small.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import Connection, text

from .registry import HOSPITAL

FEWEST = 5
"""Practitioners with a window in the month, under which a department is not shown by itself."""

ENDS = ("out", "time", "elsewhere", "correction", "other", "open")
REVIEWS = ("approved", "denied", "pending")


@dataclass(frozen=True)
class Tally:
    """One window, as it is counted; `person` only serves to see how many people a figure has."""

    department: str
    person: str
    end: str
    review: str | None


@dataclass(frozen=True)
class Total:
    """A department's month; `department` is None for the small ones together."""

    department: str | None
    ends: Counter[str]
    reviews: Counter[str]


_WINDOWS = text("""
SELECT w.department, w.practitioner, w.state, w.closed_by, w.review_by IS NOT NULL AS asked,
       least(coalesce(w.closed_at, w.until), l.closed_at) AS ends_at, l.taken_by
FROM practice_windows AS w LEFT JOIN practice_locks AS l ON l.practice_window = w.id
WHERE w.institution = :institution AND w.opened_at >= :start AND w.opened_at < :end
""")


def bounds(month: date) -> tuple[datetime, datetime]:
    """A month's first moment and the next one's, Asia/Shanghai."""
    first = month.replace(day=1)
    later = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return datetime.combine(first, time(), HOSPITAL), datetime.combine(later, time(), HOSPITAL)


def read(conn: Connection, institution: str, month: date, at: datetime) -> list[Tally]:
    """Every window that was opened in the month."""
    start, end = bounds(month)
    bound = {"institution": institution, "start": start, "end": end}
    return [
        Tally(
            department=row.department,
            person=row.practitioner,
            end=_end(row.closed_by, row.taken_by, still_open=row.ends_at > at),
            review=_review(row.state, asked=row.asked),
        )
        for row in conn.execute(_WINDOWS, bound)
    ]


def totals(found: Sequence[Tally]) -> list[Total]:
    """By department; small ones together, and nothing of them where together they are small."""
    people: dict[str, set[str]] = {}
    for one in found:
        people.setdefault(one.department, set()).add(one.person)
    small = {name for name, members in people.items() if len(members) < FEWEST}
    shown = [_total(found, {name}, name) for name in sorted(people) if name not in small]
    together = set().union(*(people[name] for name in small))
    if len(together) >= FEWEST:
        shown.append(_total(found, small, None))
    return shown


def _total(found: Sequence[Tally], names: set[str], shown: str | None) -> Total:
    mine = [one for one in found if one.department in names]
    reviews = Counter(one.review for one in mine if one.review is not None)
    return Total(shown, Counter(one.end for one in mine), reviews)


def _end(closed_by: str | None, taken_by: str | None, *, still_open: bool) -> str:
    if closed_by in ("out", "elsewhere", "time", "correction"):
        return closed_by
    if closed_by is not None:
        return "other"
    if still_open:
        return "open"
    return "elsewhere" if taken_by else "time"


def _review(state: str, *, asked: bool) -> str | None:
    if state in ("provisional", "deferred"):
        return "pending"
    return state if asked and state in ("approved", "denied") else None
