"""Bytes to payloads: every ending, any pieces, any bytes."""

import traceback
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import BadFrame, DeviceError, Refused
from devices.scanner.codec import MAX_MESSAGE, SIMULATED, Repeats, Scan, ScanBuffer, parse
from devices.scanner.invented import invented_code
from devices.scanner.virtual import Ending, Fault, message

CODE = invented_code(1)
GAP = 0.08


def popped(buffer: ScanBuffer) -> list[Scan | str]:
    """All that a buffer has: messages, and codes of errors."""
    found: list[Scan | str] = []
    while True:
        try:
            scan = buffer.pop()
        except DeviceError as error:
            found.append(error.code)
        else:
            if scan is None:
                return found
            found.append(scan)


def texts(buffer: ScanBuffer) -> list[str]:
    return [found.text if isinstance(found, Scan) else found for found in popped(buffer)]


def after(data: bytes, *, gap: bool = False) -> list[str]:
    buffer = ScanBuffer(GAP)
    buffer.feed(data, 1.0)
    if gap:
        buffer.quiet(1.0 + GAP)
    return texts(buffer)


@pytest.mark.parametrize("ending", [b"\r", b"\n", b"\r\n", b"\n\r", b"\r\r\n"])
def test_every_ending_ends_a_message_once(ending: bytes) -> None:
    assert after((b"one" + ending) * 2) == ["one", "one"]


def test_a_gap_ends_a_message_and_less_than_a_gap_does_not() -> None:
    buffer = ScanBuffer(GAP)
    buffer.feed(b"on", 1.0)
    buffer.feed(b"e", 1.05)
    buffer.quiet(1.0 + GAP)
    assert buffer.open
    assert texts(buffer) == []
    due = buffer.quiet_at
    assert due == 1.05 + GAP
    buffer.quiet(due)
    assert texts(buffer) == ["one"]
    assert (buffer.open, buffer.quiet_at) == (False, None)


def test_bytes_that_were_fetched_late_are_not_cut_in_two() -> None:
    buffer = ScanBuffer(GAP)
    buffer.feed(b"on", 1.0)
    buffer.feed(b"e\r", 9.0)
    assert texts(buffer) == ["one"]


def test_a_gap_behind_an_ending_is_no_message() -> None:
    assert after(b"one\r", gap=True) == ["one"]


def test_where_a_gap_is_no_ending_what_it_cuts_off_is_refused() -> None:
    buffer = ScanBuffer(GAP, gap_ends=False)
    buffer.feed(b"one", 1.0)
    buffer.quiet(2.0)
    buffer.feed(b"two\r", 3.0)
    assert texts(buffer) == ["scanner.cut_off", "two"]


@pytest.mark.parametrize(
    ("message", "text", "symbology"),
    [
        (b"]Q1" + CODE.encode(), CODE, "Q1"),
        (b"]Q1\xef\xbb\xbf" + CODE.encode(), CODE, "Q1"),
        (b"\xef\xbb\xbf]d2" + CODE.encode(), CODE, "d2"),
        (b"\xef\xbb\xbf" + CODE.encode(), CODE, None),
        (b"\x84\x31\x95\x33" + CODE.encode(), CODE, None),
        (b"]-1x", "]-1x", None),
        (b"x]Q1", "x]Q1", None),
        ("住院号 12".encode(), "住院号 12", None),
        ("住院号 12".encode("gb18030"), "住院号 12", None),
        (bytes.fromhex("FE59"), "龴", None),
        (b"0" * MAX_MESSAGE, "0" * MAX_MESSAGE, None),
    ],
)
def test_what_stands_before_a_payload_is_taken_off_and_its_text_is_read(
    message: bytes, text: str, symbology: str | None
) -> None:
    scan = parse(message)
    assert (scan.text, scan.symbology, scan.simulated) == (text, symbology, False)


def test_an_aim_identifier_stays_where_the_scanner_is_known_to_send_none() -> None:
    assert parse(b"]Q1x", aim=False).text == "]Q1x"


def test_the_payloads_bytes_are_kept_beside_its_text() -> None:
    payload = "住院号".encode("gb18030")
    assert parse(b"]Q1" + payload).payload == payload


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"a\x00b", "scanner.control_bytes"),
        (b"a\tb", "scanner.control_bytes"),
        (b"01\x1d10", "scanner.control_bytes"),
        (b"a\x7f", "scanner.control_bytes"),
        (b"a\xc2\x85", "scanner.control_bytes"),
        (b"secret\xff", "scanner.undecodable"),
        (b"]Q1", "scanner.empty"),
        (b"\xef\xbb\xbf", "scanner.empty"),
    ],
)
def test_what_is_no_payload_is_refused_without_showing_it(message: bytes, code: str) -> None:
    with pytest.raises(BadFrame) as refused:
        parse(message)
    assert refused.value.code == code
    shown = "".join(traceback.format_exception(refused.value))
    assert "secret" not in shown


def test_over_four_kilobytes_are_refused_and_the_next_message_is_read() -> None:
    long = b"0" * (MAX_MESSAGE + 1)
    assert after(long + b"1" * 9000 + b"\rtwo\r") == ["scanner.too_long", "two"]
    buffer = ScanBuffer(GAP)
    buffer.feed(long, 1.0)
    with pytest.raises(Refused):
        buffer.pop()
    buffer.feed(b"1", 1.05)
    buffer.quiet(1.05 + GAP)
    buffer.feed(b"two\n", 2.0)
    assert texts(buffer) == ["two"]


