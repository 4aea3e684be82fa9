"""Going without a face: one mark a person, lifted, ended by its day, gone with the file."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from verifier.identity import erasure, face_marks, merging, people, subject
from verifier.identity.errors import IdentityRefused
from verifier.identity.galleries import Gallery
from verifier.identity.retention import Sweeper
from verifier.protocol.values import new_id, now
from verifier.store.database import Database
from verifier.trust.accounts import accounts
from verifier.trust.keys import KeyRing

from .fixtures import INSTITUTION

BY = "e0001"


@pytest.fixture
def person(conn: Connection, keyring: KeyRing, gallery: Gallery) -> str:
    assert gallery.institution == INSTITUTION
    return people.register_person(
        conn, keyring, INSTITUTION, number="990101195001050018", name="张三"
    )


def mark(conn: Connection, person: str, days: int | None = None, reason: str = "own_wish") -> str:
    until = None if days is None else now() + timedelta(days=days)
    return face_marks.mark(conn, INSTITUTION, person, reason, until, BY, now())


def holds(conn: Connection, person: str, days: int = 0, institution: str = INSTITUTION) -> bool:
    at = now() + timedelta(days=days)
    return face_marks.in_force(conn, institution, person, at) is not None


def entries(conn: Connection) -> list[str]:
    said = "SELECT kind FROM ledger WHERE kind LIKE 'person.face%' ORDER BY seq"
    return list(conn.scalars(text(said)))


def test_a_mark_holds_until_it_is_lifted_and_both_stand_in_the_ledger(
    conn: Connection, person: str
) -> None:
    assert not holds(conn, person)
    mark(conn, person)
    assert holds(conn, person, days=4000)
    face_marks.lift(conn, INSTITUTION, person, BY, now())
    assert not holds(conn, person)
    assert entries(conn) == ["person.face_marked", "person.face_unmarked"]
    with pytest.raises(IdentityRefused) as refused:
        face_marks.lift(conn, INSTITUTION, person, BY, now())
    assert refused.value.code == "face_mark.unknown"


def test_a_last_day_ends_it_by_itself_and_a_new_mark_replaces_it(
    conn: Connection, person: str
) -> None:
    mark(conn, person, days=7)
    assert holds(conn, person, days=6)
    assert not holds(conn, person, days=8)
    mark(conn, person, reason="cannot_compare")
    found = face_marks.in_force(conn, INSTITUTION, person, now() + timedelta(days=8))
    assert found is not None
    assert (found.reason, found.until) == ("cannot_compare", None)


@pytest.mark.parametrize(
    ("reason", "days", "known", "code"),
    [
        ("broken_nose", None, True, "face_mark.reason"),
        ("own_wish", -1, True, "face_mark.until"),
        ("own_wish", None, False, "person.unknown"),
    ],
)
def test_what_cannot_be_marked_is_refused_and_nothing_is_kept(
    conn: Connection, person: str, reason: str, days: int | None, known: bool, code: str
) -> None:
    with pytest.raises(IdentityRefused) as refused:
        mark(conn, person if known else new_id(), days, reason)
    assert refused.value.code == code
    assert conn.scalar(text("SELECT count(*) FROM face_marks")) == 0


def test_another_institution_neither_sees_nor_lifts_it(conn: Connection, person: str) -> None:
    mark(conn, person)
    assert not holds(conn, person, institution="H99010100002")
    with pytest.raises(IdentityRefused):
        face_marks.lift(conn, "H99010100002", person, BY, now())
    assert holds(conn, person)


def test_it_follows_a_merge_and_comes_back_with_its_undoing(
    conn: Connection, keyring: KeyRing, gallery: Gallery, person: str
) -> None:
    twice = people.register_person(
        conn, keyring, INSTITUTION, number="990101198001050010", name="张三"
    )
    one, two = (
        accounts.create(conn, keyring, INSTITUTION, login, now()).account
        for login in ("e0001", "e0002")
    )
    mark(conn, twice)
    merge = merging.ask(conn, gallery, person, twice, "registered_twice", one)
    merging.approve(conn, gallery, merge, two)
    assert holds(conn, person)
    merging.ask_undo(conn, gallery, merge, one)
    merging.approve(conn, gallery, merge, two)
    assert not holds(conn, person)
    assert holds(conn, twice)


def test_the_person_s_copy_has_it_and_an_erasure_takes_it(
    conn: Connection, keyring: KeyRing, gallery: Gallery, person: str
) -> None:
    mark(conn, person, reason="cannot_compare")
    (told,) = subject.export(conn, keyring, INSTITUTION, person).faceless
    assert (told.reason, told.ended_at) == ("cannot_compare", None)
    erasure.erase(conn, gallery, person)
    assert conn.scalar(text("SELECT count(*) FROM face_marks")) == 0


def test_three_years_after_its_end_the_sweeper_takes_it(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    with database.app.begin() as conn:
        person = people.register_person(
            conn, keyring, INSTITUTION, number="990101195001050018", name="张三"
        )
        mark(conn, person, days=1)
    sweeper = Sweeper(database.app, gallery)
    sweeper.sweep(now() + timedelta(days=1000))
    with database.app.begin() as conn:
        assert conn.scalar(text("SELECT count(*) FROM face_marks")) == 1
    sweeper.sweep(now() + timedelta(days=1100))
    with database.app.begin() as conn:
        assert conn.scalar(text("SELECT count(*) FROM face_marks")) == 0
