"""What the driver adds to the wire time of a full read of a resident ID card.

A full read is find, select, read; its wire time is that of every byte, both ways, at ten bits a
byte. The reader is the simulator, in a process of its own, on a pseudo-terminal; it paces its bytes
at the line's rate, and whatever it is late by itself counts against the driver too. So the same
bytes are also read by a loop that does nothing else (`bare`), turn by turn in the same run: what it
needs beyond the wire time is the simulator's and the system's.
"""

import argparse
import json
import os
import select
import statistics
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from devices import resident_id
from devices.resident_id import codec

from .record import recording

BAUDRATE = 115_200
ANSWERS = {codec.FIND: 15, codec.SELECT: 19, codec.READ_BASE: 1295}
"""Bytes of each step's answer; each question has ten."""
WIRE_BYTES = sum(len(command.encode()) + answer for command, answer in ANSWERS.items())
WIRE_MS = WIRE_BYTES * 10 / BAUDRATE * 1000
QUIET = 0.1
"""The quantile that other work on the machine disturbs little."""
WARM = 3


def main() -> None:
    """Measure and write `benchmarks/results/devices_reading.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--reads", type=int, default=60)
    arguments = parser.parse_args()
    command = f"python -m benchmarks.devices_reading --reads {arguments.reads}"
    with recording("devices_reading", command, 0, arguments.out) as record, _reader() as url:
        record.figures = _measured(url, arguments.reads)
    print(json.dumps({k: v for k, v in record.figures.items() if k != "raw_ms"}, indent=2))


def _measured(url: str, reads: int) -> dict[str, Any]:
    times: dict[str, list[float]] = {"driver": [], "bare": []}
    cpu: list[float] = []
    for _ in range(WARM + reads):
        with resident_id.open(url) as reader:
            used = time.thread_time()
            times["driver"].append(_timed(partial(reader.read, 5)))
            cpu.append((time.thread_time() - used) * 1000)
        with _port(url) as port:
            times["bare"].append(_timed(partial(_bare, port)))
    kept = {name: sorted(one[WARM:]) for name, one in times.items()}
    return {
        "baudrate": BAUDRATE,
        "reads": reads,
        "wire_bytes": WIRE_BYTES,
        "wire_ms": round(WIRE_MS, 2),
        "over_wire_percent": {name: _over(one) for name, one in kept.items()},
        "driver_over_bare_percent_of_wire": {
            name: round((_at(kept["driver"], part) - _at(kept["bare"], part)) / WIRE_MS * 100, 2)
            for name, part in (("quiet", QUIET), ("median", 0.5))
        },
        "driver_cpu_ms": round(statistics.median(cpu[WARM:]), 2),
        "raw_ms": {name: [round(ms, 3) for ms in one[WARM:]] for name, one in times.items()},
    }


def _over(ordered: list[float]) -> dict[str, float]:
    """Beyond the wire time, in its percent."""
    named = {"quiet": QUIET, "median": 0.5, "p90": 0.9}
    return {
        name: round((_at(ordered, part) / WIRE_MS - 1) * 100, 2) for name, part in named.items()
    }


def _at(ordered: list[float], part: float) -> float:
    return statistics.quantiles(ordered, n=100, method="inclusive")[round(part * 100) - 1]


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def _bare(port: int) -> None:
    """The same questions and as many bytes of answers, without looking at them."""
    for command, expected in ANSWERS.items():
        os.write(port, command.encode())
        left = expected
        while left:
            select.select([port], [], [])
            left -= len(os.read(port, left))


@contextmanager
def _port(url: str) -> Iterator[int]:
    port = os.open(url, os.O_RDWR | os.O_NOCTTY)
    try:
        termios.tcflush(port, termios.TCIOFLUSH)
        yield port
    finally:
        os.close(port)


@contextmanager
def _reader() -> Iterator[str]:
    """The simulator's port."""
    command = [sys.executable, "-m", "devices.cli", "simulate", "resident-id"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(timeout=10)


if __name__ == "__main__":
    main()
