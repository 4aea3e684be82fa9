"""Frames of family A, whole and in halves: the published one, round trips, and any bytes at all."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import BadFrame
from devices.framing import stx_etx
from devices.framing.stx_etx import FrameBuffer

datas = st.binary(min_size=1, max_size=1300)
splits = st.booleans()
both = pytest.mark.parametrize("split", [False, True])


def results(*parts: bytes, split: bool = False) -> list[bytes | str]:
    """What a buffer makes of bytes that come in these parts: data, and errors' notes."""
    frames = FrameBuffer(split=split)
    made: list[bytes | str] = []
    for part in parts:
        frames.feed(part)
        while True:
            try:
                data = frames.pop()
            except BadFrame as error:
                made.append(error.note)
                continue
            if data is None:
                break
            made.append(data)
    return made


def test_the_published_command_is_encoded_and_read() -> None:
    command = bytes.fromhex("CA0100")
    frame = bytes.fromhex("02 0003 CA0100 CB 03")
    assert stx_etx.encode(command) == frame
    assert results(frame) == [command]


def test_a_frame_in_halves_holds_nothing_between_its_ends_but_halves() -> None:
    frame = stx_etx.encode(bytes.fromhex("CA0100"), split=True)
    assert frame == b"\x02" + b"0003" + b"<:0100" + b"<;" + b"\x03"
    assert results(frame, split=True) == [bytes.fromhex("CA0100")]


@given(st.lists(datas, min_size=1, max_size=3), splits, st.data())
def test_frames_come_out_as_they_went_in_whatever_the_pieces(
    sent: list[bytes], split: bool, data: st.DataObject
) -> None:
    line = b"".join(stx_etx.encode(one, split=split) for one in sent)
    cuts = data.draw(st.lists(st.integers(0, len(line)), max_size=8).map(sorted))
    parts = [line[a:b] for a, b in pairwise([0, *cuts, len(line)])]
    assert results(*parts, split=split) == sent


@given(st.binary(max_size=200), splits, st.lists(st.integers(0, 200), max_size=8))
def test_any_bytes_give_data_or_bad_frames_however_they_are_cut(
    noise: bytes, split: bool, cuts: list[int]
) -> None:
    line = noise.replace(b"\x00\x01", stx_etx.encode(b"\x90\x00", split=split)[:-1])
    parts = [line[a:b] for a, b in pairwise([0, *sorted(cuts), len(line)])]
    assert results(*parts, split=split) == results(line, split=split)


@given(st.binary(max_size=100).map(lambda b: b.replace(b"\x02", b"")), datas, splits)
def test_noise_before_a_frame_is_dropped(noise: bytes, data: bytes, split: bool) -> None:
    assert results(noise + stx_etx.encode(data, split=split), split=split) == [data]


@both
def test_an_stx_in_the_noise_whose_length_is_impossible_is_noise_too(split: bool) -> None:
    frame = stx_etx.encode(b"\x90\x00", split=split)
    for noise in (b"\x02\x00\x00\x00\x00", b"\x02\xff\xff\xff\xff", b"\x02\xff\x02\xff\xff"):
        assert results(noise + frame, split=split) == [b"\x90\x00"]


@given(datas, splits)
def test_a_wrong_lrc_spoils_one_frame_and_not_the_next(data: bytes, split: bool) -> None:
    good = stx_etx.encode(data, split=split)
    bad = bytearray(good)
    bad[-2] ^= 1
    assert results(bytes(bad) + good, split=split) == ["wrong LRC", data]


@both
def test_a_frame_without_its_end_is_a_bad_frame_and_the_next_is_found(split: bool) -> None:
    bad = stx_etx.encode(b"\x90\x00", split=split)[:-1] + b"\x04"
    good = stx_etx.encode(b"\x90\x01", split=split)
    assert results(bad + good, split=split) == ["no frame where one began", b"\x90\x01"]


def test_what_is_no_half_of_a_byte_is_a_bad_frame() -> None:
    frame = bytearray(stx_etx.encode(b"\x90\x00", split=True))
    frame[6] = 0x41
    assert results(bytes(frame), split=True) == ["no frame where one began"]


@given(st.lists(st.binary(max_size=60), max_size=20), splits)
def test_a_buffer_that_hears_no_beginning_holds_nothing(noise: list[bytes], split: bool) -> None:
    frames = FrameBuffer(split=split)
    for piece in noise:
        frames.feed(piece.replace(b"\x02", b"\x05"))
        assert frames.pop() is None
        assert frames.partial == b""
        assert not frames._buffer


@both
def test_what_came_of_an_unfinished_frame_can_be_seen(split: bool) -> None:
    frames = FrameBuffer(split=split)
    cut = stx_etx.encode(b"\x90\x00\x01", split=split)[:-3]
    frames.feed(b"noise" + cut)
    assert frames.pop() is None
    assert frames.partial == cut


def test_more_data_than_a_length_can_say_is_an_error() -> None:
    with pytest.raises(ValueError, match="65535"):
        stx_etx.encode(bytes(65_536))
