"""One statement on the driver's connection says what the single steps say."""

import threading
from typing import Any

import numpy as np
import psycopg
import pytest
from sqlalchemy import Connection, text

from verifier.identity import erasure, people, synthetic, templates
from verifier.identity.galleries import Gallery
from verifier.identity.lookup import Known, known_by_number
from verifier.identity.templates import NoTemplate, TemplateForDecision
from verifier.store.database import Database
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import SealBroken

from .fixtures import register_somebody, unit_vectors, wait_for_a_lock

NUMBER = "990101199003070010"


def driver_of(conn: Connection) -> "psycopg.Connection[Any]":
    """The driver's own connection behind SQLAlchemy's."""
    found = conn.connection.driver_connection
    assert isinstance(found, psycopg.Connection)
    return found


def known(conn: Connection, keyring: KeyRing, gallery: Gallery) -> Known:
    """Who has the number; somebody must."""
    found = known_by_number(driver_of(conn), keyring, gallery, "resident_id", NUMBER)
    assert found is not None
    return found


def assert_same(conn: Connection, keyring: KeyRing, gallery: Gallery) -> Known:
    """Both ways agree."""
    found = known(conn, keyring, gallery)
    person = people.find_by_number(conn, keyring, gallery.institution, "resident_id", NUMBER)
    assert found.person == person
    other = templates.for_decision(conn, keyring, gallery, found.person.id)
    if isinstance(other, NoTemplate):
        assert found.template == other
    else:
        assert isinstance(found.template, TemplateForDecision)
        assert np.array_equal(found.template.vector, other.vector)
        for name in set(TemplateForDecision.__dataclass_fields__) - {"vector"}:
            assert getattr(found.template, name) == getattr(other, name)
    return found


def test_an_enrolled_person_is_known_with_name_and_template(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    somebody = register_somebody(conn, keyring, gallery.institution, NUMBER, "欧阳娜娜")
    templates.enrol(conn, keyring, gallery, somebody.id, somebody.consent, unit_vectors(1), 0.9)
    found = assert_same(conn, keyring, gallery)
    assert found.name == "欧阳娜娜"
    assert isinstance(found.template, TemplateForDecision)
    assert "欧阳" not in repr(found)


def test_a_number_that_nobody_has_is_nobodys(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    assert known_by_number(driver_of(conn), keyring, gallery, "resident_id", NUMBER) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("SELECT 1", None),
        ("DELETE FROM templates", "not_enrolled"),
        ("UPDATE people SET state = 'merged'", "person_not_confirmed"),
        ("UPDATE consents SET withdrawn_at = now()", "consent_withdrawn"),
    ],
)
def test_every_state_is_told_as_the_single_steps_tell_it(
    conn: Connection, keyring: KeyRing, gallery: Gallery, change: str, reason: str | None
) -> None:
    somebody = register_somebody(conn, keyring, gallery.institution, NUMBER)
    templates.enrol(conn, keyring, gallery, somebody.id, somebody.consent, unit_vectors(1), 0.9)
    conn.execute(text(change))
    found = assert_same(conn, keyring, gallery)
    assert found.name == "张三"
    assert getattr(found.template, "reason", None) == reason


def test_a_withdrawn_person_is_told(conn: Connection, keyring: KeyRing, gallery: Gallery) -> None:
    somebody = register_somebody(conn, keyring, gallery.institution, NUMBER)
    templates.enrol(conn, keyring, gallery, somebody.id, somebody.consent, unit_vectors(1), 0.9)
    erasure.withdraw(conn, gallery, somebody.id)
    assert assert_same(conn, keyring, gallery).template == NoTemplate("consent_withdrawn")


def test_a_filler_is_told(conn: Connection, keyring: KeyRing, gallery: Gallery) -> None:
    synthetic.fill(conn, keyring, gallery, 1)
    number = synthetic.number(0)
    found = known_by_number(driver_of(conn), keyring, gallery, "resident_id", number)
    assert found is not None
    assert found.template == NoTemplate("synthetic")


def test_an_altered_row_is_refused(conn: Connection, keyring: KeyRing, gallery: Gallery) -> None:
    somebody = register_somebody(conn, keyring, gallery.institution, NUMBER)
    templates.enrol(conn, keyring, gallery, somebody.id, somebody.consent, unit_vectors(1), 0.9)
    conn.execute(text("UPDATE templates SET vector_sealed = set_byte(vector_sealed, 30, 7)"))
    conn.execute(text("UPDATE templates SET vector_sealed = set_byte(vector_sealed, 31, 7)"))
    with pytest.raises(SealBroken):
        known(conn, keyring, gallery)


@pytest.mark.parametrize("who_waits", ["withdrawal", "replacement"])
def test_writers_wait_for_the_reader_and_the_reader_sees_what_they_left(
    database: Database, keyring: KeyRing, gallery: Gallery, who_waits: str
) -> None:
    with database.app.begin() as conn:
        somebody = register_somebody(conn, keyring, gallery.institution, NUMBER)
        templates.enrol(conn, keyring, gallery, somebody.id, somebody.consent, unit_vectors(1), 1)

    def write() -> None:
        with database.app.begin() as conn:
            if who_waits == "withdrawal":
                erasure.withdraw(conn, gallery, somebody.id)
            else:
                again = unit_vectors(1, seed=4)
                templates.enrol(conn, keyring, gallery, somebody.id, somebody.consent, again, 1)

    with database.app.begin() as reading:
        known(reading, keyring, gallery)
        writer = threading.Thread(target=write)
        writer.start()
        wait_for_a_lock(database)
    writer.join(30)
    with database.app.begin() as conn:
        assert_same(conn, keyring, gallery)


def test_a_reader_that_waited_for_a_replacement_reads_the_new_template(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    with database.app.begin() as conn:
        somebody = register_somebody(conn, keyring, gallery.institution, NUMBER)
        templates.enrol(conn, keyring, gallery, somebody.id, somebody.consent, unit_vectors(1), 1)
    found: list[Known] = []

    def read() -> None:
        with database.app.begin() as conn:
            found.append(known(conn, keyring, gallery))

    with database.app.begin() as writing:
        again = unit_vectors(1, seed=4)
        new = templates.enrol(writing, keyring, gallery, somebody.id, somebody.consent, again, 1)
        reader = threading.Thread(target=read)
        reader.start()
        wait_for_a_lock(database)
    reader.join(30)
    assert isinstance(found[0].template, TemplateForDecision)
    assert found[0].template.id == new
