"""What ESC/POS bytes ask of a printer, step by step: the simulator's ear. Pure and total.

It knows what receipts use (text in Chinese mode, size, weight, place, feed, cut, QR codes, raster
pictures, questions) and steps over the other commands of two letters and one number.
"""

from dataclasses import dataclass, field

from codes import gb18030
from codes.errors import InvalidCode

MAX_PICTURE = 1 << 16
"""Bytes of one command's data; a longer one is no picture but noise, and is stepped over."""
_DLE, _ESC, _FS, _GS, _LF = 0x10, 0x1B, 0x1C, 0x1D, 0x0A


@dataclass(frozen=True)
class Style:
    """How characters are printed."""

    bold: bool = False
    wide: int = 1
    high: int = 1


@dataclass(frozen=True)
class Run:
    """Characters of one style."""

    text: str
    style: Style


@dataclass(frozen=True)
class Printed:
    """A line of text, and the paper moved on by it."""

    runs: tuple[Run, ...]
    align: int


@dataclass(frozen=True)
class Fed:
    """The paper moved on by so many lines."""

    lines: int


@dataclass(frozen=True)
class Coded:
    """A QR code; `level` is 0 to 3 for L, M, Q, H."""

    data: bytes
    size: int
    level: int
    align: int


@dataclass(frozen=True)
class Pictured:
    """A raster picture: rows of bytes, the highest bit left."""

    data: bytes
    row_bytes: int
    align: int


@dataclass(frozen=True)
class CutOff:
    """The knife fell."""


@dataclass(frozen=True)
class Reset:
    """ESC @."""


@dataclass(frozen=True)
class Asked:
    """A question that is answered in its turn: `I` (who are you), `r` (sensors), `H` (a mark)."""

    what: str
    data: bytes


Step = Printed | Fed | Coded | Pictured | CutOff | Reset | Asked


@dataclass
class _Modes:
    style: Style = field(default_factory=Style)
    align: int = 0
    chinese: bool = True
    """On after power-on in printers for China (from memory, not confirmed)."""
    code: bytes = b""
    module: int = 3
    level: int = 0


