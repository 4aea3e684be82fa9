"""Driver and simulator over a pseudo-terminal: real serial bytes, and every knob."""

import logging
import os
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import serial

from devices import gnss
from devices.base import BadFrame, Timeout, Unplugged
from devices.gnss import Doubtful, Fix, GnssReceiver, GnssSettings, NoFix, gate
from devices.gnss.fix import distance_m
from devices.gnss.simulator import EPOCH, GnssSimulator
from devices.gnss.virtual import NOWHERE, Fault, burst, moved
from devices.gnss.virtual import Epoch as VirtualEpoch
from devices.manager import Connected, DeviceConfig, Lost, Manager, Recovered, Taken, Troubled
from devices.posix_pty import PseudoTerminal
from devices.simulation import LineFault

FAST = 115_200
BUSY = GnssSettings(baudrate=FAST, patience=20.0, time_jump=60.0)
"""For machines that do much else: nothing is late only because a core was busy."""
WAIT_S = 30.0


class ListeningSimulator(GnssSimulator):
    """One that remembers what a host says to it."""

    received = b""

    def _received(self, data: bytes) -> None:
        self.received += data


@contextmanager
def sending(fault: StrEnum | None = None, **options: Any) -> Iterator[GnssSimulator]:
    """A receiver in a hurry, five epochs a second; all of them with this fault."""
    given = {"interval": 0.2, "baudrate": FAST, "lateness": 0.3, **options}
    simulator = GnssSimulator(**given)
    if fault is not None:
        simulator.inject(fault, times=None)
    with simulator:
        yield simulator


@contextmanager
def receiving(
    settings: GnssSettings = BUSY, **options: Any
) -> Iterator[tuple[GnssSimulator, GnssReceiver]]:
    with sending(**options) as simulator, gnss.open(simulator.url, settings=settings) as receiver:
        yield simulator, receiver


def until_fix(receiver: GnssReceiver, good: Callable[[Fix], bool] = lambda _: True) -> Fix:
    """Read on, whatever is met on the way, until a fix is good."""
    for _ in range(100):
        with suppress(NoFix, Doubtful, BadFrame, Timeout):
            if good(fix := receiver.read(WAIT_S)):
                return fix
    raise AssertionError("no such fix in a hundred readings")


def until_code(receiver: GnssReceiver, code: str) -> None:
    """Read on until this is met."""
    for _ in range(100):
        try:
            receiver.read(0.5)
        except (NoFix, Doubtful, BadFrame, Timeout) as error:
            if error.code == code:
                return
    raise AssertionError(f"no {code} in a hundred readings")


def test_a_fix_is_read_over_the_wire() -> None:
    before = datetime.now(UTC)
    with receiving() as (_, receiver):
        fix = receiver.read(WAIT_S)
        assert (receiver.simulated, receiver.baudrate) == (True, FAST)
    assert distance_m(fix.position, NOWHERE) < 20
    assert (fix.quality, fix.datum, fix.simulated, fix.doubts) == (1, "wgs84", True, ())
    assert fix.accuracy_from == "gst"
    assert before - timedelta(seconds=1) <= fix.received_at <= datetime.now(UTC)
    assert gate(fix, fix.received_at) == []


def test_a_fix_is_read_behind_a_serial_server() -> None:
    with receiving(at="tcp://127.0.0.1:0", gst=False) as (_, receiver):
        assert receiver.read(WAIT_S).accuracy_from == "hdop"


@pytest.mark.parametrize("rate", [4800, 9600])
def test_a_fix_is_read_at_the_usual_rates_once_a_second(rate: int) -> None:
    slow = replace(BUSY, baudrate=rate)
    with receiving(slow, baudrate=rate, interval=1.0, talker="BD") as (_, receiver):
        first, second = receiver.read(WAIT_S), receiver.read(WAIT_S)
    assert first.time < second.time


def test_a_receiver_that_stands_still_wanders_by_metres_and_does_not_stay_the_same() -> None:
    with receiving(interval=0.1) as (_, receiver):
        fixes = [receiver.read(WAIT_S) for _ in range(5)]
    assert len({fix.position for fix in fixes}) == 5
    assert all(distance_m(fix.position, NOWHERE) < 20 for fix in fixes)


def test_a_receiver_that_drives_gets_on_along_its_way() -> None:
    way = [NOWHERE, moved(NOWHERE, 1000, 0)]
    with receiving(way=way, speed_mps=40.0) as (_, receiver):
        start = receiver.read(WAIT_S)
        further = until_fix(receiver, lambda f: distance_m(f.position, start.position) > 50)
    assert further.latitude > start.latitude
    assert further.speed_mps == pytest.approx(40, abs=0.1)


