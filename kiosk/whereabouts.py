"""Where this terminal says it is, when a practitioner checks in: one fix, and no track.

A doubtful fix, or none, is left out and counted as a health warning; the check-in goes on without.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from devices import gnss
from devices.errors import DeviceError
from devices.gnss import Fix, GnssReceiver, GnssSettings
from devices.manager import DeviceConfig
from verifier.protocol.practice import SaidPosition

log = structlog.get_logger("kiosk")

LOOK_SECONDS = 6.0
"""For opening the receiver and one good fix; a receiver speaks every second."""

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
        """The position, or None. Never raises; takes `seconds` at most, and the opening's time."""
        if self._receiver is None:
            return None
        fix, why = await asyncio.to_thread(good_fix, self._receiver, self._seconds)
        if fix is None:
            self.missed += 1
            log.warning("kiosk.gnss", why=why, missed=self.missed)
            return None
        self.missed = 0
        return said(fix)


def said(fix: Fix) -> SaidPosition:
    """A fix as it goes with a check-in."""
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