class Interpreter:
    """Bytes in by `feed`, steps out one by one, so that a printer can stop between any two."""

    def __init__(self) -> None:
        self.unknown = 0
        """Bytes and commands that it stepped over."""
        self._bytes = bytearray()
        self._modes = _Modes()
        self._runs: list[Run] = []

    def feed(self, data: bytes) -> None:
        """Put into the receive buffer."""
        self._bytes += data

    @property
    def waiting(self) -> int:
        """Bytes that are not worked off."""
        return len(self._bytes)

    def clear(self) -> None:
        """Forget everything that is not printed."""
        self._bytes.clear()
        self._runs.clear()
        self._modes = _Modes()

    def step(self) -> Step | None:
        """The next thing to do; None when the bytes end, maybe in the middle of a command."""
        while self._bytes:
            before = len(self._bytes)
            step = self._one()
            if step is not None:
                return step
            if len(self._bytes) == before:
                return None
        return None

    def _one(self) -> Step | None:
        """Work off one character or command; nothing is taken where its end is not there yet."""
        first = self._bytes[0]
        if first == _LF:
            self._take(1)
            return self._line()
        if first in (_ESC, _FS, _GS, _DLE):
            return self._command(first)
        if first < 0x20 or first == 0x7F:
            self._take(1)
            self.unknown += first != 0x0D
            return None
        self._character(first)
        return None

    def _take(self, count: int) -> bytes:
        taken = bytes(self._bytes[:count])
        del self._bytes[:count]
        return taken

    def _line(self) -> Printed:
        runs, self._runs = tuple(self._runs), []
        return Printed(runs, self._modes.align)

    def _character(self, first: int) -> None:
        length = 1
        if first >= 0x81 and self._modes.chinese:
            if len(self._bytes) < 2:
                return
            length = 4 if 0x30 <= self._bytes[1] <= 0x39 else 2
            if len(self._bytes) < length:
                return
        try:
            text = gb18030.decode(self._take(length))
        except InvalidCode:
            self.unknown += 1
            text = "?"
        if self._runs and self._runs[-1].style == self._modes.style:
            self._runs[-1] = Run(self._runs[-1].text + text, self._modes.style)
        else:
            self._runs.append(Run(text, self._modes.style))

    def _command(self, first: int) -> Step | None:
        if len(self._bytes) < 2:
            return None
        name = chr(self._bytes[1])
        match (first, name):
            case (0x1B, "@"):
                self._take(2)
                self._modes, self._runs = _Modes(), []
                return Reset()
            case (0x1C, "&" | "."):
                self._modes.chinese = name == "&"
                self._take(2)
                return None
            case (0x1D, "(") if len(self._bytes) >= 5:
                return self._long(2, 5, int.from_bytes(self._bytes[3:5], "little"))
            case (0x1D, "v") if len(self._bytes) >= 8:
                row = int.from_bytes(self._bytes[4:6], "little")
                rows = int.from_bytes(self._bytes[6:8], "little")
                return self._long(1, 8, row * rows)
            case (0x1D, "(" | "v"):
                return None
            case (0x1D, "V"):
                return self._cut()
            case (0x10, "\x14"):
                self._skip(_real_time_length(self._bytes))
                return None
            case (0x1B, "2" | "i" | "m" | "<" | "L" | "S"):
                self._skip(2)
                return None
        if len(self._bytes) < 3:
            return None
        return self._short(first, name, self._take(3)[2])

    def _skip(self, count: int) -> None:
        if len(self._bytes) >= count:
            self._take(count)

    def _cut(self) -> Step | None:
        """GS V m, and n where m says to feed first."""
        if len(self._bytes) < 3:
            return None
        length = 4 if self._bytes[2] in (65, 66, 97, 98, 103, 104) else 3
        if len(self._bytes) < length:
            return None
        self._take(length)
        return CutOff()

    def _short(self, first: int, name: str, value: int) -> Step | None:
        modes, style = self._modes, self._modes.style
        match (first, name):
            case (0x1B, "a"):
                modes.align = value % 48 if value % 48 <= 2 else 0
            case (0x1B, "E"):
                modes.style = Style(bool(value & 1), style.wide, style.high)
            case (0x1D, "!"):
                modes.style = Style(style.bold, (value >> 4 & 7) + 1, (value & 7) + 1)
            case (0x1B, "!"):
                wide, high = 1 + bool(value & 0x20), 1 + bool(value & 0x10)
                modes.style = Style(bool(value & 8), wide, high)
            case (0x1B, "d"):
                return Fed(value)
            case (0x1D, "I" | "r"):
                return Asked(name, bytes((value,)))
            case (0x10, "\x04" | "\x05"):
                pass  # answered when it came in
            case _:
                self.unknown += 1
        return None

    def _long(self, name_length: int, head: int, length: int) -> Step | None:
        """A command that says how long its data is; `name_length` letters tell which."""
        if length > MAX_PICTURE:
            self._take(head)
            self.unknown += 1
            return None
        if len(self._bytes) < head + length:
            return None
        start, data = self._take(head), self._take(length)
        if name_length == 1:
            row_bytes = int.from_bytes(start[4:6], "little")
            return Pictured(data, row_bytes, self._modes.align) if data else None
        match chr(start[2]):
            case "k":
                return self._symbol(data)
            case "H" if data[:2] == b"00":
                return Asked("H", data[2:6])
            case _:
                self.unknown += 1
                return None

    def _symbol(self, data: bytes) -> Step | None:
        """GS ( k: cn, fn and parameters; 49 is a QR code."""
        modes = self._modes
        if len(data) < 2 or data[0] != 49:
            self.unknown += 1
            return None
        match data[1], data[2:]:
            case 67, value if value:
                modes.module = min(max(value[0], 1), 16)
            case 69, value if value:
                modes.level = (value[0] - 48) % 4
            case 80, value:
                modes.code = value[1:]
            case 81, _ if modes.code:
                return Coded(modes.code, modes.module, modes.level, modes.align)
        return None


def _real_time_length(data: bytearray) -> int:
    """DLE DC4: fn 8 has seven numbers, the others two."""
    return 10 if data[2:3] == b"\x08" else 5
