"""Random re-verification: once a window, at a moment that nobody foresees, with an hour to answer.

Off as shipped. Never asked in theatre, ICU, delivery or emergency. While it waits the window ends
at the end of that hour, so an answer that does not come shows at the HIS's next question; being
recognised in time gives the planned end back. Nobody is told but the person.
"""

import hmac
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from verifier import ledger
from verifier.trust.keys import KeyRing

from . import changes, locks, windows
from .rules import PracticeRules
from .windows import Window

SPARED = ("theatre", "icu", "delivery", "emergency")

_DUE = text("""
SELECT w.id FROM practice_windows AS w
LEFT JOIN departments AS d ON d.institution = w.institution AND d.code = w.department
WHERE w.institution = :institution AND w.closed_at IS NULL AND w.until > :soon
  AND w.state IN ('confirmed', 'approved', 'provisional') AND w.way = 'face'
  AND w.recheck_by IS NULL AND w.opened_at <= :at
  AND coalesce(d.kind, 'ordinary') <> ALL (:spared)
""")


def moment_of(keyring: KeyRing, window: Window) -> datetime:
    """When this window's question comes: between a quarter and three quarters of its time."""
    digest = hmac.digest(keyring.derive("recheck"), window.id.encode(), "sha256")
    share = 0.25 + 0.5 * int.from_bytes(digest[:4], "big") / 2**32
    return window.opened_at + (window.until - window.opened_at) * share


def ask(
    conn: Connection, keyring: KeyRing, institution: str, rules: PracticeRules, at: datetime
) -> int:
    """Ask whose moment has come; how many."""
    if not rules.recheck:
        return 0
    answer_by = at + timedelta(minutes=rules.recheck_min)
    bound = {"institution": institution, "at": at, "soon": answer_by, "spared": list(SPARED)}
    count = 0
    for name in conn.scalars(_DUE, bound).all():
        window = windows.get(conn, institution, name, hold=True)
        if window is not None and window.open_at(at) and moment_of(keyring, window) <= at:
            _ask(conn, window, answer_by, at)
            count += 1
    return count


def open_question(window: Window, at: datetime) -> datetime | None:
    """Until when the person is asked to be recognised once more; None where nothing is asked."""
    by = window.recheck_by
    if by is None or window.rechecked_at is not None or not window.open_at(at):
        return None
    return by if at < by else None  # a declared operation may have let the window go on


def ended_unanswered(window: Window, at: datetime) -> bool:
    """Whether it is over since its question was not answered, and for no other reason."""
    asked = window.recheck_by is not None and window.rechecked_at is None
    return asked and window.ends_at == window.recheck_by and window.ends_at <= at


def answered(conn: Connection, window: Window, at: datetime) -> bool:
    """The person was recognised again; whether that had been asked and was in time."""
    waiting = window.recheck_by is not None and window.rechecked_at is None
    if not waiting or window.planned_until is None or not window.open_at(at):
        return False
    until = max(window.until, window.planned_until)  # an operation may reach further by now
    windows.put(conn, window, rechecked_at=at, until=until)
    locks.extend(conn, window.id, until)
    _note(conn, window, "rechecked", at)
    return True


def _ask(conn: Connection, window: Window, answer_by: datetime, at: datetime) -> None:
    windows.put(conn, window, recheck_by=answer_by, planned_until=window.until, until=answer_by)
    locks.extend(conn, window.id, answer_by)
    _note(conn, window, "recheck_asked", at)


def _note(conn: Connection, window: Window, what: str, at: datetime) -> None:
    changes.note(conn, window.institution, window.practitioner, f"window.{what}", at, window.id)
    ledger.append(conn, window.institution, f"practice.{what}", {"window": window.id})
