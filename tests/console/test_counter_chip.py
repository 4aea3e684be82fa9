"""The chip's photo at the counter, on the real models: eyes, camera, another card, no decoder."""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from joserfc.jwk import OKPKey
from sqlalchemy import text

from devices.resident_id import simulated_photo
from devices.resident_id.simulated_photo import SimulatedPhotoDecoder
from enroll.chip import LIFE_S, Photos
from models.engine import FaceEngine
from models.types import Image
from tests.enroll.conftest import engine, portraits
from tests.verifier.fixtures import INSTITUTION, dump
from tests.verifier.serving.counters import findings
from tests.verifier.serving.hospital import (
    CHILD,
    NO_FACE,
    Hospital,
    Person,
    Terminal,
    basis,
    card,
    invent,
)
from tests.verifier.serving.staff import Member, member
from verifier.identity import galleries
from verifier.identity.galleries import Gallery
from verifier.protocol import jose
from verifier.protocol.claim import Evidence
from verifier.protocol.desk import DESK, SentReading
from verifier.protocol.receipt import Receipt, check_receipt
from verifier.protocol.values import Assurance, Consent
from verifier.store.database import Database
from verifier.trust.accounts.roles import Role
from verifier.trust.keys import KeyRing

from .browser import SIZES, a_screen
from .desk import Desk, code, leads_to
from .enrolling import Camera, a_desk

__all__ = ["engine", "portraits"]
COUNTER = "/console/counter"
ZHANG, LI = invent(1), invent(2, "李四")


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


@pytest.fixture
def staff(hospital: Hospital) -> Member:
    return member(hospital, "c0001", Role.COUNTER)


@pytest.fixture
def clerk(hospital: Hospital, staff: Member) -> Desk:
    desk = Desk(hospital)
    desk.cookies["session"] = staff.token
    return desk


@pytest.fixture
def reader(hospital: Hospital) -> Terminal:
    return hospital.terminal([DESK])


def chip_png(engine: FaceEngine, portrait: Image) -> bytes:
    """Somebody's portrait as a simulated chip gives it, decoded: PNG of 102x126 pixels."""
    (face,) = engine.detect(portrait)
    photo = simulated_photo.encode(simulated_photo.portrait(portrait, face.box))
    done, data = cv2.imencode(".png", SimulatedPhotoDecoder().decode(photo))
    assert done
    return data.tobytes()


def lay(desk: Terminal, person: Person, photo: bytes | None, **said: object):  # type: ignore[no-untyped-def]
    """A card on the desk's reader as its agent sends it, sealed and signed."""
    key = OKPKey.import_key(desk.get("/v1/readings/key").json()["seal_key"])
    sent = SentReading(
        evidence=Evidence(reading=card(person, **said)).sealed(key),
        chip_photo=jose.seal(photo, key) if photo else None,
    )
    return desk.post("/v1/readings", sent.model_dump_json(exclude_none=True).encode())


def referred(
    hospital: Hospital, person: Person = ZHANG, consent: Consent = Consent.SEPARATE
) -> str:
    """A card that the terminal could not prove: its visit."""
    hospital.register(person)
    unproved = Evidence(reading=card(person, authenticated=False))
    answer = hospital.terminal().decide(unproved, "dispensing", legal_basis=basis(consent))
    assert "counter" in answer.decision.next_steps
    return answer.decision.visit


def taken(hospital: Hospital, clerk: Desk) -> str:
    """The one visit, taken by the clerk: its address."""
    with hospital.database.app.connect() as conn:
        item = conn.scalar(text("SELECT id FROM counter_items WHERE state = 'waiting'"))
    one = f"{COUNTER}/items/{item}"
    assert leads_to(clerk.post(f"{one}/taken", COUNTER)) == one
    return one


def shown(clerk: Desk, one: str, desk: Terminal):  # type: ignore[no-untyped-def]
    return clerk.post(f"{one}/chip", one, chip_desk=desk.id)


