"""How many people's faces are kept: now, and on each day of a range, by the ledger's entries.

The number of now is `filing.count`'s. Days before are found by walking back from it over what was
enrolled and withdrawn since, so the curve ends where the filing's number stands. Who was merged
counts once, also on days before the merge.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, text

from verifier.identity import filing

from .asked import Asked, today

_STEPS = text("""
WITH told AS (
  SELECT l.body->>'person' AS person, l.at, l.seq, (l.kind = 'template.enrolled')::int AS held
  FROM ledger AS l
  WHERE l.institution = :mine AND (l.kind = 'template.enrolled'
    OR l.kind = 'consent.withdrawn' AND (l.body->>'templates')::int > 0)
), steps AS (
  SELECT t.person, t.at,
    t.held - coalesce(lag(t.held) OVER (PARTITION BY t.person ORDER BY t.seq), 0) AS step
  FROM told AS t
)
SELECT (s.at AT TIME ZONE INTERVAL '08:00')::date AS day, sum(s.step)::int AS step
FROM steps AS s JOIN people AS p ON p.id = s.person
WHERE s.step <> 0 AND p.state <> 'merged' AND NOT p.synthetic
GROUP BY day
""")
_MARKS = text("""
SELECT (body->>'mark')::int AS mark, min(at) AS at FROM ledger
WHERE institution = :mine AND kind = 'filing.mark_reached' GROUP BY mark ORDER BY mark
""")


@dataclass(frozen=True)
class Enrolled:
    """People now, and at the end of each of `days`; marks with when each was first reached."""

    now: int
    days: list[date]
    people: list[int]
    reached: Mapping[int, datetime]


def enrolled(conn: Connection, institution: str, asked: Asked, at: datetime) -> Enrolled:
    """Of the whole hospital; a purpose, site or terminal narrows nothing here."""
    mine = {"mine": institution}
    now = filing.count(conn, institution).people
    steps = {row.day: row.step for row in conn.execute(_STEPS, mine)}
    reached = {row.mark: row.at for row in conn.execute(_MARKS, mine)}
    days = days_until(asked, today(at))
    return Enrolled(now, days, walked_back(now, steps, days), reached)


def days_until(asked: Asked, last: date) -> list[date]:
    """The days of the range that have begun."""
    count = (min(asked.last, last) - asked.first).days + 1
    return [asked.first + timedelta(days=n) for n in range(max(count, 0))]


def walked_back(now: int, steps: Mapping[date, int], days: list[date]) -> list[int]:
    """The number at each day's end: that of now without what came after. Never below zero."""
    found = []
    later = sum(step for day, step in steps.items() if days and day > days[-1])
    for day in reversed(days):
        found.append(max(now - later, 0))
        later += steps.get(day, 0)
    return found[::-1]
