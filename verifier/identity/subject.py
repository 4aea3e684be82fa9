"""Everything that is kept about one person, for that person (PIPL Art. 45, 19).

The face template is told of, not handed out: as numbers it says nothing to a person, and in a
stranger's hands it may be tried elsewhere.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, Row, text

from verifier.ledger import append
from verifier.protocol.values import now
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import unseal

from .data_keys import open_data_key
from .errors import IdentityRefused
from .galleries import find_gallery
from .retention import LIVES
from .subject_ward import WardCopy, copied

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


class ExpectedThen(BaseModel):
    """A visit that the hospital's own system expects of the person."""

    kind: str
    external_id: str
    department: str
    place: str | None
    ward: str | None
    bed: str | None
    valid_from: datetime
    valid_to: datetime | None
    state: str


class Stands(BaseModel):
    """A guardian, mother or proxy: of the person, or the person for somebody else."""

    form: str
    relation: str
    stands_for: bool
    since: datetime
    ended_at: datetime | None


class Faceless(BaseModel):
    """A time in which the person went without a face."""

    reason: str
    since: datetime
    until: datetime | None
    ended_at: datetime | None


class Authorised(BaseModel):
    """What a proxy was authorised to do: by the person, or the person by somebody else."""

    by_the_person: bool
    scope: list[str]
    uses_max: int
    used: int
    given_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class EnrolledAt(BaseModel):
    """An enrolment at a desk. Birth and sex as a document said them, where a number does not."""

    at: datetime
    site: str
    way: str
    samples: int
    about: str | None


class Doubted(BaseModel):
    """A doubt that was passed to the insurance office. `note` is the clerk's, of this person."""

    at: datetime
    reason: str
    note: str | None


class MadeOne(BaseModel):
    """Another file that was made part of this one, or this one of another."""

    other: str
    state: str
    asked_at: datetime


class AtCounter(BaseModel):
    """A visit that came to the counter, of the person or where the person came for another."""

    at: datetime
    purpose: str
    origin: str
    state: str
    as_proxy: bool


class LostCard(BaseModel):
    """A card of the person whose loss was reported."""

    kind: str
    reported_at: datetime
    ended_at: datetime | None


class Imported(BaseModel):
    """A row of a batch that enrolled the person."""

    at: datetime
    batch: str
    line: int
    outcome: str


class LookedAt(BaseModel):
    """A 疑点 in which the person's file stands: by which rule, what was said, how it ended.

    `said` only where it is the person's own word: not of a case in which two files stand, one of
    which may be somebody else's.
    """

    found_at: datetime
    rule: str
    state: str
    cause: str | None
    said: str | None
    ended_at: datetime | None


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


