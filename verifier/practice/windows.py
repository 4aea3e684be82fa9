"""Practice windows (执业时段): opened by a check-in, closed by a check-out, elsewhere, or by time.

A window ends at its closing, or at `until`, or where its lock was taken by another site, whichever
is first; the lock is the region's, so the end is always read with it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, insert, text, update

from verifier import ledger
from verifier.protocol.values import Liveness
from verifier.store.practice_tables import PracticeWindow

from . import changes, locks

ClosedBy = Literal["out", "elsewhere", "time", "review", "recheck", "correction"]

REVIEWED = ("provisional", "deferred")

_COLUMNS = """
w.id, w.institution, w.practitioner, p.code, w.site, w.department, w.state, w.opened_at, w.until,
least(coalesce(w.closed_at, w.until), l.closed_at) AS ends_at, w.closed_at, w.closed_by,
w.said_out_at, w.way, w.liveness, w.shift, w.proof, w.reason, w.review_by, w.reviewed_at,
w.recheck_by, w.rechecked_at, w.planned_until, w.proved_from, w.proved_to, w.simulated, w.leaf,
l.taken_by,
(SELECT CASE t.kind WHEN 'phone' THEN 'phone' ELSE 'terminal' END
 FROM terminals AS t WHERE t.id = w.terminal) AS source
"""
FROM = """
FROM practice_windows AS w JOIN practitioners AS p ON p.person = w.practitioner
LEFT JOIN practice_locks AS l ON l.practice_window = w.id
"""


class WindowRefused(Exception):
    """Codes: `practice.window_unknown`, `practice.review_done`, `practice.review_own`,
    `practice.time_outside`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Window:
    """A window as it stands. `ends_at` is when it ended, or will where nobody closes it."""

    id: str
    institution: str
    practitioner: str
    code: str
    site: str
    department: str
    state: str
    opened_at: datetime
    until: datetime
    ends_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    said_out_at: datetime | None
    way: str
    liveness: str
    shift: str
    proof: str
    reason: str | None
    review_by: datetime | None
    reviewed_at: datetime | None
    recheck_by: datetime | None
    rechecked_at: datetime | None
    planned_until: datetime | None
    proved_from: datetime | None
    proved_to: datetime | None
    simulated: bool
    leaf: str
    taken_by: str | None
    source: str | None

    def open_at(self, at: datetime) -> bool:
        """Whether somebody practises under it at this moment."""
        return self.state not in ("denied", "deferred") and self.opened_at <= at < self.ends_at


@dataclass(frozen=True)
class Opening:
    """What a new window is of."""

    id: str
    practitioner: str
    site: str
    department: str
    state: Literal["confirmed", "provisional", "deferred"]
    opened_at: datetime
    until: datetime
    way: Literal["face", "other"]
    liveness: Liveness
    shift: str
    proof: str
    reason: str | None
    decision: str | None
    terminal: str
    simulated: bool
    review_by: datetime | None
    request: str | None = None
    proved_from: datetime | None = None
    proved_to: datetime | None = None


def open_window(conn: Connection, institution: str, said: Opening) -> str:
    """Write it down, with a change and a ledger entry; the entry's leaf."""
    facts = {
        "window": said.id,
        "person": said.practitioner,
        "site": said.site,
        "terminal": said.terminal,
        "way": said.way,
        "shift": said.shift,
        "proof": said.proof,
        "reason": said.reason,
        "until": f"{said.until:%Y-%m-%dT%H:%M:%SZ}",
    }
    leaf = ledger.append(conn, institution, f"practice.{said.state}", facts)
    values = {name: getattr(said, name) for name in Opening.__dataclass_fields__}
    values |= {"liveness": said.liveness.value, "institution": institution, "leaf": leaf}
    conn.execute(insert(PracticeWindow).values(values))
    kind = f"window.{said.state}"
    changes.note(conn, institution, said.practitioner, kind, said.opened_at, said.id)
    return leaf


def get(conn: Connection, institution: str, window: str, *, hold: bool = False) -> Window | None:
    """One window, or None."""
    where = "WHERE w.id = :window AND w.institution = :institution"
    found = _windows(conn, where, hold, window=window, institution=institution)
    return found[0] if found else None


