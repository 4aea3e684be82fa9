"""Everything that is kept about one person, for that person (PIPL Art. 45, 19).

The face template is told of, not handed out: as numbers it says nothing to a person, and in a
stranger's hands it may be tried elsewhere.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, text

from verifier.ledger import append
from verifier.protocol.values import now
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import unseal

from .data_keys import open_data_key
from .errors import IdentityRefused
from .galleries import find_gallery
from .retention import LIVES

EXPORTED = "subject.exported"


class Number(BaseModel):
    """A number of the person, in the clear."""

    kind: str
    number: str
    since: datetime


class Agreed(BaseModel):
    """A consent."""

    kind: str
    notice_version: str
    given_at: datetime
    withdrawn_at: datetime | None
    evidence: str


class Face(BaseModel):
    """That a template is kept, and what of it can be told."""

    pack: str
    samples: int
    quality: float
    since: datetime


class Decided(BaseModel):
    """A decision about the person."""

    at: datetime
    purpose: str
    outcome: str
    assurance: str | None
    site: str
    terminal: str
    receipt: str | None


class Practised(BaseModel):
    """A practice window of a member of staff, and where its check-in was, while that is kept."""

    opened_at: datetime
    ends_at: datetime
    site: str
    department: str
    state: str
    way: str
    point: str | None


class Imported(BaseModel):
    """A row of a batch that enrolled the person."""

    at: datetime
    batch: str
    line: int
    outcome: str


class Happened(BaseModel):
    """A ledger entry that names the person's id."""

    at: datetime
    kind: str


class Kept(BaseModel):
    """How long one kind of data lives."""

    what_zh: str
    what_en: str
    days: int | None
    why: str
    ends: str


class Subject(BaseModel):
    """All of it."""

    institution: str
    person: str
    state: str
    name: str | None
    numbers: list[Number]
    consents: list[Agreed]
    faces: list[Face]
    decisions: list[Decided]
    practice: list[Practised]
    imported: list[Imported]
    entries: list[Happened]
    retention: list[Kept]
    made_at: datetime


_PERSON = text(
    "SELECT state, name_sealed, data_key_sealed FROM people "
    "WHERE id = :person AND institution = :institution"
)
_NUMBERS = text("SELECT id, kind, value_sealed, created_at FROM identifiers WHERE person = :person")
_CONSENTS = text(
    "SELECT kind, notice_version, given_at, withdrawn_at, evidence FROM consents "
    "WHERE person = :person ORDER BY given_at"
)
_FACES = text(
    "SELECT g.pack, t.samples, t.quality, t.created_at AS since FROM templates AS t "
    "JOIN galleries AS g ON g.id = t.gallery WHERE t.person = :person"
)
_DECISIONS = text(
    "SELECT d.decided_at AS at, d.purpose, d.outcome, d.assurance, k.site, k.label AS terminal, "
    "r.id AS receipt FROM decisions AS d JOIN terminals AS k ON k.id = d.terminal "
    "LEFT JOIN receipts AS r ON r.decision = d.id WHERE d.person = :person ORDER BY d.decided_at"
)
_PRACTICE = text(
    "SELECT w.id, w.opened_at, least(coalesce(w.closed_at, w.until), l.closed_at) AS ends_at, "
    "w.site, w.department, w.state, w.way, k.point_sealed FROM practice_windows AS w "
    "LEFT JOIN practice_locks AS l ON l.practice_window = w.id "
    "LEFT JOIN practice_points AS k ON k.practice_window = w.id "
    "WHERE w.practitioner = :person ORDER BY w.opened_at"
)
_IMPORTED = text(
    "SELECT at, batch, line, outcome FROM enrol_batch_rows WHERE person = :person ORDER BY at"
)
_ENTRIES = text(
    "SELECT at, kind FROM ledger WHERE institution = :institution AND body->>'person' = :person "
    "ORDER BY seq"
)


def export(
    conn: Connection, keyring: KeyRing, institution: str, person: str, by: str = "operator"
) -> Subject:
    """All that is kept, with a ledger entry that it was handed out.

    Raises `IdentityRefused` with `person.unknown`, for another institution's people too.
    """
    bound = {"person": person, "institution": institution}
    row = conn.execute(_PERSON, bound).one_or_none()
    gallery = find_gallery(conn, keyring, institution)
    if row is None or gallery is None:
        raise IdentityRefused("person.unknown", "no such person at this institution")
    key = row.data_key_sealed and open_data_key(gallery.secrets, person, row.data_key_sealed)
    name = key and unseal(key, row.name_sealed, f"people.name/{person}").decode()
    numbers = [
        Number(
            kind=kind,
            number=unseal(key, sealed, f"identifiers.value/{identifier}").decode(),
            since=since,
        )
        for identifier, kind, sealed, since in conn.execute(_NUMBERS, bound)
    ]
    append(conn, institution, EXPORTED, {"person": person, "by": by})

    def rows(statement: Any, model: type[BaseModel]) -> list[Any]:
        return [model(**found) for found in conn.execute(statement, bound).mappings()]

    return Subject(
        institution=institution,
        person=person,
        state=row.state,
        name=name or None,
        numbers=numbers,
        consents=rows(_CONSENTS, Agreed),
        faces=rows(_FACES, Face),
        decisions=rows(_DECISIONS, Decided),
        practice=[_practised(row, key) for row in conn.execute(_PRACTICE, bound)],
        imported=rows(_IMPORTED, Imported),
        entries=rows(_ENTRIES, Happened),
        retention=[
            Kept(
                what_zh=life.what_zh,
                what_en=life.what_en,
                days=life.life.days if life.life else None,
                why=life.why,
                ends=life.ends,
            )
            for life in LIVES
        ],
        made_at=now(),
    )


def _practised(row: Any, key: Any) -> Practised:
    sealed = row.point_sealed
    said = unseal(key, sealed, f"practice_points.point/{row.id}").decode() if sealed and key else ""
    latitude, longitude, datum, *_ = said.split("|") if said else ("", "", "")
    return Practised(
        opened_at=row.opened_at,
        ends_at=row.ends_at,
        site=row.site,
        department=row.department,
        state=row.state,
        way=row.way,
        point=f"{latitude}, {longitude} ({datum})" if said else None,
    )
