"""在院核验 in a real Chromium on a phone: real models, a camera that plays a file."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.engine import FaceEngine
from models.types import Image
from tests.enroll.conftest import engine, portraits
from tests.kiosk.browser import PHONE
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import NOTICE, Hospital, Person, invent
from tests.verifier.serving.inpatients import NURSE, PHYSICIAN, WARD, Beds, at
from tests.verifier.serving.staff import member
from verifier.identity import consents, galleries, templates
from verifier.identity.galleries import Gallery
from verifier.presence.rules import Found
from verifier.protocol.values import Consent
from verifier.store.database import Database
from verifier.trust.accounts.roles import Role
from verifier.trust.keys import KeyRing

from .browser import SIZES, Screen, a_screen
from .enrolling import Camera, a_desk

__all__ = ["engine", "portraits"]
pytestmark = pytest.mark.browser

ZHANG, LI = invent(1, "张甲"), invent(2, "李乙")
GIVEN = "演示医院|刷脸|中文|心内科病区|内科|东院区|西院区|[张李]\\*+"


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
def camera(tmp_path: Path, portraits: list[Image]) -> Camera:
    made = Camera(tmp_path / "camera.mjpeg")
    made.file.write_bytes(b"".join(living(portraits[2])))
    return made


def living(portrait: Image) -> Iterator[bytes]:
    """Three seconds of a camera: no two pictures are one, as with a real one's noise."""
    for step in range(90):
        frame = cv2.imdecode(np.frombuffer(Camera.frame(portrait, step), np.uint8), 1)
        noise = np.random.default_rng(step).normal(0, 2, frame.shape)
        noisy = np.clip(frame + noise, 0, 255).astype(np.uint8)
        yield cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


@pytest.fixture
def beds(hospital: Hospital) -> Beds:
    """Ten o'clock in the hospital, two people in bed since yesterday, the first one with a face."""
    made = Beds(hospital)
    made.admit(ZHANG, "Z-1", bed="12")
    made.admit(LI, "L-2", bed="14")
    hospital.register(LI)
    hospital.clock.ahead = at(10) - datetime.now(UTC)
    return made


def enrol(hospital: Hospital, engine: FaceEngine, person: Person, portrait: Image) -> str:
    """Somebody with the face of a portrait."""
    known = hospital.register(person)
    seen = engine.observe(portrait)
    assert seen.face is not None
    vectors = engine.embed(np.stack([engine.align(portrait, seen.face)]), mirror=True)
    with hospital.database.app.begin() as conn:
        consent = consents.record(
            conn,
            INSTITUTION,
            known,
            kind=Consent.SEPARATE,
            notice_version=NOTICE,
            given_at=datetime.now(UTC),
            evidence="form 1",
        )
        templates.enrol(conn, hospital.keyring, hospital.gallery, known, consent, vectors, 0.9)
    return known


def press(screen: Screen, name: str) -> None:
    screen.page.get_by_role("button", name=name, exact=True).click()


def follow(screen: Screen, name: str) -> None:
    screen.page.get_by_role("link", name=name, exact=True).click()


def at_the_bed(screen: Screen, bed: str) -> None:
    """From the navigation to a bed."""
    screen.open("/console/ward")
    screen.page.click(".ward-list a >> text=心内科病区")
    screen.page.click(f".ward-beds a:has(.bed:text-is('{bed}'))")


def first_codes(screen: Screen, wristband: str) -> None:
    screen.page.fill("#wristband", wristband)
    screen.page.fill("#nurse", NURSE)
    screen.page.fill("#physician", PHYSICIAN)


def agreed_and_looked(screen: Screen) -> None:
    """Notice, a yes, codes, camera, until the page says what came out."""
    at_the_bed(screen, "12")
    follow(screen, "刷脸核对")
    assert "住院期间刷脸核验告知书" in screen.page.inner_text("main")
    press(screen, "本人同意")
    first_codes(screen, "Z-1")
    press(screen, "打开摄像头")
    screen.page.wait_for_selector(".ward-undo", timeout=60_000)


def test_a_nurse_checks_by_face_and_the_next_bed_by_wristband(
    chromium: str,
    hospital: Hospital,
    beds: Beds,
    engine: FaceEngine,
    portraits: list[Image],
    camera: Camera,
) -> None:
    enrol(hospital, engine, ZHANG, portraits[2])
    nurse = member(hospital, "n0002", Role.WARD_NURSE)
    with a_screen(chromium, hospital, PHONE, arguments=camera.arguments) as screen:
        screen.sign_in(nurse)
        screen.room("/console/ward")
        assert "在院 2 人" in screen.page.inner_text("main")
        at_the_bed(screen, "12")
        assert screen.page.inner_text(".ward-who .person") == "张*", "masked"
        agreed_and_looked(screen)
        assert "已刷脸核对" in screen.page.inner_text("main")
        at_the_bed(screen, "14")
        assert screen.page.get_by_role("link", name="刷脸核对").count() == 0, "no face to compare"
        follow(screen, "核对腕带")
        screen.page.fill("#wristband", "Z-1")
        assert screen.page.input_value("#nurse") == NURSE, "codes are typed once a round"
        screen.page.check("input[value=name]")
        screen.page.check("input[value=birth]")
        press(screen, "已核对，登记")
        assert "腕带号与这次住院不一致" in screen.page.inner_text("[role=alert]")
        assert screen.page.is_checked("input[value=birth]")
        screen.page.fill("#wristband", "L-2")
        press(screen, "已核对，登记")
        assert "待核验（0）" in screen.page.inner_text("main")
        assert "Z-1" not in screen.page.url
    assert [each.found for each in beds.entries("Z-1")] == ["face"]
    assert [each.found for each in beds.entries("L-2")] == ["wristband"]
    assert [each for each in screen.complaints if "409" not in each] == []


