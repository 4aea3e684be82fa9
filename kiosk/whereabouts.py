"""Where this terminal says it is, when a practitioner checks in: one fix, and no track.

A doubtful fix, or none, is left out and counted as a health warning; the check-in goes on without.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from pydantic import ValidationError

from devices import gnss
from devices.errors import DeviceError
from devices.gnss import Fix, GnssReceiver, GnssSettings
from devices.manager import DeviceConfig
from verifier.protocol.practice import SaidPosition

log = structlog.get_logger("kiosk")

LOOK_SECONDS = 6.0
"""For one good fix; a receiver speaks every second."""

OPEN_SECONDS = 2.0
"""For opening it; finding the rate of one that is silent would take longer."""

WARNING = "gnss_no_fix"

KIND = "gnss"


def receiver_of(port: str | None, listed: Sequence[DeviceConfig]) -> DeviceConfig | None:
    """The receiver that the settings name, else the first of the terminal's list."""
    if port is not None:
        return DeviceConfig(KIND, KIND, port, {"detect_baudrate": True})
    return next((device for device in listed if device.kind == KIND), None)


class Whereabouts:
    """The terminal's receiver, opened for each check-in alone; no receiver, no position."""

    def __init__(self, receiver: DeviceConfig | None, *, seconds: float = LOOK_SECONDS) -> None:
        self._receiver, self._seconds = receiver, seconds
        self.missed = 0
        """Check-ins in a row that went without a position although there is a receiver."""

    @property
    def health(self) -> tuple[str, ...]:
        """The warning, while the newest check-in had no position."""
        return (WARNING,) if self.missed else ()

    async def now(self) -> SaidPosition | None:
        """The position, or None. Never raises, and keeps nobody waiting for a silent receiver."""
        if self._receiver is None:
            return None
        try:
            async with asyncio.timeout(self._seconds + OPEN_SECONDS):
                position, why = await asyncio.to_thread(_look, self._receiver, self._seconds)
        except TimeoutError:
            position, why = None, "gnss.slow"
        self.missed = 0 if position else self.missed + 1
        if position is None:
            log.warning("kiosk.gnss", why=why, missed=self.missed)
        return position


def _look(receiver: DeviceConfig, seconds: float) -> tuple[SaidPosition | None, str]:
    fix, why = good_fix(receiver, seconds)
    try:
        return (said(fix), "") if fix else (None, why)
    except ValidationError:  # an accuracy of nought, as a receiver may claim
        return None, "gnss.implausible"


def said(fix: Fix) -> SaidPosition:
    """A fix as it goes with a check-in. Raises `ValidationError` for one that cannot be."""
    return SaidPosition(
        latitude=fix.latitude,
        longitude=fix.longitude,
        datum=fix.datum,
        accuracy_m=fix.accuracy_m,
        source="gnss",
        at=fix.time,
        simulated=fix.simulated,
    )


def good_fix(device: DeviceConfig, seconds: float) -> tuple[Fix | None, str]:
    """The first fix in this time against which nothing speaks; else None, and the first reason."""
    until, why = time.monotonic() + seconds, ""
    try:
        with gnss.open(device.port, settings=GnssSettings(**device.settings)) as receiver:
            while (left := until - time.monotonic()) > 0:
                fix, against = _next(receiver, left)
                if fix is not None:
                    return fix, ""
                why = why or against
    except Exception as error:  # a receiver must never keep anybody from checking in
        why = str(getattr(error, "code", type(error).__name__))
    return None, why or "gnss.no_fix"


def _next(receiver: GnssReceiver, left: float) -> tuple[Fix | None, str]:
    try:
        fix = receiver.read(left)
    except gnss.Doubtful as doubtful:
        return None, doubtful.code
    except DeviceError as error:
        if isinstance(error, gnss.NoFix):
            return None, error.code
        raise
    against = [*fix.doubts, *gnss.gate(fix, datetime.now(UTC))]
    return (None, against[0]) if against else (fix, "")
