"""Rates over a pseudo-terminal, whose simulator hears noise at any rate but its own."""

from dataclasses import replace

import pytest

from devices import resident_id
from devices.base import Refused, Timeout
from devices.resident_id import ReaderSettings, codec
from devices.resident_id.layout import CardData
from devices.resident_id.simulator import ResidentIdSimulator
from devices.resident_id.virtual import Fault
from devices.simulation import LineFault

from .conftest import PATIENT

BRISK = replace(PATIENT, tries=2, status_timeout=0.5)
"""For looking at many rates: what does not answer in half a second is not there."""
FAST = replace(BRISK, baudrate=57_600, switch_to=115_200)


def test_the_commands_that_set_a_rate_are_the_published_frames() -> None:
    frames = [codec.set_rate(rate).encode().hex().upper() for rate in codec.RATES]
    assert (frames[0], frames[4]) == ("AAAAAA96690003600063", "AAAAAA96690003600467")
    with pytest.raises(ValueError, match="tuple"):
        codec.set_rate(14_400)


def test_a_reader_at_another_rate_hears_noise_and_says_nothing(card: CardData) -> None:
    with ResidentIdSimulator(card, baudrate=9_600) as simulator, pytest.raises(Timeout):
        resident_id.open(simulator.url, settings=replace(BRISK, tries=1))


@pytest.mark.parametrize("rate", codec.RATES)
def test_a_readers_rate_is_found_where_the_settings_say_so(card: CardData, rate: int) -> None:
    settings = replace(BRISK, detect_rate=True)
    with (
        ResidentIdSimulator(card, baudrate=rate) as simulator,
        resident_id.open(simulator.url, settings=settings) as reader,
    ):
        assert reader.baudrate == rate
        assert reader.read(5).fields == card.fields()


def test_a_reader_is_brought_to_another_rate_and_found_there_by_the_next_host(
    card: CardData,
) -> None:
    with ResidentIdSimulator(card, baudrate=57_600) as simulator:
        for _ in range(2):
            with resident_id.open(simulator.url, settings=FAST) as reader:
                assert (reader.baudrate, simulator.baudrate) == (115_200, 115_200)
                assert reader.read(5).fields == card.fields()
    assert simulator.heard.count(codec.set_rate(115_200)) == 1


@pytest.mark.parametrize("keeps", [False, True])
def test_a_reset_reader_is_brought_to_its_rate_again(card: CardData, keeps: bool) -> None:
    with (
        ResidentIdSimulator(card, baudrate=57_600, reset_keeps_rate=keeps) as simulator,
        resident_id.open(simulator.url, settings=FAST) as reader,
    ):
        reader.reset()
        assert (reader.baudrate, simulator.baudrate) == (115_200, 115_200)
        assert reader.read(5).fields == card.fields()
        assert simulator.heard.count(codec.set_rate(115_200)) == (1 if keeps else 2)


def test_a_reader_that_lost_power_is_found_at_its_first_rate_and_read(card: CardData) -> None:
    with (
        ResidentIdSimulator(card, baudrate=57_600) as simulator,
        resident_id.open(simulator.url, settings=FAST) as reader,
    ):
        simulator.power_cycle()
        assert simulator.baudrate == 57_600
        assert reader.read(5).fields == card.fields()
        assert (reader.baudrate, simulator.baudrate) == (115_200, 115_200)


def test_a_reader_that_only_says_that_it_changes_its_rate_is_read_at_the_old_one(
    card: CardData,
) -> None:
    with ResidentIdSimulator(card, baudrate=57_600) as simulator:
        simulator.inject(Fault.RATE_KEPT, times=None)
        with resident_id.open(simulator.url, settings=FAST) as reader:
            assert reader.baudrate == 57_600
            assert reader.read(5).fields == card.fields()


def test_an_answer_that_is_lost_while_the_rate_changes_does_no_harm(card: CardData) -> None:
    with ResidentIdSimulator(card, baudrate=57_600) as simulator:
        simulator.inject(LineFault.BUSY, on=codec.set_rate(115_200))
        with resident_id.open(simulator.url, settings=FAST) as reader:
            assert reader.baudrate == 115_200
            assert reader.read(5).fields == card.fields()


def test_behind_a_plain_socket_the_rate_cannot_be_changed(card: CardData) -> None:
    with ResidentIdSimulator(card, at="tcp://127.0.0.1:0") as simulator:
        with pytest.raises(Refused) as failure:
            resident_id.open(simulator.url, settings=replace(BRISK, switch_to=57_600))
        assert failure.value.code == "device.rate_fixed"


def test_a_rate_that_no_reader_knows_is_an_error_of_the_settings() -> None:
    with pytest.raises(ValueError, match="14400"):
        ReaderSettings(switch_to=14_400)
