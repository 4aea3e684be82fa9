"""Decode untrusted pictures: JPEG and PNG bytes to BGR, with the header read before any decoder.

A header states how many pixels a decoder will allocate, so it is read first and refused if it asks
for too many. The file is walked to its end, because libjpeg fills what is missing from a truncated
file with grey and reports nothing.
"""

from collections.abc import Collection
from typing import Final

import cv2
import numpy as np

from .errors import ImageRefused
from .headers import Header, read_jpeg, read_png
from .types import Image

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_PIXELS: Final = 24_000_000
MIN_SIDE: Final = 16

_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"


def decode(
    data: bytes,
    *,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
    formats: Collection[str] = ("jpeg", "png"),
    size: tuple[int, int] | None = None,
) -> Image:
    """The picture, uint8 (H, W, 3) BGR, turned upright as its EXIF says.

    Args:
        formats: which of `jpeg` and `png` are taken.
        size: the only width and height that are taken, if any.

    Raises:
        ImageRefused: with one of its codes.
    """
    header = inspect(data, max_bytes=max_bytes, formats=formats)
    width, height = header.width, header.height
    if size is not None and (width, height) != size:
        raise ImageRefused("image.size", f"{width}x{height} pixels instead of {size[0]}x{size[1]}")
    if min(width, height) < MIN_SIDE:
        raise ImageRefused("image.too_small", f"{width}x{height} pixels are too few")
    if width * height > max_pixels:
        raise ImageRefused("image.too_many_pixels", f"{width}x{height} pixels are too many")
    return _decoded(data, header)


def inspect(
    data: bytes, *, max_bytes: int = MAX_BYTES, formats: Collection[str] = ("jpeg", "png")
) -> Header:
    """What the file says it is, from its structure alone.

    Raises:
        ImageRefused: empty, too long, of another format, with a broken header, or truncated.
    """
    if not data:
        raise ImageRefused("image.empty", "there are no bytes")
    if len(data) > max_bytes:
        raise ImageRefused("image.too_many_bytes", f"{len(data)} bytes are too many")
    if data.startswith(_JPEG) and "jpeg" in formats:
        return read_jpeg(data)
    if data.startswith(_PNG) and "png" in formats:
        return read_png(data)
    raise ImageRefused("image.format", f"the bytes are none of {', '.join(sorted(formats))}")


def _decoded(data: bytes, header: Header) -> Image:
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise ImageRefused("image.undecodable", "the picture cannot be decoded") from error
    stated = (header.height, header.width, 3)
    turned = (header.width, header.height, 3)
    if image is None or image.dtype != np.uint8 or image.shape not in {stated, turned}:
        raise ImageRefused("image.undecodable", "the picture cannot be decoded")
    return np.asarray(image, np.uint8)
