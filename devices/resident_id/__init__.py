"""二代居民身份证 readers with a security module (SAM) on a serial line."""

from typing import Literal, overload

from devices.serial_line import SerialLine

from .driver import SamReader
from .family_a import FamilyAReader
from .reader import PhotoSink, ResidentIdReader
from .settings import ReaderSettings

__all__ = [
    "Dialect",
    "FamilyAReader",
    "PhotoSink",
    "ReaderSettings",
    "ResidentIdReader",
    "SamReader",
    "open",
]

Dialect = Literal["sam", "family_a"]
"""What the reader speaks: the security module's own language (GA 467), or STX … ETX frames with one
command that reads all.
"""


@overload
def open(  # noqa: A001
    url: str,
    *,
    dialect: Literal["sam"] = "sam",
    settings: ReaderSettings | None = None,
    photo_sink: PhotoSink | None = None,
) -> SamReader: ...


@overload
def open(  # noqa: A001
    url: str,
    *,
    dialect: Dialect,
    settings: ReaderSettings | None = None,
    photo_sink: PhotoSink | None = None,
) -> ResidentIdReader: ...


def open(  # noqa: A001  the shape of every device: module.open(url)
    url: str,
    *,
    dialect: Dialect = "sam",
    settings: ReaderSettings | None = None,
    photo_sink: PhotoSink | None = None,
) -> ResidentIdReader:
    """The reader at a pyserial URL; a SAM is awake and its number read.

    Raises `Unplugged`, `Timeout`, `BadFrame`, or `Refused` (port denied or busy, module not well).
    """
    settings = settings or ReaderSettings()
    line = SerialLine(url, settings.baudrate)
    kind = FamilyAReader if dialect == "family_a" else SamReader
    try:
        return kind(line, settings, photo_sink)
    except BaseException:
        line.close()
        raise
