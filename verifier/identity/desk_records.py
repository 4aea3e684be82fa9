"""What the enrolment desk writes down beside a person: an enrolment, a doubt (疑点)."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, text

from verifier.ledger import append
from verifier.protocol.values import new_id, now
from verifier.store.desk_tables import DuplicateReferral, Enrolment
from verifier.store.schema import Person
from verifier.trust.sealing import Secret, seal, unseal

from .data_keys import open_data_key
from .errors import IdentityRefused
from .galleries import Gallery

Way = Literal["card", "typed", "none"]
Likeness = Literal["certain", "close", "near"]

REFERRED = "duplicate.referred"
REASONS = ("cannot_tell", "two_numbers", "other_face", "document_doubt", "other")
"""Why a clerk could not decide."""


@dataclass(frozen=True)
class About:
    """Birth and sex as a document says them. The `repr` of a record shows neither."""

    birth: date
    sex: Literal["male", "female"]


def record_enrolment(
    conn: Connection,
    gallery: Gallery,
    person: str,
    *,
    site: str,
    way: Way,
    samples: int,
    by: str,
    about: About | None = None,
) -> str:
    """One enrolment at a desk, in the caller's transaction; its id. Raises `IdentityRefused`."""
    made = new_id()
    sealed = None
    if about is not None:
        said = json.dumps({"birth": about.birth.isoformat(), "sex": about.sex})
        sealed = seal(_key(conn, gallery, person), said.encode(), _place(made))
    conn.execute(
        insert(Enrolment).values(
            id=made,
            institution=gallery.institution,
            person=person,
            site=site[:64],
            way=way,
            samples=samples,
            about_sealed=sealed,
            at=now(),
            by=by,
        )
    )
    body = {"person": person, "by": by, "way": way, "samples": samples}
    append(conn, gallery.institution, "person.enrolled_at_desk", body)
    return made


@dataclass(frozen=True)
class Enrolled:
    """When and where somebody was enrolled last."""

    at: datetime
    site: str
    way: str
    about: About | None


def last_enrolment(conn: Connection, gallery: Gallery, person: str) -> Enrolled | None:
    """The newest enrolment at a desk, or None, as for whoever came from a table."""
    row = conn.execute(
        select(Enrolment.id, Enrolment.at, Enrolment.site, Enrolment.way, Enrolment.about_sealed)
        .filter_by(person=person, institution=gallery.institution)
        .order_by(Enrolment.at.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    about = None
    if row.about_sealed is not None:
        raw = unseal(_key(conn, gallery, person), row.about_sealed, _place(row.id))
        said = json.loads(raw)
        about = About(date.fromisoformat(said["birth"]), said["sex"])
    return Enrolled(row.at, row.site, row.way, about)


def refer(
    conn: Connection,
    gallery: Gallery,
    person: str,
    other: str,
    *,
    reason: str,
    likeness: Likeness,
    note: str,
    by: str,
) -> str:
    """A doubt for the insurance office; nobody is enrolled by it, and nobody turned away.

    `note` is sealed under the key of `person`. Raises `IdentityRefused` (`referral.reason`).
    """
    if reason not in REASONS or (reason == "other" and not note):
        raise IdentityRefused("referral.reason", "a doubt has a reason")
    made = new_id()
    sealed = note and seal(_key(conn, gallery, person), note.encode(), _note_place(made))
    conn.execute(
        insert(DuplicateReferral).values(
            id=made,
            institution=gallery.institution,
            person=person,
            other=other,
            reason=reason,
            likeness=likeness,
            note_sealed=sealed or None,
            at=now(),
            by=by,
        )
    )
    body = {"referral": made, "person": person, "other": other, "reason": reason, "by": by}
    append(conn, gallery.institution, REFERRED, body)
    return made


@dataclass(frozen=True)
class Doubt:
    """One line of the list. `note` does not show in a repr."""

    id: str
    person: str
    other: str
    reason: str
    likeness: str
    note: str
    at: datetime
    by: str

    def __repr__(self) -> str:
        return f"Doubt({self.id})"


_DOUBTS = text(
    "SELECT r.id, r.person, r.other, r.reason, r.likeness, r.note_sealed, r.at, r.by, "
    "p.data_key_sealed FROM duplicate_referrals AS r JOIN people AS p ON p.id = r.person "
    "WHERE r.institution = :institution ORDER BY r.at DESC LIMIT :most"
)


def doubts(conn: Connection, gallery: Gallery, most: int = 200) -> list[Doubt]:
    """The newest doubts first."""
    bound = {"institution": gallery.institution, "most": most}
    return [_doubt(gallery, row) for row in conn.execute(_DOUBTS, bound)]


def _doubt(gallery: Gallery, row: Any) -> Doubt:
    note = ""
    if row.note_sealed is not None and row.data_key_sealed is not None:
        key = open_data_key(gallery.secrets, row.person, row.data_key_sealed)
        note = unseal(key, row.note_sealed, _note_place(row.id)).decode()
    return Doubt(row.id, row.person, row.other, row.reason, row.likeness, note, row.at, row.by)


def _key(conn: Connection, gallery: Gallery, person: str) -> Secret:
    wrapped = conn.scalar(select(Person.data_key_sealed).where(Person.id == person))
    if wrapped is None:
        raise IdentityRefused("person.erased", "the person was erased")
    return open_data_key(gallery.secrets, person, wrapped)


def _place(made: str) -> str:
    return f"enrolments.about/{made}"


def _note_place(made: str) -> str:
    return f"duplicate_referrals.note/{made}"
