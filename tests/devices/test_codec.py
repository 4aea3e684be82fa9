"""Frames: the published ones, round trips, and any bytes at all."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import BadFrame
from devices.resident_id import codec, sam_id
from devices.resident_id.codec import BaseRead, Command, FrameBuffer, Reply

payloads = st.binary(min_size=1, max_size=codec.MAX_LENGTH - 1)
pieces = st.lists(st.binary(max_size=60), max_size=20)


def results(*parts: bytes) -> list[bytes | str]:
    """What a buffer makes of bytes that come in these parts: payloads, and errors' notes."""
    frames = FrameBuffer()
    made: list[bytes | str] = []
    for part in parts:
        frames.feed(part)
        while True:
            try:
                payload = frames.pop()
            except BadFrame as error:
                made.append(error.note)
                continue
            if payload is None:
                break
            made.append(payload)
    return made


@pytest.mark.parametrize(
    ("command", "frame"),
    [
        (codec.SAM_STATUS, "AAAAAA9669000311FFED"),
        (codec.SAM_ID, "AAAAAA9669000312FFEE"),
        (codec.FIND, "AAAAAA96690003200122"),
        (codec.SELECT, "AAAAAA96690003200221"),
        (codec.READ_BASE, "AAAAAA96690003300132"),
    ],
)
def test_commands_are_the_published_frames(command: Command, frame: str) -> None:
    assert command.encode() == bytes.fromhex(frame)
    assert results(bytes.fromhex(frame)) == [bytes((command.code, command.parameter))]


@pytest.mark.parametrize(
    ("frame", "sw3", "data"),
    [
        ("AAAAAA9669 0008 00009F 00000000 97", 0x9F, 4),
        ("AAAAAA9669 000C 000090 0000000000000000 9C", 0x90, 8),
        ("AAAAAA9669 0004 000080 84", 0x80, 0),
        ("AAAAAA9669 0004 000081 85", 0x81, 0),
        ("AAAAAA9669 0004 000041 45", 0x41, 0),
    ],
)
def test_the_published_replies_are_read(frame: str, sw3: int, data: int) -> None:
    (payload,) = results(bytes.fromhex(frame))
    assert isinstance(payload, bytes)
    assert Reply.decode(payload) == Reply(0, 0, sw3, bytes(data))
    assert Reply.decode(payload).encode() == bytes.fromhex(frame)


def test_a_base_read_is_1295_bytes_on_the_wire() -> None:
    body = BaseRead(bytes(256), bytes(1024)).encode()
    frame = Reply(0, 0, 0x90, body).encode()
    assert (len(frame), frame[5:7]) == (1295, bytes.fromhex("0508"))


@given(payloads)
def test_a_frame_comes_out_as_it_went_in(payload: bytes) -> None:
    assert results(codec.encode_frame(payload)) == [payload]


@given(st.lists(payloads, min_size=1, max_size=4), st.data())
def test_the_pieces_in_which_bytes_come_change_nothing(
    sent: list[bytes], data: st.DataObject
) -> None:
    line = b"".join(map(codec.encode_frame, sent))
    cuts = data.draw(st.lists(st.integers(0, len(line)), max_size=8).map(sorted))
    parts = [line[a:b] for a, b in zip([0, *cuts], [*cuts, len(line)], strict=True)]
    assert results(*parts) == sent


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=8))
def test_any_bytes_give_payloads_or_bad_frames_however_they_are_cut(
    noise: bytes, cuts: list[int]
) -> None:
    line = noise.replace(b"\x00\x01", codec.PREAMBLE)  # so that the search often succeeds
    bounds = [0, *sorted(cuts), len(line)]
    parts = [line[a:b] for a, b in pairwise(bounds)]
    assert results(*parts) == results(line)


