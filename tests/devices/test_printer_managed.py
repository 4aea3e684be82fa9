"""A printer among a terminal's devices: watched without noise, and used without a second port."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

from devices.errors import DeviceError
from devices.manager import Connected, DeviceConfig, Lost, Manager, State, Taken
from devices.manager.jobs import MOST_WAITING, Jobs
from devices.manager.kinds import KINDS
from devices.printer import NotPrinted, Printer, Proof, Slip, Status
from devices.printer.simulator import PrinterFault, PrinterSimulator
from tests.devices.test_cli import devices, running
from tests.devices.test_manager import until

RATE = 115_200
PATIENT = {"baudrate": RATE, "answer_timeout": 2.0}
SLIP = Slip("示范医院", "凭条")


def printing(device: Printer) -> Proof:
    return device.print(SLIP)


@pytest.fixture
def simulator() -> Iterator[PrinterSimulator]:
    with PrinterSimulator(baudrate=RATE) as simulator:
        yield simulator


@pytest.fixture
def manager(simulator: PrinterSimulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    monkeypatch.setitem(KINDS, "printer", replace(KINDS["printer"], every=0.3))
    with Manager([DeviceConfig("slips", "printer", simulator.url, PATIENT)]) as manager:
        yield manager


def next_status(manager: Manager) -> Status:
    taken, _ = until(manager, Taken)
    assert isinstance(taken, Taken)
    assert isinstance(taken.value, Status)
    return taken.value


def test_a_printer_s_status_is_said_when_it_changes_and_not_else(
    manager: Manager, simulator: PrinterSimulator
) -> None:
    connected, _ = until(manager, Connected)
    assert isinstance(connected, Connected)
    assert connected.simulated
    assert next_status(manager).trouble is None
    asked = len(simulator.heard)
    assert manager.next(1.5) is None
    assert len(simulator.heard) - asked <= 4 * 6  # asked now and then, not without pause
    simulator.inject(PrinterFault.PAPER_OUT)
    assert next_status(manager).trouble == "printer.paper_out"
    assert manager.health()[0].code == "printer.paper_out"
    assert manager.health()[0].state is State.READY
    simulator.mend(PrinterFault.PAPER_OUT)
    assert next_status(manager).trouble is None


def test_a_slip_is_printed_on_the_device_s_own_thread(
    manager: Manager, simulator: PrinterSimulator
) -> None:
    until(manager, Connected)
    thread = manager.use("slips", lambda device: threading.current_thread().name)
    assert thread.result(20) == "device-slips"
    assert manager.use("slips", printing).result(20) is Proof.PRINTED
    assert len(simulator.slips) == 1


def test_a_slip_that_fails_is_its_owner_s_affair_and_the_status_is_said_at_once(
    manager: Manager, simulator: PrinterSimulator
) -> None:
    assert next_status(manager).trouble is None
    simulator.inject(PrinterFault.PAPER_OUT_MIDWAY)
    long = Slip("院", footer=("行",) * 20)
    with pytest.raises(NotPrinted):
        manager.use("slips", lambda device: device.print(long)).result(20)
    assert next_status(manager).trouble == "printer.paper_out"
    assert manager.health()[0].losses == 0


def test_nobody_waits_for_a_printer_that_is_away(
    manager: Manager, simulator: PrinterSimulator
) -> None:
    until(manager, Connected)
    simulator.unplug()
    until(manager, Lost)
    with pytest.raises(DeviceError) as away:
        manager.use("slips", printing).result(0)
    assert away.value.code == "device.unplugged"


def test_a_job_of_a_device_that_is_not_listed_is_a_fault_of_the_program(manager: Manager) -> None:
    with pytest.raises(KeyError):
        manager.use("none", printing)


def test_leaving_ends_the_jobs_that_wait(manager: Manager) -> None:
    until(manager, Connected)
    begun, go_on = threading.Event(), threading.Event()

    def hang(_: object) -> None:
        begun.set()
        go_on.wait(20)

    running_job, waiting = manager.use("slips", hang), manager.use("slips", printing)
    assert begun.wait(20)
    ending = threading.Thread(target=manager.__exit__, args=(None, None, None))
    ending.start()
    go_on.set()
    ending.join()
    assert running_job.result(20) is None
    assert waiting.done()


def test_a_job_that_was_cancelled_is_not_done_and_a_queue_has_an_end() -> None:
    jobs, done = Jobs(), []
    first = jobs.put(done.append)
    rest = [jobs.put(done.append) for _ in range(MOST_WAITING)]
    assert first.cancel()
    assert isinstance(rest[-1].exception(0), DeviceError)
    for device in range(MOST_WAITING):
        assert jobs.do_one(device)
    assert not jobs.do_one("nothing left")
    assert done == list(range(1, MOST_WAITING))
    assert all(isinstance(each, Future) and each.done() for each in rest)


def test_the_commands_read_print_and_picture(tmp_path: Path) -> None:
    out = tmp_path / "slips"
    args = ("simulate", "printer", "--out", str(out), "--width", "58", "--baudrate", str(RATE))
    with running(*args) as (_, port):
        line = ("--port", port, "--baudrate", str(RATE), "--json")
        told = devices("read", "printer", *line)
        printed = devices("print", *line, "--width", "58", "--text", "身份核对", "--qr", "abc")
    assert json.loads(told.stdout) == {
        "online": True,
        "cover_open": False,
        "paper_out": False,
        "paper_near_end": False,
        "trouble": None,
        "simulated": True,
    }
    assert (json.loads(printed.stdout), printed.stderr) == ({"proof": "printed"}, "")
    assert (out / "slip-1.png").read_bytes().startswith(b"\x89PNG")


def test_a_running_printer_is_emptied_and_mended_from_another_process() -> None:
    with running("simulate", "printer", "--baudrate", str(RATE), "--json") as (_, line):
        at = json.loads(line)
        reading = ("read", "printer", "--port", at["port"], "--baudrate", str(RATE), "--json")
        turned = devices("knob", at["control"], "paper_out", "--json")
        told = devices(*reading)
        devices("knob", at["control"], "mend", "paper_out")
        after = devices(*reading)
        nothing = devices("knob", at["control"], "tear")
    assert "paper_out" in turned.stdout
    assert json.loads(told.stdout)["trouble"] == "printer.paper_out"
    assert json.loads(after.stdout)["trouble"] is None
    assert (nothing.returncode, nothing.stderr.endswith("[simulator.no_paper]\n")) == (1, True)


def test_a_printer_without_paper_is_one_sentence_and_a_code() -> None:
    with running("simulate", "printer", "--fault", "paper_out", "--at", "tcp://127.0.0.1:0") as (
        _,
        port,
    ):
        done = devices("print", "--port", port)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("The printer has no paper. On the paper: nothing. [printer.paper_out]\n")