def test_behind_a_damaged_message_all_is_dropped_up_to_a_gap() -> None:
    buffer = ScanBuffer(GAP)
    buffer.feed(b"\x00noise\rab\nxy\r", 1.0)
    buffer.feed(b"z\r", 1.05)
    buffer.quiet(1.05 + GAP)
    buffer.feed(b"two\r", 2.0)
    assert texts(buffer) == ["scanner.control_bytes", "two"]


def test_what_began_before_is_skipped_up_to_an_ending_or_a_gap() -> None:
    buffer = ScanBuffer(GAP)
    buffer.skip(1.0)
    buffer.feed(b"tail\rwhole\r", 1.01)
    buffer.skip(2.0)
    buffer.feed(b"tail", 2.01)
    buffer.quiet(3.0)
    buffer.feed(b"whole\r", 3.01)
    assert texts(buffer) == ["whole", "whole"]


@given(
    st.lists(
        st.sampled_from([b"\r", b"\n", b"\r\n", b"]Q1", b"\xef\xbb\xbf", b"\x1b", SIMULATED])
        | st.binary(max_size=12)
        | st.integers(0, 2 * MAX_MESSAGE).map(lambda count: b"0" * count),
        max_size=12,
    ).map(b"".join),
    st.lists(st.integers(0, 3 * MAX_MESSAGE), max_size=8),
)
def test_whatever_the_pieces_the_messages_are_the_same(data: bytes, cuts: list[int]) -> None:
    whole, cut = ScanBuffer(GAP), ScanBuffer(GAP)
    whole.feed(data, 0.0)
    places = sorted({0, len(data), *(place for place in cuts if place < len(data))})
    found = []
    for moment, (start, stop) in enumerate(pairwise(places)):
        cut.feed(data[start:stop], float(moment))
        found += popped(cut)
    for buffer in (whole, cut):
        buffer.quiet(1e6)
    assert found + popped(cut) == popped(whole)


@given(st.binary(max_size=60))
def test_bytes_one_by_one_give_the_same_messages(data: bytes) -> None:
    single = ScanBuffer(GAP)
    for moment, byte in enumerate(data):
        single.feed(bytes((byte,)), float(moment))
    single.quiet(1e6)
    whole = ScanBuffer(GAP)
    whole.feed(data, 0.0)
    whole.quiet(1e6)
    assert popped(single) == popped(whole)


@given(st.binary())
def test_any_message_is_a_payload_or_a_typed_error(data: bytes) -> None:
    try:
        scan = parse(data)
    except BadFrame:
        return
    assert scan.text
    assert scan.payload in data
    assert not set(scan.payload) & {*range(32), 127}


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff"), min_size=1)
)
def test_any_utf_8_text_is_read_as_it_is(text: str) -> None:
    scan = parse(b"]Q1" + text.encode())
    assert (scan.text, scan.symbology) == (text, "Q1")


@pytest.mark.parametrize("ending", Ending)
def test_a_simulators_message_says_that_it_is_one(ending: Ending) -> None:
    buffer = ScanBuffer(GAP)
    buffer.feed(message(CODE.encode(), ending, frozenset({Fault.AIM_PREFIX})), 1.0)
    buffer.quiet(2.0)
    assert popped(buffer) == [Scan(CODE.encode(), CODE, "Q1", simulated=True)]


@given(st.integers(0, 60), st.integers(1, 255), st.sampled_from(Ending))
def test_one_changed_byte_never_makes_a_simulated_message_look_real(
    place: int, change: int, ending: Ending
) -> None:
    sent = bytearray(message(CODE.encode(), ending))
    sent[place % len(sent)] ^= change
    buffer = ScanBuffer(GAP)
    buffer.feed(bytes(sent), 1.0)
    buffer.quiet(2.0)
    assert all(isinstance(found, str) or found.simulated for found in popped(buffer))


def test_a_held_code_is_one_code_until_it_is_away_for_two_seconds() -> None:
    repeats = Repeats(b"salt")
    assert not repeats.seen(b"one", 0.0)
    repeats.take(b"one", 0.0)
    assert [repeats.seen(b"one", at) for at in (0.3, 1.9, 3.8, 5.8)] == [True, True, True, False]
    assert not repeats.seen(b"two", 5.9)


def test_a_code_that_waited_unread_counts_as_held_if_it_is_the_last_one() -> None:
    repeats = Repeats(b"salt")
    repeats.take(b"one", 0.0)
    repeats.waited(b"two", 100.0)
    assert not repeats.seen(b"two", 100.1)
    repeats.waited(b"one", 100.0)
    assert repeats.seen(b"one", 100.1)


def test_what_is_kept_of_the_last_payload_is_a_salted_hash() -> None:
    repeats, others = Repeats(b"salt"), Repeats(b"pepper")
    for kept in (repeats, others):
        kept.take(CODE.encode(), 1.0)
    assert CODE not in str(vars(repeats))
    assert vars(repeats)["_hash"] != vars(others)["_hash"]


def test_neither_a_messages_nor_a_buffers_repr_shows_the_payload() -> None:
    buffer = ScanBuffer(GAP)
    buffer.feed(CODE.encode() + b"\r", 1.0)
    assert CODE not in repr(buffer)
    assert CODE not in repr(buffer.pop())