def look(clerk: Desk, one: str, portrait: Image, step: int = 0):  # type: ignore[no-untyped-def]
    fields = {"form_token": clerk.token(COUNTER)}
    files = {"frame": ("frame.jpg", Camera.frame(portrait, step), "image/jpeg")}
    return clerk.send(f"{one}/chip/frame", fields, files=files)


def looked(clerk: Desk, one: str, portrait: Image) -> None:
    """Frames until they are enough."""
    for step in range(6):
        if look(clerk, one, portrait, step).json()["enough"]:
            return
    raise AssertionError("never enough")


def receipt_of(hospital: Hospital, visit: str) -> Receipt:
    with hospital.database.app.connect() as conn:
        compact = conn.scalar(
            text(
                "SELECT r.compact FROM receipts AS r JOIN decisions AS d ON d.id = r.decision "
                "WHERE d.visit = :visit ORDER BY d.decided_at DESC LIMIT 1"
            ),
            {"visit": visit},
        )
    jwks = hospital.http.get("/.well-known/jwks.json").json()
    return check_receipt(
        str(compact), jwks, audience=INSTITUTION, visit=visit, accept_simulated=True
    )


def test_the_clerk_s_own_eyes_resolve_a_visit_by_the_chip_s_photo(
    hospital: Hospital, clerk: Desk, reader: Terminal, engine: FaceEngine, portraits: list[Image]
) -> None:
    visit = referred(hospital)
    one = taken(hospital, clerk)
    photo = chip_png(engine, portraits[2])
    assert lay(reader, ZHANG, photo).status_code == 204
    assert leads_to(shown(clerk, one, reader)) == f"{one}/chip"
    picture = clerk.get(f"{one}/chip/photo")
    assert (picture.content, picture.headers["cache-control"]) == (photo, "no-store")
    assert code(clerk.post(f"{one}/chip/resolved", f"{one}/chip")) == "form.malformed"
    assert leads_to(clerk.post(f"{one}/chip/resolved", f"{one}/chip", seen="yes")) == one
    assert "芯片照片比对" in clerk.get(one).text
    receipt = receipt_of(hospital, visit)
    assert receipt.assurance is Assurance.COUNTER_DOCUMENT
    assert receipt.fmr is None
    assert hospital.count("counter_results", "way = 'chip_photo' AND by_reader") == 1
    assert hospital.count("decisions", "consent = 'no_face' AND terminal IS NULL") == 1
    assert findings(hospital) == []


def test_the_camera_compares_once_by_the_policy_s_rate_and_the_clerk_lets_through(
    hospital: Hospital, clerk: Desk, reader: Terminal, engine: FaceEngine, portraits: list[Image]
) -> None:
    visit = referred(hospital)
    one = taken(hospital, clerk)
    lay(reader, ZHANG, chip_png(engine, portraits[2]))
    shown(clerk, one, reader)
    assert code(look(clerk, one, portraits[2])) == "counter.chip_over", "nobody agreed yet"
    assert leads_to(clerk.post(f"{one}/chip/agreed", f"{one}/chip")) == f"{one}/chip"
    looked(clerk, one, portraits[2])
    page = clerk.get(f"{one}/chip").text
    assert "比对一致" in page
    assert "十万对陌生人" in page
    assert code(look(clerk, one, portraits[2])) == "counter.chip_over", "once for a card laid"
    assert leads_to(clerk.post(f"{one}/chip/resolved", f"{one}/chip", how="models")) == one
    assert "十万对陌生人" in clerk.get(one).text
    receipt = receipt_of(hospital, visit)
    assert receipt.assurance is Assurance.CARD_CHIP_PHOTO
    assert receipt.fmr is not None
    with hospital.database.app.connect() as conn:
        said = conn.scalar(text("SELECT body FROM ledger WHERE kind = 'counter.compared'"))
        kept = conn.execute(
            text("SELECT consent, notice_version FROM decisions WHERE terminal IS NULL")
        ).one()
    assert said["agrees"] is True
    assert "score" not in said
    assert tuple(kept) == ("separate", hospital.site.rules.notice_version)
    assert findings(hospital) == []


