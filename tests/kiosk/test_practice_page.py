"""医护签到 in a real Chromium: the quiet door, the answers, the touches, the site's code."""

from dataclasses import replace

import pytest
from axe_playwright_python.async_playwright import Axe

from kiosk.messages import GiveReason, Touch
from kiosk.states import Language, Visit
from tests.kiosk import browser
from tests.kiosk.browser import PHONE, STANDING, Shown
from tests.kiosk.gallery import SCREENS, SITE_CODE, Gallery
from tests.kiosk.pages import LANGUAGES, in_a_browser
from tests.kiosk.test_page_use import received
from verifier.protocol.practice import Reason

pytestmark = pytest.mark.browser

MINE = [
    name
    for name in SCREENS
    if name.startswith(("practice", "offline", "phone", "site-code", "signing"))
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [STANDING, PHONE])
def test_every_screen_of_a_check_in_is_whole_and_axe_finds_nothing(
    chromium: str, size: tuple[int, int], language: Language
) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        axe, wrong = Axe(), []
        for name in ("attract", *MINE):
            await shown.see(gallery, replace(SCREENS[name], language=language))
            for check in (browser.CUT_OFF, browser.OVERLAPPING):
                wrong += [f"{name}: {each}" for each in await shown.ask(check)]
            found = await axe.run(shown.page)
            wrong += [f"{name}: {each['id']}" for each in found.response["violations"]]
            text = await shown.page.inner_text("#kiosk")
            assert "practice." not in text, name  # a key that nobody translated
            assert "staff." not in text, name
        assert wrong == []

    in_a_browser(chromium, look, size)


def test_the_door_is_quieter_than_the_patients_and_stands_below_them(chromium: str) -> None:
    heights = """() => ['start', 'check_in'].map((key) => {
      const box = document.querySelector(`[data-key=${key}]`).getBoundingClientRect();
      return [box.top, box.height];
    })"""

    async def look(shown: Shown, gallery: Gallery) -> None:
        (start, tall), (door, small) = await shown.page.evaluate(heights)
        ways = await shown.page.evaluate(
            "document.querySelector('.ways').getBoundingClientRect().bottom"
        )
        assert start < ways < door
        assert small < tall / 1.5
        gallery.practice = False
        gallery.show(replace(Visit(), language="en"))
        await shown.page.wait_for_selector("[data-key=check_in]", state="detached")

    in_a_browser(chromium, look)


