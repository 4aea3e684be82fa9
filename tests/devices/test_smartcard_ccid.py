"""CCID on a serial line: the published frames, any bytes, and the driver before its simulator."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import smartcard
from devices.errors import BadFrame, DeviceError, NoCard, Refused, Timeout, Unplugged
from devices.serial_line import SerialLine
from devices.simulation import LineFault
from devices.smartcard import CardConnection, CcidSerialSettings
from devices.smartcard.apdu import CommandApdu, exchange
from devices.smartcard.ccid import frames, messages
from devices.smartcard.ccid.frames import (
    CardMoved,
    Event,
    FrameBuffer,
    Refusal,
    TimeRequest,
    encode_frame,
)
from devices.smartcard.ccid.messages import Kind, Message
from devices.smartcard.ccid.simulator import CcidFault, CcidSimulator
from devices.smartcard.virtual import Asked, CardFault
from devices.social_security_card.commands import select_application
from devices.social_security_card.invented import invented_card
from devices.social_security_card.virtual import VirtualCard

SELECT = select_application()
HASTY = CcidSerialSettings(
    tries=1, firmware_timeout=0.3, reader_timeout=0.3, card_timeout=0.3, longest_wait=0.6
)

made_messages = st.builds(
    Message,
    st.integers(0, 255),
    st.binary(max_size=messages.MAX_DATA),
    st.integers(0, 255),
    st.integers(0, 255),
    st.binary(min_size=3, max_size=3),
)


def results(*parts: bytes) -> list[Event | str]:
    """What a buffer makes of bytes that come in these parts: events, and errors' notes."""
    heard = FrameBuffer()
    made: list[Event | str] = []
    for part in parts:
        heard.feed(part)
        while True:
            try:
                event = heard.pop()
            except BadFrame as error:
                made.append(error.note)
                continue
            if event is None:
                break
            made.append(event)
    return made


def test_asking_for_the_firmware_is_the_published_frame() -> None:
    frame = encode_frame(Message(Kind.ESCAPE, b"\x02"))
    assert frame.hex().upper() == "03066B010000000000000000026D"
    assert results(frame) == [Message(Kind.ESCAPE, b"\x02")]


def test_the_bytes_outside_frames_are_the_published_ones() -> None:
    assert results(bytes.fromhex("031516")) == [Refusal()]
    assert results(bytes.fromhex("50025003")) == [CardMoved(False), CardMoved(True)]
    assert results(bytes.fromhex("80FF")) == [TimeRequest(), TimeRequest()]
    assert results(bytes.fromhex("031517")) == ["wrong checksum"]
    assert CardMoved(True).encode().hex() == "5003"


@pytest.mark.parametrize(
    ("message", "raw"),
    [
        (Message(Kind.ICC_POWER_ON, sequence=1, own=b"\x01\0\0"), "62000000000001010000"),
        (Message(Kind.ICC_POWER_OFF, sequence=2), "63000000000002000000"),
        (Message(Kind.GET_SLOT_STATUS, sequence=3), "65000000000003000000"),
        (Message(Kind.XFR_BLOCK, b"\0\xb2\1\x28\x12", 0, 4), "6F05000000000400000000B2012812"),
    ],
)
def test_messages_have_ten_bytes_of_header_and_a_little_endian_length(
    message: Message, raw: str
) -> None:
    assert message.encode().hex().upper() == raw
    assert Message.decode(bytes.fromhex(raw)) == message


@given(made_messages)
def test_a_message_comes_out_as_it_went_in(message: Message) -> None:
    assert results(encode_frame(message)) == [message]


@given(st.lists(made_messages, min_size=1, max_size=3), st.data())
def test_the_pieces_in_which_bytes_come_change_nothing(
    sent: list[Message], data: st.DataObject
) -> None:
    line = b"".join(map(encode_frame, sent))
    cuts = data.draw(st.lists(st.integers(0, len(line)), max_size=8).map(sorted))
    parts = [line[a:b] for a, b in pairwise([0, *cuts, len(line)])]
    assert results(*parts) == sent


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=8))
def test_any_bytes_give_events_or_bad_frames_however_they_are_cut(
    noise: bytes, cuts: list[int]
) -> None:
    line = noise.replace(b"\x01", b"\x03\x06").replace(b"\x02", b"\x03\x15")
    parts = [line[a:b] for a, b in pairwise([0, *sorted(cuts), len(line)])]
    assert results(*parts) == results(line)


@given(made_messages, st.integers(1, 255))
def test_a_wrong_checksum_spoils_one_frame_and_not_the_next(message: Message, change: int) -> None:
    good = encode_frame(message)
    bad = good[:-1] + bytes((good[-1] ^ change,))
    assert results(bad + good) == ["wrong checksum", message]


def test_a_length_that_no_reader_sends_is_a_bad_frame_at_once() -> None:
    long = bytes.fromhex("03068006010000") + bytes(5)
    assert results(long)[0] == "impossible length 106"


