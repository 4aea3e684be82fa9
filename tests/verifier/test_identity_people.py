"""People: found by their number, read only with their key, and gone when erased."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, text, update

from codes.id_number import parse
from verifier.identity import (
    consents,
    erasure,
    galleries,
    institutions,
    people,
    synthetic,
    templates,
)
from verifier.identity.errors import IdentityRefused
from verifier.identity.galleries import Gallery
from verifier.protocol.values import Consent, new_id, now
from verifier.store.database import Database
from verifier.store.schema import Person
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import SealBroken

from .fixtures import PACK, dump, register_somebody, unit_vectors

NUMBER = "990101199003070010"
OTHER = "990101198512120021"


def test_a_person_is_found_by_the_number_and_only_at_that_institution(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    institution = gallery.institution
    person = people.register_person(conn, keyring, institution, number=NUMBER, name="张三")
    found = people.find_by_number(conn, keyring, institution, "resident_id", f" {NUMBER.lower()} ")
    assert found is not None
    assert (found.id, found.confirmed, found.synthetic) == (person, True, False)
    assert people.find_by_number(conn, keyring, institution, "resident_id", OTHER) is None
    assert people.find_by_number(conn, keyring, institution, "passport", NUMBER) is None
    assert people.find_by_number(conn, keyring, "H2", "resident_id", NUMBER) is None


def test_the_same_number_again_is_the_same_person(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    first = people.register_person(conn, keyring, gallery.institution, number=NUMBER, name="张三")
    again = people.register_person(conn, keyring, gallery.institution, number=NUMBER, name="张三")
    assert first == again
    assert conn.scalar(text("SELECT count(*) FROM people")) == 1


def test_two_who_register_the_same_number_at_once_make_one_person(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    def register(_: int) -> str:
        with database.app.begin() as conn:
            return people.register_person(
                conn, keyring, gallery.institution, number=NUMBER, name="张三"
            )

    with ThreadPoolExecutor(6) as pool:
        ids = set(pool.map(register, range(12)))
    with database.app.connect() as conn:
        assert [*ids] == conn.scalars(text("SELECT id FROM people")).all()
        assert conn.scalar(text("SELECT count(*) FROM identifiers")) == 1


def test_a_name_is_read_back_and_no_readable_part_stands_in_the_database(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    person = people.register_person(
        conn, keyring, gallery.institution, number=NUMBER, name="欧阳娜娜"
    )
    assert people.name_of(conn, keyring, person) == "欧阳娜娜"
    everything = dump(conn)
    for clear in (
        "欧阳娜娜".encode(),
        NUMBER.encode(),
        NUMBER[-4:].encode(),
        NUMBER[6:14].encode(),
    ):
        assert clear not in everything


def test_two_institutions_hash_the_same_number_differently(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    institutions.ensure(conn, "H2", "另一医院")
    galleries.open_gallery(conn, keyring, "H2", PACK)
    people.register_person(conn, keyring, gallery.institution, number=NUMBER, name="张三")
    people.register_person(conn, keyring, "H2", number=NUMBER, name="张三")
    for column in ("value_key FROM identifiers", "last_four_key FROM people"):
        assert len(set(conn.scalars(text(f"SELECT {column}")))) == 2


def test_nobody_is_registered_before_the_gallery_is_opened(
    conn: Connection, keyring: KeyRing, institution: str
) -> None:
    with pytest.raises(IdentityRefused) as refused:
        people.register_person(conn, keyring, institution, number=NUMBER, name="张三")
    assert refused.value.code == "gallery.missing"


def test_a_person_without_a_number_is_provisional(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    person = people.register_person(conn, keyring, gallery.institution, number=None, name="无名氏")
    assert people.name_of(conn, keyring, person) == "无名氏"
    assert conn.scalar(text("SELECT state FROM people")) == "provisional"


def test_last_four_digits_narrow_to_confirmed_people_with_a_template(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    institution = gallery.institution
    enrolled = register_somebody(conn, keyring, institution, NUMBER)
    templates.enrol(conn, keyring, gallery, enrolled.id, enrolled.consent, unit_vectors(1), 1)
    register_somebody(conn, keyring, institution, "990101199103070010")
    closed = register_somebody(conn, keyring, institution, "990101199203070010")
    templates.enrol(conn, keyring, gallery, closed.id, closed.consent, unit_vectors(1), 1)
    conn.execute(update(Person).where(Person.id == closed.id).values(state="closed"))
    assert people.by_last_four(conn, keyring, institution, "0010") == [enrolled.id]
    assert people.by_last_four(conn, keyring, institution, "0011") == []


def test_a_name_moved_to_another_row_is_refused(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    first = people.register_person(conn, keyring, gallery.institution, number=NUMBER, name="张三")
    second = people.register_person(conn, keyring, gallery.institution, number=OTHER, name="李四")
    conn.execute(
        text(
            "UPDATE people SET (name_sealed, data_key_sealed) = "
            "(SELECT name_sealed, data_key_sealed FROM people WHERE id = :first) WHERE id = :second"
        ),
        {"first": first, "second": second},
    )
    with pytest.raises(SealBroken):
        people.name_of(conn, keyring, second)


def test_an_erased_person_cannot_be_read_and_the_ledger_keeps_the_id(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    somebody = register_somebody(conn, keyring, gallery.institution, NUMBER)
    templates.enrol(conn, keyring, gallery, somebody.id, somebody.consent, unit_vectors(1), 1)
    erasure.erase(conn, gallery, somebody.id)
    erasure.erase(conn, gallery, somebody.id)
    with pytest.raises(IdentityRefused) as refused:
        people.name_of(conn, keyring, somebody.id)
    assert refused.value.code == "person.erased"
    found = people.find_by_number(conn, keyring, gallery.institution, "resident_id", NUMBER)
    assert found is None
    kinds = conn.scalars(text("SELECT kind FROM ledger ORDER BY seq")).all()
    assert kinds == [
        "person.registered",
        "consent.recorded",
        "template.enrolled",
        "consent.withdrawn",
        "person.erased",
    ]


def test_an_erased_number_can_be_registered_anew(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    somebody = register_somebody(conn, keyring, gallery.institution, NUMBER)
    erasure.erase(conn, gallery, somebody.id)
    assert register_somebody(conn, keyring, gallery.institution, NUMBER).id != somebody.id


def test_nobody_can_be_withdrawn_through_another_institution(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    institutions.ensure(conn, "H2", "另一医院")
    other = galleries.open_gallery(conn, keyring, "H2", PACK)
    somebody = register_somebody(conn, keyring, gallery.institution, NUMBER)
    for act in (erasure.withdraw, erasure.erase):
        with pytest.raises(IdentityRefused) as refused:
            act(conn, other, somebody.id)
        assert refused.value.code == "person.unknown"


def test_the_same_consent_again_is_one_record_and_a_withdrawn_one_is_not_in_force(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    given = now() - timedelta(days=1)
    somebody = register_somebody(conn, keyring, gallery.institution, NUMBER)

    def record() -> str:
        return consents.record(
            conn,
            gallery.institution,
            somebody.id,
            kind=Consent.SEPARATE,
            notice_version="2024-09",
            given_at=given,
            evidence="desk 3",
        )

    first = record()
    assert record() == first
    erasure.withdraw(conn, gallery, somebody.id)
    assert consents.in_force(conn, somebody.id) is None
    assert record() != first
    found = consents.in_force(conn, somebody.id)
    assert found is not None
    assert (found.kind, found.notice_version, found.given_at) == ("separate", "2024-09", given)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": Consent.NO_FACE},
        {"given_at": datetime(2025, 1, 1)},  # noqa: DTZ001
        {"given_at": now() + timedelta(days=2)},
        {"notice_version": ""},
        {"evidence": "x" * 65},
    ],
)
def test_what_is_no_consent_is_not_recorded(
    conn: Connection, gallery: Gallery, wrong: dict[str, object]
) -> None:
    right = {
        "kind": Consent.SEPARATE,
        "notice_version": "1",
        "given_at": now(),
        "evidence": "desk",
    }
    with pytest.raises(IdentityRefused) as refused:
        consents.record(conn, gallery.institution, new_id(), **{**right, **wrong})  # type: ignore[arg-type]
    assert refused.value.code == "consent.invalid"


def test_synthetic_people_fill_a_gallery_once_and_are_marked(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    assert synthetic.fill(conn, keyring, gallery, 30, seed=1) == 30
    assert synthetic.fill(conn, keyring, gallery, 30, seed=1) == 0
    assert synthetic.fill(conn, keyring, gallery, 50, seed=1) == 20
    assert conn.scalar(text("SELECT count(*) FROM people WHERE synthetic")) == 50
    assert conn.scalar(text("SELECT count(*) FROM templates WHERE synthetic")) == 50
    found = people.find_by_number(
        conn, keyring, gallery.institution, "resident_id", synthetic.number(3)
    )
    assert found is not None
    assert found.synthetic
    assert people.name_of(conn, keyring, found.id) == "合成0004"


def test_nothing_is_decided_on_a_synthetic_person(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    synthetic.fill(conn, keyring, gallery, 1)
    person = conn.scalar(text("SELECT id FROM people"))
    assert person is not None
    answer = templates.for_decision(conn, keyring, gallery, person)
    assert answer == templates.NoTemplate("synthetic")


def test_synthetic_numbers_are_valid_distinct_and_of_no_province() -> None:
    numbers = [parse(synthetic.number(index)) for index in (*range(3000), 30_000, 60_007)]
    assert len({number.number for number in numbers}) == len(numbers)
    assert {number.region for number in numbers} == {synthetic.REGION}


def test_two_thousand_synthetic_people_come_in_three_seconds(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    before = now()
    synthetic.fill(conn, keyring, gallery, 2000)
    assert conn.scalar(text("SELECT count(*) FROM templates")) == 2000
    # The budget is 3 s; a test on a shared machine only catches a fall by an order of magnitude.
    assert now() - before < timedelta(seconds=30)