def test_another_face_before_the_camera_does_not_pass_and_the_eyes_still_may(
    hospital: Hospital, clerk: Desk, reader: Terminal, engine: FaceEngine, portraits: list[Image]
) -> None:
    referred(hospital)
    one = taken(hospital, clerk)
    lay(reader, ZHANG, chip_png(engine, portraits[2]))
    shown(clerk, one, reader)
    clerk.post(f"{one}/chip/agreed", f"{one}/chip")
    looked(clerk, one, portraits[5])
    assert "没有对上" in clerk.get(f"{one}/chip").text
    told = clerk.post(f"{one}/chip/resolved", f"{one}/chip", how="models")
    assert code(told) == "counter.chip_differs"
    assert hospital.count("counter_results") == 0
    assert leads_to(clerk.post(f"{one}/chip/resolved", f"{one}/chip", seen="yes")) == one
    assert hospital.count("ledger", "kind = 'counter.compared'") == 1


def test_another_person_s_card_is_refused_in_a_plain_sentence_and_its_photo_not_shown(
    hospital: Hospital, clerk: Desk, reader: Terminal, engine: FaceEngine, portraits: list[Image]
) -> None:
    referred(hospital)
    hospital.register(LI)
    one = taken(hospital, clerk)
    lay(reader, LI, chip_png(engine, portraits[5]))
    answer = shown(clerk, one, reader)
    assert answer.status_code == 409
    assert "不是同一人" in answer.text
    assert code(clerk.get(f"{one}/chip/photo")) == "counter.chip_over"


def test_without_a_decoder_the_sentence_is_plain_and_the_document_way_stays(
    hospital: Hospital, clerk: Desk, reader: Terminal
) -> None:
    referred(hospital)
    one = taken(hospital, clerk)
    assert "没有新读到的证件" in shown(clerk, one, reader).text
    lay(reader, ZHANG, None)
    answer = shown(clerk, one, reader)
    assert answer.status_code == 409
    assert "没有装照片解码库" in answer.text
    assert f'action="{one}/document"' in answer.text
    said = {"document": "resident_id", "number": ZHANG.number, "seen": "yes"}
    assert leads_to(clerk.post(f"{one}/document", one, **said)) == one


@pytest.mark.parametrize(
    ("person", "said", "consent", "why"),
    [
        (CHILD, {}, Consent.SEPARATE, "未满规定年龄"),
        (ZHANG, {"authenticated": False}, Consent.SEPARATE, "不能证明芯片"),
        (ZHANG, {}, NO_FACE, "不再询问"),
    ],
)
def test_the_camera_is_not_asked_for(
    hospital: Hospital, clerk: Desk, reader: Terminal, engine: FaceEngine,
    portraits: list[Image], person: Person, said: dict[str, object], consent: Consent, why: str,
) -> None:  # fmt: skip
    referred(hospital, person, consent)
    one = taken(hospital, clerk)
    lay(reader, person, chip_png(engine, portraits[2]), **said)
    shown(clerk, one, reader)
    assert why in clerk.get(f"{one}/chip").text
    assert code(clerk.post(f"{one}/chip/agreed", f"{one}/chip")) == "counter.chip_over"
    assert leads_to(clerk.post(f"{one}/chip/resolved", f"{one}/chip", seen="yes")) == one


def test_the_photo_is_the_clerk_s_own_goes_after_two_minutes_and_is_kept_nowhere(
    hospital: Hospital, clerk: Desk, reader: Terminal, engine: FaceEngine, portraits: list[Image]
) -> None:
    now = [0.0]
    photos = hospital.http.app.state.chip_photos = Photos(lambda: now[0])
    referred(hospital)
    one = taken(hospital, clerk)
    photo = chip_png(engine, portraits[2])
    lay(reader, ZHANG, photo)
    shown(clerk, one, reader)
    clerk.post(f"{one}/chip/agreed", f"{one}/chip")
    look(clerk, one, portraits[2])
    (held,) = photos._by_account.values()
    vector = held.vectors[0]
    other = Desk(hospital)
    other.cookies["session"] = member(hospital, "c0002", Role.COUNTER).token
    assert code(other.get(f"{one}/chip/photo")) == "counter.chip_over"
    assert leads_to(other.get(f"{one}/chip")) == one
    now[0] = LIFE_S
    photos.forget_old()
    assert len(photos) == 0
    assert not held.photo
    assert not vector.any(), "overwritten, not only let go"
    assert leads_to(clerk.get(f"{one}/chip")) == one
    assert "已丢弃" in clerk.get(one).text
    with hospital.database.owner.connect() as conn:
        assert photo[60:120] not in dump(conn)


