"""What the desk takes from a camera and what it keeps, on the real models, without a browser."""

from collections.abc import Iterator
from datetime import timedelta

import cv2
import numpy as np
import pytest

from enroll.draft import FACE_LIFE_S, Drafts
from models.engine import FaceEngine
from models.types import Image
from tests.enroll.conftest import engine, portraits
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import CHILD, Hospital
from tests.verifier.serving.staff import Member, member
from verifier.identity import galleries
from verifier.identity.galleries import Gallery
from verifier.policy.load import load_policy, parse, shipped
from verifier.store.database import Database
from verifier.trust.accounts.roles import Role
from verifier.trust.keys import KeyRing

from .desk import Desk, code, leads_to
from .enrolling import Camera, a_desk, number_of

__all__ = ["engine", "portraits"]
ENROL = "/console/enrol"
ZHANG = number_of("19820312", "001")
MOTHER = number_of("19850312", "021")


@pytest.fixture
def gallery(database: Database, keyring: KeyRing, institution: str, engine: FaceEngine) -> Gallery:
    """The institution's gallery for the real pack."""
    with database.app.begin() as conn:
        return galleries.open_gallery(conn, keyring, institution, engine.pack)


@pytest.fixture
def hospital(
    database: Database, keyring: KeyRing, gallery: Gallery, engine: FaceEngine
) -> Iterator[Hospital]:
    with a_desk(database, keyring, gallery, engine) as opened:
        yield opened


def at_a_desk(hospital: Hospital, somebody: Member) -> Desk:
    desk = Desk(hospital)
    desk.cookies["session"] = somebody.token
    return desk


@pytest.fixture
def clerk(hospital: Hospital) -> Desk:
    return at_a_desk(hospital, member(hospital, "e0001", Role.ENROLMENT_CLERK))


def begun(clerk: Desk, number: str = ZHANG, name: str = "张甲") -> str:
    """A draft's address."""
    said = {"kind": "resident_id", "number": number, "name": name}
    return leads_to(clerk.post(ENROL, ENROL, **said))


def agreed(clerk: Desk, one: str) -> None:
    assert leads_to(clerk.post(f"{one}/consent", one, answer="yes")) == one


def sent(clerk: Desk, one: str, data: bytes):  # type: ignore[no-untyped-def]
    """One frame, as the page's script sends it."""
    fields = {"form_token": clerk.token(ENROL)}
    files = {"frame": ("frame.jpg", data, "image/jpeg")}
    return clerk.send(f"{one}/frame", fields, files=files)


def taken(clerk: Desk, one: str, portrait: Image) -> None:
    """Frames until they are enough."""
    for step in range(6):
        answer = sent(clerk, one, Camera.frame(portrait, step)).json()
        if answer["enough"]:
            return
    raise AssertionError(answer)


def enrolled(clerk: Desk, portrait: Image) -> str:
    one = begun(clerk)
    agreed(clerk, one)
    taken(clerk, one, portrait)
    return leads_to(clerk.post(f"{one}/saved", one)).rpartition("/")[2]


def test_without_consent_no_frame_is_looked_at(clerk: Desk, portraits: list[Image]) -> None:
    one = begun(clerk)
    assert code(sent(clerk, one, Camera.frame(portraits[2], 0))) == "desk.consent_missing"


def test_who_says_no_is_not_registered_at_all(hospital: Hospital, clerk: Desk) -> None:
    one = begun(clerk)
    assert leads_to(clerk.post(f"{one}/consent", one, answer="no")) == ENROL
    assert "没有登记人脸" in clerk.get(ENROL).text
    assert code(clerk.get(one)) == "desk.over"
    assert hospital.count("people") == 0


def test_what_is_no_picture_or_too_large_a_one_is_refused(clerk: Desk) -> None:
    one = begun(clerk)
    agreed(clerk, one)
    assert code(sent(clerk, one, b"GIF89a")) == "desk.picture"
    assert code(sent(clerk, one, b"\xff\xd8\xff" + bytes(700_000))) == "upload.too_large"
    # 20,000 x 20,000 pixels in a few kilobytes would take 1.2 GB to open.
    done, bomb = cv2.imencode(".png", np.zeros((1600, 1600), np.uint8))
    assert done
    assert len(bomb) < 20_000
    assert code(sent(clerk, one, bomb.tobytes())) == "desk.picture"


def test_a_draft_is_the_clerk_s_own(
    hospital: Hospital, clerk: Desk, portraits: list[Image]
) -> None:
    one = begun(clerk)
    agreed(clerk, one)
    taken(clerk, one, portraits[2])
    assert clerk.get(f"{one}/picture").headers["content-type"] == "image/jpeg"
    assert clerk.get(f"{one}/picture").headers["cache-control"] == "no-store"
    other = at_a_desk(hospital, member(hospital, "e0002", Role.ENROLMENT_CLERK))
    for path in (one, f"{one}/picture"):
        assert code(other.get(path)) == "desk.over"
    assert code(other.post(f"{one}/saved", ENROL)) == "desk.over"
    assert hospital.count("templates") == 0


def test_somebody_else_before_the_camera_begins_it_anew(
    clerk: Desk, portraits: list[Image]
) -> None:
    one = begun(clerk)
    agreed(clerk, one)
    assert sent(clerk, one, Camera.frame(portraits[2], 0)).json()["taken"] == 1
    answer = sent(clerk, one, Camera.frame(portraits[5], 0)).json()
    assert (answer["code"], answer["taken"]) == ("another", 0)


