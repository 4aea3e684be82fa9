"""A person's file as the desk may show it: name, age, sex, when and where enrolled."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, select

from codes.errors import InvalidCode
from codes.id_number import parse
from verifier.identity import desk_records, people
from verifier.identity.data_keys import open_data_key
from verifier.identity.errors import IdentityRefused
from verifier.identity.galleries import Gallery
from verifier.protocol.values import Consent
from verifier.store.schema import ConsentRecord, Identifier, Person, Template
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import unseal


@dataclass(frozen=True)
class File:
    """One file. Its `repr` shows the id alone.

    Attributes:
        numbers: (kind, number), in the clear.
        enrolled_at: since when the present template is kept; None without one.
        consent: (notice version, kind, given) to the face being kept, in force.
    """

    person: str
    state: str
    name: str
    numbers: tuple[tuple[str, str], ...]
    birth: date | None
    sex: str | None
    enrolled_at: datetime | None
    samples: int
    site: str
    linked: bool
    created_at: datetime
    consent: tuple[str, str, datetime] | None = field(default=None)

    def __repr__(self) -> str:
        return f"File({self.person})"

    def age_on(self, day: date) -> int | None:
        """Whole years, where the birth date is known."""
        if self.birth is None:
            return None
        had = (day.month, day.day) >= (self.birth.month, self.birth.day)
        return day.year - self.birth.year - (not had)


def file_of(conn: Connection, keyring: KeyRing, gallery: Gallery, person: str) -> File:
    """The file of this institution's person. Raises `IdentityRefused`: `person.unknown`,
    `person.erased`."""
    row = conn.execute(
        select(Person.state, Person.linked_group, Person.created_at).where(
            Person.id == person, Person.institution == gallery.institution
        )
    ).one_or_none()
    if row is None:
        raise IdentityRefused("person.unknown", "no such person at this institution")
    name = people.name_of(conn, keyring, person)
    numbers = _numbers(conn, gallery, person)
    last = desk_records.last_enrolment(conn, gallery, person)
    birth, sex = _about(numbers)
    if birth is None and last is not None and last.about is not None:
        birth, sex = last.about.birth, last.about.sex
    template = conn.execute(
        select(Template.created_at, Template.samples).filter_by(person=person, gallery=gallery.id)
    ).one_or_none()
    consent = conn.execute(
        select(ConsentRecord.notice_version, ConsentRecord.kind, ConsentRecord.given_at)
        .filter_by(person=person, withdrawn_at=None)
        .where(ConsentRecord.kind != Consent.PHONE.value)
        .order_by(ConsentRecord.given_at.desc())
        .limit(1)
    ).one_or_none()
    return File(
        person=person,
        state=row.state,
        name=name,
        numbers=numbers,
        birth=birth,
        sex=sex,
        enrolled_at=template.created_at if template else None,
        samples=template.samples if template else 0,
        site=last.site if last else "",
        linked=row.linked_group is not None,
        created_at=row.created_at,
        consent=(consent[0], consent[1], consent[2]) if consent else None,
    )


def _numbers(conn: Connection, gallery: Gallery, person: str) -> tuple[tuple[str, str], ...]:
    wrapped = conn.scalar(select(Person.data_key_sealed).where(Person.id == person))
    if wrapped is None:
        return ()
    key = open_data_key(gallery.secrets, person, wrapped)
    rows = conn.execute(
        select(Identifier.id, Identifier.kind, Identifier.value_sealed)
        .filter_by(person=person)
        .order_by(Identifier.created_at, Identifier.id)
    )
    return tuple(
        (row.kind, unseal(key, row.value_sealed, f"identifiers.value/{row.id}").decode())
        for row in rows
    )


def _about(numbers: tuple[tuple[str, str], ...]) -> tuple[date | None, str | None]:
    """Birth and sex as an ID number says them."""
    for kind, number in numbers:
        if kind == "resident_id":
            try:
                parsed = parse(number)
            except InvalidCode:
                continue
            return parsed.birth, parsed.sex.name.lower()
    return None, None
