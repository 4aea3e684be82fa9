"""Withdrawal and erasure (PIPL Art. 15, 47): what is withdrawn is gone; the ledger stays whole.

Both are written to the signed list beside the keys before the transaction commits. A process that
dies between leaves a line too many, and what was asked for is then done at the next start; the
other way round a restored back-up would bring a face back.
"""

from dataclasses import replace

from sqlalchemy import Connection, delete, select, update

from verifier.ledger import append
from verifier.protocol.values import now
from verifier.store.schema import ConsentRecord, Identifier, Person
from verifier.trust.erasures import Erasure

from . import templates
from .errors import IdentityRefused
from .galleries import Gallery


def withdraw(conn: Connection, gallery: Gallery, person: str, reason: str = "person") -> int:
    """Withdraw every consent of the person and delete the templates; how many templates there were.

    `reason` says whether the person asked for it, or the template's time was over (`retention`).
    Waits for decisions that are using them. Harmless the second time. Raises `IdentityRefused`.
    """
    templates.one_writer(conn, gallery)
    _lock(conn, gallery, person)
    at = now()
    consents = conn.execute(
        update(ConsentRecord)
        .where(ConsentRecord.person == person, ConsentRecord.withdrawn_at.is_(None))
        .values(withdrawn_at=at)
    ).rowcount
    removed = templates.remove(conn, gallery, person)
    if consents or removed:
        if gallery.erasures:
            gallery.erasures.add(gallery.institution, "withdrawn", person, at)
        body = {
            "person": person,
            "consents": consents,
            "templates": removed,
            "reason": reason,
        }
        append(conn, gallery.institution, "consent.withdrawn", body)
    return removed


def erase(conn: Connection, gallery: Gallery, person: str) -> None:
    """Withdraw, then destroy the data key and what it opened; the id stays for the ledger.

    Without the key the name, the numbers and any template that a copy still holds cannot be opened.
    Raises `IdentityRefused`.
    """
    withdraw(conn, gallery, person)
    conn.execute(delete(Identifier).where(Identifier.person == person))
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
        if gallery.erasures:
            gallery.erasures.add(gallery.institution, "erased", person, now())
        append(conn, gallery.institution, "person.erased", {"person": person})


def _lock(conn: Connection, gallery: Gallery, person: str) -> None:
    """The person's row first, as decisions do, so that nobody waits in a circle."""
    found = conn.scalar(
        select(Person.id)
        .where(Person.id == person, Person.institution == gallery.institution)
        .with_for_update()
    )
    if found is None:
        raise IdentityRefused("person.unknown", "no such person at this institution")


def replay(conn: Connection, gallery: Gallery) -> int:
    """Do again what the list says, in a database that may be older than it; to how many people.

    Raises `ErasuresBroken`.
    """
    if gallery.erasures is None:
        return 0
    done = set()
    for line in gallery.erasures.read():
        if line.institution != gallery.institution or not _known(conn, gallery, line.person):
            continue
        if line.kind == "erased":
            if _has_key(conn, line.person):
                done.add(line.person)
            erase(conn, _silent(gallery), line.person)
        elif _agreed_before(conn, line):
            done.add(line.person)
            withdraw(conn, _silent(gallery), line.person)
    return len(done)


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
    """Whether consents in force are all older than the withdrawal: a later one was meant."""
    given = conn.scalars(
        select(ConsentRecord.given_at).where(
            ConsentRecord.person == line.person, ConsentRecord.withdrawn_at.is_(None)
        )
    ).all()
    return bool(given) and max(given) <= line.at
