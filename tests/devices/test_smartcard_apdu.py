"""Commands, answers and T=0's detours; answers to reset; any bytes at all."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import BadFrame
from devices.smartcard import atr
from devices.smartcard.apdu import CommandApdu, ResponseApdu, StatusWord, exchange
from devices.smartcard.naming import device_name

octets = st.integers(0, 255)
commands = st.builds(
    CommandApdu,
    octets,
    octets,
    octets,
    octets,
    st.binary(max_size=255),
    st.none() | st.integers(1, 256),
)
READ = CommandApdu(0, 0xB2, 1, 0x28, le=18)


def scripted(*answers: str) -> tuple[Callable[[bytes], bytes], list[str]]:
    """A card that gives these answers in turn, and what it was asked."""
    asked: list[str] = []
    left = iter(answers)

    def transmit(apdu: bytes) -> bytes:
        asked.append(apdu.hex().upper())
        return bytes.fromhex(next(left))

    return transmit, asked


@given(commands)
def test_a_command_comes_out_as_it_went_in(command: CommandApdu) -> None:
    assert CommandApdu.decode(command.encode()) == command


@given(st.binary(max_size=300))
def test_any_bytes_are_a_command_or_a_bad_frame(apdu: bytes) -> None:
    try:
        command = CommandApdu.decode(apdu)
    except BadFrame:
        return
    assert command.encode() == apdu


@given(st.binary(max_size=300))
def test_any_bytes_are_an_answer_or_a_bad_frame(answer: bytes) -> None:
    try:
        response = ResponseApdu.decode(answer)
    except BadFrame:
        assert not 2 <= len(answer) <= 258
    else:
        assert response.encode() == answer


@given(commands)
def test_t0_carries_five_bytes_or_more_and_no_le_behind_data(command: CommandApdu) -> None:
    tpdu = command.tpdu()
    assert len(tpdu) == 5 + len(command.data)
    assert tpdu[5:] == command.data


@pytest.mark.parametrize(
    ("command", "apdu", "tpdu"),
    [
        (CommandApdu(0, 0x84, 0, 0, le=8), "0084000008", "0084000008"),
        (CommandApdu(0, 0xB2, 1, 0x28, le=256), "00B2012800", "00B2012800"),
        (CommandApdu(0, 0xA4, 2, 0, b"\xef\x05"), "00A4020002EF05", "00A4020002EF05"),
        (CommandApdu(0, 0xA4, 2, 0, b"\xef\x05", 256), "00A4020002EF0500", "00A4020002EF05"),
        (CommandApdu(0, 0x44, 0, 0), "00440000", "0044000000"),
    ],
)
def test_the_four_cases_are_encoded_as_the_standard_says(
    command: CommandApdu, apdu: str, tpdu: str
) -> None:
    assert (command.encode().hex().upper(), command.tpdu().hex().upper()) == (apdu, tpdu)


@pytest.mark.parametrize("le", [0, 257])
def test_a_command_that_the_short_form_cannot_hold_is_a_value_error(le: int) -> None:
    with pytest.raises(ValueError, match="short APDU"):
        CommandApdu(0, 0xB2, 0, 0, le=le).encode()
    with pytest.raises(ValueError, match="short APDU"):
        CommandApdu(0, 0xB2, 0, 0, bytes(256)).encode()


def test_what_61_announces_is_fetched() -> None:
    transmit, asked = scripted("611E", "AABB9000")
    response = exchange(transmit, CommandApdu(0, 0xA4, 4, 0, b"name"))
    assert (response.data.hex(), response.status) == ("aabb", 0x9000)
    assert asked == ["00A40400046E616D65", "00C000001E"]


def test_a_wrong_le_is_repeated_with_the_one_that_the_card_names() -> None:
    transmit, asked = scripted("6C06", "0304312E30309000")
    assert exchange(transmit, READ).ok
    assert asked == ["00B2012812", "00B2012806"]


def test_data_before_61_and_a_corrected_get_response_are_put_together() -> None:
    transmit, asked = scripted("AA6110", "6C01", "BB9000")
    assert exchange(transmit, READ).data == b"\xaa\xbb"
    assert asked[1:] == ["00C0000010", "00C0000001"]


@pytest.mark.parametrize("answer", ["6110", "6C10", "AA6100"])
def test_a_card_that_never_comes_to_an_end_is_a_bad_frame(answer: str) -> None:
    with pytest.raises(BadFrame) as failure:
        exchange(lambda _: bytes.fromhex(answer), READ)
    assert failure.value.code == "smartcard.response_malformed"


@given(st.lists(st.binary(min_size=0, max_size=6), min_size=20, max_size=20))
def test_any_answers_give_a_response_or_a_bad_frame(answers: list[bytes]) -> None:
    left = iter(answers)
    try:
        response = exchange(lambda _: next(left), READ)
    except BadFrame:
        return
    assert response.status >> 8 not in (0x61, 0x6C)


def test_fewer_bytes_than_asked_for_are_an_answer_and_an_error_is_none() -> None:
    assert ResponseApdu(b"x", StatusWord.END_OF_RECORD).ok
    assert not ResponseApdu(b"", StatusWord.RECORD_NOT_FOUND).ok
    assert "secret" not in repr(ResponseApdu(b"secret", 0x9000))


@pytest.mark.parametrize(
    ("raw", "protocols", "history", "inverse"),
    [
        ("3B6D0000 00814A444686603906B1C2D3E4", (0,), "00814A444686603906B1C2D3E4", False),
        ("3F652500 2C09699000", (0,), "2C09699000", True),
        ("3B00", (0,), "", False),
        ("3BC2 05 40 14 4142", (0,), "4142", False),
        ("3BF2 18 00 02 81 31 FE45 4142 00", (1, 1), "4142", False),
    ],
)
def test_an_answer_to_reset_is_taken_apart(
    raw: str, protocols: tuple[int, ...], history: str, inverse: bool
) -> None:
    answer = atr.parse(bytes.fromhex(raw.replace(" ", "")))
    assert answer.history.hex().upper() == history
    assert (answer.protocols, answer.inverse) == (protocols, inverse)


def test_interface_bytes_are_known_by_name() -> None:
    answer = atr.parse(bytes.fromhex("3BC20540144142"))
    assert answer.interface == {"TC1": 0x05, "TD1": 0x40, "TC2": 0x14}


@given(st.binary(max_size=15))
def test_historical_bytes_come_out_as_they_went_in(history: bytes) -> None:
    assert atr.parse(atr.with_history(history)).history == history


@given(st.binary(max_size=40) | st.binary(max_size=39).map(lambda b: b"\x3b" + b))
def test_any_bytes_are_an_answer_to_reset_or_a_bad_frame(raw: bytes) -> None:
    try:
        answer = atr.parse(raw)
    except BadFrame:
        return
    assert answer.protocols
    assert len(answer.history) <= 15


@given(st.binary(max_size=300))
def test_whatever_a_reader_calls_itself_its_name_is_printable_and_short(raw: bytes) -> None:
    name = device_name("ccid", raw)
    assert name.startswith("ccid:")
    assert name.isascii()
    assert name.isprintable()
    assert len(name) <= 64
