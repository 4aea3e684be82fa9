"""A line's reads: woken by bytes and by nothing else, where the system can do that."""

import resource
import sys
import threading
import time

import pytest

from devices.errors import Unplugged
from devices.resident_id.simulator import ResidentIdSimulator
from devices.serial_line import SerialLine


@pytest.mark.skipif(sys.platform != "linux", reason="counts a thread's switches as Linux does")
@pytest.mark.parametrize("at", [None, "tcp://127.0.0.1:0"], ids=["pty", "tcp"])
def test_a_line_at_rest_wakes_nobody(at: str | None) -> None:
    with ResidentIdSimulator(at=at) as simulator, SerialLine(simulator.url, 115_200) as line:
        before = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
        line.rest(0.5)
        assert resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw - before <= 3


def test_a_port_that_cannot_wake_anybody_is_read_in_slices() -> None:
    with SerialLine("loop://", 115_200) as line:
        assert line.read(time.monotonic()) == b""
        threading.Timer(0.05, line.write, [b"late"]).start()
        came = b""
        while len(came) < 4:
            came += line.read(time.monotonic() + 60)
        assert came == b"late"


@pytest.mark.parametrize("at", [None, "tcp://127.0.0.1:0"], ids=["pty", "tcp"])
def test_a_line_that_hangs_up_wakes_who_waits_for_it(at: str | None) -> None:
    with ResidentIdSimulator(at=at) as simulator, SerialLine(simulator.url, 115_200) as line:
        threading.Timer(0.05, simulator.unplug).start()
        with pytest.raises(Unplugged):
            line.read(time.monotonic() + 60)


def test_a_line_that_was_closed_here_is_unplugged() -> None:
    with ResidentIdSimulator() as simulator:
        line = SerialLine(simulator.url, 115_200)
        line.close()
        with pytest.raises(Unplugged):
            line.read(time.monotonic())
