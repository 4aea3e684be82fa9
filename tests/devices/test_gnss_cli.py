"""The commands for GNSS receivers, each in a process of its own."""

import json

import pytest

from devices.gnss.simulator import GnssSimulator
from devices.gnss.virtual import Fault

from .test_cli import devices, running


@pytest.mark.parametrize("at", [[], ["--at", "tcp://127.0.0.1:0"]], ids=["pty", "tcp"])
def test_a_simulator_in_one_process_is_read_by_another(at: list[str]) -> None:
    place = ["--latitude", "38.5", "--longitude", "104.25"]
    with running("simulate", "gnss", *place, *at, "--json") as (_, line):
        port = json.loads(line)["port"]
        done = devices("read", "gnss", "--port", port, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    fix = json.loads(done.stdout)
    assert fix["latitude"] == pytest.approx(38.5, abs=0.001)
    assert fix["longitude"] == pytest.approx(104.25, abs=0.001)
    assert (fix["datum"], fix["simulated"], fix["refused_by_gate"]) == ("wgs84", True, [])


def test_a_receiver_without_a_fix_is_one_sentence_and_a_code() -> None:
    with GnssSimulator(baudrate=115_200) as simulator:
        simulator.inject(Fault.NO_FIX, times=None)
        done = devices("read", "gnss", "--port", simulator.url, "--timeout", "0.1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The receiver has no position yet. [gnss.no_fix]\n"


def test_what_is_strange_about_a_fix_is_said_beside_it() -> None:
    with GnssSimulator() as simulator:
        simulator.inject(Fault.WEEK_ROLLOVER, times=None)
        done = devices("read", "gnss", "--port", simulator.url)
    assert done.returncode == 0
    assert "[gnss.week_rollover]" in done.stderr
    assert "gnss.week_rollover" in done.stdout
