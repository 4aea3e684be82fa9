"""Enrolling one person: once, on a consent in force, and never as somebody else's double."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import text

from codes.id_number import parse
from enroll.application import Application, GivenConsent
from enroll.errors import PersonRefused
from enroll.photos import Photo
from enroll.service import Enrolled, Enroller, enrol_person
from models.engine import FaceEngine
from models.types import Image
from verifier.identity import consents, erasure, people, synthetic, templates
from verifier.identity.errors import IdentityRefused
from verifier.identity.galleries import Gallery
from verifier.protocol.values import Consent, now
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from .conftest import PEOPLE, jpeg


def applied(index: int, **changed: object) -> Application:
    """What one of the invented people asks for."""
    person = PEOPLE[index]
    consent = GivenConsent(Consent.SEPARATE, "2025-11", now() - timedelta(days=1), "desk")
    return replace(Application(parse(person.number), person.name, consent), **changed)  # type: ignore[arg-type]


@pytest.fixture
def files(photo_bytes: list[bytes]) -> list[Photo]:
    """One photo of each."""
    return [Photo(f"{index}.jpg", data) for index, data in enumerate(photo_bytes)]


def count(database: Database, table: str) -> int:
    """Rows of a table."""
    with database.app.connect() as conn:
        return int(conn.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def refused(
    enroller: Enroller, engine: FaceEngine, application: Application, photos: list[Photo]
) -> PersonRefused:
    """The refusal of this application."""
    with pytest.raises(PersonRefused) as error:
        enrol_person(enroller, engine, application, photos)
    return error.value


def test_an_enrolled_person_can_be_decided_on(
    enroller: Enroller,
    engine: FaceEngine,
    files: list[Photo],
    portraits: list[Image],
    database: Database,
    keyring: KeyRing,
    gallery: Gallery,
) -> None:
    done = enrol_person(enroller, engine, applied(0), files[:1])
    assert done.outcome == "enrolled"
    with database.app.begin() as conn:
        found = templates.for_decision(conn, keyring, gallery, done.person)
        assert people.name_of(conn, keyring, done.person) == PEOPLE[0].name
    assert isinstance(found, templates.TemplateForDecision)
    face = engine.observe(portraits[0]).face
    assert face is not None
    probe = templates.rotate(gallery.secrets, engine.embed(engine.align(portraits[0], face)[None]))
    assert float(probe[0] @ found.vector) > 0.9


def test_a_table_run_again_leaves_a_consent_that_was_renewed_since(
    enroller: Enroller,
    engine: FaceEngine,
    files: list[Photo],
    database: Database,
    gallery: Gallery,
) -> None:
    asked = applied(0)
    done = enrol_person(enroller, engine, asked, files[:1])
    with database.app.begin() as conn:
        renewed = consents.record(
            conn,
            gallery.institution,
            done.person,
            kind=Consent.SEPARATE,
            notice_version="enrol-2026-11",
            given_at=now(),
            evidence="desk",
        )
        templates.rest_on(conn, gallery, done.person, renewed)
    assert enrol_person(enroller, engine, asked, files[:1]).outcome == "already_enrolled"
    with database.app.connect() as conn:
        held = templates.enrolled_from(conn, gallery, done.person)
    assert held is not None
    assert held.notice_version == "enrol-2026-11"


def test_no_template_rests_on_a_consent_that_is_anothers_or_without_a_template(
    enroller: Enroller,
    engine: FaceEngine,
    files: list[Photo],
    database: Database,
    gallery: Gallery,
) -> None:
    first = enrol_person(enroller, engine, applied(0), files[:1])
    second = enrol_person(enroller, engine, applied(1), files[1:2])
    with database.app.connect() as conn:
        anothers = consents.in_force(conn, second.person)
        assert anothers is not None
        with pytest.raises(IdentityRefused) as refused:
            templates.rest_on(conn, gallery, first.person, anothers.id)
        assert refused.value.code == "template.no_consent"
        templates.remove(conn, gallery, second.person)
        with pytest.raises(IdentityRefused) as refused:
            templates.rest_on(conn, gallery, second.person, anothers.id)
        assert refused.value.code == "template.none"


def test_the_same_again_changes_nothing_and_decodes_nothing(
    enroller: Enroller, engine: FaceEngine, files: list[Photo], database: Database
) -> None:
    application = applied(0)
    first = enrol_person(enroller, engine, application, files[:1])
    before = count(database, "ledger")
    source = enroller.source_key(files[:1])
    assert enroller.unchanged(application, source) == Enrolled(first.person, "already_enrolled")
    again = enrol_person(enroller, engine, application, files[:1])
    assert again == Enrolled(first.person, "already_enrolled")
    assert count(database, "ledger") == before
    assert count(database, "templates") == count(database, "people") == 1


def test_a_new_photo_of_the_same_person_replaces_the_template(
    enroller: Enroller,
    engine: FaceEngine,
    files: list[Photo],
    portraits: list[Image],
    database: Database,
) -> None:
    first = enrol_person(enroller, engine, applied(0), files[:1])
    mirrored = Photo("new.jpg", jpeg(np.ascontiguousarray(portraits[0][:, ::-1])))
    second = enrol_person(enroller, engine, applied(0), [mirrored])
    assert second == Enrolled(first.person, "updated")
    assert count(database, "templates") == 1


def test_another_face_under_an_enrolled_number_is_refused(
    enroller: Enroller, engine: FaceEngine, files: list[Photo]
) -> None:
    enrol_person(enroller, engine, applied(0), files[:1])
    assert refused(enroller, engine, applied(0), files[1:2]).code == "differs_from_enrolled"


def test_the_same_face_under_another_number_is_refused_with_a_masked_name(
    enroller: Enroller, engine: FaceEngine, files: list[Photo], database: Database
) -> None:
    enrol_person(enroller, engine, applied(4), files[:1])
    error = refused(enroller, engine, applied(1), files[:1])
    assert error.code == "looks_like_another"
    assert "欧阳*" in error.detail
    assert PEOPLE[4].name not in error.detail
    assert count(database, "people") == 1


def test_a_clerk_who_told_two_look_alikes_apart_lets_both_in_and_links_them(
    enroller: Enroller, engine: FaceEngine, files: list[Photo], database: Database
) -> None:
    enrol_person(enroller, engine, applied(0), files[:1])
    told = applied(1, look_alikes=(PEOPLE[0].number,))
    assert enrol_person(enroller, engine, told, files[:1]).outcome == "enrolled"
    with database.app.connect() as conn:
        groups = conn.scalars(text("SELECT linked_group FROM people")).all()
    assert len(groups) == 2
    assert len(set(groups)) == 1
    assert groups[0] is not None


def test_a_look_alike_who_is_not_enrolled_is_told(
    enroller: Enroller, engine: FaceEngine, files: list[Photo]
) -> None:
    told = applied(1, look_alikes=(PEOPLE[0].number,))
    assert refused(enroller, engine, told, files[1:2]).code == "look_alike_unknown"


def test_different_people_are_enrolled_beside_each_other_and_two_thousand_fillers(
    enroller: Enroller,
    engine: FaceEngine,
    files: list[Photo],
    database: Database,
    keyring: KeyRing,
    gallery: Gallery,
) -> None:
    with database.app.begin() as conn:
        synthetic.fill(conn, keyring, gallery, 2000)
    for index in range(6):
        done = enrol_person(enroller, engine, applied(index), files[index : index + 1])
        assert done.outcome == "enrolled"


def test_nobody_is_refused_for_looking_like_a_filler(
    enroller: Enroller,
    engine: FaceEngine,
    files: list[Photo],
    database: Database,
    keyring: KeyRing,
    gallery: Gallery,
) -> None:
    """A filler with just this face, put there by hand."""
    done = enrol_person(enroller, engine, applied(0), files[:1])
    with database.owner.begin() as conn:
        conn.execute(text("UPDATE people SET synthetic = true"))
    assert enrol_person(enroller, engine, applied(1), files[:1]).person != done.person


def test_another_name_under_an_enrolled_number_is_refused(
    enroller: Enroller, engine: FaceEngine, files: list[Photo]
) -> None:
    enrol_person(enroller, engine, applied(0), files[:1])
    assert refused(enroller, engine, applied(0, name="李四"), files[:1]).code == "name_differs"
    spaced = applied(0, name=" 张 甲 ")
    assert enrol_person(enroller, engine, spaced, files[:1]).outcome in ("updated", "enrolled")


def test_an_old_consent_does_not_undo_a_withdrawal_and_a_new_one_does(
    enroller: Enroller,
    engine: FaceEngine,
    files: list[Photo],
    database: Database,
    gallery: Gallery,
) -> None:
    old = applied(0)
    done = enrol_person(enroller, engine, old, files[:1])
    with database.app.begin() as conn:
        erasure.withdraw(conn, gallery, done.person)
    assert refused(enroller, engine, old, files[:1]).code == "consent_withdrawn"
    assert count(database, "templates") == 0
    anew = replace(old, consent=replace(old.consent, given_at=now()))
    assert enrol_person(enroller, engine, anew, files[:1]) == Enrolled(done.person, "enrolled")


def test_a_closed_person_is_sent_to_the_counter(
    enroller: Enroller, engine: FaceEngine, files: list[Photo], database: Database
) -> None:
    enrol_person(enroller, engine, applied(0), files[:1])
    with database.app.begin() as conn:
        conn.execute(text("UPDATE people SET state = 'closed'"))
    assert refused(enroller, engine, applied(0), files[:1]).code == "person_not_confirmed"


def test_a_refusal_leaves_nothing_behind(
    enroller: Enroller, engine: FaceEngine, files: list[Photo], database: Database
) -> None:
    assert refused(enroller, engine, applied(0), files[:2]).code == "samples_differ"
    assert [count(database, table) for table in ("people", "identifiers", "consents")] == [0] * 3


def test_two_enrolments_in_two_processes_cannot_slip_past_each_other(
    enroller: Enroller,
    engine: FaceEngine,
    files: list[Photo],
    database: Database,
    keyring: KeyRing,
    gallery: Gallery,
) -> None:
    """Each has an index of its own; the second sees what the first committed."""
    other = Enroller(database.app, keyring, gallery, enroller._rules)
    enrol_person(enroller, engine, applied(0), files[:1])
    assert refused(other, engine, applied(1), files[:1]).code == "looks_like_another"
