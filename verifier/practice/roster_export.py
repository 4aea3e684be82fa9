"""A month as the grid that departments keep, with names of places and people."""

from dataclasses import replace
from typing import Literal

from sqlalchemy import Connection

from verifier.shifts import Month, Physician, ShiftCodes, write_grid_csv, write_grid_xlsx
from verifier.trust.keys import KeyRing

from .roster_people import Department, directory
from .roster_store import month as stored

Format = Literal["csv", "xlsx"]
WRITERS = {"csv": write_grid_csv, "xlsx": write_grid_xlsx}


def listed(
    conn: Connection, keyring: KeyRing, institution: str, department: str, month: Month
) -> tuple[Physician, ...]:
    """Who has a row: the department's own, and whoever else has a shift of it in the month."""
    own = directory(conn, keyring, institution, department).physicians
    named = {one.physician for one in stored(conn, institution, department, month)}
    guests = named - {one.code for one in own}
    if not guests:
        return own
    known = {one.code: one for one in directory(conn, keyring, institution).physicians}
    unknown = Physician("", "", frozenset())
    return (*own, *(known.get(code, replace(unknown, code=code)) for code in sorted(guests)))


def export(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    where: Department,
    month: Month,
    kind: Format,
    codes: ShiftCodes,
) -> bytes:
    """The file; what it holds can be imported again. Raises `RosterRefused`."""
    planned = stored(conn, institution, where.code, month)
    shown = where.shown
    named = [replace(one, department=shown.department, site=shown.site) for one in planned]
    people = listed(conn, keyring, institution, where.code, month)
    return WRITERS[kind](named, month, shown, people, codes)
