"""A real Chromium on a terminal's page, and what a page may look like."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Page, async_playwright

from kiosk.server import serving
from kiosk.stage import Stage
from tests.kiosk.gallery import Gallery
from tests.waiting import WAIT

STANDING, LYING, PHONE = (1080, 1920), (1920, 1080), (390, 844)
LAPTOP = (1366, 768)
"""An engineer's first look at the demo."""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]

STANDS = """(serial) => {
  const kiosk = document.getElementById('kiosk');
  const there = serial === null ? 'serial' in kiosk.dataset : kiosk.dataset.serial === `${serial}`;
  return there && !kiosk.classList.contains('settling');
}"""
"""Whether this screen, or any, is drawn and may be touched."""


@dataclass(frozen=True)
class Shown:
    """A page in a browser, and what its console said that it should not."""

    page: Page
    address: str
    complaints: list[str]

    async def settled(self) -> None:
        """Wait until the screen may be touched."""
        await self.page.wait_for_function(STANDS, arg=None)

    async def resize(self, size: tuple[int, int]) -> None:
        """Another screen for the same page."""
        await self.page.set_viewport_size({"width": size[0], "height": size[1]})

    async def see(self, gallery: Gallery, visit) -> None:  # type: ignore[no-untyped-def]
        """Hang a screen and wait until it stands."""
        gallery.show(visit)
        # By its serial: the screen before may be another one of the same step.
        await self.page.wait_for_function(STANDS, arg=gallery.visit.serial)

    async def ask(self, script: str) -> list[str]:
        """What a script finds wrong."""
        found: list[str] = await self.page.evaluate(script)
        return found


@asynccontextmanager
async def a_browser(
    chromium: str, stage: Stage, size: tuple[int, int] = STANDING, *, motion: str = "reduce"
) -> AsyncIterator[Shown]:
    """One page of this size; without movement unless asked for."""
    async with serving(stage, 0) as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        context = await browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            reduced_motion=motion,  # type: ignore[arg-type]
            has_touch=True,
        )
        context.set_default_timeout(WAIT * 1000)
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        shown = Shown(page, address, complaints)
        await page.goto(address)
        await shown.settled()
        try:
            yield shown
        finally:
            await browser.close()


TEXTS = """
const shown = (element) => {
  const box = element.getBoundingClientRect();
  return box.width > 1 && box.height > 1 && getComputedStyle(element).visibility === 'visible';
};
const own = (element) => [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
const words = (element) => element.textContent.slice(0, 30);
const name = (element) => `${element.tagName}.${element.className}: ${words(element)}`;
const within = (root) => [...document.querySelectorAll(`${root} *`)].filter(shown);
const scroller = document.getElementById('main');
"""

CUT_OFF = (
    "() => {"
    + TEXTS
    + """
  const wrong = [];
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) wrong.push(`page is ${root.scrollWidth} wide`);
  if (scroller.scrollWidth > scroller.clientWidth) wrong.push('main scrolls sideways');
  for (const element of within('#kiosk')) {
    const box = element.getBoundingClientRect();
    if (!(element instanceof HTMLElement) || element.closest('.hidden-text')) continue;
    if (box.left < -1 || box.right > innerWidth + 1) wrong.push(`sideways: ${name(element)}`);
    if (own(element) && element.scrollWidth > element.clientWidth + 1 && element.clientWidth)
      wrong.push(`clipped: ${name(element)}`);
  }
  return wrong;
}"""
)
"""At any size nothing reaches beyond the sides."""

DOES_NOT_FIT = (
    "() => {"
    + TEXTS
    + """
  const wrong = [];
  if (scroller.scrollHeight > scroller.clientHeight + 1)
    wrong.push(`main is ${scroller.scrollHeight} in ${scroller.clientHeight}`);
  for (const paper of document.querySelectorAll('.paper'))
    if (paper.scrollHeight > paper.clientHeight + 1)
      wrong.push(`paper is ${paper.scrollHeight} in ${paper.clientHeight}`);
  for (const element of within('#kiosk')) {
    const box = element.getBoundingClientRect();
    const outside = box.top < -1 || box.bottom > innerHeight + 1;
    if (outside) wrong.push(`above or below: ${name(element)}`);
  }
  return wrong;
}"""
)
"""On a kiosk nothing must be scrolled to."""

TOO_SMALL = (
    "() => {"
    + TEXTS
    + """
  const wrong = [];
  for (const part of ['#top', '#main', '#bottom', '#still'])
    for (const element of within(part)) {
      const size = parseFloat(getComputedStyle(element).fontSize);
      if (own(element) && !element.closest('.hidden-text') && size < 32)
        wrong.push(`${size} px: ${name(element)}`);
      if (element.tagName === 'H1' && size < 64) wrong.push(`${size} px: ${name(element)}`);
      const box = element.getBoundingClientRect();
      if (element.tagName === 'BUTTON' && (box.width < 96 || box.height < 96))
        wrong.push(`${box.width}x${box.height}: ${name(element)}`);
    }
  return wrong;
}"""
)
"""On a kiosk: type of 32 px, titles of 64, whatever is touched 96."""

OVERLAPPING = (
    "() => {"
    + TEXTS
    + """
  const wrong = [];
  const buttons = within('.kiosk').filter((element) => element.tagName === 'BUTTON');
  const seen = scroller.getBoundingClientRect();
  const boxes = buttons.map((button) => {
    const { left, right, top, bottom } = button.getBoundingClientRect();
    const inside = scroller.contains(button);
    return { left, right, top, bottom: inside ? Math.min(bottom, seen.bottom) : bottom };
  });
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b, j) => {
    const beside = a.right <= b.left + 1 || b.right <= a.left + 1;
    const under = a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
    if (!beside && !under) wrong.push(`${name(buttons[i])} / ${name(buttons[i + 1 + j])}`);
  }));
  return wrong;
}"""
)
"""No two controls share a place, as far as they are scrolled into sight."""

TOO_HIGH = (
    "() => {"
    + TEXTS
    + """
  const buttons = within('.kiosk').filter((element) => element.tagName === 'BUTTON');
  return buttons
    .filter((button) => button.getBoundingClientRect().top < innerHeight / 2 - 1)
    .map((button) => `${button.getBoundingClientRect().top}: ${name(button)}`);
}"""
)
"""With low reach every control is in the lower half."""

OFF_CENTRE = (
    "() => {"
    + TEXTS
    + """
  const boxes = within('#main')
    .filter((element) => element.matches('.say, .act, .pair, .steps, .screen-face'))
    .map((element) => element.getBoundingClientRect());
  const left = Math.min(...boxes.map((box) => box.left));
  const right = innerWidth - Math.max(...boxes.map((box) => box.right));
  return Math.abs(left - right) > 2 ? [`${left} left and ${right} right of it`] : [];
}"""
)
"""What is said and done stands in the middle of the whole screen."""
