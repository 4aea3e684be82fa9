"""Check-ins made while the verifier was away (`verifier.decision.tickets`): always deferred.

What can be proved is an interval: after the ticket was given, before the claim came in. The
terminal's clock says when within it. No window practises until medical affairs approves it, and
none is approved over time in which the person practised elsewhere.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, text

from verifier.store.practice_tables import PracticeLock

from . import windows
from .locks import Stand
from .windows import Window, WindowRefused

BY_TICKET = "by_ticket"
"""Reason of a decision over a ticket."""

_WHEN = text("""
SELECT c.issued_at, d.touched_at, d.decided_at FROM decisions AS d
JOIN challenges AS c ON c.id = d.challenge WHERE d.id = :decision
""")
_OVERLAP = text("""
SELECT 1 FROM practice_locks WHERE practitioner_key = :key AND since < :until
  AND coalesce(closed_at, until) > :since LIMIT 1
""")


class Interval:
    """When an offline check-in was: the moment it says, and the moments that are proved."""

    def __init__(self, proved_from: datetime, said: datetime | None, proved_to: datetime) -> None:
        self.proved_from, self.proved_to = proved_from, proved_to
        self.said = min(max(said or proved_to, proved_from), proved_to)


def interval_of(conn: Connection, decision: str) -> Interval:
    """Of the decision over a ticket."""
    row = conn.execute(_WHEN, {"decision": decision}).one()
    return Interval(row.issued_at, row.touched_at, row.decided_at)


def approve(
    conn: Connection,
    window: Window,
    key: str,
    stand: Stand,
    at: datetime,
) -> None:
    """Give the window its place in the region's order, before it is approved.

    Raises `WindowRefused` with `practice.overlaps`.
    """
    until = min(window.until, at)
    if until <= window.opened_at:
        until = window.opened_at + timedelta(seconds=1)
    bound = {"key": key, "since": window.opened_at, "until": until}
    if windows.overlap(conn, window, until) or conn.scalar(_OVERLAP, bound):
        raise WindowRefused("practice.overlaps", "the person practised elsewhere in this time")
    windows.put(conn, window, closed_at=until, closed_by="time")
    conn.execute(
        insert(PracticeLock).values(
            practice_window=window.id,
            practitioner_key=key,
            institution=stand.institution,
            site=stand.site,
            datum=stand.datum,
            latitude=stand.latitude,
            longitude=stand.longitude,
            since=window.opened_at,
            until=until,
            closed_at=until,
        )
    )
