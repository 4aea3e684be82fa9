"""A real Chromium on the staff's pages, and what a page may look like."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response, sync_playwright

from console.headers import POLICY
from tests.kiosk.browser import ARGUMENTS, LAPTOP, PHONE
from tests.kiosk.live_verifier import listening
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import NEXT, Member
from tests.waiting import WAIT

SIZES = {"phone": PHONE, "laptop": LAPTOP}
GRAVE = ("serious", "critical")

CUT_OFF = """() => {
  const wrong = [];
  if (document.documentElement.scrollWidth > innerWidth)
    wrong.push(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const each of document.querySelectorAll('body *')) {
    const box = each.getBoundingClientRect();
    const aside = each.closest('.hidden-text, .skip, .scrolls *');
    if (box.width <= 1 || aside || each instanceof SVGElement)
      continue;
    if (each.matches('.state') && box.right > each.parentElement.getBoundingClientRect().right + 1)
      wrong.push(`out of its box: ${each.textContent.trim().slice(0, 30)}`);
    if (box.left < -1 || box.right > innerWidth + 1)
      wrong.push(`${each.tagName}.${each.className}: ${each.textContent.trim().slice(0, 30)}`);
  }
  return wrong;
}"""
"""Nothing reaches beyond the sides, but within a box that scrolls; no badge out of its own box."""

TOO_SMALL = """() => {
  const touched = 'a, button, select, summary, input:not([type=hidden])';
  return [...document.querySelectorAll(touched)].filter((each) => {
    const box = each.getBoundingClientRect();
    const beside = each.closest('label');  // a box is touched through its words
    const high = beside ? beside.getBoundingClientRect().height : box.height;
    return box.width > 1 && !each.closest('.skip') && Math.round(high) < 44;
  }).map((each) => `${each.tagName} ${each.textContent.trim().slice(0, 30)}`);
}"""
"""On a phone whatever is touched is 44 px high."""


@dataclass
class Screen:
    """One person's browser."""

    page: Page
    address: str
    hospital: Hospital
    complaints: list[str] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Look at a page."""
        self.page.goto(self.address + path)

    def room(self, name: str) -> None:
        """Go to a room by its name or its path; on a phone the list of them is opened first."""
        if self.page.locator("nav summary").is_visible():
            self.page.click("nav summary")
        self.page.click(f"nav a:has-text('{name}')" if "/" not in name else f"nav a[href='{name}']")

    def sign_in(self, member: Member, password: str | None = None) -> None:
        """Type both factors and send them."""
        if "/console/sign-in" not in self.page.url:
            self.open("/console/sign-in")
        self.page.fill("#login", member.login)
        self.page.fill("#password", password or member.password)
        self.page.fill("#totp", member.shown())
        self.page.click("main form button")
        self.page.wait_for_load_state()
        self.hospital.clock.ahead += NEXT

    def prove(self, member: Member) -> None:
        """The password once more, on the page that asks for it."""
        self.page.fill("#password", member.password)
        self.page.click("main form button")

    def speak(self, language: str) -> None:
        """Switch to this language, which the header offers unless it is there already."""
        switch = self.page.locator(f"button[name=language][value={language}]")
        if switch.count():
            switch.click()
            self.page.wait_for_load_state()

    def sign_out(self) -> None:
        """Leave."""
        self.page.click("form[action='/console/sign-out'] button")

    def wrong(self) -> list[str]:
        """What is wrong with the page as it stands: shape, touch, accessibility."""
        self.page.wait_for_load_state()  # its styles too
        found: list[str] = self.page.evaluate(CUT_OFF)
        size: Any = self.page.viewport_size
        if size["width"] == PHONE[0]:
            found += self.page.evaluate(TOO_SMALL)
        for each in Axe().run(self.page).response["violations"]:
            if each["impact"] in GRAVE:
                found.append(f"{each['id']}: {[node['html'] for node in each['nodes']][:2]}")
        return found

    def check_answers(self) -> None:
        """Each page came with the policy, and nothing came from elsewhere."""
        for answer in self.answers:
            if "text/html" in answer.headers.get("content-type", ""):
                assert answer.headers["content-security-policy"] == POLICY, answer.url
            assert answer.url.startswith(self.address), "nothing from elsewhere"


READS = (
    *("content", "evaluate", "get_attribute", "get_by_label", "get_by_role", "get_by_text"),
    *("inner_text", "input_value", "is_checked", "is_visible", "locator", "text_content", "title"),
)
"""What a test asks a page; of these only `locator` and its kin are answered later."""


def whole(page: Page) -> Page:
    """The page, which answers when it has come to its end.

    A touch that leads on waits for the first bytes of the next page, not for the last: who reads at
    once finds half a page there.
    """
    for name in READS:
        setattr(page, name, _at_the_end(page, getattr(page, name)))
    return page


def _at_the_end(page: Page, read: Callable[..., Any]) -> Callable[..., Any]:
    def reading(*said: Any, **named: Any) -> Any:
        page.wait_for_load_state("domcontentloaded")
        return read(*said, **named)

    return reading


@contextmanager
def a_screen(
    chromium: str,
    hospital: Hospital,
    size: tuple[int, int] = LAPTOP,
    arguments: Sequence[str] = (),
    through: Callable[[int], str] | None = None,
) -> Iterator[Screen]:
    """A browser of this size. Each page must carry the policy, and none may break it."""
    with screens(chromium, hospital, size, arguments=arguments, through=through) as (screen,):
        yield screen


@contextmanager
def screens(
    chromium: str,
    hospital: Hospital,
    *sizes: tuple[int, int],
    arguments: Sequence[str] = (),
    through: Callable[[int], str] | None = None,
) -> Iterator[tuple[Screen, ...]]:
    """The same for several people before one verifier; they share no cookie and no storage.

    `arguments` are the browser's own; `through` tells for the verifier's port the address of what
    stands before it.
    """
    with listening(hospital.http.app) as port, sync_playwright() as playwright:
        started = [*ARGUMENTS, *arguments]
        browser = playwright.chromium.launch(executable_path=chromium, args=started)
        address = through(port) if through else f"http://127.0.0.1:{port}"
        opened = tuple(_screen(browser, address, hospital, size) for size in sizes)
        try:
            yield opened
            for screen in opened:
                screen.check_answers()
        finally:
            browser.close()


def _screen(browser: Browser, address: str, hospital: Hospital, size: tuple[int, int]) -> Screen:
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height}, has_touch=True, reduced_motion="reduce"
    )
    context.set_default_timeout(WAIT * 1000)
    page = whole(context.new_page())
    screen = Screen(page, address, hospital)
    page.on("console", lambda m: screen.complaints.append(m.text))
    page.on("pageerror", lambda error: screen.complaints.append(str(error)))
    page.on("response", lambda answer: screen.answers.append(answer))
    return screen