@given(st.binary(max_size=300).filter(lambda b: codec.PREAMBLE[:3] not in b), payloads)
def test_noise_before_a_preamble_is_dropped(noise: bytes, payload: bytes) -> None:
    noise = noise.rstrip(b"\xaa") + b"\xaa\xaa"  # the preamble's own byte before the preamble
    assert results(noise + codec.encode_frame(payload)) == [payload]


@given(payloads, st.integers(1, 255))
def test_a_wrong_checksum_spoils_one_frame_and_not_the_next(payload: bytes, change: int) -> None:
    good = codec.encode_frame(payload)
    bad = good[:-1] + bytes((good[-1] ^ change,))
    assert results(bad + good) == ["wrong checksum", payload]


def test_a_frame_inside_a_frame_is_not_searched_for() -> None:
    inner = codec.encode_frame(b"\x00\x00\x90")
    outer = codec.encode_frame(b"\x00\x00\x90" + inner)
    assert results(outer) == [b"\x00\x00\x90" + inner]
    spoiled = outer[:-1] + bytes((outer[-1] ^ 1,))
    assert results(spoiled) == ["wrong checksum"]


@pytest.mark.parametrize("length", ["0000", "0001", "090B", "FFFF"])
def test_an_impossible_length_is_a_bad_frame_at_once(length: str) -> None:
    good = codec.encode_frame(b"\x00\x00\x90")
    bad = codec.PREAMBLE + bytes.fromhex(length)
    assert results(bad + good) == [f"impossible length {length}", b"\x00\x00\x90"]


@given(pieces)
def test_a_buffer_that_hears_only_noise_stays_small(noise: list[bytes]) -> None:
    frames = FrameBuffer()
    for piece in noise:
        frames.feed(piece.replace(b"\x96", b"\x95"))
        assert frames.pop() is None
        assert frames.partial == b""
        assert len(frames._buffer) < len(codec.PREAMBLE)


def test_what_came_of_an_unfinished_frame_can_be_seen() -> None:
    frames = FrameBuffer()
    frames.feed(b"noise" + codec.CLONE_TIMEOUT)
    assert frames.pop() is None
    assert frames.partial == codec.CLONE_TIMEOUT


@given(st.binary(max_size=20))
def test_any_payload_is_a_command_or_a_reply_or_a_bad_frame(payload: bytes) -> None:
    for kind in (Command, Reply):
        try:
            decoded = kind.decode(payload)
        except BadFrame:
            assert len(payload) < 3
        else:
            assert results(decoded.encode()) == [payload]


@given(st.binary(max_size=1400) | st.binary(min_size=1284, max_size=1284))
def test_any_data_is_a_base_read_or_a_bad_frame(data: bytes) -> None:
    for candidate in (data, bytes.fromhex("01000400") + data[4:]):
        try:
            body = BaseRead.decode(candidate)
        except BadFrame:
            continue
        assert body.encode() == candidate


def test_a_replys_repr_does_not_show_what_the_card_says() -> None:
    assert "data" not in repr(Reply(0, 0, 0x90, b"secret"))
    assert "text" not in repr(BaseRead(bytes(256), bytes(1024)))


def test_a_module_number_is_printed_as_on_its_label() -> None:
    raw = bytes((5, 0, 3, 0)) + b"".join(
        n.to_bytes(4, "little") for n in (20230401, 12345, 987654321)
    )
    assert sam_id.text_of(raw) == "05.03-20230401-0000012345-0987654321"
    assert not sam_id.is_simulated(raw)
    assert sam_id.is_simulated(sam_id.simulated(3))
    assert sam_id.text_of(sam_id.simulated(3)).startswith("00.00-")


@given(st.binary(max_size=40))
def test_any_module_number_is_printed_in_at_most_60_characters_or_is_a_bad_frame(
    raw: bytes,
) -> None:
    try:
        text = sam_id.text_of(raw)
    except BadFrame:
        assert len(raw) != 16
    else:
        assert len(f"sam:{text}") <= 64
