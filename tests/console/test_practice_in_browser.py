"""The rooms of practice in a real Chromium: a review, a registration, a file of claims."""

import csv
import re
from pathlib import Path

import pytest

from tests.verifier.practice.clinic import number
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import PASSWORD, member
from verifier.trust.accounts.roles import Role
from verifier.trust.accounts.sessions import PROVEN

from .browser import SIZES, Screen, a_screen
from .test_practice_people import HEAD, resident
from .test_practice_reconcile import WORDS, claims
from .ward import HOUR, Ward, populated

pytestmark = pytest.mark.browser

BOARD = "/console/practice"
PEOPLE = f"{BOARD}/people"


def test_medical_affairs_approve_a_window_and_the_board_shows_it(
    chromium: str, hospital: Hospital
) -> None:
    populated(hospital)
    affairs = member(hospital, "g0001", Role.MEDICAL_AFFAIRS)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(affairs)
        page.click("nav >> text=执业看板")
        line = page.locator("#board tr", has_text="李时珍")
        assert line.locator(".stand").inner_text() == "临时执业"
        page.click("nav >> text=待复核")
        card = page.locator("section.card", has_text="李时珍")
        assert "抢救" in card.inner_text()
        card.locator("button", has_text="认可").first.click()
        assert "已认可" in page.inner_text("[role=status]")
        page.click("nav >> text=执业看板")
        assert line.locator(".stand").inner_text() == "执业中"
        assert "已认可" in line.inner_text()
    assert screen.complaints == []


def test_the_board_renews_itself_and_leaves_the_keyboard_where_it_is(
    chromium: str, hospital: Hospital
) -> None:
    ward, made = populated(hospital)
    affairs = member(hospital, "g0001", Role.MEDICAL_AFFAIRS)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(affairs)
        page.clock.install()
        screen.open(f"{BOARD}?department=cardiology")
        line = page.locator("#board tr", has_text="华佗")
        assert line.locator(".stand").inner_text() == "未签入"
        line.locator("a").focus()
        here = page.evaluate("document.activeElement.id")
        ward.window(made["not_in"])
        page.clock.run_for(10_500)
        line.locator(".stand-in").wait_for()
        assert page.evaluate("document.activeElement.id") == here != ""
        assert re.search(r"更新于 \d\d:\d\d:\d\d", page.inner_text("#board"))
        page.clock.fast_forward(11 * 60_000)
        assert "已停止更新" in page.inner_text("#board-stale")
    assert screen.complaints == []


def test_a_registrar_adds_a_practitioner_with_the_password_again(
    chromium: str, hospital: Hospital
) -> None:
    Ward(hospital)
    affairs = member(hospital, "g0001", Role.MEDICAL_AFFAIRS)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(affairs)
        hospital.clock.ahead += PROVEN
        page.click("nav >> text=执业登记")
        page.click("text=添加人员")
        page.fill("#password", PASSWORD)
        page.click("main form button")
        page.fill("#code", number(1))
        page.fill("#name", "张仲景")
        page.fill("#number", resident(1)[:-1] + "Y")
        page.click("main form button")
        assert "校验位要对" in page.inner_text("[role=alert]:focus")
        assert page.input_value("#name") == "张仲景"
        page.fill("#number", resident(1))
        page.click("main form button")
        assert "已添加" in page.inner_text("[role=status]")
        page.fill("#from", "2026-01-01")
        page.click("form[action$='/registrations'] button")
        assert "执业权已登记" in page.inner_text("[role=status]")
        assert "独立执业" in page.inner_text(".rows")
    assert [each for each in screen.complaints if "422" not in each] == []