def test_much_noise_is_a_bad_frame_and_what_follows_is_heard() -> None:
    said = encode_frame(Message(Kind.SLOT_STATUS))
    assert results(b"\x00" * (frames.MAX_NOISE + 1) + said) == ["noise", Message(Kind.SLOT_STATUS)]


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_a_buffer_never_holds_more_than_a_frame(noise: list[bytes]) -> None:
    heard = FrameBuffer()
    for piece in noise:
        heard.feed(piece)
        while True:
            try:
                if heard.pop() is None:
                    break
            except BadFrame:
                continue
        assert len(heard._buffer) <= messages.MAX_BYTES + 3


@given(st.binary(max_size=30))
def test_any_bytes_are_a_message_or_a_bad_frame(raw: bytes) -> None:
    try:
        message = Message.decode(raw)
    except BadFrame:
        return
    assert message.encode() == raw
    assert messages.failure(message).title


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        ("42FE00", NoCard, "smartcard.no_card"),
        ("41FE00", Refused, "smartcard.card_mute"),
        ("40F800", Refused, "smartcard.card_mute"),
        ("400000", Refused, "smartcard.command_unknown"),
        ("40FB00", Refused, "smartcard.reader_error"),
    ],
)
def test_a_failed_command_has_its_reason(status: str, kind: type[DeviceError], code: str) -> None:
    error = messages.failure(Message(Kind.DATA_BLOCK, own=bytes.fromhex(status)))
    assert (type(error), error.code) == (kind, code)


@pytest.fixture(params=[True, False], ids=["echo", "no-echo"])
def simulator(request: pytest.FixtureRequest) -> Iterator[CcidSimulator]:
    card = VirtualCard.of(invented_card(7))
    with CcidSimulator(card, echo=request.param, lateness=0.3) as simulator:
        yield simulator


@contextmanager
def opened(
    simulator: CcidSimulator, settings: CcidSerialSettings | None = None
) -> Iterator[CardConnection]:
    settings = settings or CcidSerialSettings()
    settings = CcidSerialSettings(**{**vars(settings), "echo": simulator._echo})
    connection = smartcard.open(simulator.url, settings)
    try:
        yield connection
    finally:
        connection.close()


def test_a_reader_is_known_by_its_firmware_and_told_when_to_speak_of_cards(
    simulator: CcidSimulator,
) -> None:
    with opened(simulator) as reader:
        assert reader.device == "ccid:SHUALIAN-SIMULATOR"
    assert simulator.heard == (Asked.NAME, Asked.OTHER)


def test_a_card_is_powered_spoken_to_and_let_go(simulator: CcidSimulator) -> None:
    with opened(simulator) as reader:
        assert reader.is_card_present()
        assert reader.power_on() == bytes.fromhex("3B6D0000") + b"SHUALIAN SIM."
        response = exchange(reader.transmit, SELECT)
        assert (response.status, response.data[:2].hex()) == (0x9000, "6f19")
        reader.power_off()
        with pytest.raises(DeviceError):
            reader.transmit(SELECT.encode())


def test_a_card_that_comes_and_goes_is_noticed(simulator: CcidSimulator) -> None:
    with opened(simulator) as reader:
        simulator.remove()
        assert not reader.is_card_present()
        with pytest.raises(NoCard) as failure:
            reader.power_on()
        assert failure.value.code == "smartcard.no_card"
        simulator.present(VirtualCard.of(invented_card(8)))
        assert reader.is_card_present()
        assert reader.power_on()


def test_notices_before_the_reader_is_opened_harm_nothing(simulator: CcidSimulator) -> None:
    for _ in range(3):
        simulator.remove()
        simulator.present(VirtualCard.of(invented_card(8)))
    with opened(simulator) as reader:
        assert reader.is_card_present()


@pytest.mark.parametrize("fault", CcidFault)
@pytest.mark.parametrize("step", [Asked.NAME, Asked.PRESENCE, Asked.POWER_ON])
def test_whatever_the_reader_does_once_is_got_over(
    simulator: CcidSimulator, fault: CcidFault, step: Asked
) -> None:
    simulator.inject(fault, on=step)
    with opened(simulator, CcidSerialSettings(reader_timeout=0.5, firmware_timeout=0.5)) as reader:
        assert reader.is_card_present()
        assert reader.power_on()


@pytest.mark.parametrize(
    "fault",
    [
        CcidFault.TIME_REQUESTS,
        CcidFault.TIME_EXTENSION,
        CcidFault.CARD_NOTICE,
        CcidFault.OLD_ANSWER,
        LineFault.NOISE_BEFORE,
    ],
)
def test_what_stands_before_a_cards_answer_is_passed_over(
    simulator: CcidSimulator, fault: CcidFault
) -> None:
    with opened(simulator) as reader:
        reader.power_on()
        simulator.inject(fault, on=SELECT.tpdu())
        assert exchange(reader.transmit, SELECT).ok


def test_a_slow_card_that_asks_for_time_is_waited_for_longer_than_a_silent_one() -> None:
    card = VirtualCard.of(invented_card(7))
    settings = CcidSerialSettings(tries=1, card_timeout=0.5, longest_wait=30)
    with CcidSimulator(card, lateness=1.2) as simulator, opened(simulator, settings) as reader:
        simulator.inject(CcidFault.TIME_REQUESTS, on=Asked.POWER_ON)
        assert reader.power_on()
        simulator.inject(LineFault.SLOW, on=Asked.POWER_ON)
        with pytest.raises(Timeout):
            reader.power_on()


