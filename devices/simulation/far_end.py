"""The device's end of a line: a pseudo-terminal, or a TCP port as serial servers have them."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

PIECE = 16
"""Bytes given at once, as a UART's FIFO gives them."""


class FarEnd(Protocol):
    """A serial line that a simulator holds.

    One thread does everything but `wake`, which any may.
    """

    baudrate: int

    @property
    def url(self) -> str:
        """What a driver opens; it stays the same when the line is unplugged and plugged in."""

    @property
    def host_baudrate(self) -> int | None:
        """The rate that the host has set on its end; None where that cannot be known."""

    @property
    def plugged_in(self) -> bool:
        """Whether a host can open the line."""

    def plug_in(self) -> None:
        """A new line behind the same address, unless one stands there."""

    def unplug(self) -> None:
        """Hang up: the host's next read or write fails, and the address is gone."""

    def wake(self) -> None:
        """Make a blocked `read` return."""

    def read(self, timeout: float | None = None) -> bytes:
        """What the host sent; nothing after `timeout` seconds or a wake."""

    def write(self, data: bytes) -> None:
        """Send at the line's rate. Bytes that no host takes are lost, as on a real line."""

    def close(self) -> None:
        """Hang up for good."""


def far_end(at: str | Path | None, baudrate: int) -> FarEnd:
    """A line at a path (None: in a new private folder), or at `tcp://HOST:PORT` (0: a free one).

    Raises `OSError` where it cannot be made, `ImportError` for a pseudo-terminal without POSIX,
    `ValueError` for an address that is none.
    """
    if isinstance(at, str) and at.startswith("tcp://"):
        from .tcp import TcpLine

        host, _, port = at.removeprefix("tcp://").rpartition(":")
        return TcpLine(host, int(port), baudrate)
    from devices.posix_pty import PseudoTerminal

    return PseudoTerminal(baudrate, Path(at) if at is not None else None)


def paced(data: bytes, baudrate: int, send: Callable[[bytes], None]) -> None:
    """Call `send` piece by piece, ten bits a byte at the line's rate."""
    start = time.monotonic()
    for offset in range(0, len(data), PIECE):
        piece = data[offset : offset + PIECE]
        sent = (offset + len(piece)) * 10 / baudrate
        time.sleep(max(0.0, start + sent - time.monotonic()))
        send(piece)
