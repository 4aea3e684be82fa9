"""The simulators' photo: what it keeps of a picture, and any bytes at all."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.resident_id import simulated_mark, simulated_photo
from devices.resident_id.photo import PHOTO_SHAPE, PhotoDecoder, PhotoUndecodable, Picture
from devices.resident_id.simulated_photo import SimulatedPhotoDecoder

DECODER: PhotoDecoder = SimulatedPhotoDecoder()


def drawn() -> Picture:
    """A picture with light, shade and an edge."""
    rows, columns = np.mgrid[0:126, 0:102]
    shade = np.stack([rows, columns, 255 - rows], axis=-1) + 60 * (columns > 50)[..., None]
    return np.asarray(np.clip(shade, 0, 255), np.uint8)


@cache
def whole_photo() -> bytes:
    return simulated_photo.encode(drawn())


def test_a_picture_comes_out_much_as_it_went_in() -> None:
    photo = simulated_photo.encode(drawn())
    assert len(photo) == 1024
    picture = DECODER.decode(photo)
    assert (picture.shape, picture.dtype) == (PHOTO_SHAPE, np.uint8)
    assert np.abs(picture.astype(int) - drawn()).mean() < 6


def test_noise_fits_too_at_a_poorer_quality_or_is_an_error() -> None:
    noise = np.random.default_rng(1).integers(0, 256, PHOTO_SHAPE, np.uint8)
    with pytest.raises(ValueError, match="does not fit"):
        simulated_photo.encode(noise)


@pytest.mark.parametrize("shape", [(126, 102), (102, 126, 3), (0, 0, 3)])
def test_a_picture_of_another_shape_is_an_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"\(126, 102, 3\)"):
        simulated_photo.encode(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("photo", [b"", bytes(1024), b"WLf" + bytes(1021), simulated_mark.BLANK])
def test_what_a_chip_or_a_card_without_a_picture_holds_is_not_decoded(photo: bytes) -> None:
    with pytest.raises(PhotoUndecodable) as failure:
        DECODER.decode(photo)
    assert failure.value.code == "resident_id.photo_undecodable"


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda b: simulated_mark.padded(b)))
def test_any_bytes_are_a_picture_or_undecodable(photo: bytes) -> None:
    with pytest.raises(PhotoUndecodable):
        DECODER.decode(photo)


@given(st.integers(0, 1023), st.binary(min_size=1, max_size=20))
def test_a_damaged_photo_is_a_picture_or_undecodable(place: int, change: bytes) -> None:
    whole = whole_photo()
    damaged = (whole[:place] + change + whole[place + len(change) :])[:1024]
    try:
        picture = DECODER.decode(damaged)
    except PhotoUndecodable as refused:
        note = refused.note
    else:
        note = "a picture"
        assert picture.shape == PHOTO_SHAPE
    assert note


def test_a_photo_that_says_to_be_huge_is_not_even_tried() -> None:
    frame = simulated_mark.content_of(simulated_photo.encode(drawn()))
    assert frame is not None
    huge = frame[:6] + b"\xff\x3f\xff\x3f" + frame[10:]
    with pytest.raises(PhotoUndecodable) as failure:
        DECODER.decode(simulated_mark.padded(huge))
    assert failure.value.note == "no picture of a card's size"


@given(st.binary(max_size=simulated_mark.ROOM))
def test_what_is_marked_is_found_again(content: bytes) -> None:
    photo = simulated_mark.padded(content)
    assert simulated_mark.is_simulated(photo)
    assert simulated_mark.content_of(photo) == content


def test_a_portrait_lies_in_the_middle_before_a_plain_ground() -> None:
    picture = np.full((400, 300, 3), 30, np.uint8)
    picture[150:250, 100:200] = (10, 120, 240)
    portrait = simulated_photo.portrait(picture, (100.0, 150.0, 100.0, 100.0))
    assert portrait.shape == PHOTO_SHAPE
    assert tuple(portrait[59, 51]) == (10, 120, 240)
    assert tuple(portrait[0, 0]) == tuple(portrait[125, 101]) == (200, 200, 200)


def test_a_content_that_fills_the_photo_fits_and_one_more_byte_does_not() -> None:
    content = bytes(simulated_mark.ROOM)
    assert simulated_mark.content_of(simulated_mark.padded(content)) == content
    with pytest.raises(ValueError, match="does not fit"):
        simulated_mark.padded(content + b"\x00")
