"""Listens to a receiver and hands out fixes as they are made. Never writes to it."""

import logging
import time
from collections import deque
from datetime import UTC, datetime, timedelta

from devices.closing import Closing
from devices.errors import BadFrame, DeviceError, Timeout
from devices.serial_line import SerialLine

from .assembler import Assembler, Moment, Outcome
from .codec import SentenceBuffer
from .errors import Doubtful, NoFix
from .fix import Fix
from .settings import GnssSettings

_log = logging.getLogger(__name__)
RATES = (9600, 38_400, 115_200, 4800)
"""What receivers usually are set to."""
_FRESH = 1.0
"""Seconds without a read after which what waits on the line is old, and dropped."""
_LATE = 0.1
"""Seconds without a read after which bytes count as come when the last read ended."""


def connect(url: str, settings: GnssSettings) -> "GnssReceiver":
    """The receiver at `url`, at the first rate at which it is understood.

    Raises what the last of these rates raised, or at once `Unplugged` and `Refused`.
    """
    rates = [settings.baudrate]
    if settings.detect_baudrate and "://" not in url:  # a serial server has its own rate
        rates += [rate for rate in RATES if rate != settings.baudrate]
    for rate in rates[:-1]:
        try:
            return _at_rate(url, rate, settings)
        except (BadFrame, Timeout) as error:
            _log.info("gnss: at %d baud: %s", rate, error.code)
    return _at_rate(url, rates[-1], settings)


def _at_rate(url: str, rate: int, settings: GnssSettings) -> "GnssReceiver":
    line = SerialLine(url, rate)
    try:
        return GnssReceiver(line, settings)
    except BaseException:
        line.close()
        raise


class GnssReceiver(Closing):
    """A receiver on an open line. Used by one thread at a time."""

    def __init__(self, line: SerialLine, settings: GnssSettings) -> None:
        """Listen until it has spoken, and said whether it is simulated.

        Raises `Timeout`, `BadFrame` (`gnss.unreadable`), `Unplugged`; the line then stays the
        caller's.
        """
        self._line, self._settings = line, settings
        self._sentences, self._assembler = SentenceBuffer(), Assembler(settings)
        self._pending: deque[Outcome] = deque()
        self._listened = self._heard = self._understood = self._opened = time.monotonic()
        self._listen_until_introduced()

    @property
    def simulated(self) -> bool:
        """Whether the mark of simulators was ever heard on this line."""
        return self._assembler.simulated

    @property
    def baudrate(self) -> int:
        """At which it is understood."""
        return self._line.baudrate

    def read(self, timeout: float) -> Fix:
        """The next fix, for which `timeout` seconds are waited; none is handed out twice.

        A fix from before this read is dropped, unless reads follow one another within a second.

        Raises `NoFix` (the receiver speaks; the code says why there is none), `Doubtful` (before a
        fix that is strange: read again to have it), `Timeout` (silent for longer than the
        settings' `patience`), `BadFrame` (`gnss.unreadable`, as long), `Unplugged`.
        """
        if time.monotonic() - self._listened > _FRESH:
            self._forget()
        until = time.monotonic() + timeout
        reason = NoFix()
        while True:
            while self._pending:
                outcome = self._pending.popleft()
                if isinstance(outcome, Fix):
                    return outcome
                if isinstance(outcome, Doubtful):
                    raise outcome
                reason = outcome
            if time.monotonic() >= until:
                raise self._silence() or reason
            self._listen(until)

    def rest(self, seconds: float) -> None:
        """Let time pass and drop what comes. Raises `Unplugged` as soon as the line hangs up."""
        self._line.rest(seconds)
        self._forget()

    def close(self) -> None:
        """Give the port back."""
        self._line.close()

    def _listen_until_introduced(self) -> None:
        until = self._opened + self._settings.patience
        while not self._assembler.introduced and time.monotonic() < until:
            self._listen(until)
        if self._understood > self._opened:
            return
        if self._heard > self._opened:
            raise BadFrame("gnss.unreadable", f"no sentence at {self.baudrate} baud")
        raise Timeout(note="no byte")

    def _listen(self, until: float) -> None:
        """Take what comes next, or notice that nothing does."""
        late = time.monotonic() - self._listened
        quiet_at = self._heard + self._settings.burst_gap if self._assembler.complete else until
        data = self._line.read(min(until, quiet_at))
        self._listened = now = time.monotonic()
        if data:
            self._heard = now
            self._take(data, late if late > _LATE else 0.0)
        elif now >= quiet_at:
            self._pending += self._assembler.quiet(_moment())

    def _take(self, data: bytes, late: float) -> None:
        moment = _moment(late)
        for sentence in self._sentences.feed(data):
            self._understood = self._listened
            self._pending += self._assembler.take(sentence, moment)

    def _silence(self) -> DeviceError | None:
        """Whether the receiver has said nothing, or nothing readable, for too long."""
        now = time.monotonic()
        if now - self._understood <= self._settings.patience:
            return None
        if now - self._heard <= self._settings.patience:
            return BadFrame("gnss.unreadable", f"no sentence at {self.baudrate} baud")
        return Timeout(note="no byte")

    def _forget(self) -> None:
        """All that came before now; that nobody listened is not the receiver's silence."""
        self._line.drop_waiting()
        self._sentences.forget()
        self._assembler.forget()
        self._pending.clear()
        self._listened = self._heard = self._understood = time.monotonic()


def _moment(late: float = 0.0) -> Moment:
    return Moment(time.monotonic() - late, datetime.now(UTC) - timedelta(seconds=late))