def test_a_face_goes_from_memory_two_minutes_after_the_last_touch(
    hospital: Hospital, clerk: Desk, portraits: list[Image]
) -> None:
    desk = hospital.http.app.state.enrolment
    now = [0.0]
    desk.drafts = Drafts(lambda: now[0])
    one = begun(clerk)
    agreed(clerk, one)
    taken(clerk, one, portraits[2])
    (draft,) = desk.drafts._drafts.values()
    vector = draft.vectors[0]
    now[0] = FACE_LIFE_S - 1
    assert "保存建档" in clerk.get(one).text
    now[0] += FACE_LIFE_S
    desk.drafts.forget_old()
    assert not draft.vectors
    assert not draft.picture
    assert not vector.any(), "overwritten, not only let go"
    assert "保存建档" not in clerk.get(one).text


def test_enrolled_again_the_template_is_replaced_under_a_new_consent(
    hospital: Hospital, clerk: Desk, portraits: list[Image]
) -> None:
    person = enrolled(clerk, portraits[2])
    file = f"/console/people/{person}"
    one = leads_to(clerk.post(f"{file}/enrolled", file))
    hospital.clock.ahead += timedelta(seconds=5)
    agreed(clerk, one)
    taken(clerk, one, portraits[2])
    assert leads_to(clerk.post(f"{one}/saved", one)).endswith(person)
    assert hospital.count("templates") == 1
    assert hospital.count("enrolments") == 2
    assert hospital.count("consents") == 2


def test_another_face_under_the_number_is_not_saved_and_can_be_passed_on(
    hospital: Hospital, clerk: Desk, portraits: list[Image]
) -> None:
    at = hospital.clock()
    hospital.http.app.state.enrolment.clock = lambda: at  # both consents of one second
    enrolled(clerk, portraits[2])
    one = begun(clerk)
    agreed(clerk, one)
    taken(clerk, one, portraits[5])
    assert "与这个号码下登记的人脸不一致" in clerk.get(one).text
    assert clerk.post(f"{one}/saved", one).status_code == 409
    leads_to(clerk.post(f"{one}/decided", one, decision="own", reason="other_face"))
    assert hospital.count("duplicate_referrals", "person = other") == 1
    assert hospital.count("templates") == 1


def test_who_came_with_a_passport_and_now_has_an_id_card_is_one_person(
    hospital: Hospital, clerk: Desk, portraits: list[Image]
) -> None:
    said = {"kind": "passport", "number": "E12345678", "name": "ZHANG JIA"}
    one = leads_to(clerk.post(ENROL, ENROL, **said, birth="1982-03-12", sex="male"))
    agreed(clerk, one)
    taken(clerk, one, portraits[2])
    person = leads_to(clerk.post(f"{one}/saved", one)).rpartition("/")[2]
    assert "44岁" in clerk.get(f"/console/people/{person}").text, "as the passport says"
    one = begun(clerk)
    agreed(clerk, one)
    taken(clerk, one, portraits[2])
    page = clerk.get(one).text
    assert "是同一个人，补号码" in page
    done = leads_to(clerk.post(f"{one}/decided", one, decision="same", other=person))
    assert done.endswith(person)
    assert hospital.count("people") == hospital.count("templates") == 1
    assert hospital.count("identifiers") == 2


def test_only_who_was_found_is_decided_about(
    hospital: Hospital, clerk: Desk, portraits: list[Image]
) -> None:
    one = begun(clerk, MOTHER, "李四")
    agreed(clerk, one)
    taken(clerk, one, portraits[2])
    for other in ("A" * 22, "x", ""):
        answer = clerk.post(f"{one}/decided", one, decision="two", other=other, link_reason="twins")
        assert "已有变化" in answer.text


def test_a_child_is_not_enrolled_unless_the_hospital_opened_it(
    hospital: Hospital, clerk: Desk
) -> None:
    one = begun(clerk, CHILD.number, CHILD.name)
    assert "本院不为未满14周岁的孩子登记人脸" in clerk.get(one).text
    answer = clerk.post(f"{one}/consent", one, answer="yes")
    assert answer.status_code == 422
    assert hospital.count("people") == 0


def test_where_it_is_open_the_guardian_agrees_and_is_recorded(
    hospital: Hospital, clerk: Desk, portraits: list[Image]
) -> None:
    table = load_policy(shipped("demo")).policy.model_dump() | {"guardian_enrolment": True}
    hospital.http.app.state.enrolment.policy = parse(table).policy
    one = begun(clerk, CHILD.number, CHILD.name)
    said = {"answer": "yes", "guardian_name": "李四", "relation": "parent"}
    unfit = clerk.post(f"{one}/consent", one, **said, guardian_number=CHILD.number)
    assert "监护人须为成年人" in unfit.text
    assert leads_to(clerk.post(f"{one}/consent", one, **said, guardian_number=MOTHER)) == one
    taken(clerk, one, portraits[2])
    leads_to(clerk.post(f"{one}/saved", one))
    assert hospital.count("consents", "kind = 'guardian'") == 1
    assert hospital.count("person_ties", "kind = 'guardian'") == 1
    assert hospital.count("people", f"institution = '{INSTITUTION}'") == 2
