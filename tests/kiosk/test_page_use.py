"""The page in a real Chromium: fingers, keyboards, other sites, and what it never does."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kiosk.messages import ChooseDoor, Key, Touch
from kiosk.states import Door, Step
from kiosk.view import view
from tests.kiosk import browser
from tests.kiosk.browser import PHONE, Shown
from tests.kiosk.gallery import SCREENS, Gallery
from tests.kiosk.pages import SIZES, find_wrong, in_a_browser

pytestmark = pytest.mark.browser


def test_the_five_doors_are_of_one_size(chromium: str) -> None:
    sizes = (
        "() => [...document.querySelectorAll('.door')].map((door) => {"
        " const box = door.getBoundingClientRect();"
        " return `${Math.round(box.width)}x${Math.round(box.height)}` })"
    )

    async def look(shown: Shown, gallery: Gallery) -> None:
        for size in SIZES.values():
            await shown.resize(size)
            for name in ("doors", "doors-declined"):
                await shown.see(gallery, SCREENS[name])
                found = await shown.ask(sizes)
                assert (len(found), len(set(found))) == (5, 1)

    in_a_browser(chromium, look)


def test_agreeing_and_declining_look_the_same(chromium: str) -> None:
    looks = (
        "() => ['agree', 'decline'].map((key) => {"
        " const button = document.querySelector(`[data-key=${key}]`);"
        " const box = button.getBoundingClientRect(), style = getComputedStyle(button);"
        " return [Math.round(box.width), Math.round(box.height), style.fontSize, style.color,"
        " style.backgroundColor, style.borderColor].join() })"
    )

    async def look(shown: Shown, gallery: Gallery) -> None:
        for size in SIZES.values():
            await shown.resize(size)
            await shown.see(gallery, SCREENS["notice"])
            assert len(set(await shown.ask(looks))) == 1

    in_a_browser(chromium, look)


def test_no_screen_has_any_red_in_it(chromium: str) -> None:
    reds = (
        "() => {"
        + browser.TEXTS
        + """
      const red = (colour) => {
        const [r, g, b] = (colour.match(/[\\d.]+/g) ?? []).map(Number);
        return r > 150 && g < 90 && b < 110;
      };
      const parts = ['color', 'backgroundColor', 'borderTopColor', 'stroke', 'fill'];
      return within('#kiosk').filter((element) => {
        const style = getComputedStyle(element);
        return parts.some((part) => red(style[part]));
      }).map(name);
    }"""
    )

    async def look(shown: Shown, gallery: Gallery) -> None:
        assert await find_wrong(shown, gallery, "zh", reds) == []

    in_a_browser(chromium, look)


def test_a_refusal_says_that_care_goes_on_and_names_three_ways(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        for name in ("rejected", "no-match", "refer-enrol", "counter", "counter-offline"):
            await shown.see(gallery, SCREENS[name])
            text = await shown.page.inner_text("#main")
            for words in ("这不影响您看病", "人工窗口", "自费或先诊疗", "急诊先救"):
                assert words in text, (name, words)

    in_a_browser(chromium, look)


def test_an_accepted_person_is_greeted_by_the_masked_name(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        await shown.see(gallery, SCREENS["accepted"])
        assert await shown.page.inner_text("h1") == "张* 您好"
        assert await shown.page.inner_text("#live") == "张* 您好"

    in_a_browser(chromium, look)


def test_a_kiosk_is_used_with_the_keyboard_alone_and_the_focus_is_seen(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        page = shown.page
        assert await page.evaluate("document.activeElement.tagName") == "H1"
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.dataset.key") == "start"
        outline = await page.evaluate(
            "parseFloat(getComputedStyle(document.activeElement).outlineWidth)"
        )
        assert outline >= 3
        await page.keyboard.press("Enter")
        await page.wait_for_function("() => true")
        assert await received(gallery, 1) == [Touch(type="start", serial=0)]

    in_a_browser(chromium, look)


def test_the_four_characters_are_typed_on_a_keyboard_as_well(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        await shown.see(gallery, SCREENS["digits"])
        for key in ("7", "x", "Backspace", "q"):
            await shown.page.keyboard.press(key)
        serial = gallery.visit.serial
        assert await received(gallery, 3) == [
            Key(type="key", serial=serial, key="7"),
            Key(type="key", serial=serial, key="X"),
            Touch(type="erase", serial=serial),
        ]

    in_a_browser(chromium, look)


def test_a_second_tap_does_not_land_on_the_next_screen_and_a_later_one_does(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        page = shown.page

        async def tap(key: str) -> tuple[float, float]:
            box = await page.locator(f"[data-key={key}]").bounding_box()
            assert box is not None
            place = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            await page.mouse.click(*place)
            return place

        await shown.see(gallery, SCREENS["notice"])
        # The page's time stands still, so that no tap of ours is ever too slow to be the second.
        await page.clock.install(time=0)
        await page.clock.pause_at(1000)
        place = await tap("decline")
        gallery.show(SCREENS["doors"])
        await page.wait_for_selector(".doors")
        await page.mouse.click(*place)
        await page.clock.run_for(250)
        await tap("end")
        touches = await received(gallery, 2)
        assert [touch.type for touch in touches] == ["decline", "end"]

    in_a_browser(chromium, look)


def test_a_closed_door_is_not_touched_and_an_open_one_is(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        shut = replace(SCREENS["doors-declined"], ready=frozenset({Door.RESIDENT_ID}))
        await shown.see(gallery, shut)
        for door in ("social_security_card", "nhsa_qr", "face"):
            await shown.page.click(f"[data-key=door-{door}]", force=True)
        await shown.page.click("[data-key=door-resident_id]")
        (touch,) = await received(gallery, 1)
        assert isinstance(touch, ChooseDoor)
        assert (touch.door, touch.serial) == (Door.RESIDENT_ID, gallery.visit.serial)

    in_a_browser(chromium, look)


def test_a_touch_prints_a_slip_and_what_becomes_of_it_takes_the_button_s_place(
    chromium: str,
) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        visit = SCREENS["counter-slip"]
        await shown.see(gallery, visit)
        await shown.page.click("[data-key=print]")
        await shown.page.wait_for_function("() => document.activeElement.dataset.key === 'print'")
        for slip, words in (("printing", "正在打印凭条…"), ("printed", "请取走凭条。")):
            gallery.visit = replace(gallery.visit, slip=slip)
            gallery.tell(view(gallery.visit, gallery.settings))
            await shown.page.wait_for_selector(f".slip-{slip}")
            assert await shown.page.inner_text(".slip") == words
            assert await shown.page.inner_text("#live") == words
            assert await shown.page.evaluate("document.activeElement.className") == (
                f"slip slip-{slip}"
            )
        assert [touch.type for touch in gallery.touches] == ["print"]

    in_a_browser(chromium, look)


def test_language_and_reach_are_one_touch_away_on_every_screen(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        for visit in SCREENS.values():
            if visit.still_there:
                continue
            await shown.see(gallery, visit)
            for key in ("language", "reach"):
                await shown.page.click(f"[data-key={key}]")
        expected = 2 * sum(not visit.still_there for visit in SCREENS.values())
        touches = await received(gallery, expected)
        assert {touch.type for touch in touches} == {"language", "reach"}

    in_a_browser(chromium, look)


def test_every_button_has_a_name_on_a_phone_too(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        await shown.see(gallery, SCREENS["doors"])
        reach = shown.page.get_by_role("button", name="按钮放低", exact=True)
        box = await reach.bounding_box()
        assert box is not None
        assert box["width"] < 80
        await shown.see(gallery, replace(SCREENS["doors"], low_reach=True))
        assert await shown.page.get_by_role("button", name="按钮复位", exact=True).count() == 1

    in_a_browser(chromium, look, PHONE)


def test_the_counter_and_the_start_are_one_touch_away_on_every_screen(chromium: str) -> None:
    ways = "() => [...document.querySelectorAll('[data-key]')].map((each) => each.dataset.key)"

    async def look(shown: Shown, gallery: Gallery) -> None:
        for name, visit in SCREENS.items():
            await shown.see(gallery, visit)
            keys = set(await shown.ask(ways))
            if visit.step is not Step.COUNTER:
                assert keys & {"counter", "door-counter"}, name
            if visit.step is not Step.ATTRACT:
                assert keys & {"end", "done"}, name

    in_a_browser(chromium, look)


def test_who_wants_less_movement_gets_none(chromium: str) -> None:
    moving = "document.getAnimations().length"

    async def still(shown: Shown, gallery: Gallery) -> None:
        await shown.see(gallery, SCREENS["card"])
        assert await shown.page.evaluate(moving) == 0

    async def lively(shown: Shown, gallery: Gallery) -> None:
        await shown.see(gallery, SCREENS["card"])
        assert await shown.page.evaluate(moving) > 0

    in_a_browser(chromium, still)
    in_a_browser(chromium, lively, motion="no-preference")


def test_a_page_with_a_wrong_token_shows_no_screen(chromium: str) -> None:
    spoil = """
      const Real = WebSocket;
      window.codes = [];
      window.WebSocket = class extends Real {
        constructor(url, [protocol]) {
          super(url, [protocol, 'token.wrong']);
          this.addEventListener('close', ({ code }) => window.codes.push(code));
        }
      };
      window.WebSocket.OPEN = 1;"""

    async def look(shown: Shown, gallery: Gallery) -> None:
        await shown.page.add_init_script(spoil)
        await shown.page.goto(shown.address)
        await shown.page.wait_for_function("() => window.codes.length")
        assert await shown.page.evaluate("window.codes") == [4403]
        assert await shown.page.locator("#main h1").count() == 0
        await shown.page.wait_for_selector("#lost:not([hidden])")

    in_a_browser(chromium, look)


def test_another_site_in_the_same_browser_cannot_drive_the_kiosk(chromium: str) -> None:
    knock = """([url, token]) => new Promise((done) => {
      const socket = new WebSocket(url, ['shualian.kiosk.1', `token.${token}`]);
      socket.onclose = ({ code }) => done(code);
      socket.onmessage = ({ data }) => done(data);
    })"""
    token = "document.querySelector('meta[name=shualian-token]').content"

    async def look(shown: Shown, gallery: Gallery) -> None:
        stolen = await shown.page.evaluate(token)
        with another_site() as elsewhere:
            await shown.page.goto(elsewhere)
            url = shown.address.replace("http", "ws") + "ws"
            assert await shown.page.evaluate(knock, [url, stolen]) == 4403
        shown.complaints.clear()

    in_a_browser(chromium, look)


def test_the_page_loads_nothing_from_elsewhere(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        asked: list[str] = []
        shown.page.on("request", lambda request: asked.append(request.url))
        await shown.page.reload()
        await shown.settled()
        assert asked
        assert all(url.startswith(shown.address) for url in asked)

    in_a_browser(chromium, look)


def test_without_a_demo_there_is_no_bar(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        assert not await shown.page.is_visible("#demo")

    in_a_browser(chromium, look)


def test_the_maintenance_mark_is_small_and_says_what_is_odd(chromium: str) -> None:
    async def look(shown: Shown, gallery: Gallery) -> None:
        gallery.health = ("clock_skew",)
        await shown.see(gallery, SCREENS["doors"])
        assert "时钟不准" in (await shown.page.text_content(".maintenance") or "")
        assert await shown.ask(browser.CUT_OFF) == []

    in_a_browser(chromium, look)


async def received(gallery: Gallery, count: int):  # type: ignore[no-untyped-def]
    """The touches, once so many are there."""
    async with asyncio.timeout(10):
        while len(gallery.touches) < count:
            await asyncio.sleep(0.01)
    return gallery.touches


class _Plain(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<p>another site</p>")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def another_site() -> Iterator[str]:
    """A page of another origin, without any policy of its own."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Plain) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
