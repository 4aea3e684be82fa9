"""Waits for a code and says what kind it is. Never writes to the scanner."""

import logging
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from codes import qr
from codes.qr import QrCode, QrKind, QrPatterns
from devices.base import Reading
from devices.closing import Closing
from devices.errors import BadFrame, DeviceError, NoCard
from devices.serial_line import SerialLine

from .codec import MAX_MESSAGE, Repeats, Scan, ScanBuffer

_log = logging.getLogger(__name__)
_MAX_DRAIN = 0.5


@dataclass(frozen=True)
class ScannerSettings:
    """What differs between scanners and hospitals. Times in seconds."""

    baudrate: int = 9600
    """A common factory setting, as are 8 bits, no parity, one stop bit (from memory, not
    confirmed). A scanner that is a USB serial device (CDC) ignores it.
    """
    idle_gap: float = 0.08
    """Silence that ends a message. USB converters deliver every 16 ms, so not under 50 ms."""
    gap_ends: bool = True
    """Take silence for an ending; False for a scanner that is known to send CR or LF."""
    aim: bool = True
    """Take an AIM identifier off. A payload that itself begins like one would lose it."""
    repeat_window: float = 2.0
    """A payload seen again within it is the same code, still held there."""
    another_try: float = 1.0
    """After a damaged message, how long a whole one may still come: a held code is read again."""
    name: str = "scanner"
    """Of the device in readings, for terminals with several: a scanner tells nothing of itself."""
    patterns: QrPatterns = field(default_factory=QrPatterns)


class Scanner(Closing):
    """A scanner on an open line. Used by one thread at a time.

    It cannot be asked whether it is there: that it is unplugged is noticed where the port goes,
    and that it is switched off never.
    """

    def __init__(self, line: SerialLine, settings: ScannerSettings) -> None:
        """Ready to read; what was half sent at this moment is not taken."""
        self.simulated = False
        """Whether a simulator's mark was seen so far: a scanner at rest tells nothing of itself."""
        self._line, self._settings = line, settings
        self._buffer = ScanBuffer(settings.idle_gap, gap_ends=settings.gap_ends, aim=settings.aim)
        self._repeats = Repeats(secrets.token_bytes(16), settings.repeat_window)
        self._listened = float("-inf")
        self._buffer.skip(time.monotonic())

    def read(self, timeout: float) -> Reading:
        """Wait up to `timeout` seconds for a code that is shown from now on.

        A message that has begun by then is heard to its end. A code shown before is dropped, since
        it may be another person's; between reads that follow one another at once nothing is. The
        kind is a `QrKind`. The text stands in `fields["token"]` and nowhere else, a hospital number
        in `fields["number"]`; `symbology` and `province` stand beside it where they are known.

        Raises `NoCard` (`scanner.no_code`), `BadFrame` if only damaged messages came, `Refused`
        (`scanner.too_long`), `Unplugged`.
        """
        if time.monotonic() - self._listened > self._settings.idle_gap:
            self._drop_earlier()
        try:
            return self._reading(self._fresh(time.monotonic() + timeout))
        finally:
            self._listened = time.monotonic()

    def forget(self) -> None:
        """A code that is still held may be read once more: nobody took the last reading."""
        self._repeats = Repeats(secrets.token_bytes(16), self._settings.repeat_window)

    def rest(self, seconds: float) -> None:
        """Let time pass; codes shown meanwhile are dropped, and one still held stays the last one.

        Raises `Unplugged` as soon as the line hangs up.
        """
        until = time.monotonic() + seconds
        while (now := time.monotonic()) < until:
            self._listen(until, now)
            self._note_held()

    def close(self) -> None:
        """Give the port back."""
        self._line.close()

    def _drop_earlier(self) -> None:
        """A code that was taken and is still held begins its time anew; all others are forgotten.

        Without waiting bytes the line was silent, as far as a host can know.
        """
        end, came = time.monotonic() + _MAX_DRAIN, False
        while (now := time.monotonic()) < end and (data := self._line.read(now)):
            self._buffer.feed(data, now)
            came = True
        self._buffer.quiet(time.monotonic())
        self._note_held()
        if came:
            self._buffer.skip(time.monotonic())

    def _note_held(self) -> None:
        while (scan := self._popped()) is not None:
            if isinstance(scan, Scan):
                self._repeats.waited(scan.payload, time.monotonic())

    def _fresh(self, until: float) -> Scan:
        """The next code that is not the last one still held."""
        damaged: BadFrame | None = None
        while (scan := self._next(until, finish=damaged is None)) is not None:
            if isinstance(scan, BadFrame):
                _log.info("scanner: %s", scan)
                damaged = scan
                until = min(until, time.monotonic() + self._settings.another_try)
            elif isinstance(scan, DeviceError):
                raise scan
            elif not self._repeats.seen(scan.payload, time.monotonic()):
                self._repeats.take(scan.payload, time.monotonic())
                self.simulated |= scan.simulated
                return scan
        raise damaged or NoCard("scanner.no_code")

    def _next(self, until: float, *, finish: bool) -> Scan | DeviceError | None:
        """The next message or what is wrong with it; None when time is up."""
        last = until + self._line.wire_time(MAX_MESSAGE) + self._settings.idle_gap
        while (now := time.monotonic()) < (last if finish and self._buffer.open else until):
            if (scan := self._popped()) is not None:
                return scan
            self._listen(until, now)
        return self._popped()

    def _listen(self, until: float, now: float) -> None:
        quiet_at = self._buffer.quiet_at
        if data := self._line.read(until if quiet_at is None else max(quiet_at, now)):
            self._buffer.feed(data, time.monotonic())
        else:
            self._buffer.quiet(time.monotonic())

    def _popped(self) -> Scan | DeviceError | None:
        try:
            return self._buffer.pop()
        except DeviceError as error:
            return error

    def _reading(self, scan: Scan) -> Reading:
        code = qr.classify(scan.text, self._settings.patterns)
        return Reading(
            kind=code.kind.value,
            fields=_fields(scan, code),
            device=self._settings.name,
            read_at=datetime.now(UTC),
            authenticated=False,
            simulated=scan.simulated or code.invented,
        )


def _fields(scan: Scan, code: QrCode) -> dict[str, str]:
    said = (
        {"number": code.number}
        if code.kind is QrKind.HOSPITAL_NUMBER
        else {"token": scan.text, "province": code.province}
    )
    return {
        name: value
        for name, value in {**said, "symbology": scan.symbology}.items()
        if value is not None
    }
