"""What every simulator's line can do and suffer, tried with the resident-ID reader."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from devices import resident_id
from devices.base import BadFrame, NoCard, Timeout, Unplugged
from devices.resident_id import codec
from devices.resident_id.layout import CardData
from devices.resident_id.simulator import ResidentIdSimulator
from devices.simulation import LineFault

from .conftest import PATIENT

HASTY = replace(PATIENT, tries=1, find_timeout=0.3, select_timeout=0.3, base_timeout=0.5)


@pytest.fixture
def over_tcp(card: CardData) -> Iterator[ResidentIdSimulator]:
    with ResidentIdSimulator(card, at="tcp://127.0.0.1:0") as simulator:
        yield simulator


def test_a_reader_behind_a_serial_server_is_read_like_one_on_a_port(
    over_tcp: ResidentIdSimulator, card: CardData
) -> None:
    assert over_tcp.url.startswith("socket://127.0.0.1:")
    for _ in range(2):  # a host that closed can come back
        with resident_id.open(over_tcp.url, settings=PATIENT) as reader:
            assert reader.read(5).fields == card.fields()


def test_a_second_host_takes_the_place_of_one_that_never_said_goodbye(
    over_tcp: ResidentIdSimulator, card: CardData
) -> None:
    with (
        resident_id.open(over_tcp.url, settings=HASTY) as first,
        resident_id.open(over_tcp.url, settings=PATIENT) as second,
    ):
        assert second.read(5).fields == card.fields()
        with pytest.raises((Unplugged, Timeout)):
            first.read(1)


def test_a_serial_server_that_went_away_is_unplugged_and_comes_back_at_its_address(
    over_tcp: ResidentIdSimulator, card: CardData
) -> None:
    url = over_tcp.url
    with resident_id.open(url, settings=PATIENT) as reader:
        over_tcp.unplug()
        with pytest.raises(Unplugged):
            reader.read(5)
    with pytest.raises(Unplugged):
        resident_id.open(url)
    over_tcp.plug_in()
    with resident_id.open(over_tcp.url, settings=PATIENT) as reader:
        assert (over_tcp.url, reader.read(5).fields) == (url, card.fields())


def test_an_address_that_is_taken_is_an_error_of_the_system() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(OSError, match="in use"),
            ResidentIdSimulator(at=f"tcp://127.0.0.1:{port}"),
        ):
            pass


@pytest.mark.parametrize("fault", [LineFault.DOUBLED, LineFault.GARBLED, LineFault.SHORT])
def test_answers_that_stay_spoiled_are_a_typed_error(
    simulator: ResidentIdSimulator, fault: LineFault
) -> None:
    with resident_id.open(simulator.url, settings=HASTY) as reader:
        simulator.inject(fault, times=None)
        with pytest.raises((BadFrame, Timeout, NoCard)):
            reader.read(0.5)


def test_noise_that_never_ends_is_a_typed_error_and_the_reader_is_read_when_it_stops(
    simulator: ResidentIdSimulator, card: CardData
) -> None:
    with resident_id.open(simulator.url, settings=HASTY) as reader:
        simulator.inject(LineFault.ENDLESS_NOISE)
        with pytest.raises((BadFrame, Timeout)):
            reader.read(1)
        simulator.clear()
    with resident_id.open(simulator.url, settings=PATIENT) as reader:
        assert reader.read(5).fields == card.fields()


def test_a_knob_is_turned_by_its_name_and_an_unknown_one_is_refused(
    simulator: ResidentIdSimulator, card: CardData
) -> None:
    with pytest.raises(KeyError):
        simulator.knob("on_fire")
    with resident_id.open(simulator.url, settings=PATIENT) as reader:
        simulator.knob("wrong_checksum")
        assert reader.read(5).fields == card.fields()
    assert codec.FIND in simulator.heard
