"""Readers that speak family A, whole and in halves, over a pseudo-terminal and TCP."""

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum

import pytest

from devices import resident_id
from devices.base import BadFrame, DeviceError, NoCard, Refused, Timeout, Unplugged
from devices.framing import stx_etx
from devices.resident_id import FamilyAReader, ReaderSettings, ResidentIdReader, family_a
from devices.resident_id.family_a_simulator import NO_CARD, FamilyASimulator
from devices.resident_id.invented import invented_card
from devices.resident_id.layout import CardData, Certificate
from devices.resident_id.virtual import Fault, VirtualCard
from devices.simulation import LineFault

from .conftest import PATIENT

HASTY = replace(PATIENT, tries=2, base_timeout=0.3)


def opened(simulator: FamilyASimulator, settings: ReaderSettings = PATIENT) -> ResidentIdReader:
    return resident_id.open(simulator.url, dialect="family_a", settings=settings)


@pytest.fixture
def simulator(card: CardData) -> Iterator[FamilyASimulator]:
    with FamilyASimulator(card) as simulator:
        yield simulator


@pytest.fixture
def reader(simulator: FamilyASimulator) -> Iterator[ResidentIdReader]:
    with opened(simulator) as reader:
        yield reader


def test_the_whole_answer_is_1291_bytes_on_the_wire(card: CardData) -> None:
    virtual = VirtualCard.of(card)
    data = family_a.SUCCESS + bytes.fromhex("01000400") + virtual.text + virtual.photo
    assert len(stx_etx.encode(data)) == 1291
    assert stx_etx.encode(family_a.READ_ALL) == bytes.fromhex("020003CA0100CB03")


@pytest.mark.parametrize("certificate", Certificate)
@pytest.mark.parametrize("halved", [False, True])
@pytest.mark.parametrize("at", [None, "tcp://127.0.0.1:0"])
def test_a_card_is_read_over_the_wire(
    certificate: Certificate, halved: bool, at: str | None
) -> None:
    card = invented_card(6, certificate)
    settings = replace(PATIENT, halved=halved)
    with (
        FamilyASimulator(card, halved=halved, at=at) as simulator,
        opened(simulator, settings) as reader,
    ):
        assert isinstance(reader, FamilyAReader)
        reading, photo = reader.read_with_photo(5)
    assert reading.fields == card.fields()
    assert reading.kind == card.document_kind
    assert photo == VirtualCard.of(card).photo
    assert (reading.device, reading.simulated) == ("family_a", True)


def test_a_reading_is_authenticated_only_where_the_settings_vouch_for_the_reader(
    simulator: FamilyASimulator,
) -> None:
    for vouched in (False, True):
        with opened(simulator, replace(PATIENT, has_module=vouched)) as reader:
            assert reader.read(5).authenticated is vouched


def test_a_card_that_is_no_simulators_cannot_lie_on_a_simulator(
    simulator: FamilyASimulator, card: CardData
) -> None:
    with pytest.raises(ValueError, match="marked photo"):
        simulator.present(VirtualCard.of(card, photo=bytes(1024)))


def test_opening_a_reader_asks_for_nothing(
    simulator: FamilyASimulator, reader: ResidentIdReader
) -> None:
    assert simulator.heard == ()


def test_a_reader_without_a_card_says_so_and_reads_when_one_comes(
    simulator: FamilyASimulator, reader: ResidentIdReader, card: CardData
) -> None:
    simulator.remove()
    with pytest.raises(NoCard) as failure:
        reader.read(0.2)
    assert failure.value.note == "status 00 80"
    simulator.present(card)
    assert reader.read(5).fields == card.fields()


def test_where_the_status_without_a_card_is_known_any_other_is_an_error(
    simulator: FamilyASimulator, reader: ResidentIdReader
) -> None:
    simulator.inject(Fault.CARD_NOT_ACCEPTED, times=None)
    with pytest.raises(NoCard):
        reader.read(0)
    reader.close()
    with opened(simulator, replace(PATIENT, no_card_status=NO_CARD)) as knowing:
        with pytest.raises(Refused) as failure:
            knowing.read(0)
        assert (failure.value.code, failure.value.note) == (
            "resident_id.reader_error",
            "status 00 41",
        )
        simulator.remove()
        with pytest.raises(NoCard):
            knowing.read(0)


@pytest.mark.parametrize("halved", [False, True])
@pytest.mark.parametrize("fault", [LineFault.BUSY, LineFault.SHORT, Fault.WRONG_CHECKSUM])
def test_one_damaged_answer_is_got_over(card: CardData, halved: bool, fault: StrEnum) -> None:
    settings = replace(PATIENT, base_timeout=0.6, halved=halved)
    with (
        FamilyASimulator(card, halved=halved) as simulator,
        opened(simulator, settings) as reader,
    ):
        simulator.inject(fault)
        assert reader.read(5).fields == card.fields()


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        (LineFault.BUSY, (Timeout,)),
        (LineFault.SHORT, (BadFrame,)),
        (LineFault.GARBLED, (BadFrame, Timeout, DeviceError)),
        (LineFault.DOUBLED, (BadFrame, Timeout)),
        (LineFault.ENDLESS_NOISE, (BadFrame, Timeout, NoCard)),
        (LineFault.UNPLUGGED, (Unplugged,)),
        (Fault.WRONG_CHECKSUM, (BadFrame,)),
        (Fault.UNKNOWN_CERTIFICATE, (Refused,)),
    ],
)
def test_answers_that_stay_damaged_are_a_typed_error(
    simulator: FamilyASimulator, fault: StrEnum, kinds: tuple[type[DeviceError], ...]
) -> None:
    with opened(simulator, HASTY) as reader:
        simulator.inject(fault, times=None)
        with pytest.raises(kinds):
            reader.read(0)
        simulator.clear()


def test_a_card_pulled_during_the_read_is_asked_for_again(
    simulator: FamilyASimulator, reader: ResidentIdReader, card: CardData
) -> None:
    simulator.inject(Fault.PULLED_IN_READ)
    with pytest.raises(NoCard):
        reader.read(0)
    simulator.present(card)
    assert reader.read(5).fields == card.fields()


def test_the_simulator_knows_no_other_command(simulator: FamilyASimulator) -> None:
    import serial

    with serial.serial_for_url(simulator.url, 115_200, timeout=5) as port:
        port.write(stx_etx.encode(bytes.fromhex("CA0102")))
        assert port.read(7) == stx_etx.encode(bytes.fromhex("0021"))
