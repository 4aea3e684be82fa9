"""意见与好差评 in a real Chromium: a poor rating is taken, answered with a change, and closed."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.raters import Rater, noon
from tests.verifier.serving.staff import member
from verifier.trust.accounts.roles import Role

from .browser import SIZES, Screen, a_screen

pytestmark = pytest.mark.browser

RATINGS = "/console/ratings"
HALL = (1920, 1080)
GIVEN = "演示医院|刷脸|中文|药房的叫号屏看不见|换了更大的叫号屏"


def some_weeks(hospital: Hospital) -> None:
    """Ratings of several weeks: most of them good; two poor ones, one of them overdue."""
    rater = Rater(hospital)
    grades = ["very_satisfied"] * 5 + ["satisfied"] * 3 + ["fairly_satisfied"]
    for week in range(4):
        at = (noon() - timedelta(days=7 * week)).isoformat()
        for grade in grades[week:]:
            rater.rate(grade, rated_at=at)
    long_ago = (noon() - timedelta(days=26)).isoformat()
    rater.rate("very_dissatisfied", rated_at=long_ago, reasons=["waiting", "told"], door="phone")
    said = {"text": "药房的叫号屏看不见", "reasons": ["signs"], "simulated": True}
    rater.rate("dissatisfied", rated_at=noon().isoformat(), **said)


def shot(screen: Screen, name: str) -> None:
    """A picture, where somebody asks for pictures."""
    if folder := os.environ.get("SHUALIAN_SHOTS"):
        screen.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_poor_rating_is_closed_with_what_was_changed(chromium: str, hospital: Hospital) -> None:
    some_weeks(hospital)
    office = member(hospital, "i0001", Role.INSURANCE_OFFICE)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(office)
        screen.room("意见与好差评")
        table = page.locator("section", has=page.locator("#intakes"))
        assert "已过时限" in table.locator("tbody tr").first.inner_text()
        table.locator("tbody tr", has_text="指引不清").get_by_role("link").click()
        assert page.inner_text(".said") == "药房的叫号屏看不见"
        assert page.locator("#changed").count() == 0, "nobody sees to it yet"
        page.get_by_role("button", name="由我负责").click()
        page.fill("#note", "去看过")
        page.get_by_role("button", name="保存记录").click()
        page.get_by_label("已改进").check()
        page.get_by_role("button", name="办结").click()
        assert page.locator("#changed:invalid").count() == 1, "not without what was changed"
        page.fill("#changed", "换了更大的叫号屏")
        page.get_by_role("button", name="办结").click()
        assert "已办结" in page.inner_text("main .head")
        assert "换了更大的叫号屏" in page.inner_text(".steps")
        page.fill("#again", "还是看不见")
        page.get_by_role("button", name="重新办理").click()
        assert "办理中" in page.inner_text("main .head")
    assert screen.complaints == []


def test_a_matter_at_the_counter_gets_a_number(chromium: str, hospital: Hospital) -> None:
    office = member(hospital, "m0001", Role.MEDICAL_AFFAIRS)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(office)
        screen.room(RATINGS)
        page.get_by_role("link", name="登记事项").click()
        page.select_option("#kind", "question")
        page.select_option("#door", "counter")
        page.fill("#said", "药房的叫号屏看不见")
        page.get_by_role("button", name="登记").click()
        assert re.fullmatch(r"\d{4}-00001", page.inner_text("h1"))
        page.fill("#told", "两个工作日内答复")
        page.get_by_role("button", name="保存告知").click()
        assert page.locator("#told").count() == 0
    assert screen.complaints == []


def test_an_auditor_reads_and_changes_nothing(chromium: str, hospital: Hospital) -> None:
    some_weeks(hospital)
    auditor = member(hospital, "a0001", Role.AUDITOR)
    with a_screen(chromium, hospital) as screen:
        screen.sign_in(auditor)
        screen.room(RATINGS)
        screen.page.locator("tbody a").first.click()
        assert screen.page.locator("main form[method=post]").count() == 0


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [*SIZES.values(), HALL], ids=[*SIZES, "hall"])
def test_the_pages_are_whole_large_enough_and_open_to_all(
    chromium: str, hospital: Hospital, size: tuple[int, int], language: str
) -> None:
    some_weeks(hospital)
    office = member(hospital, "i0001", Role.INSURANCE_OFFICE)
    wrong: list[str] = []
    with a_screen(chromium, hospital, size) as screen:

        def look(name: str) -> None:
            wrong.extend(f"{name}: {each}" for each in screen.wrong())
            shot(screen, f"{name}-{size[0]}-{language}")
            if language == "en":
                left = re.findall("[一-鿿]+", re.sub(GIVEN, "", screen.page.inner_text("main")))
                wrong.extend(f"{name}: {each}" for each in left)

        screen.sign_in(office)
        screen.speak(language)
        screen.open(RATINGS)
        screen.page.locator("main details summary").click()
        look("list")
        screen.open(f"{RATINGS}?state=closed&door=counter")
        look("none")
        screen.open(f"{RATINGS}/new")
        look("new")
        screen.open(f"{RATINGS}?state=open")
        screen.page.locator("tbody tr").nth(1).locator("a").click()
        look("received")
        screen.page.locator("form[action$='/taken'] button").click()
        look("taken")
        screen.page.locator("input[value=changed]").check()
        screen.page.fill("#changed", "换了更大的叫号屏")
        screen.page.locator("form[action$='/closed'] button").click()
        look("closed")
    assert wrong == []