class Sighted(BaseModel):
    """A visit of which the region's other institutions were told, under a keyed hash."""

    at: datetime
    apart: bool


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
    expected: list[ExpectedThen]
    enrolments: list[EnrolledAt]
    stands: list[Stands]
    faceless: list[Faceless]
    authorisations: list[Authorised]
    doubts: list[Doubted]
    merges: list[MadeOne]
    counter: list[AtCounter]
    lost_cards: list[LostCard]
    imported: list[Imported]
    looked_at: list[LookedAt]
    region: list[Sighted]
    ward: WardCopy
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
    "SELECT d.decided_at AS at, d.purpose, d.outcome, d.assurance, "
    "coalesce(k.site, '') AS site, coalesce(k.label, '人工窗口') AS terminal, "
    "r.id AS receipt FROM decisions AS d LEFT JOIN terminals AS k ON k.id = d.terminal "
    "LEFT JOIN receipts AS r ON r.decision = d.id WHERE d.person = :person ORDER BY d.decided_at"
)
_PRACTICE = text(
    "SELECT w.id, w.opened_at, least(coalesce(w.closed_at, w.until), l.closed_at) AS ends_at, "
    "w.site, w.department, w.state, w.way, k.point_sealed FROM practice_windows AS w "
    "LEFT JOIN practice_locks AS l ON l.practice_window = w.id "
    "LEFT JOIN practice_points AS k ON k.practice_window = w.id "
    "WHERE w.practitioner = :person ORDER BY w.opened_at"
)
_EXPECTED = text(
    "SELECT v.kind, v.external_id, v.department, v.place, v.ward, v.bed, v.valid_from, v.valid_to, "
    "v.state FROM expected_visits AS v JOIN identifiers AS i "
    "ON i.institution = v.institution AND i.value_key = v.person_key "
    "WHERE i.person = :person ORDER BY v.valid_from, v.kind, v.external_id"
)
_ENROLMENTS = text(
    "SELECT id, at, site, way, samples, about_sealed FROM enrolments WHERE person = :person "
    "ORDER BY at"
)
_STANDS = text(
    "SELECT kind AS form, relation, other = :person AS stands_for, since, ended_at "
    "FROM person_ties WHERE :person IN (person, other) ORDER BY since"
)
_FACELESS = text(
    "SELECT reason, since, until, ended_at FROM face_marks WHERE person = :person ORDER BY since"
)
_AUTHORISED = text(
    "SELECT person = :person AS by_the_person, scope, uses_max, used, given_at, expires_at, "
    "revoked_at FROM standing_authorisations WHERE :person IN (person, proxy) ORDER BY given_at"
)
_DOUBTS = text(
    "SELECT id, at, reason, note_sealed, person = :person AS own FROM duplicate_referrals "
    "WHERE :person IN (person, other) ORDER BY at"
)
_MERGES = text(
    "SELECT CASE WHEN kept = :person THEN merged ELSE kept END AS other, state, asked_at "
    "FROM person_merges WHERE :person IN (kept, merged) ORDER BY asked_at"
)
_COUNTER = text(
    "SELECT happened_at AS at, purpose, origin, state, person IS DISTINCT FROM :person AS as_proxy "
    "FROM counter_items AS i WHERE person = :person OR EXISTS (SELECT 1 FROM counter_results AS r "
    "WHERE r.item = i.id AND r.proxy = :person) ORDER BY happened_at"
)
_LOST = text(
    "SELECT kind, reported_at, ended_at FROM lost_cards WHERE person = :person ORDER BY reported_at"
)
_IMPORTED = text(
    "SELECT at, batch, line, outcome FROM enrol_batch_rows WHERE person = :person ORDER BY at"
)
_LOOKED_AT = text(
    "SELECT id, found_at, rule, state, cause, heard_sealed, ended_at, "
    "  people->>0 = :person AND (rule = 'one_proxy_for_many' OR jsonb_array_length(people) = 1) "
    "  AS own FROM watch_cases WHERE institution = :institution "
    "AND people @> jsonb_build_array(CAST(:person AS text)) "
    "ORDER BY found_at"
)
_REGION = text(
    "SELECT s.at, s.apart FROM region_sightings AS s JOIN decisions AS d ON d.id = s.decision "
    "WHERE d.institution = :institution AND d.person = :person ORDER BY s.at"
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
        expected=rows(_EXPECTED, ExpectedThen),
        enrolments=[_enrolled(row, key) for row in conn.execute(_ENROLMENTS, bound)],
        stands=rows(_STANDS, Stands),
        faceless=rows(_FACELESS, Faceless),
        authorisations=rows(_AUTHORISED, Authorised),
        doubts=[_doubted(row, key) for row in conn.execute(_DOUBTS, bound)],
        merges=rows(_MERGES, MadeOne),
        counter=rows(_COUNTER, AtCounter),
        lost_cards=rows(_LOST, LostCard),
        imported=rows(_IMPORTED, Imported),
        looked_at=[
            _looked_at(row, keyring, institution) for row in conn.execute(_LOOKED_AT, bound)
        ],
        region=rows(_REGION, Sighted),
        ward=copied(conn, person),
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


def _enrolled(row: Any, key: Any) -> EnrolledAt:
    about = None
    if row.about_sealed and key:
        about = unseal(key, row.about_sealed, f"enrolments.about/{row.id}").decode()
    return EnrolledAt(at=row.at, site=row.site, way=row.way, samples=row.samples, about=about)


def _doubted(row: Any, key: Any) -> Doubted:
    note = None
    if row.note_sealed and row.own and key:
        place = f"duplicate_referrals.note/{row.id}"
        note = unseal(key, row.note_sealed, place).decode()
    return Doubted(at=row.at, reason=row.reason, note=note)


def _looked_at(row: Row[Any], keyring: KeyRing, institution: str) -> LookedAt:
    said = None
    if row.heard_sealed is not None and row.own:
        key = keyring.derive("watch-hearing", institution)
        said = unseal(key, row.heard_sealed, f"watch_cases.heard/{row.id}").decode()
    return LookedAt(
        found_at=row.found_at,
        rule=row.rule,
        state=row.state,
        cause=row.cause,
        said=said,
        ended_at=row.ended_at,
    )
