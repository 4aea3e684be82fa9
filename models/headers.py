"""The structure of JPEG (ITU-T T.81) and PNG (ISO/IEC 15948) files, walked from start to end.

Pure and total: any bytes give a header or `ImageRefused`.
"""

import re
import struct
import zlib
from dataclasses import dataclass
from typing import Final, Literal

from .errors import ImageRefused

_SCANS: Final = 64
"""A progressive JPEG needs about ten; thousands make a decoder work for minutes."""

_CHUNKS: Final = 20_000

_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
"""Baseline, extended and progressive Huffman: what cameras write and decoders read."""

_OTHER_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - _FRAMES - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN: Final = 0xDA
_END: Final = 0xD9
_FILL: Final = re.compile(rb"\xff+")
_AFTER_ENTROPY: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""In coded data 0xFF is followed by a stuffed zero or is part of a restart marker."""


@dataclass(frozen=True)
class Header:
    """What a picture's own header says."""

    format: Literal["jpeg", "png"]
    width: int
    height: int


def read_jpeg(data: bytes) -> Header:
    """The header of a JPEG file that reaches its end marker.

    Raises:
        ImageRefused: `image.header`, `image.truncated`.
    """
    header, scans, at = None, 0, 2
    while True:
        marker, at = _marker(data, at)
        if marker == _END:
            if header is None or not scans:
                raise _broken("it ends before it shows anything")
            return header
        body, at = _segment(data, at)
        if marker in _OTHER_FRAMES:
            raise _broken("it is coded in a way that is not read")
        if marker in _FRAMES:
            if header is not None:
                raise _broken("it states its size twice")
            header = _frame(body)
        elif marker == _START_OF_SCAN:
            scans += 1
            if scans > _SCANS:
                raise _broken("it has too many scans")
            at = _past_entropy(data, at)


def _marker(data: bytes, at: int) -> tuple[int, int]:
    fill = _FILL.match(data, at)
    if at >= len(data) or (fill and fill.end() >= len(data)):
        raise _truncated()
    if fill is None:
        raise _broken("a marker is missing")
    return data[fill.end()], fill.end() + 1


def _segment(data: bytes, at: int) -> tuple[bytes, int]:
    if at + 2 > len(data):
        raise _truncated()
    length = int.from_bytes(data[at : at + 2], "big")
    if length < 2:
        raise _broken("a segment has no length")
    if at + length > len(data):
        raise _truncated()
    return data[at + 2 : at + length], at + length


def _frame(body: bytes) -> Header:
    if len(body) < 6:
        raise _broken("the frame header is too short")
    precision, height, width, components = struct.unpack(">BHHB", body[:6])
    if precision != 8 or components not in {1, 3, 4} or not width or not height:
        raise _broken("the frame header asks for something unusual")
    return Header("jpeg", width, height)


def _past_entropy(data: bytes, at: int) -> int:
    """The next marker after coded data."""
    found = _AFTER_ENTROPY.search(data, at)
    if found is None:
        raise _truncated()
    return found.start()


def read_png(data: bytes) -> Header:
    """The header of a PNG file whose every chunk is whole, up to its end chunk.

    Raises:
        ImageRefused: `image.header`, `image.truncated`.
    """
    header, at = None, 8
    for _ in range(_CHUNKS):
        kind, body, at = _chunk(data, at)
        if header is None:
            header = _image_header(kind, body)
        elif kind == b"IHDR":
            raise _broken("it states its size twice")
        if kind == b"IEND":
            return header
    raise _broken("it has too many chunks")


def _chunk(data: bytes, at: int) -> tuple[bytes, bytes, int]:
    if at + 12 > len(data):
        raise _truncated()
    length = int.from_bytes(data[at : at + 4], "big")
    if at + 12 + length > len(data):
        raise _truncated()
    kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
    stated = int.from_bytes(data[at + 8 + length : at + 12 + length], "big")
    if zlib.crc32(body, zlib.crc32(kind)) != stated:
        raise _broken("a chunk's checksum is wrong")
    return kind, body, at + 12 + length


def _image_header(kind: bytes, body: bytes) -> Header:
    if kind != b"IHDR" or len(body) != 13:
        raise _broken("the image header is missing")
    width, height = struct.unpack(">II", body[:8])
    if not width or not height:
        raise _broken("it has no pixels")
    return Header("png", width, height)


def _broken(why: str) -> ImageRefused:
    return ImageRefused("image.header", f"the picture's header is broken: {why}")


def _truncated() -> ImageRefused:
    return ImageRefused("image.truncated", "the picture ends before its end")