def test_a_desk_sends_a_card_s_photo_and_no_other_picture(
    hospital: Hospital, reader: Terminal, engine: FaceEngine, portraits: list[Image]
) -> None:
    large = cv2.imencode(".png", np.zeros((300, 300, 3), np.uint8))[1].tobytes()
    for wrong in (b"GIF89a", large, cv2.imencode(".jpg", portraits[2])[1].tobytes()):
        answer = lay(reader, ZHANG, wrong)
        assert answer.json()["code"] in ("evidence.malformed", "request.malformed")
    photo = chip_png(engine, portraits[2])
    answer = lay(reader, ZHANG, photo, kind="social_security_card")
    assert answer.json()["code"] == "evidence.malformed"
    assert len(hospital.site.readings) == 0


def test_a_resolved_visit_is_taken_back_as_any_other(
    hospital: Hospital, clerk: Desk, reader: Terminal, engine: FaceEngine, portraits: list[Image]
) -> None:
    referred(hospital)
    one = taken(hospital, clerk)
    lay(reader, ZHANG, chip_png(engine, portraits[2]))
    shown(clerk, one, reader)
    clerk.post(f"{one}/chip/resolved", f"{one}/chip", seen="yes")
    hospital.clock.ahead += timedelta(seconds=5)
    assert leads_to(clerk.post(f"{one}/reversed", one, sure="yes")) == one
    assert findings(hospital) == []


GIVEN = "演示医院|刷脸|中文|张\\*"
"""Names that somebody gave, and the switch to Chinese."""


@pytest.mark.browser
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_the_photo_s_page_is_whole_in_a_browser_and_its_camera_opens_when_the_person_agreed(
    chromium: str, hospital: Hospital, staff: Member, reader: Terminal, engine: FaceEngine,
    portraits: list[Image], tmp_path: Path, size: str, language: str,
) -> None:  # fmt: skip
    camera = Camera(tmp_path / "camera.mjpeg")
    camera.show(portraits[2])
    visit, wrong = referred(hospital), list[str]()
    with a_screen(chromium, hospital, SIZES[size], camera.arguments) as screen:
        page = screen.page

        def look_at(name: str) -> None:
            page.wait_for_load_state()
            wrong.extend(f"{name}: {each}" for each in screen.wrong())
            if folder := os.environ.get("SHUALIAN_SHOTS"):
                page.screenshot(path=f"{folder}/chip-{name}-{size}-{language}.png", full_page=True)
            if language == "en":
                said = re.sub(GIVEN, "", page.inner_text("body"))
                wrong.extend(f"{name}: {each}" for each in re.findall("[一-鿿]+", said))

        screen.open("/console/sign-in")
        screen.speak(language)
        screen.sign_in(staff)
        screen.open(COUNTER)
        page.click("#board .button.primary")
        lay(reader, ZHANG, chip_png(engine, portraits[2]))
        look_at("item")
        page.click("#show-chip")
        page.wait_for_function(
            "() => document.querySelector('.chip-beside img')?.naturalWidth === 102"
        )
        look_at("ask")
        page.click("#agree")
        page.locator("#by-models").wait_for(timeout=60_000)
        look_at("agrees")
        page.click("#by-models")
        page.locator("[role=status]").wait_for()
        look_at("resolved")
    assert wrong == []
    assert [each for each in screen.complaints if "favicon" not in each] == []
    assert receipt_of(hospital, visit).assurance is Assurance.CARD_CHIP_PHOTO
