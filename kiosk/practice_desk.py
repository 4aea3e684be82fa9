"""The terminal's business with practitioners: whether they may check in here, their check-ins, and
the site's code.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import structlog

from verifier.protocol.practice import CheckedIn, CheckIn

from . import events as e
from .errors import KioskError, VerifierRefused
from .states import ShownCode
from .verifier_client import VerifierClient
from .whereabouts import Whereabouts

log = structlog.get_logger("kiosk")

LOOK_SECONDS = 600.0
"""How often the terminal asks whether it is for practitioners; a hospital changes that rarely."""

AGAIN_SECONDS = 20.0
"""While nobody answers."""

LONGEST_SECONDS = 30.0
SOON_SECONDS = 1.0


class PracticeDesk:
    """`offered`: whether this terminal takes check-ins, as the verifier said last."""

    def __init__(self, client: VerifierClient, whereabouts: Whereabouts) -> None:
        self._client, self.whereabouts = client, whereabouts
        self.offered = False

    async def watch(self, changed: Callable[[], None]) -> None:
        """Find out, now and again, whether this terminal is for practitioners. Never ends."""
        while True:
            before = self.offered
            wait = await self._look()
            if self.offered != before:
                log.info("kiosk.practice", offered=self.offered)
                changed()
            await asyncio.sleep(wait)

    async def _look(self) -> float:
        """The site's code is given to just those terminals that take check-ins."""
        try:
            await self._client.site_code()
        except VerifierRefused as refused:
            log.debug("kiosk.practice", refused=refused.code)
            self.offered = False
            return LOOK_SECONDS
        except KioskError:
            return AGAIN_SECONDS
        self.offered = True
        return LOOK_SECONDS

    async def check_in(self, asked: e.SendCheckIn) -> CheckedIn:
        """Send it, with this terminal's position where it has one.

        Raises the errors of `VerifierClient`.
        """
        position = await self.whereabouts.now() if asked.act == "in" else None
        said = CheckIn(
            receipt_id=asked.receipt,
            act=asked.act,
            reason=asked.reason,
            move=asked.move,
            position=position,
        )
        return await self._client.check_in(said)

    async def codes(self) -> AsyncIterator[ShownCode | None]:
        """The site's code at each change; None where it cannot be had, which is tried again."""
        shown = ""
        while True:
            try:
                given = await self._client.site_code()
            except KioskError as error:
                log.warning("kiosk.site_code", error=error.code)
                shown = ""
                yield None
                await asyncio.sleep(SOON_SECONDS * 5)
                continue
            left = (given.until - datetime.now(UTC)).total_seconds()
            left = min(max(left, SOON_SECONDS), LONGEST_SECONDS)  # this clock may be wrong
            if given.code != shown:
                shown = given.code
                yield ShownCode(given.payload, given.code, left)
            await asyncio.sleep(left)