def test_one_touch_and_back_again(chromium: str, hospital: Hospital, beds: Beds) -> None:
    nurse = member(hospital, "n0002", Role.WARD_NURSE)
    with a_screen(chromium, hospital, PHONE) as screen:
        screen.sign_in(nurse)
        at_the_bed(screen, "12")
        press(screen, "透析")
        assert "透析" in screen.page.inner_text(".ward-undo")
        assert "待核验（1）" in screen.page.inner_text("main")
        press(screen, "撤回")
        assert "两条记录都保留" in screen.page.inner_text("[role=status]")
        assert "待核验（2）" in screen.page.inner_text("main")
        at_the_bed(screen, "14")
        press(screen, "睡着了，不叫醒")
        assert "稍后再看" in screen.page.inner_text("main")
        hospital.clock.ahead += at(22) - hospital.clock()
        # So long without a request the session is over; the page behind it says nothing more.
        screen.open("/console/ward")
        assert "/console/sign-in" in screen.page.url
    assert beds.hospital.count("presence_looks") == 3


def test_another_face_asks_for_the_wristband_and_accuses_nobody(
    chromium: str,
    hospital: Hospital,
    beds: Beds,
    engine: FaceEngine,
    portraits: list[Image],
    camera: Camera,
) -> None:
    enrol(hospital, engine, ZHANG, portraits[4])
    nurse = member(hospital, "n0002", Role.WARD_NURSE)
    with a_screen(chromium, hospital, PHONE, arguments=camera.arguments) as screen:
        screen.sign_in(nurse)
        agreed_and_looked(screen)
        shown = screen.page.inner_text("main")
        assert "没有对上" in shown
        assert "不说明任何问题" in shown
        assert screen.wrong() == []
        follow(screen, "核对腕带")
        first_codes(screen, "Z-1")
        screen.page.check("input[value=name]")
        screen.page.check("input[value=number]")
        press(screen, "已核对，登记")
        assert "已登记" in screen.page.inner_text("[role=status]")
    assert [each.found for each in beds.entries("Z-1")] == ["wristband"]


def test_whoever_does_not_want_the_face_is_not_asked_again(
    chromium: str,
    hospital: Hospital,
    beds: Beds,
    engine: FaceEngine,
    portraits: list[Image],
) -> None:
    enrol(hospital, engine, ZHANG, portraits[2])
    nurse = member(hospital, "n0002", Role.WARD_NURSE)
    with a_screen(chromium, hospital, PHONE) as screen:
        screen.sign_in(nurse)
        at_the_bed(screen, "12")
        press(screen, "不愿刷脸")
        assert "不再询问" in screen.page.inner_text("[role=status]")
        at_the_bed(screen, "12")
        assert screen.page.get_by_role("link", name="刷脸核对").count() == 0
        assert screen.page.get_by_role("button", name="不愿刷脸").count() == 0
    assert hospital.count("presence_answers", "answer = 'no'") == 1


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [*SIZES, "wide"])
def test_the_pages_are_whole_large_enough_and_open_to_all(
    chromium: str,
    hospital: Hospital,
    beds: Beds,
    engine: FaceEngine,
    portraits: list[Image],
    size: str,
    language: str,
) -> None:
    enrol(hospital, engine, ZHANG, portraits[2])
    for when in (at(8), at(13)):
        beds.enter("L-2", Found.EMPTY, when)
    hospital.clock.ahead = timedelta()  # a client's token is of the machine's own time
    beds.admit(invent(3), "W-3", bed="16", ward="ICU")
    hospital.clock.ahead = at(14) - datetime.now(UTC)
    nurse = member(hospital, "n0002", Role.WARD_NURSE)
    office = member(hospital, "i0001", Role.INSURANCE_OFFICE)
    admin = member(hospital, "h0001", Role.HOSPITAL_ADMIN)
    wrong: list[str] = []
    with a_screen(chromium, hospital, (SIZES | {"wide": (1920, 1080)})[size]) as screen:

        def look(name: str) -> None:
            wrong.extend(f"{name}: {each}" for each in screen.wrong())
            if language == "en":
                text = re.sub(GIVEN, "", screen.page.inner_text("main"))
                wrong.extend(f"{name}: {each}" for each in re.findall("[一-鿿]+", text))

        screen.open("/console/sign-in")
        screen.sign_in(nurse)
        screen.speak(language)
        screen.open("/console/ward")
        look("wards")
        screen.open(f"/console/ward/beds?ward={WARD}")
        look("beds")
        screen.page.click(".ward-beds a:has(.bed:text-is('12'))")
        look("bed")
        bed = screen.page.url
        screen.page.goto(f"{bed}/band")
        look("wristband")
        screen.page.goto(f"{bed}/face")
        look("notice")
        screen.page.click("button[name=answer][value=yes]")
        look("camera")
        screen.sign_out()
        screen.sign_in(office)
        screen.open("/console/ward/hints")
        look("hints")
        screen.page.click("form[action$='/explained'] >> nth=0")
        look("explained")
        screen.sign_out()
        screen.sign_in(admin)
        screen.open("/console/ward/kinds")
        look("kinds")
    assert wrong == []
