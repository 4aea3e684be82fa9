"""The board (执业看板): where each practitioner may practise at this moment, for settlement.

It tells the moment and keeps nothing. Who is on shift and has no window is `not_in`, and no more is
said of it: not since when, and not how often.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, text

from verifier.trust.keys import KeyRing

from . import locks
from .shift_now import Status as Shift

Status = Literal[
    "in", "provisional", "other_way", "on_call", "not_in", "elsewhere", "deferred", "off"
]
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True)
class Standing:
    """What a status follows from.

    Attributes:
        window: state of the window that is open now; None where none is.
        way: of that window.
        elsewhere: another institution of the region holds the practitioner's lock.
        deferred: a check-in that was sent later covers this moment and waits for review.
    """

    window: str | None
    way: str | None
    shift: Shift
    elsewhere: bool
    deferred: bool


def status_of(standing: Standing) -> Status:
    """Exactly one status. Total.

    Whoever has no shift here is `off` wherever they practise: what somebody does at another
    hospital in own time is none of this one's business.
    """
    if standing.window is not None:
        if standing.way != "face":
            return "other_way"
        return "provisional" if standing.window == "provisional" else "in"
    if standing.deferred:
        return "deferred"
    if standing.shift not in ("on_shift", "on_call"):
        return "off"
    if standing.elsewhere:
        return "elsewhere"
    return "on_call" if standing.shift == "on_call" else "not_in"


@dataclass(frozen=True)
class Line:
    """One practitioner on the board. `site` is a code: of the window, else of the shift."""

    person: str
    code: str
    profession: str
    department: str
    status: Status
    site: str | None
    window: str | None
    state: str | None
    way: str | None
    since: datetime | None
    until: datetime | None
    question_by: datetime | None = None
    """Until when a random question of this window is open; None where none is."""


_LINES = text("""
SELECT p.person, p.code, p.profession, p.department, w.id AS window_id, w.state, w.way, w.site,
       w.opened_at, w.ends_at, s.kind, s.site AS shift_site, w.recheck_by,
       w.rechecked_at IS NULL AND w.recheck_by > :at AS asked, EXISTS (
         SELECT 1 FROM practice_windows AS d WHERE d.practitioner = p.person
           AND d.state = 'deferred' AND d.opened_at <= :at AND d.until > :at
       ) AS deferred
FROM practitioners AS p
LEFT JOIN LATERAL (
  SELECT v.*, least(coalesce(v.closed_at, v.until), l.closed_at) AS ends_at
  FROM practice_windows AS v LEFT JOIN practice_locks AS l ON l.practice_window = v.id
  WHERE v.practitioner = p.person AND v.opened_at <= :at AND v.state NOT IN ('denied', 'deferred')
  ORDER BY v.opened_at DESC LIMIT 1
) AS w ON w.ends_at > :at
LEFT JOIN LATERAL (
  SELECT r.kind, r.site FROM roster_slots AS r
  WHERE r.practitioner = p.person AND r.starts_at <= :at AND r.ends_at > :at
  ORDER BY array_position(ARRAY['work','on_call','off'], r.kind::text), r.starts_at, r.id LIMIT 1
) AS s ON true
WHERE p.institution = :institution ORDER BY p.department, p.code
""")
_SHIFTS: dict[str | None, Shift] = {"work": "on_shift", "on_call": "on_call", "off": "off"}
_LOCKED = text("""
SELECT practitioner_key FROM practice_locks
WHERE practitioner_key = ANY(:keys) AND closed_at IS NULL AND since <= :at AND until > :at
  AND institution <> :institution
""")


def lines(
    conn: Connection, keyring: KeyRing, region_key: bytes | None, institution: str, at: datetime
) -> list[Line]:
    """Every practitioner of the institution once, by department and code. Two statements."""
    rows = conn.execute(_LINES, {"institution": institution, "at": at}).all()
    keys = {
        row.code: locks.practitioner_key(keyring, region_key, institution, row.code) for row in rows
    }
    bound = {"keys": list(keys.values()), "at": at, "institution": institution}
    away = set(conn.scalars(_LOCKED, bound))
    return [_line(row, keys[row.code] in away) for row in rows]


def count_by_site(found: list[Line]) -> Mapping[str, int]:
    """How many practise at each site now, by its code; a site without anybody is left out."""
    counts: dict[str, int] = {}
    for line in found:
        if line.window is not None and line.site is not None:
            counts[line.site] = counts.get(line.site, 0) + 1
    return counts


def _line(row: Any, elsewhere: bool) -> Line:
    shift: Shift = _SHIFTS.get(row.kind, "unscheduled")
    standing = Standing(row.state, row.way, shift, elsewhere, row.deferred)
    return Line(
        person=row.person,
        code=row.code,
        profession=row.profession,
        department=row.department,
        status=status_of(standing),
        site=row.site or row.shift_site,
        window=row.window_id,
        state=row.state,
        way=row.way,
        since=row.opened_at,
        until=row.ends_at,
        question_by=row.recheck_by if row.asked else None,
    )