def test_a_claims_file_is_reconciled_and_taken_away_without_choosing_it_again(
    chromium: str, hospital: Hospital, tmp_path: Path
) -> None:
    data = claims(hospital)
    office = member(hospital, "g0002", Role.INSURANCE_OFFICE)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(office)
        page.click("nav >> text=结算核对")
        page.set_input_files("#file", {"name": "c.csv", "mimeType": "text/csv", "buffer": data})
        page.click("button[value=page]")
        assert page.inner_text("#outcome h2:focus") == "共 11 行"
        text = page.inner_text("#outcome")
        for own_id, words in WORDS.items():
            assert own_id in text
            assert words in text
        for kind in ("csv", "xlsx"):
            with page.expect_download() as started:
                page.click(f"button[value={kind}]")
            started.value.save_as(tmp_path / f"found.{kind}")
        rows = list(csv.reader((tmp_path / "found.csv").open(encoding="utf-8-sig")))
        assert [row[1] for row in rows[1:]] == ["ok", *WORDS]
        assert (tmp_path / "found.xlsx").read_bytes().startswith(b"PK")
    assert screen.complaints == []


def look(screen: Screen, name: str, language: str) -> list[str]:
    """What is wrong with the page, and what is left untranslated."""
    wrong = [f"{name}: {each}" for each in screen.wrong()]
    if language == "en":
        text = re.sub(GIVEN, "", screen.page.inner_text("body"))
        wrong += [f"{name}: {each}" for each in re.findall("[一-鿿]+", text)]
    return wrong


GIVEN = (
    "演示医院|刷脸|中文|[东西]院区|心内科|外科|儿科|眼科|主任|昨天|执业注册"
    "|张仲景|欧阳修远|李时珍|孙思邈|华佗|扁鹊|王叔和|葛洪|赵[甲乙丙丁戊]"
)
"""Names that somebody gave, and the switch to Chinese."""


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_of_practice_is_whole_large_enough_and_open_to_all(
    chromium: str, hospital: Hospital, size: str, language: str
) -> None:
    ward, made = populated(hospital)
    for seed, sign in enumerate("甲乙丙丁戊", 40):
        ward.window(ward.doctor(seed, f"赵{sign}"))
    ward.qualify(made["in"], "suspended")
    window = ward.window(made["off"], opened_at=ward.now - 3 * HOUR)
    person = f"{PEOPLE}/{made['off'].person}"
    affairs = member(hospital, "g0001", Role.MEDICAL_AFFAIRS)
    wrong: list[str] = []
    with a_screen(chromium, hospital, SIZES[size]) as screen:
        page = screen.page
        screen.open("/console/sign-in")
        screen.speak(language)
        screen.sign_in(affairs)
        for path in (
            BOARD,
            f"{BOARD}/reviews",
            PEOPLE,
            f"{PEOPLE}/new",
            f"{PEOPLE}/import",
            person,
            f"{person}/windows",
            f"{person}/windows/{window}",
            f"{BOARD}/reconcile",
            f"{BOARD}/reconcile/completeness",
        ):
            screen.open(path)
            wrong += look(screen, path, language)
            if page.locator("main summary").count():
                page.locator("main summary").first.click()
                wrong += look(screen, f"{path}, opened", language)
        screen.open(f"{PEOPLE}/import")
        mixed = (
            f"{HEAD}{number(101)},张仲景,{resident(1)},心内科,,,,,,,\n"
            f"{number(102)},李时珍,1,眼科,主任,昨天,,,,,\n"
        )
        file = {"name": "p.csv", "mimeType": "text/csv", "buffer": mixed.encode()}
        page.set_input_files("#file", file)  # type: ignore[arg-type]
        page.locator("main form button").first.click()
        page.wait_for_selector("table.long-states")
        page.wait_for_load_state()  # its style too
        wrong += look(screen, "report", language)
        screen.open(f"{BOARD}/reconcile")
        lines = f"code,time\n{number(1)},2026-11-27 12:00\n{number(999)},someday\n"
        file = {"name": "c.csv", "mimeType": "text/csv", "buffer": lines.encode()}
        page.set_input_files("#file", file)  # type: ignore[arg-type]
        page.click("button[value=page]")
        page.wait_for_selector("#outcome h2")
        wrong += look(screen, "outcome", language)
    assert wrong == []
    assert screen.complaints == []
