"""Withdrawal and erasure (PIPL Art. 15, 47): what is withdrawn is gone; the ledger stays whole.

Both are written to the signed list beside the keys, and to the database's copy of it, before the
transaction commits. A process that
dies between leaves a line too many, and what was asked for is then done at the next start; the
other way round a restored back-up would bring a face back.
"""

from dataclasses import dataclass, replace

from sqlalchemy import Connection, delete, select, text, update

from verifier.ledger import append
from verifier.protocol.values import Consent, now
from verifier.store.schema import ConsentRecord, Identifier, Person
from verifier.trust import listing, stops
from verifier.trust.erasures import Erasure, ErasureList, Said

from . import merging, templates
from .errors import IdentityRefused
from .galleries import Gallery

_POINTS = text(
    "DELETE FROM practice_points WHERE practice_window IN "
    "(SELECT id FROM practice_windows WHERE practitioner = :person)"
)
_EXPECTED = text(
    "DELETE FROM expected_visits AS v USING identifiers AS i WHERE i.person = :person "
    "AND v.institution = i.institution AND v.person_key = i.value_key"
)
_DESK = (
    text("DELETE FROM enrolments WHERE person = :person"),
    text("DELETE FROM duplicate_referrals WHERE person = :person OR other = :person"),
    text("DELETE FROM person_ties WHERE person = :person OR other = :person"),
    text("DELETE FROM face_marks WHERE person = :person"),
    text("DELETE FROM standing_authorisations WHERE person = :person OR proxy = :person"),
)
"""What the enrolment desk wrote of the person, and of whom the person stood for."""

_KEYED = (
    text("DELETE FROM lost_cards WHERE person = :person"),
    text(
        "UPDATE counter_results SET number_key = NULL WHERE item IN "
        "(SELECT id FROM counter_items WHERE person = :person)"
    ),
    text("UPDATE counter_results SET proxy_key = NULL, proxy = NULL WHERE proxy = :person"),
)
"""Keyed hashes of the person's numbers that the counter kept."""

_HEARD = text(
    "UPDATE watch_cases SET heard_sealed = NULL, subject = 'erased/' || id "
    "WHERE people @> jsonb_build_array(CAST(:person AS text))"
)
"""What the person said of a case, and by what it was known."""

_SIGHTED = text(
    "DELETE FROM region_sightings AS s USING decisions AS d "
    "WHERE d.id = s.decision AND d.person = :person"
)
"""Where the region knows the person's keyed hash from here."""

_PRESENCE = (
    text("DELETE FROM presence_looks WHERE person = :person"),
    text("DELETE FROM presence_answers WHERE person = :person"),
    text("DELETE FROM presence_hints WHERE person = :person"),
)
"""What ward presence kept: a stay's number would lead back to the person."""

_WARD_CONSENT = text(
    "UPDATE presence_answers SET ended_at = :at "
    "WHERE person = :person AND answer = 'yes' AND ended_at IS NULL"
)
"""A yes for a stay does not outlive the face that it was said of."""

_BATCH_ROWS = text(
    "UPDATE enrol_batch_rows SET person = NULL, template = NULL WHERE person = :person"
)


def withdraw(
    conn: Connection,
    gallery: Gallery,
    person: str,
    by: str = "operator",
    reason: str = "person",
) -> int:
    """Withdraw every consent of the person and delete the templates; how many templates there were.

    `by` is an account, or the operator on the server. `reason` says whether the person asked for
    it, or the template's time was over (`retention`).
    Waits for decisions that are using them. Harmless the second time. Raises `IdentityRefused`.
    """
    templates.one_writer(conn, gallery)
    _lock(conn, gallery, person)
    consents = conn.scalars(
        update(ConsentRecord)
        .where(ConsentRecord.person == person, ConsentRecord.withdrawn_at.is_(None))
        .values(withdrawn_at=now())
        .returning(ConsentRecord.id)
    ).all()
    removed = templates.remove(conn, gallery, person)
    conn.execute(_WARD_CONSENT, {"person": person, "at": now()})
    if consents or removed:
        _list(conn, gallery, Said("withdrawn", person, consents=tuple(sorted(consents))))
        body = {
            "person": person,
            "consents": len(consents),
            "templates": removed,
            "reason": reason,
            "by": by,
        }
        append(conn, gallery.institution, "consent.withdrawn", body)
    for other in merging.merged_into(conn, person):  # it is the same person's face
        removed += withdraw(conn, gallery, other, by, reason)
    return removed


