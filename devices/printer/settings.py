"""What differs between printers."""

from dataclasses import dataclass
from typing import Literal

from devices.serial_line import Flow

COLUMNS = {58: 32, 80: 48}
DOTS = {58: 384, 80: 576}
"""Printable, at 203 dots an inch; a column is 12 dots wide (font A)."""


@dataclass(frozen=True)
class PrinterSettings:
    """One printer's. Times in seconds.

    Raises `ValueError` for paper of a width that no receipt printer takes.
    """

    width: Literal[58, 80] = 80
    """Of the paper in millimetres."""
    baudrate: int = 9600
    """A common factory setting (from memory, not confirmed); many are set by a switch."""
    flow: Flow = "none"
    """How the printer says that its buffer is full. Not needed for it to print whole, since no more
    than `piece` bytes are ever under way; a printer with a smaller buffer needs it.
    """
    piece: int = 256
    """Bytes that are sent before the printer must say that it printed them."""
    end: Literal["cut", "partial_cut", "tear"] = "partial_cut"
    """How the slip leaves; `tear` for a printer without a cutter."""
    qr: Literal["native", "raster"] = "native"
    """Drawn by the printer (GS ( k), or sent as a picture to one that cannot."""
    qr_size: int = 6
    """Dots of a QR code's module, 1 to 16."""
    font: Literal["gb2312", "gbk"] = "gbk"
    """What the built-in font has: other characters are printed as □ and their pinyin."""
    size_by_fs: bool = False
    """Send FS ! too, for a printer whose GS ! leaves Chinese characters small (not confirmed that
    there are any).
    """
    clear: bool = True
    """After a failure, have the printer forget what it did not print (DLE DC4 8, Epson's): without
    it the rest of one person's slip is printed when the paper is changed.
    """
    answer_timeout: float = 0.6
    print_timeout: float = 8.0
    """For one piece; heads print at 50 mm/s and more."""
    poll: float = 0.25
    """How often the status is looked at while a piece is being printed."""

    def __post_init__(self) -> None:
        if self.width not in COLUMNS:
            raise ValueError("width is 58 or 80")
        if not 1 <= self.qr_size <= 16:
            raise ValueError("qr_size is 1 to 16")

    @property
    def columns(self) -> int:
        """Of ASCII; a Chinese character takes two."""
        return COLUMNS[self.width]
