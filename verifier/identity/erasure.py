"""Withdrawal and erasure (PIPL Art. 15, 47): what is withdrawn is gone; the ledger stays whole."""

from sqlalchemy import Connection, delete, select, update

from verifier.ledger import append
from verifier.protocol.values import now
from verifier.store.schema import ConsentRecord, Identifier, Person

from . import templates
from .errors import IdentityRefused
from .galleries import Gallery


def withdraw(conn: Connection, gallery: Gallery, person: str) -> int:
    """Withdraw every consent of the person and delete the templates; how many templates there were.

    Waits for decisions that are using them. Harmless the second time. Raises `IdentityRefused`.
    """
    templates.one_writer(conn, gallery)
    _lock(conn, gallery, person)
    consents = conn.execute(
        update(ConsentRecord)
        .where(ConsentRecord.person == person, ConsentRecord.withdrawn_at.is_(None))
        .values(withdrawn_at=now())
    ).rowcount
    removed = templates.remove(conn, gallery, person)
    if consents or removed:
        body = {"person": person, "consents": consents, "templates": removed}
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
