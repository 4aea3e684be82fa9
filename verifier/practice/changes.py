"""A feed of what changed, in an order without gaps, for a HIS that keeps a copy.

A row's number is taken before its transaction commits, so numbers become visible out of order. Each
row names its transaction; only rows of transactions before every one that still runs are given, so
nothing can appear later before a cursor that was given out.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, text

from verifier.protocol.practice import Change
from verifier.store.practice_tables import PracticeChange

MOST = 1000
_START = "0.0"


class CursorRefused(Exception):
    """This is no cursor of this feed."""

    code = "practice.cursor_malformed"


@dataclass(frozen=True)
class Page:
    """Changes, and from where to go on."""

    changes: list[Change]
    cursor: str


def note(
    conn: Connection,
    institution: str,
    practitioner: str,
    kind: str,
    at: datetime,
    window: str | None = None,
) -> None:
    """A change, in the transaction that makes it."""
    values = {
        "institution": institution,
        "practitioner": practitioner,
        "practice_window": window,
        "kind": kind,
        "at": at,
    }
    conn.execute(insert(PracticeChange).values(values))


_PAGE = text("""
SELECT c.transaction, c.seq, c.kind, p.code, c.at, c.practice_window, w.state, w.opened_at, w.site,
       least(coalesce(w.closed_at, w.until), l.closed_at) AS ends_at
FROM practice_changes AS c
JOIN practitioners AS p ON p.person = c.practitioner
LEFT JOIN practice_windows AS w ON w.id = c.practice_window
LEFT JOIN practice_locks AS l ON l.practice_window = w.id
WHERE c.institution = :institution AND (c.transaction, c.seq) > (:transaction, :seq)
  AND c.transaction < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY c.transaction, c.seq LIMIT :limit
""")


def after(conn: Connection, institution: str, cursor: str | None, limit: int = MOST) -> Page:
    """The changes behind a cursor, oldest first. Raises `CursorRefused`."""
    transaction, seq = _parsed(cursor or _START)
    bound = {"institution": institution, "transaction": transaction, "seq": seq, "limit": limit}
    rows = conn.execute(_PAGE, bound).all()
    found = [
        Change(
            kind=row.kind,
            code=row.code,
            at=row.at,
            window=row.practice_window,
            state=row.state,
            opened_at=row.opened_at,
            ends_at=row.ends_at,
            site=row.site,
        )
        for row in rows
    ]
    last = f"{rows[-1].transaction}.{rows[-1].seq}" if rows else f"{transaction}.{seq}"
    return Page(found, last)


def _parsed(cursor: str) -> tuple[int, int]:
    first, dot, second = cursor.partition(".")
    if not (dot and first.isdecimal() and second.isdecimal() and len(cursor) <= 40):
        raise CursorRefused("ask from the beginning, or with a cursor that this feed gave")
    found = int(first), int(second)
    if max(found) >= 2**63:
        raise CursorRefused("ask from the beginning, or with a cursor that this feed gave")
    return found
