"""疑点 in a real Chromium: a rule is tried, switched on and run; a case is heard and ends."""

import re
from dataclasses import replace

import pytest

from tests.verifier.serving.hospital import Hospital, invent
from tests.verifier.serving.staff import member
from verifier.trust.accounts.roles import Role

from .browser import SIZES, Screen, a_screen

pytestmark = pytest.mark.browser

WATCH = "/console/watch"
TITLE = "两份档案的人脸相近"
GIVEN = "演示医院|刷脸|中文|[张李]\\*+|孪生兄弟"


def two_with_one_face(hospital: Hospital) -> None:
    zhang = invent(1, "张甲")
    hospital.enrol(zhang)
    hospital.enrol(replace(invent(2, "李乙"), face=zhang.face))


def switched_on(screen: Screen) -> None:
    """From the navigation to a rule that has run."""
    page = screen.page
    screen.room(WATCH)
    card = page.locator(".watch-rules section", has_text=TITLE)
    assert card.get_by_role("button", name="开启").count() == 0, "not before it was tried"
    card.get_by_role("button", name="试运行（近30天）").click()
    assert "会指出 1 件" in page.inner_text("[role=status]")
    assert page.locator(".rows").count() == 0, "nothing is raised by trying"
    card.get_by_role("button", name="开启").click()
    assert "规则已开启" in page.inner_text("[role=status]")
    page.get_by_role("button", name="现在运行").click()
    assert "新增 1 件" in page.inner_text("[role=status]")


def test_a_case_is_heard_and_two_people_end_it(chromium: str, hospital: Hospital) -> None:
    two_with_one_face(hospital)
    first = member(hospital, "i0001", Role.INSURANCE_OFFICE)
    second = member(hospital, "i0002", Role.INSURANCE_OFFICE)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(first)
        switched_on(screen)
        page.click(f".rows >> text={TITLE}")
        assert page.inner_text(".pairs").count("*") >= 2, "names are masked"
        page.get_by_role("button", name="由我办理").click()
        page.get_by_role("button", name="请第二人看").click()
        assert "还没有听取本人陈述" in page.inner_text("main")
        screen.open(WATCH)
        page.click(f".rows >> text={TITLE}")
        page.fill("#said", "是孪生兄弟")
        page.get_by_role("button", name="保存陈述").click()
        assert page.inner_text(".said") == "是孪生兄弟"
        page.get_by_role("button", name="请第二人看").click()
        assert "是您提出的" in page.inner_text("main")
        case = page.url
        screen.sign_out()
        screen.sign_in(second)
        page.goto(case)
        page.get_by_role("button", name="双胞胎").click()
        assert "已了结" in page.inner_text("main .head")
        assert "双胞胎" in page.inner_text(".pairs")
        screen.open(WATCH)
        assert "已了结 1 件，其中正常 1 件" in page.inner_text(".watch-rules")
    assert [each for each in screen.complaints if "409" not in each] == []


def test_an_auditor_reads_and_changes_nothing(chromium: str, hospital: Hospital) -> None:
    auditor = member(hospital, "a0001", Role.AUDITOR)
    with a_screen(chromium, hospital) as screen:
        screen.sign_in(auditor)
        screen.room(WATCH)
        assert screen.page.locator("main form[method=post]").count() == 0


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_the_pages_are_whole_large_enough_and_open_to_all(
    chromium: str, hospital: Hospital, size: str, language: str
) -> None:
    two_with_one_face(hospital)
    office = member(hospital, "i0001", Role.INSURANCE_OFFICE)
    wrong: list[str] = []
    with a_screen(chromium, hospital, SIZES[size]) as screen:

        def look(name: str) -> None:
            wrong.extend(f"{name}: {each}" for each in screen.wrong())
            if language == "en":
                quoted = screen.page.locator("main [lang=zh-CN]").all_inner_texts()
                text = screen.page.inner_text("main")
                for each in quoted:
                    text = text.replace(each, "")
                left = re.findall("[一-鿿]+", re.sub(GIVEN, "", text))
                wrong.extend(f"{name}: {each}" for each in left)

        screen.open("/console/sign-in")
        screen.sign_in(office)
        switched_on(screen)
        screen.speak(language)
        screen.open(f"{WATCH}?state=new&rule=one_face_two_identities")
        look("list")
        screen.page.click(".rows a")
        look("case")
        screen.page.fill("#said", "孪生兄弟")
        screen.page.locator("form[action$='/heard'] button").click()
        look("heard")
    assert wrong == []
