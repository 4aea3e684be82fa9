"""The terminal's devices as its visits need them: real serial bytes, real manager."""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from devices.manager import DeviceConfig
from devices.resident_id.invented import invented_card
from devices.resident_id.simulator import ResidentIdSimulator
from devices.resident_id.virtual import Fault
from devices.scanner.invented import invented_code
from devices.scanner.simulator import ScannerSimulator
from devices.smartcard.ccid.simulator import CcidSimulator
from devices.social_security_card.invented import card_of
from devices.social_security_card.virtual import Kind, VirtualCard
from kiosk import events as e
from kiosk.instruments import Instruments
from kiosk.states import Door

WAIT_S = 60.0
CARD = invented_card(7)


class Hall:
    """Three simulated readers, and what the instruments posted."""

    def __init__(self) -> None:
        self.reader, self.slot = ResidentIdSimulator(), CcidSimulator()
        self.scanner = ScannerSimulator(repeat_every=0.3, baudrate=115_200)
        self.posted: queue.Queue[e.Event] = queue.Queue()

    def listed(self) -> list[DeviceConfig]:
        return [
            DeviceConfig("id", "resident_id", self.reader.url, {"find_timeout": 2.0}),
            DeviceConfig("slot", "social_security_card", self.slot.url),
            DeviceConfig("scanner", "scanner", self.scanner.url, {"baudrate": 115_200}),
        ]

    def comes(self, wanted: Callable[[e.Event], bool]) -> e.Event:
        """The next event of which this is true."""
        while True:
            event = self.posted.get(timeout=WAIT_S)
            if wanted(event):
                return event

    def read(self) -> e.CardRead:
        event = self.comes(lambda each: isinstance(each, e.CardRead))
        assert isinstance(event, e.CardRead)
        return event


@contextmanager
def a_hall() -> Iterator[tuple[Hall, Instruments]]:
    hall = Hall()
    with (
        hall.reader,
        hall.slot,
        hall.scanner,
        Instruments(hall.listed(), hall.posted.put) as instruments,
    ):
        yield hall, instruments


@pytest.mark.parametrize("door", [Door.RESIDENT_ID, Door.SOCIAL_SECURITY_CARD, Door.NHSA_QR])
def test_whatever_door_was_chosen_any_credential_that_is_presented_is_read(door: Door) -> None:
    with a_hall() as (hall, instruments):
        instruments.ask(3, door)
        hall.reader.present(CARD)
        by_id = hall.read()
        assert (by_id.serial, by_id.reading.kind, by_id.minor) == (3, "resident_id", False)
        hall.reader.remove()
        instruments.ask(4, door)
        hall.slot.present(VirtualCard.of_kind(card_of(CARD), Kind.USUAL))
        by_card = hall.read()
        assert (by_card.serial, by_card.reading.kind) == (4, "social_security_card")
        assert by_card.reading.fields["number"] == CARD.number
        assert not by_card.reading.authenticated
        hall.slot.remove()
        instruments.ask(5, door)
        hall.scanner.show(invented_code(1))
        by_code = hall.comes(lambda each: isinstance(each, e.CardRead) and each.serial == 5)
        assert isinstance(by_code, e.CardRead)
        assert (by_code.reading.kind, by_code.minor) == ("nhsa_qr", None)
        assert by_code.reading.fields == {"token": invented_code(1)}


def test_a_code_that_is_no_credential_is_a_trouble_of_the_screen() -> None:
    with a_hall() as (hall, instruments):
        instruments.ask(2, Door.NHSA_QR)
        hall.scanner.show("a" * 64 + ":1")
        hall.comes(lambda each: each == e.CardTrouble(2, "other_code"))


def test_a_card_pulled_too_early_is_said_on_its_screen() -> None:
    with a_hall() as (hall, instruments):
        hall.reader.inject(Fault.PULLED_IN_READ)
        hall.reader.present(CARD)
        instruments.ask(9, Door.RESIDENT_ID)
        hall.comes(lambda each: each == e.CardTrouble(9, "removed"))


def test_doors_close_when_their_device_goes_and_open_when_it_is_back() -> None:
    with a_hall() as (hall, instruments):
        instruments.ask(1, Door.RESIDENT_ID)
        hall.reader.unplug()
        hall.comes(lambda each: each == e.CardTrouble(1, "reader_down"))
        assert instruments.ready() == {Door.SOCIAL_SECURITY_CARD, Door.NHSA_QR}
        instruments.ask(2, Door.RESIDENT_ID)
        hall.comes(lambda each: each == e.CardTrouble(2, "reader_down"))
        hall.reader.plug_in()
        hall.comes(lambda each: each == e.CardTrouble(2, None))
        assert Door.RESIDENT_ID in instruments.ready()
        hall.reader.present(CARD)
        assert hall.read().serial == 2


def test_a_door_for_codes_stays_shut_where_nobody_resolves_them() -> None:
    with a_hall() as (_, instruments):
        instruments.closed = frozenset({Door.NHSA_QR})
        assert instruments.ready() == {Door.RESIDENT_ID, Door.SOCIAL_SECURITY_CARD}


def test_nothing_is_read_while_nobody_asks() -> None:
    with a_hall() as (hall, instruments):
        hall.reader.present(CARD)
        instruments.ask(1, Door.RESIDENT_ID)
        hall.read()
        instruments.rest()
        while not hall.posted.empty():
            hall.posted.get()
        heard = len(hall.reader.heard)
        with pytest.raises(queue.Empty):
            hall.posted.get(timeout=1.5)
        assert len(hall.reader.heard) <= heard + 3  # one question may have been under way


def test_an_event_that_was_not_foreseen_does_not_end_the_others() -> None:
    hall = Hall()
    spoiled = [True]

    def post(event: e.Event) -> None:
        if spoiled and isinstance(event, e.CardRead):
            spoiled.clear()
            raise RuntimeError("not foreseen")
        hall.posted.put(event)

    with (
        hall.reader,
        hall.slot,
        hall.scanner,
        Instruments(hall.listed(), post) as instruments,
    ):
        hall.reader.present(CARD)
        instruments.ask(1, Door.RESIDENT_ID)
        assert hall.read().reading.fields["number"] == CARD.number
