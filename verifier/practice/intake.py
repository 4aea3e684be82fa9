"""Practitioners from a file: what each row would do, and then all of it in one transaction.

The same file again changes nothing. A file with one wrong row is not taken at all: it is mended
and sent again.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from codes.names import normalise
from verifier.identity import people
from verifier.identity.naming import names_of
from verifier.trust.keys import KeyRing

from . import listing, registry, sites
from .intake_rows import Row
from .registry import Registration, RegistryRefused

SOURCE = "import"
FINDINGS = (
    "code_malformed",
    "code_taken",
    "basis_unknown",
    "day_malformed",
    "department_unknown",
    "login_taken",
    "name_differs",
    "name_missing",
    "number_malformed",
    "number_taken",
    "payment_unknown",
    "registration_malformed",
    "right_unknown",
    "supervisor_unknown",
    "text_malformed",
    "twice",
)
"""Why a row is not taken."""


@dataclass(frozen=True)
class Book:
    """Where practitioners are recorded, and by whom; `by` is an account or `operator`."""

    keyring: KeyRing
    institution: str
    by: str


@dataclass(frozen=True)
class Planned:
    """What one row would do.

    Attributes:
        acts: of `new`, `department`, `login`, `registration`, `payment`; none where all is there.
        findings: why the row cannot be taken; empty where it can.
    """

    row: Row
    acts: tuple[str, ...]
    findings: tuple[str, ...]


def plan(conn: Connection, book: Book, rows: Sequence[Row]) -> list[Planned]:
    """Each row with what it would do. Writes nothing."""
    twice = Counter(row.code for row in rows)
    numbers = Counter(row.number for row in rows)
    logins = Counter(row.login for row in rows if row.login)
    wards = _wards(conn, book.institution)
    coming = {row.code for row in rows if not row.findings}
    found = []
    for row in rows:
        most = max(twice[row.code], numbers[row.number], logins[row.login or ""])
        doubled = ["twice"] if most > 1 else []
        findings = [*row.findings, *doubled, *_against_store(conn, book, row, wards, coming)]
        acts = tuple(_acts(conn, book, row, wards)) if not findings else ()
        found.append(Planned(row, acts, tuple(findings)))
    return found


def carry_out(conn: Connection, book: Book, rows: Sequence[Row], at: datetime) -> list[Planned]:
    """Record all rows, or none if one has a finding; what was planned, to be shown."""
    planned = plan(conn, book, rows)
    if any(one.findings for one in planned):
        return planned
    wards = _wards(conn, book.institution)
    # Supervisors may stand below those whom they supervise: everybody first, then the rights.
    for one in planned:
        if {"new", "department", "login"} & set(one.acts):
            record(conn, book, one.row, wards[one.row.department], at)
    for one in planned:
        person = _person(conn, book, one.row)
        if "registration" in one.acts:
            said = _registration(conn, book, one.row)
            registry.register(conn, book.institution, person, said, at, book.by)
        if "payment" in one.acts:
            state: registry.Payment = one.row.payment  # type: ignore[assignment]
            registry.qualify(conn, book.institution, person, state, at, SOURCE, at)
    return planned


def record(conn: Connection, book: Book, row: Row, department: str, at: datetime) -> str:
    """The person and the practitioner of a row; the person's id. Raises `RegistryRefused`."""
    person = people.register_person(
        conn, book.keyring, book.institution, number=row.number, name=row.name
    )
    known = registry.of_person(conn, book.institution, person)
    if known is not None and known.code != row.code:
        raise RegistryRefused("practice.code_taken", "this person has another code here")
    login = row.login or registry.login_of(conn, book.institution, person)
    registry.add(conn, book.institution, person, row.code, department, at, login)
    return person


def _against_store(
    conn: Connection, book: Book, row: Row, wards: dict[str, str], coming: set[str]
) -> Iterator[str]:
    if row.department not in wards:
        yield "department_unknown"
    if row.findings:
        return
    yield from _holder_findings(conn, book, row)
    other = registry.of_login(conn, book.institution, row.login) if row.login else None
    if other is not None and other.code != row.code:
        yield "login_taken"
    supervisor = row.supervisor
    if supervisor and not (
        supervisor in coming or registry.find(conn, book.institution, supervisor)
    ):
        yield "supervisor_unknown"
    if row.right is not None:
        try:
            _said(row, "somebody" if supervisor else None).check()
        except RegistryRefused:
            yield "registration_malformed"


def _holder_findings(conn: Connection, book: Book, row: Row) -> Iterator[str]:
    """Code, number and name have to be one person's."""
    holder = registry.find(conn, book.institution, row.code)
    person = _person_or_none(conn, book, row)
    if holder is not None and holder.person != person:
        yield "code_taken"
    if person is None:
        return
    known = registry.of_person(conn, book.institution, person)
    if known is not None and known.code != row.code:
        yield "number_taken"
    name = names_of(conn, book.keyring, book.institution, [person]).get(person)
    if name is not None and normalise(name) != normalise(row.name):
        yield "name_differs"


def _acts(conn: Connection, book: Book, row: Row, wards: dict[str, str]) -> Iterator[str]:
    known = registry.find(conn, book.institution, row.code)
    if known is None:
        yield "new"
    elif known.department != wards[row.department]:
        yield "department"
    if known and row.login not in (None, registry.login_of(conn, book.institution, known.person)):
        yield "login"
    held = listing.registrations(conn, book.institution, known.person) if known else []
    if row.right is not None and not any(_is(row, one) for one in held):
        yield "registration"
    rated = listing.qualifications(conn, book.institution, known.person) if known else []
    if row.payment is not None and row.payment != (rated[0].state if rated else None):
        yield "payment"


def _is(row: Row, held: listing.Held) -> bool:
    said = (row.right, row.from_day, row.to_day, row.basis, row.document, row.supervisor)
    there = (held.right, held.from_day, held.to_day, held.basis, held.document, held.supervisor)
    return said == there and held.ended_at is None


def _registration(conn: Connection, book: Book, row: Row) -> Registration:
    supervisor = registry.find(conn, book.institution, row.supervisor) if row.supervisor else None
    return _said(row, supervisor.person if supervisor else None)


def _said(row: Row, supervisor: str | None) -> Registration:
    assert row.from_day is not None  # noqa: S101  (a row with a right has a first day)
    right: registry.Right = row.right  # type: ignore[assignment]
    return Registration(
        right=right,
        from_day=row.from_day,
        to_day=row.to_day,
        basis=row.basis,
        document=row.document,
        supervisor=supervisor,
    )


def _wards(conn: Connection, institution: str) -> dict[str, str]:
    """Departments' codes by code and by name."""
    found = sites.departments(conn, institution)
    return {ward.name: ward.code for ward in found} | {ward.code: ward.code for ward in found}


def _person(conn: Connection, book: Book, row: Row) -> str:
    person = _person_or_none(conn, book, row)
    assert person is not None  # noqa: S101  (recorded just before)
    return person


def _person_or_none(conn: Connection, book: Book, row: Row) -> str | None:
    found = people.find_by_number(conn, book.keyring, book.institution, "resident_id", row.number)
    return found.id if found else None
