"""Who may stand in a roster: departments, practitioners with their names, registrations."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from verifier.identity import people
from verifier.shifts import Directory, Physician, Place, Registration
from verifier.shifts.month import local_day
from verifier.store.practice_tables import Department as DepartmentRow
from verifier.store.practice_tables import PracticeRegistration, Practitioner, Site
from verifier.trust.keys import KeyRing

from .roster_errors import refuse


@dataclass(frozen=True)
class Department:
    """A department (科室) and the site (院区) where it is, by codes and by names."""

    code: str
    name: str
    site: str
    site_name: str

    @property
    def place(self) -> Place:
        """As assignments name it."""
        return Place(self.code, self.site)

    @property
    def shown(self) -> Place:
        """As people read it."""
        return Place(self.name, self.site_name)


def departments(conn: Connection, institution: str) -> tuple[Department, ...]:
    """All of the institution, by code."""
    rows = conn.execute(
        select(DepartmentRow.code, DepartmentRow.name, DepartmentRow.site, Site.name)
        .outerjoin(
            Site,
            (Site.institution == DepartmentRow.institution) & (Site.code == DepartmentRow.site),
        )
        .where(DepartmentRow.institution == institution)
        .order_by(DepartmentRow.code)
    )
    return tuple(Department(code, name, site, named or site) for code, name, site, named in rows)


def department(conn: Connection, institution: str, code: str) -> Department:
    """One of them. Raises `RosterRefused` with `roster.department_unknown`."""
    for one in departments(conn, institution):
        if one.code == code:
            return one
    raise refuse("roster.department_unknown", code[:64])


def directory(
    conn: Connection, keyring: KeyRing, institution: str, department: str | None = None
) -> Directory:
    """The practitioners, of all departments or of one; without those whose name was erased."""
    wanted = [Practitioner.institution == institution]
    if department is not None:
        wanted.append(Practitioner.department == department)
    rows = conn.execute(
        select(Practitioner.person, Practitioner.code, Practitioner.department, Practitioner.login)
        .where(*wanted)
        .order_by(Practitioner.code)
    ).all()
    names = people.names_of(conn, keyring, institution, [row.person for row in rows])
    return Directory.of(
        Physician(row.code, names[row.person], frozenset({row.department}), row.login or "")
        for row in rows
        if row.person in names
    )


def registrations(
    conn: Connection, institution: str, codes: Collection[str]
) -> tuple[Registration, ...]:
    """The days on which these may practise and where; an ended one holds until its end's day."""
    row = PracticeRegistration
    rows = conn.execute(
        select(Practitioner.code, row.from_day, row.to_day, row.site, row.ended_at)
        .join(Practitioner, Practitioner.person == row.practitioner)
        .where(
            row.institution == institution,
            row.practice_right != "none",
            Practitioner.code.in_(codes),
        )
    )
    return tuple(
        Registration(code, first, _earlier(last, local_day(ended) if ended else None), site)
        for code, first, last, site, ended in rows
    )


def _earlier(one: date | None, other: date | None) -> date | None:
    given = [day for day in (one, other) if day is not None]
    return min(given, default=None)
