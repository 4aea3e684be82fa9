"""All devices at once, on real lines: lost and recovered once each, never a blocked queue."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.base import Reading
from devices.manager import (
    Connected,
    DeviceConfig,
    Event,
    Lost,
    Manager,
    Recovered,
    State,
    Taken,
    Troubled,
)
from devices.manager.health import exposition
from devices.resident_id import codec
from devices.resident_id.family_a_simulator import FamilyASimulator
from devices.resident_id.layout import CardData
from devices.resident_id.simulator import ResidentIdSimulator
from devices.resident_id.virtual import Fault
from devices.scanner.invented import invented_code
from devices.scanner.simulator import ScannerSimulator
from devices.simulation import LineFault

WAIT_S = 60.0
PATIENT = {"find_timeout": 2.0, "select_timeout": 2.0, "status_timeout": 2.0}


def listed(port: str, name: str = "id") -> DeviceConfig:
    return DeviceConfig(name, "resident_id", port, PATIENT)


def until(manager: Manager, kind: type[Event]) -> tuple[Event, list[Event]]:
    """The next event of a kind, and what came before it."""
    before: list[Event] = []
    while (event := manager.next(WAIT_S)) is not None:
        if isinstance(event, kind):
            return event, before
        before.append(event)
    raise AssertionError(f"no {kind.__name__}; came: {before}")


@pytest.fixture
def manager(simulator: ResidentIdSimulator) -> Iterator[Manager]:
    with Manager([listed(simulator.url)]) as manager:
        yield manager


def test_a_device_is_opened_and_its_card_read_once_somebody_wants_that(
    manager: Manager, card: CardData
) -> None:
    connected, _ = until(manager, Connected)
    assert isinstance(connected, Connected)
    assert connected.simulated
    manager.want_everything()
    taken, _ = until(manager, Taken)
    assert isinstance(taken, Taken)
    assert isinstance(taken.value, Reading)
    assert taken.value.fields == card.fields()
    assert card.number not in repr(taken)


def test_a_card_that_lies_there_is_not_read_while_nobody_asks(
    manager: Manager, simulator: ResidentIdSimulator
) -> None:
    until(manager, Connected)
    heard = len(simulator.heard)
    assert manager.next(1.0) is None
    assert len(simulator.heard) == heard


def test_a_reader_that_goes_and_comes_is_lost_once_and_recovered_once(
    manager: Manager,
    simulator: ResidentIdSimulator,
    card: CardData,
    caplog: pytest.LogCaptureFixture,
) -> None:
    until(manager, Connected)
    with caplog.at_level(logging.WARNING, "devices"):
        simulator.unplug()
        lost, _ = until(manager, Lost)
        assert isinstance(lost, Lost)
        assert lost.code == "device.unplugged"
        assert manager.next(1.5) is None  # tried again and again, said once
        assert manager.health()[0].state is State.LOST
        simulator.plug_in()
        recovered, between = until(manager, Recovered)
        assert between == []
        assert isinstance(recovered, Recovered)
        assert recovered.away_s > 1.0
    assert [record.message.split(": ")[1].split()[0] for record in caplog.records] == [
        "lost",
        "recovered",
    ]
    manager.want_everything()
    taken, _ = until(manager, Taken)
    assert isinstance(taken, Taken)
    assert taken.value.fields == card.fields()
    assert manager.health()[0].losses == 1


def test_a_card_that_is_pulled_is_a_trouble_and_not_a_loss(
    manager: Manager, simulator: ResidentIdSimulator, card: CardData
) -> None:
    simulator.inject(Fault.PULLED_IN_READ)
    manager.want_everything()
    troubled, before = until(manager, Troubled)
    assert isinstance(troubled, Troubled)
    assert troubled.code == "device.card_removed"
    assert not any(isinstance(event, Lost) for event in before)
    simulator.present(card)
    until(manager, Taken)


def test_a_reader_that_is_not_there_does_not_keep_another_waiting(
    simulator: ResidentIdSimulator, tmp_path: Path
) -> None:
    devices = [listed(str(tmp_path / "nothing"), "absent"), listed(simulator.url)]
    with Manager(devices) as manager:
        manager.want_everything()
        taken, before = until(manager, Taken)
        assert taken.device == "id"
        lost = [event for event in before if isinstance(event, Lost)]
        assert [event.device for event in lost] in ([], ["absent"])
        assert manager.names() == ["absent", "id"]
        assert manager.names("scanner") == []


def test_what_was_begun_for_one_person_is_not_given_to_the_next(
    manager: Manager, simulator: ResidentIdSimulator, card: CardData
) -> None:
    until(manager, Connected)
    simulator.inject(LineFault.SLOW, on=codec.READ_BASE)
    manager.want_everything(1)
    assert simulator.wait_for(codec.READ_BASE, WAIT_S)
    manager.want_everything(2)
    taken, _ = until(manager, Taken)
    assert isinstance(taken, Taken)
    assert taken.ticket == 2
    assert taken.value.fields == card.fields()
    assert simulator.heard.count(codec.READ_BASE) == 1


def test_a_code_that_was_read_for_nobody_is_read_again_for_who_asks_next() -> None:
    quick = {"baudrate": 115_200}
    with (
        ScannerSimulator(repeat_every=0.2, baudrate=115_200) as scanner,
        Manager([DeviceConfig("scanner", "scanner", scanner.url, quick)]) as manager,
    ):
        until(manager, Connected)
        for ticket in range(8):  # whatever the worker was about when the asker changed
            manager.want_everything(ticket)
            scanner.show(invented_code(ticket))
            taken, _ = until(manager, Taken)
            assert isinstance(taken, Taken)
            assert (taken.ticket, taken.value.fields["token"]) == (ticket, invented_code(ticket))
            scanner.hide()


def test_events_that_nobody_takes_are_bounded_and_the_dropped_ones_counted(
    manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    until(manager, Connected)
    for count in range(300):
        manager._put(Lost("id", manager.health()[0].since, str(count)))
    assert manager.dropped == 300 - 256
    event = manager.next(0)
    assert isinstance(event, Lost)
    assert event.code == str(300 - 256)


def test_health_is_plain_and_holds_nothing_of_what_was_read(
    manager: Manager, card: CardData
) -> None:
    manager.want_everything()
    until(manager, Taken)
    health = manager.health()[0]
    assert health.plain()["state"] == "ready"
    text = exposition([health])
    assert 'shualian_device_ready{device="id",kind="resident_id"} 1' in text
    assert card.number not in text + str(health.plain())


def test_leaving_gives_every_device_back(simulator: ResidentIdSimulator) -> None:
    with Manager([listed(simulator.url)]) as manager:
        until(manager, Connected)
        threads = [t for t in threading.enumerate() if t.name == "device-id"]
        assert len(threads) == 1
    assert not threads[0].is_alive()
    assert manager.health()[0].state is State.STOPPED


def test_a_reader_that_tells_nothing_of_itself_is_connected_and_read_all_the_same(
    card: CardData,
) -> None:
    with FamilyASimulator(card) as simulator:
        listed_so = DeviceConfig("id", "resident_id", simulator.url, {"dialect": "family_a"})
        with Manager([listed_so]) as manager:
            connected, _ = until(manager, Connected)
            assert isinstance(connected, Connected)
            assert not connected.simulated  # only a card's photo tells
            manager.want_everything()
            taken, _ = until(manager, Taken)
            assert isinstance(taken, Taken)
            assert taken.value.simulated
            assert manager.health()[0].losses == 0