def erase(conn: Connection, gallery: Gallery, person: str, by: str = "operator") -> None:
    """Withdraw, then destroy the data key and what it opened; the id stays for the ledger.

    Without the key the name, the numbers and any template that a copy still holds cannot be opened.
    Raises `IdentityRefused`.
    """
    withdraw(conn, gallery, person, by)
    conn.execute(_EXPECTED, {"person": person})  # while the numbers tell which are the person's
    for other in merging.merged_into(conn, person):
        erase(conn, gallery, other, by)
    for statement in _DESK:
        conn.execute(statement, {"person": person})
    conn.execute(delete(Identifier).where(Identifier.person == person))
    for statement in (_POINTS, *_KEYED, *_PRESENCE, _BATCH_ROWS, _HEARD, _SIGHTED):
        conn.execute(statement, {"person": person})
    done = conn.execute(
        update(Person)
        .where(Person.id == person, Person.data_key_sealed.is_not(None))
        .values(
            state="closed",
            data_key_sealed=None,
            name_sealed=None,
            last_four_key=None,
            updated_at=now(),
        )
    )
    if done.rowcount:
        _list(conn, gallery, Said("erased", person))
        append(conn, gallery.institution, "person.erased", {"person": person, "by": by})


def _lock(conn: Connection, gallery: Gallery, person: str) -> None:
    """The person's row first, as decisions do, so that nobody waits in a circle."""
    found = conn.scalar(
        select(Person.id)
        .where(Person.id == person, Person.institution == gallery.institution)
        .with_for_update()
    )
    if found is None:
        raise IdentityRefused("person.unknown", "no such person at this institution")


def _list(conn: Connection, gallery: Gallery, said: Said) -> None:
    if gallery.erasures:
        listing.record(conn, gallery.erasures, said)


@dataclass(frozen=True)
class Replayed:
    """What was done again: to how many people, and of what else that had been stopped."""

    people: int
    stops: int


def replay(conn: Connection, kept: ErasureList | None, gallery: Gallery | None) -> Replayed:
    """Do again what the list says and the database, being older, does not know.

    Raises `ErasuresBroken`.
    """
    done, stopped = set(), 0
    for line in listing.agree(conn, kept) if kept else ():
        if line.kind == "stopped":
            stopped += stops.again(conn, line.institution, line)
        elif line.kind != "begun" and gallery and _again(conn, _silent(gallery), line):
            done.add(line.subject)
    return Replayed(len(done), stopped)


def _again(conn: Connection, gallery: Gallery, line: Erasure) -> bool:
    person = line.subject
    if not _known(conn, gallery, person):
        return False
    if line.kind == "erased":
        had = _has_key(conn, person)
        erase(conn, gallery, person)
        return had
    if not _agreed_before(conn, line):
        return False
    withdraw(conn, gallery, person)
    return True


def _silent(gallery: Gallery) -> Gallery:
    """The same, without a list to write to."""
    return replace(gallery, erasures=None)


def _known(conn: Connection, gallery: Gallery, person: str) -> bool:
    mine = (Person.id == person, Person.institution == gallery.institution)
    return conn.scalar(select(Person.id).where(*mine)) is not None


def _has_key(conn: Connection, person: str) -> bool:
    kept = select(Person.id).where(Person.id == person, Person.data_key_sealed.is_not(None))
    return conn.scalar(kept) is not None


def _agreed_before(conn: Connection, line: Erasure) -> bool:
    """Whether every consent in force is one that was withdrawn, by its id or its time.

    By its id, since a consent may be dated a little ahead; a later one was meant, and stays.
    """
    given = conn.execute(
        select(ConsentRecord.id, ConsentRecord.given_at).where(
            ConsentRecord.person == line.subject,
            ConsentRecord.withdrawn_at.is_(None),
            ConsentRecord.kind != Consent.PHONE.value,
        )
    ).all()
    return bool(given) and all(row.id in line.consents or row.given_at <= line.at for row in given)
