"""What the tests of the page share: sizes, a browser with one gallery, what the checks find."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from kiosk.states import Language
from tests.kiosk.browser import LAPTOP, LYING, PHONE, STANDING, Shown, a_browser
from tests.kiosk.gallery import SCREENS, Gallery

SIZES = {"standing": STANDING, "lying": LYING, "phone": PHONE}
KIOSKS = {"standing": STANDING, "lying": LYING}
BESIDE_THE_BAR = {**KIOSKS, "laptop": LAPTOP}
LANGUAGES: tuple[Language, ...] = ("zh", "en")

Look = Callable[[Shown, Gallery], Awaitable[None]]


def in_a_browser(
    chromium: str,
    look: Look,
    size: tuple[int, int] = STANDING,
    *,
    demo: bool = False,
    motion: str = "reduce",
) -> None:
    async def run() -> None:
        gallery = Gallery(demo=demo)
        async with a_browser(chromium, gallery, size, motion=motion) as shown:
            await look(shown, gallery)
            assert shown.complaints == []

    asyncio.run(run())


async def find_wrong(
    shown: Shown, gallery: Gallery, language: Language, *checks: str, low: bool = False
) -> list[str]:
    """What the checks find, on every screen."""
    wrong = []
    for name, visit in SCREENS.items():
        await shown.see(gallery, replace(visit, language=language, low_reach=low))
        for check in checks:
            wrong += [f"{name}: {each}" for each in await shown.ask(check)]
    return wrong
