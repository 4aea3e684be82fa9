"""Two files of one person made one by two members of staff, and taken back."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import Connection, text

from verifier.identity import consents, erasure, filing, merging, people, templates
from verifier.identity.errors import IdentityRefused
from verifier.identity.galleries import Gallery
from verifier.protocol.values import Consent, new_id, now
from verifier.trust.keys import KeyRing

from .fixtures import INSTITUTION

CLERK, OFFICE = new_id(), new_id()
ONE, OTHER = "990101198001050010", "99010119800105007X"


def unit(seed: int) -> np.ndarray:
    """Three samples of nobody."""
    rows = np.random.default_rng(seed).normal(size=(3, 128)).astype(np.float32)
    rows[1:] = rows[0] + 0.05 * rows[1:]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def enrolled(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> Callable[[str | None, int], str]:
    def make(number: str | None, seed: int) -> str:
        person = people.register_person(conn, keyring, INSTITUTION, number=number, name="张三")
        consent = consents.record(
            conn,
            INSTITUTION,
            person,
            kind=Consent.SEPARATE,
            notice_version="2025-11",
            given_at=now() - timedelta(minutes=seed),
            evidence="desk",
        )
        templates.enrol(conn, keyring, gallery, person, consent, unit(seed), 0.9)
        return person

    return make


def state(conn: Connection, person: str) -> str:
    return str(conn.scalar(text("SELECT state FROM people WHERE id = :id"), {"id": person}))


def holder(conn: Connection, keyring: KeyRing, number: str) -> str:
    found = people.find_by_number(conn, keyring, INSTITUTION, "resident_id", number)
    assert found is not None
    return found.id


def merged(conn: Connection, gallery: Gallery, kept: str, other: str) -> str:
    merge = merging.ask(conn, gallery, kept, other, "registered_twice", CLERK)
    merging.approve(conn, gallery, merge, OFFICE)
    return merge


def test_who_asks_does_not_approve(conn: Connection, gallery: Gallery, enrolled) -> None:  # type: ignore[no-untyped-def]
    kept, other = enrolled(ONE, 1), enrolled(OTHER, 2)
    merge = merging.ask(conn, gallery, kept, other, "registered_twice", CLERK)
    with pytest.raises(IdentityRefused) as refused:
        merging.approve(conn, gallery, merge, CLERK)
    assert refused.value.code == "merge.own"
    assert state(conn, other) == "confirmed", "nothing changes before somebody else approves"


def test_a_merged_face_answers_no_more_and_both_numbers_lead_to_the_kept_file(
    conn: Connection,
    keyring: KeyRing,
    gallery: Gallery,
    enrolled,  # type: ignore[no-untyped-def]
) -> None:
    kept, other = enrolled(ONE, 1), enrolled(OTHER, 2)
    assert filing.count(conn, INSTITUTION).people == 2
    merged(conn, gallery, kept, other)
    assert holder(conn, keyring, ONE) == holder(conn, keyring, OTHER) == kept
    gone = templates.for_decision(conn, keyring, gallery, other)
    assert gone == templates.NoTemplate("person_not_confirmed")
    assert isinstance(
        templates.for_decision(conn, keyring, gallery, kept), templates.TemplateForDecision
    )
    assert filing.count(conn, INSTITUTION).people == 1, "counted once"


def test_a_merge_is_taken_back_by_two_and_everything_is_as_before(
    conn: Connection,
    keyring: KeyRing,
    gallery: Gallery,
    enrolled,  # type: ignore[no-untyped-def]
) -> None:
    kept, other = enrolled(ONE, 1), enrolled(OTHER, 2)
    merge = merged(conn, gallery, kept, other)
    merging.ask_undo(conn, gallery, merge, OFFICE)
    assert state(conn, other) == "merged"
    with pytest.raises(IdentityRefused) as refused:
        merging.approve(conn, gallery, merge, OFFICE)
    assert refused.value.code == "merge.own"
    merging.approve(conn, gallery, merge, CLERK)
    assert holder(conn, keyring, OTHER) == other
    assert isinstance(
        templates.for_decision(conn, keyring, gallery, other), templates.TemplateForDecision
    )
    assert filing.count(conn, INSTITUTION).people == 2


def test_an_unknown_person_found_out_becomes_part_of_the_known_one_and_goes_back(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> None:
    unknown = people.register_person(conn, keyring, INSTITUTION, number=None, name="无名氏")
    known = people.register_person(conn, keyring, INSTITUTION, number=ONE, name="张三")
    merge = merged(conn, gallery, unknown, known)
    assert (state(conn, unknown), state(conn, known)) == ("confirmed", "merged")
    assert holder(conn, keyring, ONE) == unknown
    merging.ask_undo(conn, gallery, merge, CLERK)
    merging.approve(conn, gallery, merge, OFFICE)
    assert (state(conn, unknown), state(conn, known)) == ("provisional", "confirmed")


def test_what_waits_or_is_merged_is_not_asked_about_again(
    conn: Connection,
    gallery: Gallery,
    enrolled,  # type: ignore[no-untyped-def]
) -> None:
    kept, other = enrolled(ONE, 1), enrolled(OTHER, 2)
    merge = merging.ask(conn, gallery, kept, other, "registered_twice", CLERK)
    for pair in ((kept, other), (other, kept)):
        with pytest.raises(IdentityRefused) as refused:
            merging.ask(conn, gallery, *pair, "registered_twice", OFFICE)
        assert refused.value.code == "merge.not_now"
    merging.decline(conn, gallery, merge, OFFICE)
    assert state(conn, other) == "confirmed"
    merged(conn, gallery, kept, other)
    with pytest.raises(IdentityRefused):
        merging.ask(conn, gallery, kept, other, "registered_twice", CLERK)


def test_withdrawal_and_erasure_of_the_kept_file_reach_the_merged_one(
    conn: Connection,
    gallery: Gallery,
    enrolled,  # type: ignore[no-untyped-def]
) -> None:
    kept, other = enrolled(ONE, 1), enrolled(OTHER, 2)
    merged(conn, gallery, kept, other)
    assert erasure.withdraw(conn, gallery, kept) == 2
    assert conn.scalar(text("SELECT count(*) FROM templates")) == 0
    erasure.erase(conn, gallery, kept)
    keys = "SELECT count(*) FROM people WHERE data_key_sealed IS NOT NULL"
    assert conn.scalar(text(keys)) == 0