def last_before(conn: Connection, person: str, at: datetime) -> Window | None:
    """The newest that was opened by this moment, of those that were not denied."""
    where = (
        "WHERE w.practitioner = :person AND w.opened_at <= :at "
        "AND w.state NOT IN ('denied', 'deferred') ORDER BY w.opened_at DESC LIMIT 1"
    )
    found = _windows(conn, where, person=person, at=at)
    return found[0] if found else None


def of_decision(conn: Connection, decision: str) -> Window | None:
    """The one that this decision opened, or None."""
    found = _windows(conn, "WHERE w.decision = :decision", decision=decision)
    return found[0] if found else None


def of_request(conn: Connection, terminal: str, request: str) -> Window | None:
    """The one that this request of a phone opened, or None."""
    where = "WHERE w.terminal = :terminal AND w.request = :request"
    found = _windows(conn, where, terminal=terminal, request=request)
    return found[0] if found else None


def forgotten(conn: Connection, person: str, since: datetime, at: datetime) -> Window | None:
    """The newest that its time ended since then, and of which nobody said when it really did."""
    where = (
        "WHERE w.practitioner = :person AND w.said_out_at IS NULL AND l.taken_by IS NULL "
        "AND w.state NOT IN ('denied', 'deferred') AND w.until > :since AND w.until <= :at "
        "AND (w.closed_by IS NULL OR w.closed_by = 'time') "
        "AND w.recheck_by IS DISTINCT FROM w.until ORDER BY w.until DESC LIMIT 1"
    )
    found = _windows(conn, where, person=person, since=since, at=at)
    return found[0] if found else None


def between(
    conn: Connection, institution: str, start: datetime, end: datetime, person: str | None = None
) -> list[Window]:
    """Windows that have a moment in common with this time, oldest first."""
    where = (
        "WHERE w.institution = :institution AND w.opened_at < :end "
        "AND least(coalesce(w.closed_at, w.until), l.closed_at) > :start "
        "AND (CAST(:person AS text) IS NULL OR w.practitioner = :person) ORDER BY w.opened_at, w.id"
    )
    bound: dict[str, Any] = {"start": start, "end": end, "person": person}
    return _windows(conn, where, institution=institution, **bound)


def to_review(conn: Connection, institution: str) -> list[Window]:
    """What waits for medical affairs (医务科), the soonest due first."""
    where = (
        "WHERE w.institution = :institution AND w.state IN ('provisional', 'deferred') "
        "ORDER BY w.review_by, w.id"
    )
    return _windows(conn, where, institution=institution)


def close(conn: Connection, window: Window, at: datetime, by: ClosedBy) -> str:
    """End it now, and its lock; the leaf of the ledger's entry."""
    _set(conn, window, closed_at=at, closed_by=by)
    locks.release(conn, window.id, at)
    changes.note(conn, window.institution, window.practitioner, "window.closed", at, window.id)
    facts = {"window": window.id, "person": window.practitioner, "by": by}
    return ledger.append(conn, window.institution, "practice.closed", facts)


