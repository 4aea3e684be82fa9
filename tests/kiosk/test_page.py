"""The page in a real Chromium: every screen, in every size, in both languages."""

import asyncio
from dataclasses import replace

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import WebSocketRoute

from kiosk.stage import News
from kiosk.states import Language
from tests.kiosk import browser
from tests.kiosk.browser import PHONE, STANDING, Shown, a_browser
from tests.kiosk.gallery import SCREENS, Gallery
from tests.kiosk.pages import BESIDE_THE_BAR, KIOSKS, LANGUAGES, SIZES, find_wrong, in_a_browser

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", KIOSKS)
def test_every_screen_fits_a_kiosk_and_is_large_enough_for_old_eyes_and_fingers(
    chromium: str, size: str, language: Language
) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        checks = (
            browser.CUT_OFF,
            browser.DOES_NOT_FIT,
            browser.TOO_SMALL,
            browser.OVERLAPPING,
        )
        assert await find_wrong(shown, gallery, language, *checks) == []

    in_a_browser(chromium, look, KIOSKS[size])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_is_whole_on_a_phone(chromium: str, language: Language) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        checks = (browser.CUT_OFF, browser.OVERLAPPING)
        assert await find_wrong(shown, gallery, language, *checks) == []

    in_a_browser(chromium, look, PHONE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_low_reach_every_control_is_in_the_lower_half_of_a_standing_kiosk(
    chromium: str, language: Language
) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        checks = (
            browser.TOO_HIGH,
            browser.CUT_OFF,
            browser.DOES_NOT_FIT,
            browser.TOO_SMALL,
            browser.OVERLAPPING,
        )
        assert await find_wrong(shown, gallery, language, *checks, low=True) == []

    in_a_browser(chromium, look, STANDING)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", BESIDE_THE_BAR)
def test_every_screen_fits_beside_the_demo_s_bar(
    chromium: str, size: str, language: Language
) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        checks = (browser.CUT_OFF, browser.DOES_NOT_FIT, browser.OVERLAPPING)
        assert await find_wrong(shown, gallery, language, *checks) == []

    in_a_browser(chromium, look, BESIDE_THE_BAR[size], demo=True)


def test_with_the_demo_s_bar_nothing_is_cut_off_on_a_phone(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        checks = (browser.CUT_OFF, browser.OVERLAPPING)
        assert await find_wrong(shown, gallery, "en", *checks) == []

    in_a_browser(chromium, look, PHONE, demo=True)


@pytest.mark.parametrize("size", KIOSKS)
def test_every_screen_stands_in_the_middle_with_low_reach_as_well(chromium: str, size: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        for low in (False, True):
            assert await find_wrong(shown, gallery, "zh", browser.OFF_CENTRE, low=low) == []

    in_a_browser(chromium, look, KIOSKS[size])


def test_a_third_button_fills_its_row(chromium: str) -> None:
    widths = (
        "() => ['.pair', '.pair .primary'].map("
        "(each) => document.querySelector(each).getBoundingClientRect().width)"
    )

    async def look(shown: Shown, gallery: Gallery) -> None:
        await shown.see(gallery, SCREENS["both-offers"])
        assert len(set(await shown.ask(widths))) == 1

    in_a_browser(chromium, look)


def test_a_camera_out_of_order_is_not_called_an_unclear_picture(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        await shown.see(gallery, SCREENS["no-face-camera"])
        assert await shown.page.inner_text("h1") == "摄像头暂时用不了"
        await shown.see(gallery, SCREENS["no-face"])
        assert await shown.page.inner_text("h1") == "没有拍清楚，没关系"

    in_a_browser(chromium, look)


@pytest.mark.parametrize(("size", "language"), [("standing", "zh"), ("lying", "en")])
def test_axe_finds_no_violation_on_any_screen(chromium: str, size: str, language: Language) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        axe, wrong = Axe(), []
        for name, visit in SCREENS.items():
            await shown.see(gallery, replace(visit, language=language))
            found = await axe.run(shown.page)
            wrong += [
                f"{name}: {each['id']} {[node['html'] for node in each['nodes']][:2]}"
                for each in found.response["violations"]
            ]
        assert wrong == []

    in_a_browser(chromium, look, SIZES[size], demo=True)


class LateNews(Gallery):
    """A gallery whose screens take a while to come."""

    def tell(self, news: News) -> None:
        asyncio.get_running_loop().call_later(0.2, super().tell, news)


def test_a_late_screen_is_awaited_and_not_taken_for_the_one_before_of_the_same_step(
    chromium: str,
) -> None:
    async def run() -> None:
        gallery = LateNews()
        async with a_browser(chromium, gallery) as shown:
            await shown.see(gallery, SCREENS["counter"])
            await shown.see(gallery, SCREENS["counter-offline"])
            there_now = "() => [document.querySelector('.code strong')?.textContent]"
            assert await shown.ask(there_now) == ["J6SDTH"]

    asyncio.run(run())


def test_a_screen_reader_finds_the_title_at_every_moment(chromium: str) -> None:
    watch = """() => {
      window.gaps = [];
      const look = () => {
        const title = document.querySelector('main:not([inert]) h1');
        const step = document.getElementById('kiosk').dataset.step;
        if (!title) window.gaps.push(`${step}: no title`);
        if (document.activeElement === document.body) window.gaps.push(`${step}: no focus`);
      };
      const all = { subtree: true, childList: true, attributes: true };
      new MutationObserver(look).observe(document.getElementById('kiosk'), all);
    }"""

    async def look(shown: Shown, gallery: Gallery) -> None:
        await shown.page.evaluate(watch)
        for visit in SCREENS.values():
            await shown.see(gallery, visit)
        assert await shown.page.evaluate("window.gaps") == []

    in_a_browser(chromium, look)


def test_a_terminal_that_loses_its_agent_says_so_and_comes_back_to_the_same_question(
    chromium: str,
) -> None:
    open_now: list[WebSocketRoute] = []
    cut = False

    async def between(socket: WebSocketRoute) -> None:
        if cut:
            await socket.close()
        else:
            socket.connect_to_server()
            open_now.append(socket)

    async def look(shown: Shown, gallery: Gallery) -> None:
        nonlocal cut
        page = shown.page
        await page.route_web_socket("**/ws", between)
        await page.reload()
        await shown.settled()
        await shown.see(gallery, replace(SCREENS["still-there"], language="en"))
        cut = True
        await open_now.pop().close()
        await page.wait_for_selector("#lost:not([hidden])")
        assert "go to the counter" in await page.inner_text("h1:focus")
        found = await Axe().run(page)
        assert [each["id"] for each in found.response["violations"]] == []
        cut = False
        await page.wait_for_selector("#lost", state="hidden")
        await page.wait_for_selector("#still[open]")
        await shown.see(gallery, SCREENS["doors"])
        assert await page.inner_text("main h1:focus") == "您想用哪种方式？"

    in_a_browser(chromium, look)
