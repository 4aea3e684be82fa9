"""Driver and simulator over a pseudo-terminal: real serial bytes, and every knob."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pytest
import serial

from codes.qr import QrPatterns
from devices import scanner
from devices.base import BadFrame, NoCard, Reading, Refused, Unplugged
from devices.posix_pty import PseudoTerminal
from devices.scanner import Scanner, ScannerSettings, codec
from devices.scanner.invented import invented_code
from devices.scanner.simulator import SCANNED, ScannerSimulator
from devices.scanner.virtual import Ending, Fault
from devices.simulation import LineFault

FAST = 115_200
BUSY = ScannerSettings(baudrate=FAST, idle_gap=0.2, repeat_window=60, another_try=5.0)
"""For machines that do much else: no message is in two pieces only because a core was busy."""
CODE, OTHER = invented_code(1), invented_code(2)


class ListeningSimulator(ScannerSimulator):
    """One that remembers what a host says to it."""

    received = b""

    def _received(self, data: bytes) -> None:
        self.received += data


@contextmanager
def held(
    payload: str | bytes | None = CODE,
    *,
    ending: Ending = Ending.CR,
    every: float | None = 0.5,
    at: str | None = None,
) -> Iterator[ScannerSimulator]:
    """A scanner before which a code is held, scanned again and again."""
    with ScannerSimulator(
        payload, ending=ending, repeat_every=every, baudrate=FAST, at=at
    ) as simulator:
        yield simulator


def read(
    simulator: ScannerSimulator, settings: ScannerSettings = BUSY, timeout: float = 10
) -> Reading:
    with scanner.open(simulator.url, settings=settings) as device:
        return device.read(timeout)


@pytest.mark.parametrize("ending", Ending)
def test_a_code_is_read_over_the_wire_whatever_ends_it(ending: Ending) -> None:
    before = datetime.now(UTC)
    with held(ending=ending) as simulator:
        reading = read(simulator)
    assert (reading.kind, reading.device) == ("nhsa_qr", "scanner")
    assert reading.fields == {"token": CODE, "province": "99"}
    assert (reading.authenticated, reading.simulated) == (False, True)
    assert before <= reading.read_at <= datetime.now(UTC)


def test_a_code_is_read_behind_a_serial_server() -> None:
    with held(at="tcp://127.0.0.1:0") as simulator:
        assert read(simulator).fields["token"] == CODE


def test_at_the_rate_of_the_factory_a_code_is_read_too() -> None:
    with ScannerSimulator(CODE, repeat_every=0.5) as simulator:
        assert read(simulator, replace(BUSY, baudrate=9600)).fields["token"] == CODE


@pytest.mark.parametrize("payload", ["一卡通 0012", "ZY12345678", "ano" + CODE[3:]])
def test_a_payload_that_anybody_may_have_is_stamped_simulated_by_its_mark_alone(
    payload: str,
) -> None:
    with held(payload) as simulator:
        reading = read(simulator)
    assert reading.fields["token"] == payload
    assert reading.simulated


def test_kinds_are_told_by_the_classifier_with_the_hospitals_patterns() -> None:
    wristbands = replace(BUSY, patterns=QrPatterns(hospital_number=(r"ZY(?P<number>[0-9]{8})",)))
    with held("ZY12345678") as simulator:
        reading = read(simulator, wristbands)
    assert (reading.kind, reading.fields) == ("hospital_number", {"number": "12345678"})
    with held("opaque") as simulator:
        assert read(simulator).kind == "opaque"


@pytest.mark.parametrize("name", ["split", "byte_order_mark", "no_ending"])
def test_what_changes_the_message_but_not_the_payload_is_read_through(name: str) -> None:
    with held() as simulator:
        simulator.knob(name, times=None)
        assert read(simulator).fields == {"token": CODE, "province": "99"}


def test_an_aim_identifier_is_told_as_the_symbology() -> None:
    with held() as simulator:
        simulator.inject(Fault.AIM_PREFIX, times=None)
        assert read(simulator).fields == {"token": CODE, "province": "99", "symbology": "Q1"}


def test_text_in_gb_18030_is_read() -> None:
    with held("住院号".encode("gb18030")) as simulator:
        assert read(simulator).fields["token"] == "住院号"


@pytest.mark.parametrize(
    "fault",
    [
        LineFault.BUSY,
        LineFault.SLOW,
        LineFault.GARBLED,
        LineFault.SHORT,
        LineFault.DOUBLED,
        LineFault.NOISE_BEFORE,
        Fault.CONTROL_BYTES,
    ],
)
def test_one_spoiled_scan_of_a_held_code_is_got_over(fault: StrEnum) -> None:
    with held(None) as simulator, listening(simulator) as device:
        simulator.inject(fault, times=1)
        simulator.show(CODE)
        assert tokens(device) == [CODE]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.CONTROL_BYTES, "scanner.control_bytes"),
        (LineFault.DOUBLED, "scanner.control_bytes"),
        (LineFault.SHORT, "scanner.control_bytes"),
    ],
)
def test_scans_that_stay_spoiled_are_a_typed_error(fault: StrEnum, code: str) -> None:
    with held() as simulator:
        simulator.inject(fault, times=None)
        with pytest.raises(BadFrame) as failure:
            read(simulator, replace(BUSY, another_try=0.5))
    assert failure.value.code == code


def test_a_message_that_is_too_long_is_refused_at_once_and_the_next_code_is_read() -> None:
    with held() as simulator:
        simulator.inject(Fault.OVER_LONG, times=None)
        with scanner.open(simulator.url, settings=BUSY) as device:
            with pytest.raises(Refused) as failure:
                device.read(30)
            assert failure.value.code == "scanner.too_long"
            simulator.clear()
            assert device.read(10).fields["token"] == CODE


def test_noise_that_never_ends_is_a_typed_error_and_a_code_is_read_when_it_stops() -> None:
    with held() as simulator:
        simulator.inject(LineFault.ENDLESS_NOISE)
        with scanner.open(simulator.url, settings=replace(BUSY, another_try=0.3)) as device:
            with pytest.raises((BadFrame, Refused, NoCard)):
                read_opaque(device)
            simulator.clear()
            assert CODE in tokens(device)


def test_nobody_there_is_said_in_time() -> None:
    with held(None) as simulator, pytest.raises(NoCard) as failure:
        read(simulator, timeout=0.2)
    assert failure.value.code == "scanner.no_code"


def test_a_held_code_is_one_reading_and_another_code_is_the_next() -> None:
    with held(every=0.3) as simulator, scanner.open(simulator.url, settings=BUSY) as device:
        assert device.read(10).fields["token"] == CODE
        with pytest.raises(NoCard):
            device.read(1)
        simulator.show(OTHER)
        assert device.read(10).fields["token"] == OTHER


def test_a_code_that_is_left_before_the_scanner_is_not_the_next_reading() -> None:
    brief = replace(BUSY, repeat_window=1.5)
    with held(every=0.3) as simulator, scanner.open(simulator.url, settings=brief) as device:
        assert device.read(10).fields["token"] == CODE
        for _ in range(8):  # nobody reads for longer than the window
            assert simulator.wait_for(SCANNED)
        with pytest.raises(NoCard):
            device.read(0.6)


def test_a_code_that_was_away_is_a_new_reading() -> None:
    brief = replace(BUSY, repeat_window=0.4)
    with held(every=None) as simulator, scanner.open(simulator.url, settings=brief) as device:
        for _ in range(2):
            with showing(simulator, every=1.0):
                assert device.read(20).fields["token"] == CODE


def test_a_code_shown_before_the_read_is_not_taken_for_this_one() -> None:
    with held(None, every=None) as simulator, listening(simulator) as device:
        simulator.show(CODE)
        assert simulator.wait_for(SCANNED)
        sent_behind_it(simulator)
        device._listened = float("-inf")  # as after a pause that no test should wait for
        with pytest.raises(NoCard):
            device.read(0.5)


def test_a_scanner_that_is_unplugged_says_so_and_is_read_when_it_is_back(tmp_path: Path) -> None:
    with held(at=str(tmp_path / "scanner")) as simulator:
        simulator.inject(LineFault.UNPLUGGED)
        with (
            scanner.open(simulator.url, settings=BUSY) as device,
            pytest.raises(Unplugged),
        ):
            device.read(10)
        with pytest.raises(Unplugged):
            scanner.open(simulator.url)
        simulator.plug_in()
        assert read(simulator).fields["token"] == CODE


def test_a_real_scanners_bare_bytes_are_not_simulated() -> None:
    token = "424" + "1" * 19 + "110000"
    with PseudoTerminal(FAST) as line, scanner.open(line.url, settings=BUSY) as device:
        stop = threading.Event()

        def scan() -> None:
            while not stop.wait(0.3):
                line.write(token.encode() + b"\r\n")

        hand = threading.Thread(target=scan)
        hand.start()
        reading = device.read(10)
        stop.set()
        hand.join()
    assert (reading.kind, reading.fields["token"], reading.simulated) == ("nhsa_qr", token, False)


def test_nothing_is_ever_written_to_a_scanner() -> None:
    with ListeningSimulator(CODE, repeat_every=0.2, baudrate=FAST) as simulator:
        read(simulator)
        with serial.Serial(simulator.url) as port:
            port.write(b"?")
            while not simulator.received:
                simulator.wait_for(SCANNED)
    assert simulator.received == b"?"


def test_a_token_shows_in_no_repr_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), held() as simulator:
        simulator.inject(Fault.CONTROL_BYTES)
        with scanner.open(simulator.url, settings=BUSY) as device:
            reading = device.read(10)
            shown = repr(reading) + repr(vars(device))
    assert CODE not in shown + caplog.text


def test_knobs_are_turned_by_name_and_an_unknown_one_is_refused() -> None:
    with pytest.raises(KeyError):
        ScannerSimulator().knob("on_fire")
    assert {"aim_prefix", "over_long", "endless_noise"} <= set(ScannerSimulator.faults())


def test_a_code_that_is_taken_away_is_scanned_no_more() -> None:
    with held(every=0.1) as simulator:
        assert simulator.wait_for(SCANNED)
        simulator.hide()
        sent_behind_it(simulator)
        while simulator.wait_for(SCANNED, timeout=0):
            pass
        assert not simulator.wait_for(SCANNED, timeout=0.4)


@contextmanager
def listening(simulator: ScannerSimulator) -> Iterator[Scanner]:
    """A scanner that has heard silence, so that the next byte begins a message."""
    with scanner.open(simulator.url, settings=BUSY) as device:
        with pytest.raises(NoCard):
            device.read(BUSY.idle_gap * 2)
        yield device


@contextmanager
def showing(simulator: ScannerSimulator, every: float) -> Iterator[None]:
    """Somebody who takes a code away and shows it again until it was read."""
    read_it = threading.Event()

    def show() -> None:
        while not read_it.wait(every):
            simulator.show(CODE)

    hand = threading.Thread(target=show)
    hand.start()
    yield
    read_it.set()
    hand.join()


def tokens(device: Scanner) -> list[str]:
    """All that is read until the code is, whatever damage is met on the way to it."""
    found: list[str] = []
    while CODE not in found:
        with suppress(BadFrame, Refused):
            found.append(device.read(10).fields["token"])
    return found


def read_opaque(device: Scanner) -> None:
    """Read on as long as a few bytes of noise look like a code of no known kind."""
    while device.read(2).kind == "opaque":
        pass


def sent_behind_it(simulator: ScannerSimulator) -> None:
    """Return when the simulator's thread has done what it was at."""
    simulator._on_thread(lambda: None)


def test_the_mark_of_simulators_holds_bytes_that_no_payload_may_have() -> None:
    with pytest.raises(BadFrame):
        codec.parse(codec.SIMULATED + CODE.encode())


def test_a_phone_forgotten_before_a_resting_scanner_is_not_the_next_persons_code() -> None:
    with (
        held(every=0.2) as simulator,
        scanner.open(simulator.url, settings=replace(BUSY, repeat_window=3)) as device,
    ):
        assert device.read(10).fields["token"] == CODE
        device.rest(4)  # longer than the window, and the phone lies there all the while
        with pytest.raises(NoCard):
            device.read(1)
        simulator.show(OTHER)
        assert device.read(10).fields["token"] == OTHER