def test_a_cold_start_is_no_fix_and_then_a_poor_one_and_then_a_good_one() -> None:
    with receiving(cold=True) as (_, receiver):
        assert receiver.simulated
        with pytest.raises(NoFix) as none_yet:
            receiver.read(0)
        assert none_yet.value.code == "gnss.no_fix"
        poor = until_fix(receiver)
        assert gate(poor, poor.received_at) == ["gnss.few_satellites", "gnss.poor_geometry"]
        good = until_fix(receiver, lambda fix: fix.satellites > 4)
        assert gate(good, good.received_at) == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.NO_FIX, "gnss.no_fix"),
        (Fault.COLD_START, "gnss.no_fix"),
        (Fault.ESTIMATED, "gnss.estimated"),
        (Fault.MANUAL, "gnss.manual"),
        (Fault.SIMULATOR_MODE, "gnss.simulator_mode"),
        (Fault.DISAGREE, "gnss.disagree"),
        (Fault.OTHER_DATUM, "gnss.other_datum"),
    ],
)
def test_a_receiver_without_a_fix_says_why_and_is_read_when_it_has_one(
    fault: Fault, code: str
) -> None:
    with receiving() as (simulator, receiver):
        receiver.read(WAIT_S)
        simulator.inject(fault, times=None)
        until_code(receiver, code)
        simulator.clear()
        until_fix(receiver)


@pytest.mark.parametrize(
    ("fault", "code"),
    [(Fault.FEW_SATELLITES, "gnss.few_satellites"), (Fault.HIGH_HDOP, "gnss.poor_geometry")],
)
def test_a_poor_fix_is_handed_out_and_the_gate_refuses_it(fault: Fault, code: str) -> None:
    with receiving() as (simulator, receiver):
        simulator.inject(fault, times=None)
        fix = until_fix(receiver, lambda fix: gate(fix, fix.received_at) != [])
    assert gate(fix, fix.received_at) == [code]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.WEEK_ROLLOVER, "gnss.week_rollover"),
        (Fault.TIME_JUMP, "gnss.time_jump"),
        (Fault.PLACE_JUMP, "gnss.place_jump"),
    ],
)
def test_what_is_strange_is_said_before_the_fix_that_carries_it(fault: Fault, code: str) -> None:
    with receiving() as (simulator, receiver):
        receiver.read(WAIT_S)
        simulator.inject(fault, times=None)
        until_code(receiver, code)
        assert code in receiver.read(WAIT_S).doubts


def test_a_receiver_that_stands_still_in_time_gives_no_more_fixes() -> None:
    with receiving() as (simulator, receiver):
        simulator.inject(Fault.FROZEN, times=None)
        until_code(receiver, "gnss.no_fix")
        before = datetime.now(UTC)
        simulator.clear()
        assert until_fix(receiver).time > before - timedelta(seconds=0.01)


@pytest.mark.parametrize(
    "fault",
    [*(set(LineFault) - {LineFault.ENDLESS_NOISE, LineFault.UNPLUGGED}), Fault.WRONG_CHECKSUM],
)
def test_one_spoiled_epoch_is_got_over(fault: StrEnum) -> None:
    with receiving() as (simulator, receiver):
        receiver.read(WAIT_S)
        simulator.inject(fault)
        fix = until_fix(receiver)
        assert (fix.simulated, distance_m(fix.position, NOWHERE) < 20) == (True, True)


@pytest.mark.parametrize("fault", [LineFault.DOUBLED, Fault.WRONG_CHECKSUM])
def test_a_line_on_which_nothing_can_be_read_is_a_typed_error(fault: StrEnum) -> None:
    hasty = replace(BUSY, patience=1.0)
    with sending(fault) as simulator:
        with pytest.raises(BadFrame) as unreadable:
            gnss.open(simulator.url, settings=hasty)
        assert unreadable.value.code == "gnss.unreadable"
        simulator.clear()
        with gnss.open(simulator.url, settings=BUSY) as receiver:
            until_fix(receiver)


def test_noise_that_never_ends_is_a_typed_error_and_a_fix_is_read_when_it_stops() -> None:
    with receiving(replace(BUSY, patience=1.0)) as (simulator, receiver):
        simulator.inject(LineFault.ENDLESS_NOISE)
        until_code(receiver, "gnss.unreadable")
        simulator.clear()
        until_fix(receiver)


def test_a_receiver_that_falls_silent_is_not_one_without_a_fix() -> None:
    with receiving(replace(BUSY, patience=1.5)) as (simulator, receiver):
        simulator.inject(LineFault.BUSY, times=None)
        until_code(receiver, "device.timeout")
        simulator.clear()
        until_fix(receiver)


def test_a_line_on_which_nobody_speaks_is_a_timeout_at_opening() -> None:
    with sending(LineFault.BUSY) as simulator, pytest.raises(Timeout):
        gnss.open(simulator.url, settings=replace(BUSY, patience=0.5))


def test_a_receiver_that_is_unplugged_says_so_and_is_read_when_it_is_back(tmp_path: Path) -> None:
    with sending(at=str(tmp_path / "gnss")) as simulator:
        with gnss.open(simulator.url, settings=BUSY) as receiver:
            simulator.inject(LineFault.UNPLUGGED)
            with pytest.raises(Unplugged):
                until_fix(receiver, lambda _: False)
        with pytest.raises(Unplugged):
            gnss.open(simulator.url)
        simulator.plug_in()
        with gnss.open(simulator.url, settings=BUSY) as receiver:
            until_fix(receiver)


