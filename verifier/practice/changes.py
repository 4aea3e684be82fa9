"""A feed of what changed, in an order without gaps (`verifier.store.feeds`), for a HIS that keeps a
copy."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, text

from verifier.protocol.practice import Change
from verifier.store import feeds
from verifier.store.feeds import CursorRefused
from verifier.store.practice_tables import PracticeChange

MOST = 1000

__all__ = ["MOST", "CursorRefused", "Page", "after", "note"]


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


_PAGE = text(f"""
SELECT c.transaction, c.seq, c.kind, p.code, c.at, c.practice_window, w.state, w.opened_at, w.site,
       least(coalesce(w.closed_at, w.until), l.closed_at) AS ends_at
FROM practice_changes AS c
JOIN practitioners AS p ON p.person = c.practitioner
LEFT JOIN practice_windows AS w ON w.id = c.practice_window
LEFT JOIN practice_locks AS l ON l.practice_window = w.id
WHERE c.institution = :institution AND {feeds.behind("c")}
ORDER BY {feeds.order("c")} LIMIT :limit
""")  # noqa: S608


def after(conn: Connection, institution: str, cursor: str | None, limit: int = MOST) -> Page:
    """The changes behind a cursor, oldest first. Raises `CursorRefused`."""
    start = feeds.parsed(cursor)
    bound = {"institution": institution, "limit": limit, **start.bound()}
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
    return Page(found, str(feeds.last(rows, start)))