def test_a_command_to_the_card_is_never_sent_twice(simulator: CcidSimulator) -> None:
    with opened(simulator, CcidSerialSettings(card_timeout=0.3)) as reader:
        reader.power_on()
        simulator.inject(LineFault.BUSY, on=SELECT.tpdu())
        with pytest.raises(Timeout):
            reader.transmit(SELECT.encode())
        assert simulator.heard.count(SELECT.tpdu()) == 1


def test_a_reader_that_refuses_every_frame_is_a_bad_frame_of_its_own(
    simulator: CcidSimulator,
) -> None:
    with opened(simulator, HASTY) as reader:
        simulator.inject(CcidFault.NAKED, times=None)
        with pytest.raises(BadFrame) as failure:
            reader.is_card_present()
        assert failure.value.code == "smartcard.host_frame_damaged"


def test_a_card_mute_at_one_voltage_is_tried_at_the_next(simulator: CcidSimulator) -> None:
    with opened(simulator) as reader:
        simulator.inject(CardFault.MUTE)
        assert reader.power_on()
        simulator.inject(CardFault.MUTE, times=None)
        with pytest.raises(Refused) as failure:
            reader.power_on()
        assert failure.value.code == "smartcard.card_mute"


@pytest.mark.parametrize(
    ("raw", "parameters"),
    [("3FC20540144142", "1102051400"), ("3BC2FF40144142", "1100FF1400")],
)
def test_a_card_with_times_of_its_own_gets_them_as_the_reference_driver_sets_them(
    raw: str, parameters: str
) -> None:
    card = VirtualCard.of(invented_card(7))
    card.atr = bytes.fromhex(raw)
    seen: list[str] = []

    class Watching(CcidSimulator):
        def _answer(self, command: Message, faults: frozenset[StrEnum]) -> Message:
            if command.kind == Kind.SET_PARAMETERS:
                seen.append(command.data.hex().upper())
            return super()._answer(command, faults)

    with Watching(card) as simulator, opened(simulator) as reader:
        assert reader.power_on() == card.atr
    assert seen == [parameters]


def test_a_card_of_another_protocol_is_refused() -> None:
    card = VirtualCard.of(invented_card(7))
    card.atr = bytes.fromhex("3BF21800028131FE45414200")
    with CcidSimulator(card) as simulator, opened(simulator) as reader:
        with pytest.raises(Refused) as failure:
            reader.power_on()
        assert failure.value.code == "smartcard.protocol_unsupported"


def test_a_reader_without_the_echo_that_the_settings_expect_is_a_timeout() -> None:
    with CcidSimulator(echo=False) as simulator, pytest.raises(Timeout) as failure:
        smartcard.open(simulator.url, HASTY)
    assert failure.value.note == "no echo"


def test_an_unknown_command_is_refused_by_the_simulator(simulator: CcidSimulator) -> None:
    with SerialLine(simulator.url, 115_200, stop_bits=2, rts=False) as line:
        line.write(encode_frame(Message(0x69)))
        heard = FrameBuffer()
        events: list[Event] = []
        while not any(isinstance(e, Message) and not e.from_host for e in events):
            data = line.read(float("inf"))
            heard.feed(data)
            while (event := heard.pop()) is not None:
                events.append(event)
    answer = events[-1]
    assert isinstance(answer, Message)
    assert messages.failure(answer).code == "smartcard.command_unknown"


def test_a_damaged_command_is_refused_by_the_simulator(simulator: CcidSimulator) -> None:
    spoiled = encode_frame(Message(Kind.GET_SLOT_STATUS))[:-1] + b"\x00"
    with SerialLine(simulator.url, 115_200, stop_bits=2) as line:
        line.write(spoiled)
        came = b""
        while len(came) < 3:
            came += line.read(float("inf"))
    assert came == frames.REFUSAL


def test_two_stop_bits_count_on_the_wire(simulator: CcidSimulator) -> None:
    with SerialLine(simulator.url, 115_200, stop_bits=2) as line:
        assert line.wire_time(100) == pytest.approx(1100 / 115_200)


def test_a_reader_that_went_away_is_unplugged(simulator: CcidSimulator) -> None:
    with opened(simulator) as reader:
        simulator.unplug()
        with pytest.raises(Unplugged):
            reader.is_card_present()


def test_a_command_that_is_none_is_refused_before_it_is_sent(simulator: CcidSimulator) -> None:
    with opened(simulator) as reader:
        reader.power_on()
        heard = len(simulator.heard)
        with pytest.raises(BadFrame):
            reader.transmit(b"\x00")
        assert len(simulator.heard) == heard


@given(st.builds(CommandApdu, *[st.integers(0, 255)] * 4, st.binary(max_size=255)))
def test_every_command_to_a_card_fits_into_one_message(command: CommandApdu) -> None:
    assert len(command.tpdu()) <= messages.MAX_DATA