def test_a_fix_from_before_the_read_is_not_handed_out() -> None:
    with receiving() as (simulator, receiver):
        receiver.read(WAIT_S)
        simulator.wait_for(EPOCH, WAIT_S)
        receiver._listened = float("-inf")  # as after a pause that no test should wait for
        before = datetime.now(UTC)
        assert receiver.read(WAIT_S).received_at >= before


def test_while_it_rests_what_comes_is_dropped_and_that_is_no_silence() -> None:
    with receiving(replace(BUSY, patience=0.8)) as (_, receiver):
        receiver.rest(1.2)
        before = datetime.now(UTC)
        assert until_fix(receiver).received_at >= before - timedelta(seconds=0.1)


def test_nothing_is_ever_written_to_a_receiver() -> None:
    with ListeningSimulator(interval=0.2, baudrate=FAST) as simulator:
        with gnss.open(simulator.url, settings=BUSY) as receiver:
            receiver.read(WAIT_S)
        with serial.Serial(simulator.url) as port:
            port.write(b"?")
            while not simulator.received:
                simulator.wait_for(EPOCH)
    assert simulator.received == b"?"


@contextmanager
def at_its_own_rate(rate: int) -> Iterator[str]:
    """A line on which sentences are readable only for a host that set this rate."""
    with PseudoTerminal(FAST) as line:
        end = os.open(line.path, os.O_RDWR | os.O_NOCTTY)
        stop = threading.Event()
        spoken = getattr(termios, f"B{rate}")

        def speak() -> None:
            while not stop.wait(0.1):
                data = burst(VirtualEpoch(datetime.now(UTC), NOWHERE))
                right = termios.tcgetattr(end)[5] == spoken
                line.write(data if right else bytes(byte ^ 0xA5 for byte in data[::2]))

        hand = threading.Thread(target=speak)
        hand.start()
        try:
            yield line.url
        finally:
            stop.set()
            hand.join()
            os.close(end)


def test_the_rate_is_found_where_that_is_asked_for() -> None:
    settings = GnssSettings(baudrate=9600, patience=1.5)
    with at_its_own_rate(38_400) as url:
        with pytest.raises(BadFrame) as unreadable:
            gnss.open(url, settings=settings)
        assert unreadable.value.code == "gnss.unreadable"
        with gnss.open(url, settings=replace(settings, detect_baudrate=True)) as receiver:
            assert receiver.baudrate == 38_400
            until_fix(receiver)


def test_where_it_stands_shows_in_no_repr_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), receiving() as (simulator, receiver):
        simulator.inject(Fault.DISAGREE)
        fix = until_fix(receiver)
        shown = repr(fix) + repr(vars(receiver)) + caplog.text
    for said in (f"{fix.latitude:.3f}", "3854.0", "10430.0"):
        assert said not in shown


def test_knobs_are_turned_by_name_and_an_unknown_one_is_refused() -> None:
    with pytest.raises(KeyError):
        GnssSimulator().knob("on_fire")
    assert {"cold_start", "place_jump", "endless_noise"} <= set(GnssSimulator.faults())


# --- watched by the manager ---


@contextmanager
def watched(simulator: GnssSimulator, patience: float = 20.0) -> Iterator[Manager]:
    settings = {"baudrate": FAST, "patience": patience, "time_jump": 60.0}
    with Manager([DeviceConfig("gnss", "gnss", simulator.url, settings)]) as manager:
        yield manager


def until_event(manager: Manager, kind: type) -> Any:
    while (event := manager.next(60)) is not None:
        if isinstance(event, kind):
            return event
        assert not isinstance(event, Lost)
    raise AssertionError(f"no {kind.__name__}")


def test_fixes_are_taken_though_nobody_asked_and_a_jump_is_a_trouble() -> None:
    with sending() as simulator, watched(simulator) as manager:
        assert until_event(manager, Connected).simulated
        taken = until_event(manager, Taken)
        assert isinstance(taken.value, Fix)
        simulator.inject(Fault.PLACE_JUMP, times=None)
        assert until_event(manager, Troubled).code == "gnss.place_jump"


def test_a_receiver_without_a_fix_is_not_lost_and_one_that_is_silent_is() -> None:
    with sending() as simulator, watched(simulator, patience=2.0) as manager:
        until_event(manager, Connected)
        simulator.inject(Fault.NO_FIX, times=None)
        while (event := manager.next(4.0)) is not None:
            assert isinstance(event, Taken)
        assert manager.health()[0].losses == 0
        simulator.inject(LineFault.BUSY, times=None)
        while not isinstance(event, Lost):
            event = manager.next(60)
            assert event is not None
        assert event.code == "device.timeout"
        simulator.clear()
        until_event(manager, Recovered)
