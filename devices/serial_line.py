"""A serial port as the drivers see it: bytes out, bytes in until a deadline, typed errors.

Ports are pyserial URLs: `/dev/ttyUSB0`, `COM3`, `socket://host:port`.
"""

import errno
import select
import time
from typing import Literal

import serial

from devices.closing import Closing

from .errors import DeviceError, Refused, Timeout, Unplugged

_SLICE = 0.02
"""Seconds that one blocking read lasts at most, where the system cannot be asked to wake us."""
_SLEEP = 60.0
"""The same where it can; `select` takes no endless times."""
_MOST = 4096
"""Bytes that one read takes at most."""
_QUIET = 0.03
"""Seconds without a byte after which a line counts as silent; USB converters deliver every 16 ms.
"""
_MAX_DRAIN = 0.5

_GONE = (OSError, TypeError)
"""What pyserial raises on a port that hung up, and on one that was closed here."""

_OPEN_CODES = {
    errno.EACCES: "device.port_denied",
    errno.EPERM: "device.port_denied",
    errno.EBUSY: "device.port_busy",
    errno.EAGAIN: "device.port_busy",
}


Flow = Literal["none", "xonxoff", "rtscts", "dsrdtr"]


class SerialLine(Closing):
    """An open port, eight bits, no parity. Used by one thread at a time."""

    def __init__(
        self,
        url: str,
        baudrate: int,
        *,
        stop_bits: int = 1,
        rts: bool | None = None,
        flow: Flow = "none",
    ) -> None:
        """Open `url`. Raises `Unplugged`, or `Refused` where the port exists and cannot be had.

        Args:
            stop_bits: 1 or 2.
            rts: the level of RTS from the moment of opening; None leaves it to the system.
            flow: how the device says that it takes no more bytes; a plain socket ignores it.
        """
        self.baudrate = baudrate
        self.rate_is_fixed = url.startswith("socket:")
        self._bits = 9 + stop_bits
        try:
            self._port = serial.serial_for_url(
                url,
                baudrate=baudrate,
                timeout=_SLICE,
                write_timeout=2.0,
                exclusive=None if "://" in url else True,
                stopbits=stop_bits,
                do_not_open=True,
            )
            if flow != "none":
                setattr(self._port, flow, True)
            if rts is not None:
                self._port.rts = rts
            self._port.open()
        except serial.SerialException as error:
            raise _open_error(error) from error
        except ValueError as error:
            raise Refused("device.port_invalid", str(error)) from error
        self._handle = _handle(self._port)
        if self._handle is not None:
            self._port.timeout = 0

    def write(self, data: bytes) -> None:
        """Send all bytes. Raises `Unplugged`, or `Timeout` where the other side takes none."""
        try:
            self._port.write(data)
        except serial.SerialTimeoutException as error:
            raise Timeout(note="the port takes no bytes") from error
        except _GONE as error:
            raise _lost(error) from error

    def read(self, until: float) -> bytes:
        """What has come, at least one byte, or nothing if `until` (monotonic) passes.

        Raises `Unplugged`.
        """
        try:
            while True:
                data = self._came(until)
                if data or time.monotonic() >= until:
                    return data
        except _GONE as error:
            raise _lost(error) from error

    def drop_until_quiet(self) -> None:
        """Drop what comes until the line is silent for 30 ms, or for half a second at most."""
        end = time.monotonic() + _MAX_DRAIN
        while time.monotonic() < end and self.read(time.monotonic() + _QUIET):
            pass

    def drop_waiting(self) -> None:
        """Drop what has come already; waits for nothing. Raises `Unplugged`."""
        end = time.monotonic() + _MAX_DRAIN
        try:
            while (waiting := self._port.in_waiting) and time.monotonic() < end:
                self._port.read(waiting)
        except _GONE as error:
            raise _lost(error) from error

    def rest(self, seconds: float) -> None:
        """Let time pass and drop what comes. Raises `Unplugged` as soon as the line hangs up."""
        until = time.monotonic() + seconds
        while self.read(until) and time.monotonic() < until:
            pass

    def set_rate(self, baudrate: int) -> None:
        """Speak at another rate from now on.

        Raises `Refused` (`device.rate_fixed`) where the port is a plain socket, behind which a
        serial server keeps its own rate; `Unplugged`.
        """
        if baudrate == self.baudrate:
            return
        if self.rate_is_fixed:
            raise Refused("device.rate_fixed")
        try:
            self._port.baudrate = baudrate
        except _GONE as error:
            raise _lost(error) from error
        self.baudrate = baudrate

    def wire_time(self, count: int) -> float:
        """Seconds that `count` bytes take: a start bit, eight, and the stop bits each."""
        return count * self._bits / self.baudrate

    def close(self) -> None:
        """Give the port back."""
        self._handle = None  # which may be another file's from now on
        self._port.close()

    def _came(self, until: float) -> bytes:
        """Sleep until bytes come, the line hangs up or time is up: an idle device wakes nobody."""
        if self._handle is None:
            data = self._port.read(1)
            return bytes(data + self._port.read(self._port.in_waiting)) if data else b""
        left = min(_SLEEP, max(0.0, until - time.monotonic()))
        ready, _, _ = select.select([self._handle], [], [], left)
        return bytes(self._port.read(_MOST)) if ready else b""


def _handle(port: serial.SerialBase) -> int | None:
    """What `select` can wait for; None for Windows' ports and for URLs that have no such thing."""
    try:
        handle = port.fileno()
    except (AttributeError, OSError):
        return None
    return handle if isinstance(handle, int) else None


def _open_error(error: serial.SerialException) -> DeviceError:
    code = _OPEN_CODES.get(error.errno or 0)
    if "PermissionError" in str(error):  # Windows: no errno, and a port in use says this
        code = "device.port_busy"
    return Refused(code, str(error)) if code else Unplugged(note=str(error))


def _lost(error: Exception) -> Unplugged:
    return Unplugged(note=type(error).__name__)
