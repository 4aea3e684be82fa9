"""What staff do to rosters, each in one transaction, of the departments that they may open.

What the staff's pages ask; all of it runs in a thread. Every function raises `RosterRefused`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from verifier.practice import roster, roster_export, roster_keepers, roster_requests
from verifier.practice.roster_errors import refuse
from verifier.practice.roster_export import Format
from verifier.practice.roster_people import Department
from verifier.practice.roster_requests import Request
from verifier.practice.roster_store import digest
from verifier.practice.roster_versions import Version, last
from verifier.shifts import Assignment, Month, Physician
from verifier.shifts.month import local_day
from verifier.trust.accounts.sessions import SignedIn

from .site import Site


@dataclass(frozen=True)
class Looked:
    """A department's month.

    Attributes:
        physicians: who has a row.
        base: digest of what is planned, for a saving that follows.
        undo: what the last saving can be taken back to; None where something changed since.
    """

    department: Department
    month: Month
    planned: tuple[Assignment, ...]
    physicians: tuple[Physician, ...]
    base: str
    undo: Version | None


@dataclass(frozen=True)
class Previewed:
    """What a file would make of a month, and who the people in it are."""

    department: Department
    seen: roster.Preview
    physicians: tuple[Physician, ...]


def kept(site: Site, staff: SignedIn) -> tuple[Department, ...]:
    """The departments that somebody may open."""
    with site.parts.engine.connect() as conn:
        return roster_keepers.kept(conn, site.parts.institution, staff)


def look(site: Site, staff: SignedIn, department: str, month: Month) -> Looked:
    """What is planned."""
    parts = site.parts
    with parts.engine.begin() as conn:
        where = _own(conn, site, staff, department)
        planned = roster.month(conn, parts.institution, where.code, month)
        people = roster_export.listed(conn, parts.keyring, parts.institution, where.code, month)
        undo = last(conn, parts.institution, where.code, month)
    return Looked(where, month, planned, people, digest(planned), undo)


def preview(
    site: Site, staff: SignedIn, department: str, data: bytes, month: Month | None
) -> Previewed:
    """What saving this file would do; nothing is saved."""
    parts = site.parts
    with parts.engine.begin() as conn:
        where = _own(conn, site, staff, department)
        seen = roster.preview(
            conn, parts.keyring, parts.institution, where.code, data, month,
            codes=parts.shift_codes, at=parts.clock(),
        )  # fmt: skip
        known = roster.directory(conn, parts.keyring, parts.institution)
    return Previewed(where, seen, known.physicians)


def save(
    site: Site,
    staff: SignedIn,
    department: str,
    month: Month,
    cells: Iterable[tuple[str, date, str]],
    base: str,
) -> roster.Saved:
    """Save a month, given as physician, day and code, if it is still what was looked at."""
    parts = site.parts
    with parts.engine.begin() as conn:
        where = _own(conn, site, staff, department)
        wanted = [Assignment(who, where.code, where.site, day, code) for who, day, code in cells]
        return roster.save(
            conn, parts.institution, where.code, month, wanted, staff.account,
            codes=parts.shift_codes, at=parts.clock(), base=base,
        )  # fmt: skip


def set_cell(
    site: Site,
    staff: SignedIn,
    department: str,
    physician: str,
    day: date,
    codes: Iterable[str],
    base: str,
) -> roster.Saved:
    """Save a month in which one cell is another. Raises `RosterRefused` (`roster.day_over`)."""
    if day < local_day(site.parts.clock()):
        raise refuse("roster.day_over", day.isoformat())
    month = Month(day.year, day.month)
    looked = look(site, staff, department, month)
    others = [
        (one.physician, one.day, one.code)
        for one in looked.planned
        if (one.physician, one.day) != (physician, day)
    ]
    cell = [(physician, day, code) for code in codes]
    return save(site, staff, department, month, [*others, *cell], base)


def restore(site: Site, staff: SignedIn, department: str, version: str) -> roster.Saved:
    """Take the last saving back."""
    parts = site.parts
    with parts.engine.begin() as conn:
        where = _own(conn, site, staff, department)
        return roster.restore(
            conn, parts.institution, version, staff.account,
            codes=parts.shift_codes, at=parts.clock(), department=where.code,
        )  # fmt: skip


def export(site: Site, staff: SignedIn, department: str, month: Month, kind: Format) -> bytes:
    """A month as a file."""
    parts = site.parts
    with parts.engine.begin() as conn:
        where = _own(conn, site, staff, department)
        return roster_export.export(
            conn, parts.keyring, parts.institution, where, month, kind, parts.shift_codes
        )


def requests(
    site: Site, staff: SignedIn, department: str, month: Month
) -> tuple[Department, tuple[Request, ...], tuple[Physician, ...]]:
    """Requests to change shifts of a month, newest first, and who the people in them are."""
    parts = site.parts
    with parts.engine.begin() as conn:
        where = _own(conn, site, staff, department)
        days = (month.first_day, month.last_day)
        found = roster_requests.of_department(
            conn, parts.institution, where.code, *days, parts.clock()
        )
        known = roster.directory(conn, parts.keyring, parts.institution)
    return where, found, known.physicians


def _own(conn: Connection, site: Site, staff: SignedIn, department: str) -> Department:
    return roster_keepers.check(conn, site.parts.institution, staff, department)
