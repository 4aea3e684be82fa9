"""What a printer sends, told apart: pure, total, and bounded in memory.

Epson's commands give every kind of answer fixed bits of its own, so that one stream can hold them
all: 0xx1xx10 real-time status, 0xx1xx00 the first of four bytes of an automatic status, 0xx0xxxx an
answer in the order of the printed data, `_ … NUL` a text, `7 x … NUL` a report.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from .status import is_answer

MAX_TEXT = 80
"""Bytes of a text or report: the references give no more than that."""

PROCESS_ID = b'7"'
"""Head of a process ID's report, GS ( H; four bytes of it follow."""
_TEXT, _REPORT, _END = 0x5F, 0x37, 0
_FLOW = (0x11, 0x13)


@dataclass(frozen=True)
class RealTime:
    """Answer to DLE EOT."""

    byte: int


@dataclass(frozen=True)
class InOrder:
    """Answer to GS r: all that was sent before has been worked off from the receive buffer."""

    byte: int


@dataclass(frozen=True)
class Text:
    """Answer to GS I: who made the printer, or its model."""

    data: bytes


@dataclass(frozen=True)
class Report:
    """`7`, what it is about, and data: a process ID, or that the buffer was cleared."""

    data: bytes


@dataclass(frozen=True)
class Stray:
    """A byte that is part of no answer."""

    byte: int


Reply = RealTime | InOrder | Text | Report | Stray


class Replies:
    """Cuts a stream into replies. Flow control and automatic status are dropped."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._automatic = 0

    def feed(self, data: bytes) -> list[Reply]:
        """What these bytes complete."""
        return [reply for byte in data for reply in self._take(byte)]

    def drop(self) -> None:
        """Forget what is half heard."""
        self._held.clear()
        self._automatic = 0

    def _take(self, byte: int) -> Iterator[Reply]:
        if self._held:
            yield from self._go_on(byte)
        elif byte in (_TEXT, _REPORT):
            self._held.append(byte)
        elif byte in _FLOW:
            return
        elif is_answer(byte):
            self._automatic = 0
            yield RealTime(byte)
        elif byte & 0x93 == 0x10:
            self._automatic = 3
        elif byte & 0x90 == 0:
            yield from self._in_order(byte)
        else:
            yield Stray(byte)

    def _in_order(self, byte: int) -> Iterator[Reply]:
        if self._automatic:
            self._automatic -= 1
        else:
            yield InOrder(byte)

    def _go_on(self, byte: int) -> Iterator[Reply]:
        """A text or report until its NUL; one that is too long was noise."""
        if byte != _END and len(self._held) < MAX_TEXT:
            self._held.append(byte)
            return
        head, held = self._held[0], bytes(self._held)
        self._held.clear()
        if byte != _END:
            yield from (Stray(each) for each in (*held, byte))
        else:
            yield Text(held[1:]) if head == _TEXT else Report(held)
