"""The enrolment desk in a real Chromium: real models, a camera that plays a file."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route

from models.engine import FaceEngine
from models.types import Image
from tests.enroll.conftest import engine, portraits
from tests.verifier.serving.hospital import Hospital, Terminal
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
    made.show(portraits[2])
    return made


@pytest.fixture
def desk(hospital: Hospital) -> Terminal:
    return a_reader(hospital)


@pytest.fixture
def screen(chromium: str, hospital: Hospital, camera: Camera) -> Iterator[Screen]:
    clerk = member(hospital, "e0001", Role.ENROLMENT_CLERK)
    with a_screen(chromium, hospital, arguments=camera.arguments) as opened:
        opened.sign_in(clerk)
        yield opened


def enrolled(clerk: Clerk, desk: Terminal, number: str, name: str) -> None:
    """From the card to what comes after the camera."""
    lay_card(desk, number, name)
    clerk.screen.open("/console/enrol")
    clerk.press("本人已阅读，单独同意")
    clerk.screen.page.wait_for_selector("#save, .desk-three, .trouble", timeout=60_000)


def test_somebody_is_enrolled_from_a_card_with_two_acts_of_the_clerk(
    hospital: Hospital, screen: Screen, desk: Terminal
) -> None:
    clerk = Clerk(screen)
    began = time.monotonic()
    enrolled(clerk, desk, ZHANG, "张甲")
    assert screen.wrong() == []
    clerk.press("保存建档")
    clerk.sees("建档完成")
    waited = time.monotonic() - began
    print(f"acts {len(clerk.acts)}, from card to done {waited:.1f} s with the page's own waiting")
    assert clerk.acts == ["本人已阅读，单独同意", "保存建档"]
    assert hospital.count("templates") == 1
    assert hospital.count("consents", "notice_version = 'enrol-2026-11' AND kind = 'separate'") == 1
    assert hospital.count("enrolments", "site = '东院门诊' AND way = 'card'") == 1
    assert len(hospital.http.app.state.enrolment.drafts) == 0, "nothing stays in memory"


def crowded(screen: Screen, desk: Terminal, camera: Camera, portraits: list[Image]) -> Clerk:
    """Before the camera with somebody beside: the page waits for one face."""
    camera.show(portraits[2], portraits[3])
    lay_card(desk, ZHANG, "张甲")
    screen.open("/console/enrol")
    clerk = Clerk(screen)
    clerk.press("本人已阅读，单独同意")
    clerk.sees("请旁人离开画面")
    return clerk


def test_whoever_skips_to_the_content_is_still_led_on_by_a_card(
    screen: Screen, desk: Terminal
) -> None:
    screen.open("/console/enrol")
    screen.page.focus(".skip")
    screen.page.keyboard.press("Enter")
    lay_card(desk, ZHANG, "张甲")
    Clerk(screen).sees("本人已阅读，单独同意")


def test_what_is_to_be_mended_is_said_in_words(
    hospital: Hospital, screen: Screen, desk: Terminal, camera: Camera, portraits: list[Image]
) -> None:
    clerk = crowded(screen, desk, camera, portraits)
    assert screen.page.get_attribute("[data-sign=faces]", "data-state") == "mend"
    assert screen.wrong() == []
    clerk.press("放弃本次建档")
    clerk.sees("手工输入")
    assert len(hospital.http.app.state.enrolment.drafts) == 0
    assert hospital.count("people") == hospital.count("templates") == 0


def test_whoever_gives_up_is_not_called_back_by_the_answer_to_the_last_frame(
    hospital: Hospital, screen: Screen, desk: Terminal, camera: Camera, portraits: list[Image]
) -> None:
    clerk, page = crowded(screen, desk, camera, portraits), screen.page
    asked: list[Route] = []
    page.route("**/frame", lambda held: asked.append(held))
    while not asked:
        page.wait_for_timeout(20)

    def between(given_up: Route) -> None:
        """What the verifier says to a frame of a draft that it just forgot."""
        asked[0].fulfill(status=409, body="")
        given_up.continue_()

    page.route("**/ended", between)
    clerk.press("放弃本次建档")
    clerk.sees("手工输入")
    assert len(hospital.http.app.state.enrolment.drafts) == 0


def test_the_same_face_under_another_number_is_not_saved_without_a_decision_and_twins_are_linked(
    hospital: Hospital, screen: Screen, desk: Terminal
) -> None:
    clerk = Clerk(screen)
    enrolled(clerk, desk, ZHANG, "张甲")
    clerk.press("保存建档")
    enrolled(clerk, desk, LI, "张乙")
    clerk.sees("找到一位相貌相近的人")
    clerk.sees("张*")
    clerk.sees("极像")
    assert screen.page.locator("#save").count() == 0, "nothing to save by"
    assert ZHANG not in screen.page.content()
    assert screen.wrong() == []
    screen.page.select_option("#link_reason", "twins")
    clerk.press("是两个人，关联")
    clerk.press("保存建档")
    clerk.sees("建档完成")
    assert hospital.count("templates") == 2
    assert hospital.count("people", "linked_group IS NOT NULL") == 2
    linked = "kind = 'people.linked' AND body->>'reason' = 'twins' AND body->>'by' = 'e0001'"
    assert hospital.count("ledger", linked) == 1


def test_who_cannot_be_told_apart_is_passed_to_the_insurance_office(
    hospital: Hospital, screen: Screen, desk: Terminal
) -> None:
    clerk = Clerk(screen)
    enrolled(clerk, desk, ZHANG, "张甲")
    clerk.press("保存建档")
    enrolled(clerk, desk, LI, "李乙")
    screen.page.fill("#note", "两人证件地址相同")
    clerk.press("转医保办")
    clerk.sees("已转医保办核查")
    assert hospital.count("templates") == 1, "nobody new has a face"
    assert hospital.count("duplicate_referrals", "reason = 'cannot_tell'") == 1
    office = member(hospital, "e0002", Role.INSURANCE_OFFICE)
    screen.sign_out()
    screen.sign_in(office)
    screen.open("/console/duplicates")
    clerk.sees("李* 与 张* 相貌相近")
    clerk.sees("两人证件地址相同")
    assert screen.wrong() == []


def test_who_withdraws_leaves_no_template(
    hospital: Hospital, screen: Screen, desk: Terminal
) -> None:
    clerk = Clerk(screen)
    enrolled(clerk, desk, ZHANG, "张甲")
    clerk.press("保存建档")
    screen.page.get_by_text("撤销：本人改变主意").click()
    screen.page.check("input[name=sure]")
    clerk.press("撤回同意并删除人脸")
    clerk.sees("人脸模板已删除")
    assert hospital.count("templates") == 0
    assert hospital.count("consents", "withdrawn_at IS NULL") == 0
    hospital.site.housekeeper.follow()
    assert len(hospital.site.gallery) == 0, "nor does the index hold one"
