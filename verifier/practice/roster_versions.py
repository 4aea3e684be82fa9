"""What a department's month was before each saving, kept so that a saving can be taken back."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select

from verifier.protocol.values import new_id
from verifier.shifts import Assignment, Month
from verifier.store.practice_tables import Practitioner, RosterSlot, RosterVersion

from .roster_errors import refuse
from .roster_store import digest, month


@dataclass(frozen=True)
class Version:
    """A month before it was saved, and by whom.

    Attributes:
        planned: what it was.
        after: digest of what that saving made of it.
        saved_by: an account's id, or `operator`.
    """

    id: str
    department: str
    month: Month
    planned: tuple[Assignment, ...]
    after: str
    saved_at: datetime
    saved_by: str


def keep(
    conn: Connection,
    institution: str,
    department: str,
    month: Month,
    *,
    after: str,
    by: str,
    at: datetime,
) -> str:
    """Keep the month as it is now; the version's id."""
    version = new_id()
    slot = RosterSlot
    rows = conn.execute(
        select(slot.practitioner, slot.site, slot.day, slot.shift)
        .where(slot.institution == institution, slot.department == department)
        .where(slot.day.between(month.first_day, month.last_day))
        .distinct()
        .order_by(slot.day, slot.practitioner, slot.shift)
    )
    conn.execute(
        insert(RosterVersion).values(
            id=version,
            institution=institution,
            department=department,
            month=month.first_day,
            cells=[[who, site, day.isoformat(), shift] for who, site, day, shift in rows],
            after=after,
            saved_at=at,
            saved_by=by,
        )
    )
    return version


def find(conn: Connection, institution: str, version: str) -> Version:
    """One version. Raises `RosterRefused` with `roster.version_unknown`."""
    row = conn.execute(
        select(RosterVersion.__table__).where(
            RosterVersion.id == version, RosterVersion.institution == institution
        )
    ).one_or_none()
    if row is None:
        raise refuse("roster.version_unknown", version[:32])
    who = {cell[0] for cell in row.cells}
    known = conn.execute(
        select(Practitioner.person, Practitioner.code).where(Practitioner.person.in_(who))
    )
    codes = {each.person: each.code for each in known}
    planned = (
        Assignment(codes[person], row.department, site, date.fromisoformat(day), shift)
        for person, site, day, shift in row.cells
    )
    return Version(
        id=row.id,
        department=row.department,
        month=Month(row.month.year, row.month.month),
        planned=tuple(sorted(planned)),
        after=row.after,
        saved_at=row.saved_at,
        saved_by=row.saved_by,
    )


def last(conn: Connection, institution: str, department: str, which: Month) -> Version | None:
    """The version whose saving made the month what it is now, and so can be taken back; or None."""
    stands = digest(month(conn, institution, department, which))
    newest = conn.scalar(
        select(RosterVersion.id)
        .where(
            RosterVersion.institution == institution,
            RosterVersion.department == department,
            RosterVersion.month == which.first_day,
            RosterVersion.after == stands,
        )
        .order_by(RosterVersion.saved_at.desc())
        .limit(1)
    )
    return None if newest is None else find(conn, institution, newest)
