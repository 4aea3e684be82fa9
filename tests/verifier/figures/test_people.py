"""Enrolled people over time, erasures with their places, and the counter, on real rows."""

from datetime import date, timedelta

from sqlalchemy import text

from tests.verifier.fixtures import INSTITUTION, register_somebody, unit_vectors
from verifier.figures import counters, enrolled, erasures
from verifier.identity import erasure, merging, synthetic, templates
from verifier.identity.galleries import Gallery
from verifier.ledger.sealing import Sealer
from verifier.protocol.values import now
from verifier.store.database import Database
from verifier.trust.accounts import accounts
from verifier.trust.keys import KeyRing

from .book import DAY, Book, at, of_day

VECTORS = unit_vectors(8)


def enrol(database: Database, keyring: KeyRing, gallery: Gallery, seed: int, day: date) -> str:
    with database.app.begin() as conn:
        who = register_somebody(conn, keyring, INSTITUTION, synthetic.number(seed))
        templates.enrol(conn, keyring, gallery, who.id, who.consent, VECTORS[:1], 0.9)
    dated(database, day)
    return who.id


def dated(database: Database, day: date) -> None:
    """What was entered just now was entered on that day."""
    with database.owner.begin() as conn:
        conn.execute(
            text("UPDATE ledger SET at = :at WHERE at > now() - interval '1 hour'"),
            {"at": at(12, day=day)},
        )


def people(database: Database, days: int, today: date) -> list[int]:
    with database.app.connect() as conn:
        told = enrolled.enrolled(conn, INSTITUTION, of_day(days=days), at(23, day=today))
    assert told.days == [DAY + timedelta(days=n) for n in range(len(told.people))]
    return told.people


def test_the_curve_ends_at_the_filings_number_and_walks_back_from_it(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    days = [DAY + timedelta(days=n) for n in range(5)]
    first = enrol(database, keyring, gallery, 1, days[0])
    enrol(database, keyring, gallery, 2, days[1])
    with database.app.begin() as conn:
        consent = conn.scalar(text("SELECT id FROM consents WHERE person = :p"), {"p": first})
        templates.enrol(conn, keyring, gallery, first, str(consent), VECTORS[:2], 0.9)
    dated(database, days[2])  # again: still one person
    with database.app.begin() as conn:
        erasure.withdraw(conn, gallery, first)
    dated(database, days[3])
    assert people(database, 5, days[4]) == [1, 2, 2, 1, 1]
    assert people(database, 5, days[2]) == [1, 2, 2], "days to come are not drawn"
    assert people(database, 5, DAY - timedelta(days=1)) == []


def test_who_was_merged_counts_once_on_every_day(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    kept = enrol(database, keyring, gallery, 1, DAY)
    other = enrol(database, keyring, gallery, 2, DAY)
    with database.app.begin() as conn:
        one, two = (
            accounts.create(conn, keyring, INSTITUTION, login, now()).account
            for login in ("m0001", "m0002")
        )
        asked = merging.ask(conn, gallery, kept, other, "registered_twice", one)
        merging.approve(conn, gallery, asked, two)
    dated(database, DAY + timedelta(days=1))
    assert people(database, 2, DAY + timedelta(days=1)) == [1, 1]


def test_an_erasure_stands_with_its_place_once_it_is_sealed_and_names_nobody(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    person = enrol(database, keyring, gallery, 1, DAY - timedelta(days=9))
    with database.app.begin() as conn:
        erasure.erase(conn, gallery, person)
    dated(database, DAY)
    with database.app.connect() as conn:
        told = erasures.erasures(conn, INSTITUTION, of_day())
    assert (told.erased, told.withdrawn, told.placed, told.remaining) == (1, 1, 0, 0)
    assert [each.position for each in told.lines] == [None, None]
    Sealer(database.app, keyring, INSTITUTION, now).seal()
    with database.app.connect() as conn:
        told = erasures.erasures(conn, INSTITUTION, of_day())
        assert told.placed == 2
        gone, withdrawn = told.lines
        assert (gone.kind, withdrawn.kind) == ("person.erased", "consent.withdrawn")
        assert (withdrawn.templates, withdrawn.by_time) == (1, False)
        assert gone.position is not None
        assert (gone.size or 0) > gone.position
        assert person not in repr(told)
        assert erasures.is_one(conn, INSTITUTION, gone.leaf)
        other = conn.scalar(text("SELECT leaf FROM ledger WHERE kind = 'person.registered'"))
        assert not erasures.is_one(conn, INSTITUTION, str(other))
        assert not erasures.is_one(conn, "H99010100002", gone.leaf)
        assert erasures.erasures(conn, "H99010100002", of_day()).total == 0


def test_what_could_still_be_read_of_an_erased_person_is_counted(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    person = enrol(database, keyring, gallery, 1, DAY)
    with database.app.begin() as conn:
        erasure.erase(conn, gallery, person)
    dated(database, DAY)
    with database.owner.begin() as conn:
        said = "UPDATE people SET name_sealed = '\\x00' WHERE id = :person"
        conn.execute(text(said), {"person": person})
    with database.app.connect() as conn:
        assert erasures.erasures(conn, INSTITUTION, of_day()).remaining == 1


def test_the_counters_visits_by_how_they_ended(book: Book, keyring: KeyRing) -> None:
    by = accounts.create(book.conn, keyring, INSTITUTION, "c0001", at(7)).account
    book.result(book.item(at(8), state="resolved"), at(9), by)
    book.result(book.item(at(8), state="resolved"), at(9), by, way="let_pass")
    book.result(book.item(at(8), state="taken"), at(9), by, taken_back=at(9, 5))
    book.item(at(8), origin="pressed", state="left", end="self_pay")
    book.item(at(8), state="left", end="passed_at_terminal")
    book.item(at(8), origin="emergency", state="later")
    told = counters.at_counter(book.conn, INSTITUTION, of_day())
    assert list(told.ended.values()) == [1, 1, 1, 1, 1, 1]
    assert (told.total, told.counts[("emergency", "later")]) == (6, 1)
    assert counters.at_counter(book.conn, INSTITUTION, of_day(purpose="dispensing")).total == 0
    assert counters.at_counter(book.conn, "H99010100002", of_day()).total == 0
