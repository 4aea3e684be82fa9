"""From laid-out lines to ESC/POS bytes, in pieces that a printer's buffer can take. No I/O.

python-escpos makes the commands; text goes beside its encoder, which knows no Chinese code page, as
GB 18030 in Chinese mode (FS &).
"""

import logging
import os
import shutil
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from codes import gb18030

from .layout import Align, Code, Item, Line
from .settings import DOTS, PrinterSettings

CLEAR_BUFFER = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""DLE DC4 8: forget what is not printed yet. Real-time."""
MAKER, MODEL = 66, 67
"""The n of GS I n."""
ASK_IN_ORDER = b"\x1dr\x01"
"""GS r 1: paper sensors, answered when all before it has left the receive buffer."""
CHINESE, _FS_SIZE = b"\x1c&", b"\x1c!"
_FS_DOUBLE = 0x0C
_TEAR_FEED = 6
_RASTER_ROWS = 16
MAX_QR_BYTES = 500


def ask_status(question: int) -> bytes:
    """DLE EOT n. Real-time: answered whatever the printer does, and nothing moves."""
    return bytes((0x10, 0x04, question))


def ask_text(number: int) -> bytes:
    """GS I n: who made it, or its model."""
    return bytes((0x1D, 0x49, number))


def ask_process_id(mark: bytes) -> bytes:
    """GS ( H, function 48: give these four bytes back once all before them is printed."""
    return b"\x1d(H\x06\x00\x30\x30" + mark


def pieces(items: Iterable[Item], settings: PrinterSettings) -> list[bytes]:
    """The whole slip, from the printer's initialisation to the cut. A command is never split.

    A piece is longer than `settings.piece` only where one command is. Raises `ValueError` for a QR
    code that no printer draws.
    """
    paper = _recorder(settings)
    paper.hw("INIT")
    paper.put(CHINESE)
    for item in items:
        if isinstance(item, Line):
            _line(paper, item, settings)
        else:
            _code(paper, item, settings)
    _end(paper, settings)
    return _packed(paper.commands, settings.piece)


def _line(paper: Any, line: Line, settings: PrinterSettings) -> None:
    size = 2 if line.double else 1
    paper.set(align=line.align.value, bold=line.bold, custom_size=True, width=size, height=size)
    if settings.size_by_fs:
        paper.put(_FS_SIZE + bytes((_FS_DOUBLE if line.double else 0,)))
    paper.put(gb18030.encode(line.text) + b"\n")


def _code(paper: Any, code: Code, settings: PrinterSettings) -> None:
    if len(code.text.encode()) > MAX_QR_BYTES:
        raise ValueError("the text of the QR code is too long")
    paper.set(align=Align.CENTRE.value)
    if settings.qr == "native":
        paper.qr(code.text, ec=1, size=settings.qr_size, native=True)
        return
    how = {"impl": "bitImageRaster", "fragment_height": _RASTER_ROWS}
    paper.qr(code.text, ec=1, size=settings.qr_size, image_arguments=how)


def _end(paper: Any, settings: PrinterSettings) -> None:
    if settings.end == "tear":
        paper.print_and_feed(_TEAR_FEED)
    else:
        paper.cut("FULL" if settings.end == "cut" else "PART")


def _packed(commands: Sequence[bytes], size: int) -> list[bytes]:
    packed = [b""]
    for command in commands:
        if packed[-1] and len(packed[-1]) + len(command) > size:
            packed.append(b"")
        packed[-1] += command
    return packed


def _recorder(settings: PrinterSettings) -> Any:
    return _library()(DOTS[settings.width])


@cache
def _library() -> Any:
    """python-escpos, loaded at the first slip: it takes a second. It sets up the root logger and
    leaves a folder of temporary files behind, both undone here.
    """
    handlers = list(logging.root.handlers)
    from escpos import capabilities  # type: ignore[import-untyped]
    from escpos.printer import Dummy  # type: ignore[import-untyped]

    logging.root.handlers[:] = handlers
    if "ESCPOS_CAPABILITIES_PICKLE_DIR" not in os.environ:
        shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)

    class Recorder(Dummy):  # type: ignore[misc]
        """Keeps each command as it is made."""

        def __init__(self, dots: int) -> None:
            base = capabilities.get_profile_class("default")
            media = {"width": {"pixels": dots}}
            kind = type("Paper", (base,), {"profile_data": {**base.profile_data, "media": media}})
            super().__init__(profile=None)
            self.profile = kind()
            self.commands: list[bytes] = []

        def _raw(self, msg: bytes) -> None:
            self.commands.append(msg)

        put = _raw

    return Recorder
