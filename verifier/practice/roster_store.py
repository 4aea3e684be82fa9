"""Assignments as rows: one row for each stretch of a shift, read and written in a transaction.

The pure core knows practitioners by their codes, the rows by the person's id.
"""

import hashlib
import json
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, text, tuple_

from verifier.protocol.values import b64url, new_id
from verifier.shifts import Assignment, Month, ShiftCodes, intervals_of
from verifier.store.practice_tables import Practitioner, RosterSlot

from .roster_errors import refuse

AROUND: Final = timedelta(days=2)
"""How far beyond the days in question a stretch, or a rest after it, may reach."""

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


def month(
    conn: Connection, institution: str, department: str, month: Month
) -> tuple[Assignment, ...]:
    """What is planned for a department in a month, by practitioner and day."""
    return assignments(conn, institution, department, month.first_day, month.last_day)


def assignments(
    conn: Connection, institution: str, department: str, first_day: date, last_day: date
) -> tuple[Assignment, ...]:
    """What is planned for a department on these days, both included."""
    return _read(
        conn, _between(institution, first_day, last_day, RosterSlot.department == department)
    )


def of_people(
    conn: Connection, institution: str, codes: Collection[str], first_day: date, last_day: date
) -> tuple[Assignment, ...]:
    """Everything that is planned for these people, in any department, on the days and around."""
    mine = Practitioner.code.in_(codes)
    return _read(conn, _between(institution, first_day - AROUND, last_day + AROUND, mine))


def hold(conn: Connection, institution: str, department: str) -> None:
    """Let nobody else change the department's roster until the transaction ends."""
    conn.execute(_LOCK, {"name": f"roster/{institution}/{department}"})


def hold_people(conn: Connection, institution: str, codes: Collection[str]) -> dict[str, str]:
    """Ids of practitioners by code, held, so that no two departments plan them at once.

    Held in one order everywhere, after the department. Raises `RosterRefused`
    (`roster.physician_not_listed`).
    """
    rows = conn.execute(
        select(Practitioner.code, Practitioner.person)
        .where(Practitioner.institution == institution, Practitioner.code.in_(codes))
        .order_by(Practitioner.person)
        .with_for_update(key_share=True)
    )
    found: dict[str, str] = {row.code: row.person for row in rows}
    if missing := sorted(set(codes) - set(found)):
        raise refuse("roster.physician_not_listed", ", ".join(missing)[:200])
    return found


def add(
    conn: Connection,
    institution: str,
    assignments: Iterable[Assignment],
    ids: dict[str, str],
    codes: ShiftCodes,
) -> None:
    """Rows for these. Raises `RosterRefused` (`roster.code_unknown`)."""
    rows = [
        {
            "id": new_id(),
            "institution": institution,
            "practitioner": ids[one.physician],
            "department": one.department,
            "site": one.site,
            "day": one.day,
            "shift": codes.get(one.code).code,
            "kind": interval.kind.value,
            "starts_at": interval.start_utc,
            "ends_at": interval.end_utc,
        }
        for one in sorted(set(assignments))
        for interval in intervals_of(one, codes)
    ]
    if rows:
        conn.execute(insert(RosterSlot), rows)


def remove_days(
    conn: Connection, institution: str, department: str, first_day: date, last_day: date
) -> None:
    """Every row of a department on these days, both included."""
    conn.execute(
        delete(RosterSlot).where(
            RosterSlot.institution == institution,
            RosterSlot.department == department,
            RosterSlot.day.between(first_day, last_day),
        )
    )


def remove(
    conn: Connection, institution: str, gone: Iterable[Assignment], ids: dict[str, str]
) -> None:
    """The rows of these."""
    columns = tuple_(
        RosterSlot.practitioner, RosterSlot.department, RosterSlot.site, RosterSlot.day,
        RosterSlot.shift,
    )  # fmt: skip
    keys = [(ids[a.physician], a.department, a.site, a.day, a.code) for a in gone]
    conn.execute(delete(RosterSlot).where(RosterSlot.institution == institution, columns.in_(keys)))


def digest(assignments: Iterable[Assignment]) -> str:
    """SHA-256 of a month's plan, base64url: the same for the same plan, in any order."""
    cells = sorted([a.physician, a.site, a.day.isoformat(), a.code] for a in set(assignments))
    return b64url(hashlib.sha256(json.dumps(cells).encode()).digest())


def _between(institution: str, first_day: date, last_day: date, which: Any) -> Any:
    return (
        select(
            Practitioner.code, RosterSlot.department, RosterSlot.site, RosterSlot.day,
            RosterSlot.shift,
        )
        .join(Practitioner, Practitioner.person == RosterSlot.practitioner)
        .where(RosterSlot.institution == institution, which)
        .where(RosterSlot.day.between(first_day, last_day))
        .distinct()
    )  # fmt: skip


def _read(conn: Connection, query: Any) -> tuple[Assignment, ...]:
    return tuple(sorted(Assignment(*row) for row in conn.execute(query)))
