"""Alarms (告警): new → seen → done, each step with who and when.

One is raised where the ledger's entry of its cause is, in the same transaction. While it is open
the same cause at the same terminal only counts up: nobody is called twice for one thing.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from verifier import ledger
from verifier.protocol.values import new_id
from verifier.store.account_tables import Account
from verifier.store.alarm_tables import Alarm
from verifier.store.schema import Terminal

MOST_NOTE = 200


class Cause(StrEnum):
    """What can be noticed."""

    MOVED = "terminal.moved"
    """A fixed terminal's own receiver says that it stands outside the fence."""
    CLONE = "terminal.clone_suspected"
    """Its key is in two hands; it was suspended."""
    CLOCK = "terminal.clock_skew"
    """Its clock is off by more than the warning's limit."""


class AlarmRefused(Exception):
    """Codes: `alarm.unknown`; `alarm.done` for one that is done already."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Raised:
    """One alarm as staff see it. `seen_by` and `done_by` are work numbers."""

    id: str
    cause: str
    terminal: str
    label: str
    site: str
    state: str
    raised_at: datetime
    last_at: datetime
    times: int
    seen_at: datetime | None
    seen_by: str | None
    done_at: datetime | None
    done_by: str | None
    note: str


def sound(conn: Connection, institution: str, cause: Cause, terminal: str, at: datetime) -> None:
    """Raise it, or count it on the one that is open, in the caller's transaction."""
    statement = insert(Alarm).values(
        id=new_id(),
        institution=institution,
        cause=cause.value,
        subject=terminal,
        state="new",
        raised_at=at,
        last_at=at,
        times=1,
    )
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["institution", "cause", "subject"],
            index_where=text("state <> 'done'"),
            set_={"last_at": at, "times": Alarm.times + 1},
        )
    )


def count_new(conn: Connection, institution: str) -> int:
    """How many nobody has looked at."""
    mine = (Alarm.institution == institution, Alarm.state == "new")
    return int(conn.scalar(select(func.count()).select_from(Alarm).where(*mine)) or 0)


def listed(conn: Connection, institution: str, most: int = 200) -> list[Raised]:
    """Open ones first, the newest first of each; those that are done after them."""
    seer, doer = Account.__table__.alias("seer"), Account.__table__.alias("doer")
    rows = conn.execute(
        select(
            *(Alarm.id, Alarm.cause, Alarm.subject.label("terminal"), Alarm.state, Alarm.note),
            *(Terminal.label, Terminal.site, Alarm.raised_at, Alarm.last_at, Alarm.times),
            *(Alarm.seen_at, seer.c.login.label("seen_by")),
            *(Alarm.done_at, doer.c.login.label("done_by")),
        )
        .join(Terminal, Terminal.id == Alarm.subject)
        .outerjoin(seer, seer.c.id == Alarm.seen_by)
        .outerjoin(doer, doer.c.id == Alarm.done_by)
        .where(Alarm.institution == institution)
        .order_by(Alarm.state == "done", Alarm.state == "seen", Alarm.last_at.desc(), Alarm.id)
        .limit(most)
    )
    return [Raised(**row) for row in rows.mappings()]


def look(conn: Connection, institution: str, alarm: str, by: str, at: datetime) -> None:
    """Somebody has seen it. Raises `AlarmRefused`."""
    found = _held(conn, institution, alarm)
    if found.state == "new":
        _put(conn, alarm, state="seen", seen_at=at, seen_by=by)
        _enter(conn, institution, "alarm.seen", found, by)


def finish(
    conn: Connection, institution: str, alarm: str, note: str, by: str, at: datetime
) -> None:
    """It is dealt with: the same cause raises a new one from now on. Raises `AlarmRefused`."""
    found = _held(conn, institution, alarm)
    if found.state == "new":
        _put(conn, alarm, seen_at=at, seen_by=by)
    _put(conn, alarm, state="done", done_at=at, done_by=by, note=note[:MOST_NOTE])
    _enter(conn, institution, "alarm.done", found, by)


def _held(conn: Connection, institution: str, alarm: str) -> Any:
    row = conn.execute(
        select(Alarm.id, Alarm.state, Alarm.cause, Alarm.subject)
        .where(Alarm.id == alarm, Alarm.institution == institution)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise AlarmRefused("alarm.unknown")
    if row.state == "done":
        raise AlarmRefused("alarm.done")
    return row


def _put(conn: Connection, alarm: str, **values: Any) -> None:
    conn.execute(update(Alarm).where(Alarm.id == alarm).values(**values))


def _enter(conn: Connection, institution: str, kind: str, found: Any, by: str) -> None:
    facts = {"alarm": found.id, "cause": found.cause, "terminal": found.subject, "by": by}
    ledger.append(conn, institution, kind, facts)