def test_the_door_s_touches_reach_the_agent(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        for key in ("check_in", "check_out", "site_code"):
            await shown.page.click(f"[data-key={key}]")
        serial = gallery.visit.serial
        assert await received(gallery, 3) == [
            Touch(type="check_in", serial=serial),
            Touch(type="check_out", serial=serial),
            Touch(type="site_code", serial=serial),
        ]

    in_a_browser(chromium, look)


def test_a_reason_and_a_move_are_one_touch_each(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        await shown.see(gallery, SCREENS["practice-reason"])
        assert await shown.page.locator(".reasons button").all_inner_texts() == [
            "抢救",
            "急会诊",
            "替班",
            "手术延时",
            "加班",
        ]
        await shown.page.click("[data-key=reason-rescue]")
        first = gallery.visit.serial
        await shown.see(gallery, SCREENS["practice-move"])
        await shown.page.click("[data-key=move_here]")
        assert await received(gallery, 2) == [
            GiveReason(type="reason", serial=first, reason=Reason.RESCUE),
            Touch(type="move_here", serial=gallery.visit.serial),
        ]

    in_a_browser(chromium, look)


def test_each_part_has_a_sign_and_words_and_no_colour_alone(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        await shown.see(gallery, SCREENS["practice-no-place"])
        said = await shown.page.locator(".part").all_inner_texts()
        assert [" ".join(each.split()) for each in said] == [
            "身份 刷脸确认",
            "位置 不在院区内",
            "班次 在班",
            "执业登记 有效",
        ]
        signs = "() => [...document.querySelectorAll('.sign svg')].map((s) => s.classList[1])"
        assert await shown.page.evaluate(signs) == [
            "icon-tick",
            "icon-no",
            "icon-tick",
            "icon-tick",
        ]
        assert "诊治患者照常进行" in await shown.page.inner_text("#main")

    in_a_browser(chromium, look)


def test_the_practitioner_is_greeted_and_told_until_when(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        await shown.see(gallery, SCREENS["practice-confirmed"])
        text = await shown.page.inner_text("#main")
        for words in ("张* 您好", "已签到", "开放到 19:30"):
            assert words in text
        await shown.see(gallery, SCREENS["practice-provisional"])
        assert "72 小时内由医务科复核" in await shown.page.inner_text("#main")

    in_a_browser(chromium, look)


@pytest.mark.parametrize(
    ("language", "done", "still"),
    [
        ("zh", ("随机核对已完成", "执业时段开放到"), ("有一次随机核对", "请在", "刷脸")),
        ("en", ("Random check done", "Open until"), ("A random check is open", "show your face")),
    ],
)
def test_a_random_question_is_said_to_the_person_and_never_on_the_first_screen(
    chromium: str, language: Language, done: tuple[str, ...], still: tuple[str, ...]
) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        for name, words in (("answered", done), ("open", still)):
            visit = replace(SCREENS[f"practice-recheck-{name}"], language=language)
            await shown.see(gallery, visit)
            text = await shown.page.inner_text("#main")
            assert [each for each in words if each not in text] == []
            assert "张*" in text
        await shown.see(gallery, replace(Visit(), language=language))
        first = await shown.page.inner_text("#kiosk")
        assert not any(word in first for word in ("张*", "随机核对", "andom check"))

    in_a_browser(chromium, look)


@pytest.mark.parametrize(
    ("language", "words", "kept"),
    [
        ("zh", ("暂时连不上系统", "稍后由医务科确认", "离线登记"), ("已离线登记", "登记编号")),
        (
            "en",
            ("cannot be reached", "medical affairs", "Register offline"),
            ("Registered", "Number"),
        ),
    ],
)
def test_while_the_verifier_is_away_the_screen_says_so_and_offers_to_keep_a_check_in(
    chromium: str, language: Language, words: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        await shown.see(gallery, replace(SCREENS["offline"], language=language))
        text = await shown.page.inner_text("#main")
        assert [each for each in words if each not in text] == []
        await shown.page.click("[data-key=offline]")
        assert await received(gallery, 1) == [Touch(type="offline", serial=gallery.visit.serial)]
        await shown.see(gallery, replace(SCREENS["practice-kept-printer"], language=language))
        text = await shown.page.inner_text("#kiosk")
        assert [each for each in (*kept, str(gallery.visit.code)) if each not in text] == []
        await shown.page.click("[data-key=print]")
        assert (await received(gallery, 2))[1].type == "print"

    in_a_browser(chromium, look)


def test_the_next_code_takes_the_place_of_the_one_before_on_the_same_screen(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        await shown.see(gallery, SCREENS["site-code"])
        assert await shown.page.inner_text(".code-letters") == "4F7K 2M9Q"
        before = await shown.page.get_attribute(".squares path", "d")
        next_code = replace(SITE_CODE, payload="SLC1:east:t:88888888", code="88888888", left=30.0)
        gallery.visit = replace(gallery.visit, site_code=next_code)
        gallery.tell(gallery.screen())
        await shown.page.wait_for_function(
            "() => document.querySelector('.code-letters').textContent === '8888 8888'"
        )
        assert await shown.page.get_attribute(".squares path", "d") != before
        full = await shown.page.get_attribute(".dial .ring-fill", "stroke-dasharray")
        await shown.page.wait_for_timeout(1200)
        left = await shown.page.get_attribute(".dial .ring-fill", "stroke-dasharray")
        assert float(str(full).split()[0]) > float(str(left).split()[0]) > 80

    in_a_browser(chromium, look)