def extend(conn: Connection, window: Window, until: datetime, at: datetime, why: str) -> None:
    """Let it go on, for a declared operation. Never shortens."""
    if until <= window.until:
        return
    _set(conn, window, until=until)
    locks.extend(conn, window.id, until)
    changes.note(conn, window.institution, window.practitioner, "window.extended", at, window.id)
    facts = {"window": window.id, "why": why, "until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}
    ledger.append(conn, window.institution, "practice.extended", facts)


def confirm(conn: Connection, window: Window, terminal: str, at: datetime) -> None:
    """A face at a terminal, on the shift, takes the place of the review. `way` stays as it was."""
    put(conn, window, state="confirmed", review_by=None)
    changes.note(conn, window.institution, window.practitioner, "window.confirmed", at, window.id)
    facts = {"window": window.id, "person": window.practitioner, "terminal": terminal}
    ledger.append(conn, window.institution, "practice.confirmed_by_face", facts)


def review(
    conn: Connection,
    institution: str,
    window: str,
    *,
    approve: bool,
    by: str,
    by_people: Collection[str],
    at: datetime,
) -> Window:
    """Medical affairs says whether a provisional window counts. Nobody reviews the own:
    `by_people` are who the reviewer is (`registry.own`).

    Raises `WindowRefused`.
    """
    found = _held(conn, institution, window)
    if found.state not in REVIEWED:
        raise WindowRefused("practice.review_done", "it was reviewed already")
    if found.practitioner in by_people:
        raise WindowRefused("practice.review_own", "nobody reviews an own window")
    state = "approved" if approve else "denied"
    _set(conn, found, state=state, reviewed_at=at, reviewed_by=by)
    if not approve and found.ends_at > at:
        close(conn, found, at, "review")
    kind = f"window.{state}"
    changes.note(conn, institution, found.practitioner, kind, at, window)
    ledger.append(conn, institution, f"practice.{state}", {"window": window, "account": by})
    return _held(conn, institution, window)


def overlap(conn: Connection, window: Window, until: datetime) -> bool:
    """Whether the person practised under another window in a part of this one's time."""
    where = (
        "WHERE w.practitioner = :person AND w.id <> :window AND w.opened_at < :until "
        "AND w.state NOT IN ('denied', 'deferred') "
        "AND least(coalesce(w.closed_at, w.until), l.closed_at) > :opened LIMIT 1"
    )
    bound: dict[str, Any] = {"person": window.practitioner, "window": window.id}
    return bool(_windows(conn, where, until=until, opened=window.opened_at, **bound))


def put(conn: Connection, window: Window, **values: Any) -> None:
    """Change columns of a window that the caller holds."""
    _set(conn, window, **values)


def say_out(conn: Connection, institution: str, window: str, said: datetime, person: str) -> None:
    """补签: the person's own word, the next day, of when a forgotten window really ended.

    It is kept beside the window and changes nothing of it: a correction is another person's.
    Raises `WindowRefused`.
    """
    found = _held(conn, institution, window)
    if found.practitioner != person:
        raise WindowRefused("practice.window_unknown", "no such window of yours")
    if not found.opened_at < said <= found.ends_at:
        raise WindowRefused("practice.time_outside", "the time lies outside the window")
    _set(conn, found, said_out_at=said)
    facts = {"window": window, "person": person, "said": f"{said:%Y-%m-%dT%H:%M:%SZ}"}
    ledger.append(conn, institution, "practice.said_out", facts)


def correct(
    conn: Connection, institution: str, window: str, ends_at: datetime, by: str, at: datetime
) -> None:
    """Another person sets when a window ended: only earlier than it stands, never before it began.

    Raises `WindowRefused`.
    """
    found = _held(conn, institution, window)
    if not found.opened_at < ends_at <= min(found.ends_at, at):
        raise WindowRefused("practice.time_outside", "the time lies outside the window")
    _set(conn, found, closed_at=ends_at, closed_by="correction")
    locks.release(conn, window, ends_at)
    changes.note(conn, institution, found.practitioner, "window.corrected", at, window)
    facts = {"window": window, "account": by, "ends": f"{ends_at:%Y-%m-%dT%H:%M:%SZ}"}
    ledger.append(conn, institution, "practice.corrected", facts)


def end_of_time(conn: Connection, institution: str, at: datetime, batch: int = 500) -> int:
    """Close what nobody closed and whose time is over, and what was ended elsewhere; how many."""
    where = (
        "WHERE w.institution = :institution AND w.closed_at IS NULL "
        "AND (w.until <= :at OR l.closed_at IS NOT NULL) ORDER BY w.until LIMIT :batch"
    )
    found = _windows(conn, where, institution=institution, at=at, batch=batch)
    for window in found:
        close(conn, window, window.ends_at, _why_over(window))
    return len(found)


def _why_over(window: Window) -> ClosedBy:
    if window.taken_by:
        return "elsewhere"
    return "recheck" if window.recheck_by == window.until else "time"


def _held(conn: Connection, institution: str, window: str) -> Window:
    found = get(conn, institution, window, hold=True)
    if found is None:
        raise WindowRefused("practice.window_unknown", "there is no such window")
    return found


def _set(conn: Connection, window: Window, **values: Any) -> None:
    conn.execute(update(PracticeWindow).where(PracticeWindow.id == window.id).values(**values))


def _windows(conn: Connection, where: str, hold: bool = False, **bound: Any) -> list[Window]:
    lock = " FOR UPDATE OF w" if hold else ""
    rows = conn.execute(text(f"SELECT {_COLUMNS} {FROM} {where}{lock}"), bound)
    return [Window(**row) for row in rows.mappings()]
