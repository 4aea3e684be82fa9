"""Training in a real Chromium: the band, the way back, two tabs, an enrolment with the own face."""

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from console.app import mount
from models.engine import FaceEngine
from models.types import Image
from tests.enroll.conftest import engine, portraits
from tests.kiosk.browser import PHONE
from tests.verifier.calibrated import calibration_with_floor
from tests.verifier.serving.hospital import Hospital, open_hospital
from tests.verifier.serving.staff import member
from verifier.api.site import Site
from verifier.identity import galleries
from verifier.identity.galleries import Gallery
from verifier.store.database import Database
from verifier.training.invented import BY_KEY
from verifier.trust.accounts.roles import Role
from verifier.trust.keys import KeyRing

from .browser import Screen, a_screen, whole
from .enrolling import Camera, Clerk

__all__ = ["engine", "portraits"]
pytestmark = pytest.mark.browser

TRAINING, COUNTER = "/console/training", "/console/counter"
WIDTHS = (PHONE, (1366, 768), (1920, 1080))
BACK = {"zh": "回到真实工作", "en": "Back to real work"}
BEGIN = {"zh": "开始练习", "en": "Begin training"}

COVERED = """() => {
  const band = document.querySelector('.training-band').getBoundingClientRect();
  const first = document.querySelector('main').getBoundingClientRect();
  return {high: band.height / innerHeight, over: band.bottom - first.top};
}"""

LARGE = """() =>
  parseFloat(getComputedStyle(document.querySelector('.training-band strong')).fontSize)"""
"""Pixels of the word; two metres ask for some 28."""

FOCUSED = """() => {
  const it = document.activeElement;
  if (it === document.body) return '';
  const box = it.getBoundingClientRect();
  const seen = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const band = seen?.closest('.training-band');
  return band && !band.contains(it) ? it.outerHTML.slice(0, 200) : '';
}"""
"""What has the focus and is under the band."""


@pytest.fixture
def gallery(database: Database, keyring: KeyRing, institution: str, engine: FaceEngine) -> Gallery:
    """The institution's gallery for the real pack."""
    with database.app.begin() as conn:
        return galleries.open_gallery(conn, keyring, institution, engine.pack)


@pytest.fixture
def hospital(
    database: Database, keyring: KeyRing, gallery: Gallery, engine: FaceEngine
) -> Iterator[Hospital]:
    """A hospital with a folder and the real models."""
    said: dict[str, Any] = {"embedder": engine, "calibration": calibration_with_floor(3 / 300_000)}
    with TemporaryDirectory(prefix="shualian-test-") as made:
        said["data"] = Path(made) / "d"
        with open_hospital(database, keyring, gallery, **said) as opened:
            mount(opened.http.app, opened.site)
            yield opened
            opened.http.app.state.grounds.close()


def faces(site: Site) -> int:
    """Who can be found by the face there."""
    site.housekeeper.follow()
    return len(site.gallery)


@pytest.mark.parametrize("size", WIDTHS, ids=lambda size: str(size[0]))
def test_the_band_is_read_from_afar_and_covers_no_work(
    chromium: str, hospital: Hospital, size: tuple[int, int]
) -> None:
    roles = (Role.COUNTER, Role.ENROLMENT_CLERK, Role.HOSPITAL_ADMIN)
    somebody = member(hospital, "g0001", *roles)
    with a_screen(chromium, hospital, size) as screen:
        page = screen.page
        screen.sign_in(somebody)
        for language in ("zh", "en"):
            screen.speak(language)
            screen.open("/console")
            screen.room(TRAINING)
            assert screen.wrong() == []
            if language == "en":
                assert not re.search("[一-鿿]", page.inner_text("main").replace("练", ""))
            page.get_by_role("button", name=BEGIN[language]).click()
            page.wait_for_selector(".training-band")
            for path in (TRAINING, COUNTER, "/console/enrol", "/console/batches"):
                screen.open(path)
                assert screen.wrong() == []
                band = page.evaluate(COVERED)
                assert band["over"] <= 0
                assert band["high"] < 0.25
                assert page.evaluate(LARGE) >= 28
                assert page.title().startswith({"zh": "【练习】", "en": "[Training]"}[language])
                for _ in range(14):
                    page.keyboard.press("Tab")
                    assert page.evaluate(FOCUSED) == ""
            page.get_by_role("button", name=BACK[language]).click()
            page.wait_for_url("**/console")
            assert page.locator(".training-band").count() == 0


def test_a_page_that_stood_open_in_another_tab_does_nothing(
    chromium: str, hospital: Hospital
) -> None:
    somebody = member(hospital, "g0001", Role.COUNTER)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(somebody)
        screen.open(COUNTER)
        other = Screen(whole(page.context.new_page()), screen.address, hospital)
        other.open(TRAINING)
        other.page.get_by_role("button", name=BEGIN["zh"]).click()
        other.page.wait_for_selector(".training-band")
        page.locator(f"form[action='{COUNTER}/emergency'] button").click()
        page.wait_for_selector("[data-code='form.other_mode']")
        assert "什么都没有做" in page.inner_text("main")
        assert hospital.count("counter_items") == 0
        other.page.get_by_role("button", name=BACK["zh"]).click()
        other.page.wait_for_url("**/console")
        other.page.go_back()
        other.page.wait_for_url(f"**{TRAINING}")
        assert other.page.locator(".training-band").count() == 0, "a page is asked for anew"


def test_somebody_invented_is_enrolled_with_the_own_face_and_a_reset_erases_it(
    chromium: str, hospital: Hospital, tmp_path: Path, portraits: list[Image]
) -> None:
    camera = Camera(tmp_path / "camera.mjpeg")
    camera.show(portraits[2])
    somebody = member(hospital, "e0001", Role.ENROLMENT_CLERK)
    grounds = hospital.http.app.state.grounds
    with a_screen(chromium, hospital, arguments=camera.arguments) as screen:
        page, clerk = screen.page, Clerk(screen)
        screen.sign_in(somebody)
        screen.room(TRAINING)
        clerk.press(BEGIN["zh"])
        row = page.locator("tr", has_text=BY_KEY["new"].number)
        row.get_by_role("button").click()
        clerk.sees("已放在练习读卡器上")
        screen.room("/console/enrol")
        clerk.press("本人已阅读，单独同意")
        clerk.press("保存建档")
        clerk.sees("建档完成")
        assert screen.wrong() == []
        assert faces(grounds._ground.site) == 1, "in the ground's gallery"
        assert hospital.count("people") == hospital.count("templates") == 0
        assert faces(hospital.site) == 0, "and in no other"
        screen.room(TRAINING)
        page.click("summary:has-text('重置练习')")
        page.click(f"form[action='{TRAINING}/reset'] button")
        clerk.sees("练习已重置")
        assert faces(grounds._ground.site) == 0
