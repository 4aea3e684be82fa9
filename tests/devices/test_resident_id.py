"""Driver and simulator over a pseudo-terminal: real serial bytes, and every fault."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pytest

from devices import resident_id
from devices.base import (
    BadFrame,
    CardRemoved,
    DeviceError,
    NoCard,
    Reading,
    Refused,
    Timeout,
    Unplugged,
)
from devices.resident_id import ResidentIdReader, codec, sam_id
from devices.resident_id.codec import Command, FrameBuffer, Reply
from devices.resident_id.invented import invented_card
from devices.resident_id.layout import CardData, Certificate
from devices.resident_id.simulator import ResidentIdSimulator
from devices.resident_id.virtual import Fault, VirtualCard, VirtualSam
from devices.simulation import LineFault

from .conftest import PATIENT

WITH_ADDRESS = replace(PATIENT, appended_address=True)
HASTY = replace(PATIENT, find_timeout=0.1, select_timeout=0.1, base_timeout=0.2)


@pytest.fixture
def reader(simulator: ResidentIdSimulator) -> Iterator[ResidentIdReader]:
    with resident_id.open(simulator.url, settings=PATIENT) as reader:
        yield reader


def test_a_card_is_read_over_the_wire(reader: ResidentIdReader, card: CardData) -> None:
    before = datetime.now(UTC)
    reading = reader.read(5)
    assert reading.fields == card.fields()
    assert (reading.kind, reading.authenticated) == ("resident_id", True)
    assert before <= reading.read_at <= datetime.now(UTC)
    assert reading.device == "sam:00.00-00000000-0000000000-0000000000"


def test_a_readings_repr_shows_nothing_of_the_card(
    reader: ResidentIdReader, card: CardData
) -> None:
    shown = repr(reader.read(5))
    assert card.number not in shown
    assert card.name not in shown


def test_a_simulators_reading_is_stamped_simulated(reader: ResidentIdReader) -> None:
    assert reader.read(5).simulated


def test_find_and_select_go_before_every_read_and_fingerprints_are_never_asked_for(
    simulator: ResidentIdSimulator, reader: ResidentIdReader
) -> None:
    reader.read(5)
    reader.read(5)
    round_ = [codec.FIND, codec.SELECT, codec.READ_BASE]
    assert list(simulator.heard) == [codec.SAM_STATUS, codec.SAM_ID, *round_, *round_]


def test_bytes_are_paced_at_the_lines_rate(card: CardData) -> None:
    with (
        ResidentIdSimulator(card, baudrate=57_600) as simulator,
        resident_id.open(simulator.url, settings=replace(PATIENT, baudrate=57_600)) as reader,
    ):
        started = time.perf_counter()
        reader.read(5)
        assert time.perf_counter() - started >= (1295 + 19 + 15) * 10 / 57_600


def test_a_card_laid_down_while_the_driver_waits_is_read(
    simulator: ResidentIdSimulator, reader: ResidentIdReader, card: CardData
) -> None:
    simulator.remove()

    def lay_down_after_the_second_question() -> None:
        simulator.wait_for(codec.FIND)
        simulator.wait_for(codec.FIND)
        simulator.present(card)

    hand = threading.Thread(target=lay_down_after_the_second_question)
    hand.start()
    assert reader.read(10).fields["number"] == card.number
    hand.join()


def test_a_reader_without_a_card_says_so_in_time(
    simulator: ResidentIdSimulator, reader: ResidentIdReader
) -> None:
    simulator.remove()
    started = time.monotonic()
    with pytest.raises(NoCard) as failure:
        reader.read(0.3)
    assert type(failure.value) is NoCard
    assert failure.value.code == "device.no_card"
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize(
    "pull", [Fault.PULLED_AFTER_FIND, Fault.PULLED_AFTER_SELECT, Fault.PULLED_IN_READ]
)
def test_a_card_pulled_between_steps_is_asked_for_again_and_then_read(
    simulator: ResidentIdSimulator, reader: ResidentIdReader, card: CardData, pull: Fault
) -> None:
    simulator.inject(pull)
    with pytest.raises(NoCard) as failure:
        reader.read(5)
    assert isinstance(failure.value, CardRemoved)
    assert failure.value.code == "device.card_removed"
    simulator.present(card)
    assert reader.read(5).fields == card.fields()


@pytest.mark.parametrize("step", [codec.FIND, codec.SELECT, codec.READ_BASE])
@pytest.mark.parametrize(
    "fault",
    [
        LineFault.BUSY,
        LineFault.GARBLED,
        LineFault.SHORT,
        LineFault.NOISE_BEFORE,
        Fault.WRONG_CHECKSUM,
    ],
)
def test_one_damaged_answer_is_got_over(
    simulator: ResidentIdSimulator, card: CardData, fault: StrEnum, step: Command
) -> None:
    settings = replace(PATIENT, find_timeout=0.4, select_timeout=0.4, base_timeout=0.6)
    with resident_id.open(simulator.url, settings=settings) as reader:
        simulator.inject(fault, on=step)
        assert reader.read(10).fields == card.fields()


@pytest.mark.parametrize("step", [codec.FIND, codec.SELECT, codec.READ_BASE])
@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (LineFault.BUSY, Timeout, "device.timeout"),
        (LineFault.SHORT, BadFrame, "device.bad_frame"),
        (Fault.WRONG_CHECKSUM, BadFrame, "device.bad_frame"),
    ],
)
def test_answers_that_stay_damaged_are_a_typed_error_and_nothing_is_lost_after_it(
    simulator: ResidentIdSimulator,
    card: CardData,
    fault: StrEnum,
    kind: type[DeviceError],
    code: str,
    step: Command,
) -> None:
    with resident_id.open(simulator.url, settings=HASTY) as reader:
        simulator.inject(fault, times=None, on=step)
        with pytest.raises(kind) as failure:
            reader.read(5)
        assert failure.value.code == code
        assert failure.value.detail
    simulator.clear()
    with resident_id.open(simulator.url, settings=PATIENT) as reader:
        assert reader.read(5).fields == card.fields()


@pytest.mark.parametrize("seed", range(5))
def test_answers_that_are_all_garbled_are_a_typed_error(card: CardData, seed: int) -> None:
    with (
        ResidentIdSimulator(card, seed=seed) as simulator,
        resident_id.open(simulator.url, settings=HASTY) as reader,
    ):
        simulator.inject(LineFault.GARBLED, times=None)
        with pytest.raises((Timeout, BadFrame)):
            reader.read(5)


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_ones(
    simulator: ResidentIdSimulator, card: CardData
) -> None:
    settings = replace(HASTY, tries=2)
    with resident_id.open(simulator.url, settings=settings) as reader:
        simulator.inject(LineFault.SLOW, times=2, on=codec.FIND)
        with pytest.raises(Timeout):
            reader.read(5)
    simulator.inject(LineFault.SLOW, on=codec.SELECT)
    with resident_id.open(simulator.url, settings=PATIENT) as reader:
        assert reader.read(5).fields == card.fields()


def test_an_unknown_certificate_is_refused_at_once(
    simulator: ResidentIdSimulator, reader: ResidentIdReader
) -> None:
    simulator.inject(Fault.UNKNOWN_CERTIFICATE)
    with pytest.raises(Refused) as failure:
        reader.read(5)
    assert failure.value.code == "resident_id.certificate_unknown"
    assert reader.read(5).simulated


@pytest.mark.parametrize("certificate", Certificate)
def test_every_layout_is_read_and_says_its_kind(
    simulator: ResidentIdSimulator, reader: ResidentIdReader, certificate: Certificate
) -> None:
    card = invented_card(4, certificate)
    simulator.present(card)
    reading = reader.read(5)
    assert reading.fields == card.fields()
    assert reading.fields["layout"] == certificate.value
    assert reading.kind == card.document_kind


def test_a_card_that_the_module_does_not_accept_is_refused_after_all_tries(
    simulator: ResidentIdSimulator, reader: ResidentIdReader
) -> None:
    simulator.inject(Fault.CARD_NOT_ACCEPTED, times=None)
    with pytest.raises(Refused) as failure:
        reader.read(5)
    assert failure.value.code == "resident_id.card_not_accepted_by_sam"
    assert simulator.heard.count(codec.READ_BASE) == PATIENT.tries


def test_a_reader_that_finds_a_card_only_once_is_read_again_where_the_settings_say_so(
    simulator: ResidentIdSimulator, card: CardData
) -> None:
    simulator.inject(Fault.FOUND_ONCE, times=None)
    with resident_id.open(simulator.url, settings=PATIENT) as reader:
        reader.read(5)
        with pytest.raises(NoCard):
            reader.read(0)
    with resident_id.open(simulator.url, settings=replace(PATIENT, select_unfound=True)) as reader:
        assert reader.read(5).fields == card.fields()
        simulator.remove()
        with pytest.raises(NoCard):
            reader.read(0)


def test_the_photo_goes_where_it_is_wanted_and_nowhere_else(
    simulator: ResidentIdSimulator, card: CardData
) -> None:
    photos: list[bytes] = []
    with resident_id.open(simulator.url, settings=PATIENT, photo_sink=photos.append) as reader:
        reading = reader.read(5)
    assert photos == [VirtualCard.of(card).photo]
    assert "photo" not in reading.fields


def test_a_reading_and_its_photo_can_be_had_together(
    reader: ResidentIdReader, card: CardData, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        reading, photo = reader.read_with_photo(5)
    assert photo == VirtualCard.of(card).photo
    assert reading.fields == card.fields()
    assert "SIMULATED" not in repr(reading) + caplog.text


def test_an_appended_address_is_read_only_where_the_settings_say_so(
    simulator: ResidentIdSimulator, card: CardData
) -> None:
    simulator.present(VirtualCard.of(card, appended_address="演示省虚构市新路3号"))
    with resident_id.open(simulator.url, settings=PATIENT) as reader:
        assert reader.read(5).fields == card.fields()
    assert codec.READ_APPENDED not in simulator.heard
    with resident_id.open(simulator.url, settings=WITH_ADDRESS) as reader:
        expected = card.fields() | {"appended_address": "演示省虚构市新路3号"}
        assert reader.read(5).fields == expected
        simulator.inject(Fault.SELECTED_ONCE, on=codec.READ_APPENDED)
        assert reader.read(5).fields == expected


def test_a_card_without_an_appended_address_is_read_without_one(
    simulator: ResidentIdSimulator, card: CardData
) -> None:
    with resident_id.open(simulator.url, settings=WITH_ADDRESS) as reader:
        assert reader.read(5).fields == card.fields()
    assert simulator.heard.count(codec.READ_APPENDED) == 1


def test_a_damaged_appended_address_is_asked_for_again(
    simulator: ResidentIdSimulator, card: CardData
) -> None:
    simulator.present(VirtualCard.of(card, appended_address="演示省虚构市新路3号"))
    with resident_id.open(simulator.url, settings=WITH_ADDRESS) as reader:
        simulator.inject(Fault.WRONG_CHECKSUM, on=codec.READ_APPENDED)
        assert "appended_address" in reader.read(5).fields


@pytest.mark.parametrize("code", [0x10, 0x01])
def test_a_reader_is_reset_by_the_command_that_it_knows(card: CardData, code: int) -> None:
    reset = Command(code, 0xFF)
    with (
        ResidentIdSimulator(card, reset=reset) as simulator,
        resident_id.open(
            simulator.url, settings=replace(PATIENT, reset_code=code, reset_timeout=0.3)
        ) as reader,
    ):
        reader.reset()
        assert simulator.heard[-2:] == (reset, codec.SAM_STATUS)
        reader.check()
        assert reader.read(5).fields == card.fields()


def test_a_line_that_hangs_up_in_an_answer_is_unplugged_and_can_be_opened_again(
    simulator: ResidentIdSimulator, card: CardData
) -> None:
    with resident_id.open(simulator.url, settings=PATIENT) as reader:
        simulator.inject(LineFault.UNPLUGGED, on=codec.READ_BASE)
        with pytest.raises(Unplugged):
            reader.read(5)
    with pytest.raises(Unplugged):
        resident_id.open(simulator.url, settings=PATIENT)
    simulator.plug_in()
    with resident_id.open(simulator.url, settings=PATIENT) as reader:
        assert reader.read(5).fields == card.fields()


def test_a_reader_unplugged_between_readings_is_unplugged(
    simulator: ResidentIdSimulator, reader: ResidentIdReader
) -> None:
    simulator.unplug()
    with pytest.raises(Unplugged) as failure:
        reader.read(5)
    assert failure.value.code == "device.unplugged"


def test_a_port_that_is_not_there_is_unplugged(tmp_path: Path) -> None:
    with pytest.raises(Unplugged):
        resident_id.open(str(tmp_path / "ttyUSB0"))


def test_a_port_that_another_program_holds_is_busy(
    simulator: ResidentIdSimulator, reader: ResidentIdReader
) -> None:
    with pytest.raises(Refused) as failure:
        resident_id.open(simulator.url)
    assert failure.value.code == "device.port_busy"


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(Refused) as failure:
        resident_id.open("carrier-pigeon://roof")
    assert failure.value.code == "device.port_invalid"


def test_a_reader_that_says_nothing_is_a_timeout_and_its_port_is_given_back(
    simulator: ResidentIdSimulator,
) -> None:
    simulator.inject(LineFault.BUSY, times=None)
    with pytest.raises(Timeout):
        resident_id.open(simulator.url, settings=replace(HASTY, status_timeout=0.1))
    simulator.clear()
    with resident_id.open(simulator.url, settings=PATIENT) as reader:
        assert reader.sam_id.startswith("00.00-")


def test_a_closed_reader_is_unplugged(simulator: ResidentIdSimulator) -> None:
    reader = resident_id.open(simulator.url, settings=PATIENT)
    reader.close()
    reader.close()
    with pytest.raises(Unplugged):
        reader.read(1)


def test_cards_may_be_changed_from_other_threads_while_the_driver_reads(
    simulator: ResidentIdSimulator, reader: ResidentIdReader
) -> None:
    cards = [invented_card(i) for i in range(4)]
    numbers = {card.number for card in cards}
    finished = threading.Event()

    def shuffle(own: CardData) -> None:
        while not finished.wait(0.01):
            simulator.present(own)
            simulator.inject(LineFault.NOISE_BEFORE)

    hands = [threading.Thread(target=shuffle, args=(card,)) for card in cards]
    simulator.present(cards[0])
    for hand in hands:
        hand.start()
    read = [_read_or_error(reader) for _ in range(6)]
    finished.set()
    for hand in hands:
        hand.join()
    simulator.clear()
    assert {r.fields["number"] for r in read if isinstance(r, Reading)} <= numbers
    assert reader.read(5).fields["number"] in numbers


def _read_or_error(reader: ResidentIdReader) -> Reading | DeviceError:
    try:
        return reader.read(5)
    except DeviceError as error:  # a card laid down afresh must be found and selected afresh
        return error


def test_the_simulator_answers_a_damaged_command_with_its_status(
    simulator: ResidentIdSimulator,
) -> None:
    import serial

    spoiled = codec.FIND.encode()[:-1] + b"\x00"
    with serial.serial_for_url(simulator.url, 115_200, timeout=5) as port:
        port.write(spoiled)
        assert port.read(11) == Reply(0, 0, 0x10).encode()


@contextmanager
def tcp_reader(answer: Callable[[Command], bytes]) -> Iterator[str]:
    """A reader behind a TCP converter, one host at a time."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            host, _ = server.accept()
            frames = FrameBuffer()
            with host:
                while data := host.recv(4096):
                    frames.feed(data)
                    while (payload := frames.pop()) is not None:
                        host.sendall(answer(Command.decode(payload)))

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"socket://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def test_a_reader_behind_tcp_is_read_and_one_with_a_real_module_is_not_simulated(
    card: CardData,
) -> None:
    sam = VirtualSam()
    sam.present(VirtualCard.of(card))
    module = bytes((5, 0, 3, 0)) + (20230401).to_bytes(4, "little") + bytes(8)

    def answer(command: Command) -> bytes:
        if command == codec.SAM_ID:
            return Reply(0, 0, 0x90, module).encode()
        return sam.answer(command).encode()

    with tcp_reader(answer) as url, resident_id.open(url, settings=PATIENT) as reader:
        reading = reader.read(5)
    assert reading.fields == card.fields()
    assert not reading.simulated
    assert reading.device == f"sam:{sam_id.text_of(module)}"


@pytest.mark.parametrize(
    ("sw3", "code"),
    [
        (0x60, "resident_id.sam_self_test_failed"),
        (0x66, "resident_id.sam_not_authorised"),
        (0x21, "resident_id.command_unknown"),
        (0x77, "resident_id.status_unknown"),
        (0x10, "resident_id.host_frame_damaged"),
        (0x11, "resident_id.host_length_wrong"),
    ],
)
def test_a_module_that_is_not_well_refuses_with_its_reason(sw3: int, code: str) -> None:
    refusing = tcp_reader(lambda _: Reply(0x12, 0x34, sw3).encode())
    with refusing as url, pytest.raises(DeviceError) as failure:
        resident_id.open(url, settings=HASTY)
    assert failure.value.code == code
    assert failure.value.note == f"status 12 34 {sw3:02X}"


def test_the_answer_that_clones_send_for_time_out_is_a_timeout() -> None:
    with tcp_reader(lambda _: codec.CLONE_TIMEOUT) as url, pytest.raises(Timeout):
        resident_id.open(url, settings=replace(HASTY, tries=1))
