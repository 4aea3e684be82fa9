"""The enrolment desk in a real Chromium: real models, a camera that plays a file."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.engine import FaceEngine
from models.types import Image
from tests.enroll.conftest import engine, portraits
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import member
from verifier.identity import galleries
from verifier.identity.galleries import Gallery
from verifier.store.database import Database
from verifier.trust.accounts.roles import Role
from verifier.trust.keys import KeyRing

from .browser import Screen, a_screen
from .enrolling import Camera, Clerk, a_desk, a_reader, lay_card, number_of

__all__ = ["engine", "portraits"]
pytestmark = pytest.mark.browser

ZHANG, LI = number_of("19820312", "001"), number_of("19820312", "019")


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
    made.show(portraits[0])
    return made


@pytest.fixture
def desk(hospital: Hospital) -> str:
    return a_reader(hospital)


@pytest.fixture
def screen(chromium: str, hospital: Hospital, camera: Camera) -> Iterator[Screen]:
    clerk = member(hospital, "e0001", Role.ENROLMENT_CLERK)
    with a_screen(chromium, hospital, more=camera.arguments) as opened:
        opened.sign_in(clerk)
        yield opened


def enrolled(clerk: Clerk, hospital: Hospital, desk: str, number: str, name: str) -> None:
    """From the card to what comes after the camera."""
    lay_card(hospital, desk, number, name)
    clerk.screen.open("/console/enrol")
    clerk.press("本人已阅读，单独同意")
    clerk.screen.page.wait_for_selector("#save, .desk-three, .trouble", timeout=60_000)


def test_somebody_is_enrolled_from_a_card_with_two_acts_of_the_clerk(
    hospital: Hospital, screen: Screen, desk: str
) -> None:
    clerk = Clerk(screen)
    began = time.monotonic()
    enrolled(clerk, hospital, desk, ZHANG, "张甲")
    assert screen.wrong() == []
    clerk.press("保存建档")
    clerk.sees("建档完成")
    waited = time.monotonic() - began
    print(f"acts {len(clerk.acts)}, from card to done {waited:.1f} s with the page's own waiting")
    assert clerk.acts == ["本人已阅读，单独同意", "保存建档"]
    assert hospital.count("templates") == 1
    assert hospital.count("consents", "notice_version = '2025-11' AND kind = 'separate'") == 1
    assert hospital.count("enrolments", "site = '东院门诊' AND way = 'card'") == 1
    assert len(hospital.http.app.state.enrolment.drafts) == 0, "nothing stays in memory"
    assert INSTITUTION
