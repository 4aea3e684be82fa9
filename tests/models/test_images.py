"""Decoding untrusted pictures: everything is a picture or a refusal with a code."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import ImageRefused
from models.images import decode
from models.types import Image

PICTURE = np.asarray(
    cv2.resize(
        np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8),
        (80, 60),
        interpolation=cv2.INTER_CUBIC,
    ),
    np.uint8,
)


def _encoded(extension: str, picture: Image = PICTURE, *how: int) -> bytes:
    return bytes(cv2.imencode(extension, picture, how)[1])


JPEG = _encoded(".jpg")
PROGRESSIVE = _encoded(".jpg", PICTURE, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
RESTARTS = _encoded(".jpg", PICTURE, cv2.IMWRITE_JPEG_RST_INTERVAL, 2)
PNG = _encoded(".png")


def _code(data: bytes, **limits: object) -> str:
    with pytest.raises(ImageRefused) as caught:
        decode(data, **limits)  # type: ignore[arg-type]
    assert caught.value.detail
    return caught.value.code


@pytest.mark.parametrize("data", [JPEG, PROGRESSIVE, RESTARTS])
def test_jpegs_as_cameras_write_them_are_decoded(data: bytes) -> None:
    image = decode(data)
    assert image.shape == PICTURE.shape
    assert np.abs(image.astype(int) - PICTURE).mean() < 12


def test_a_png_is_decoded_without_loss() -> None:
    np.testing.assert_array_equal(decode(PNG), PICTURE)


@pytest.mark.parametrize("extension", [".png", ".jpg"])
def test_a_grey_picture_gets_three_channels(extension: str) -> None:
    assert decode(_encoded(extension, PICTURE[:, :, 0])).shape == PICTURE.shape


def test_a_16_bit_or_transparent_png_becomes_8_bit_bgr() -> None:
    deep = _encoded(".png", PICTURE.astype(np.uint16) * 257)
    clear = _encoded(".png", np.dstack([PICTURE, np.full(PICTURE.shape[:2], 128, np.uint8)]))
    for data in (deep, clear):
        np.testing.assert_array_equal(decode(data), PICTURE)


def test_a_photo_that_its_exif_turns_is_turned_upright() -> None:
    tags = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, 6, 0, 0)
    segment = b"Exif\0\0" + tags
    exif = b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment
    turned = decode(JPEG[:2] + exif + JPEG[2:])
    assert turned.shape == (80, 60, 3)
    np.testing.assert_array_equal(turned, np.rot90(decode(JPEG), -1))


def test_bytes_behind_the_end_are_borne() -> None:
    assert decode(JPEG + b"camera's own data").shape == PICTURE.shape


@pytest.mark.parametrize("data", [JPEG, PROGRESSIVE, RESTARTS, PNG])
def test_a_picture_cut_anywhere_is_refused(data: bytes) -> None:
    for end in range(len(data)):
        assert _code(data[:end]) in {"image.empty", "image.format", "image.truncated"}


def _with_size(width: int, height: int) -> bytes:
    """The JPEG with another size in its header."""
    at = JPEG.index(b"\xff\xc0") + 5
    return JPEG[:at] + struct.pack(">HH", height, width) + JPEG[at + 4 :]


def _png_with_size(width: int, height: int) -> bytes:
    body = struct.pack(">II", width, height) + PNG[24:29]
    return PNG[:16] + body + struct.pack(">I", zlib.crc32(b"IHDR" + body)) + PNG[33:]


@pytest.mark.parametrize("make", [_with_size, _png_with_size])
def test_a_header_that_asks_for_too_many_pixels_is_refused_before_decoding(make: object) -> None:
    data = make(65_000, 65_000)  # type: ignore[operator]
    assert _code(data) == "image.too_many_pixels"


def test_a_png_that_promises_more_rows_than_it_has_is_refused() -> None:
    assert _code(_png_with_size(80, 600)) == "image.undecodable"


def test_limits_are_the_callers() -> None:
    assert _code(JPEG, max_pixels=4799) == "image.too_many_pixels"
    assert _code(JPEG, max_bytes=len(JPEG) - 1) == "image.too_many_bytes"
    assert _code(JPEG, formats={"png"}) == "image.format"
    assert _code(PNG, size=(112, 112)) == "image.size"
    assert decode(PNG, formats={"png"}, size=(80, 60)).shape == PICTURE.shape


def test_a_speck_is_refused() -> None:
    assert _code(_encoded(".png", PICTURE[:4, :4])) == "image.too_small"


@pytest.mark.parametrize(
    "data",
    [
        b"GIF89a" + b"\0" * 50,
        b"BM" + b"\0" * 50,
        b"%PDF-1.7",
        b"RIFF\0\0\0\0WEBP",
        b"hello",
        b"\xff",
    ],
)
def test_other_formats_are_refused_by_name(data: bytes) -> None:
    assert _code(data) == "image.format"


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


FRAME = struct.pack(">BHHB", 8, 60, 80, 3) + b"\1\x22\0\2\x11\1\3\x11\1"
END = b"\xff\xd9"


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8" + _segment(0xC0, FRAME) + END,
        b"\xff\xd8" + _segment(0xC0, FRAME) * 2 + END,
        b"\xff\xd8" + _segment(0xC0, FRAME[:5]) + END,
        b"\xff\xd8" + _segment(0xC0, b"\x0c" + FRAME[1:]) + END,
        b"\xff\xd8" + _segment(0xC3, FRAME) + END,
        b"\xff\xd8\xff\xe0\0\1" + END,
        b"\xff\xd8" + _segment(0xC2, FRAME) + _segment(0xDA, b"\0") * 65 + END,
        b"\xff\xd8" + _segment(0xE0, b"") + b"rubbish" + END,
        PNG[:20] + b"\xff" + PNG[21:],
        PNG[:33] + PNG[8:33] + PNG[33:],
        PNG[:8] + PNG[33:],
    ],
)
def test_a_broken_structure_is_refused(data: bytes) -> None:
    assert _code(data) == "image.header"


def test_a_file_of_fill_bytes_is_refused_at_once() -> None:
    assert _code(b"\xff\xd8" + b"\xff" * 8_000_000) == "image.truncated"


CODES = {"empty", "format", "header", "truncated", "too_small", "too_many_pixels", "undecodable"}


def _outcome(data: bytes) -> str:
    try:
        image = decode(data, max_pixels=100_000)
    except ImageRefused as error:
        return error.code.removeprefix("image.")
    return "picture" if image.dtype == np.uint8 and image.shape[2] == 3 else str(image.shape)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]))
def test_any_bytes_are_a_picture_or_a_refusal(data: bytes, start: bytes) -> None:
    assert _outcome(start + data) in {"picture", *CODES}


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from([JPEG, PROGRESSIVE, PNG]))
def test_a_picture_with_changed_bytes_is_a_picture_or_a_refusal(
    data: st.DataObject, original: bytes
) -> None:
    changed = bytearray(original)
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    assert _outcome(bytes(changed)) in {"picture", *CODES}
