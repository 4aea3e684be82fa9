"""What a terminal's devices cost while nobody wants anything of them.

Five devices under one `Manager`, each a simulator in a process of its own, all ready and none
asked; the GNSS receiver speaks every second all the same, as real ones do, and is listened to. The
CPU time is this process's, all threads, over a wall time of half a minute.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from devices.manager import Connected, DeviceConfig, Manager, State

from .record import recording

SIMULATED = {
    "resident-id": ("resident_id", {}, ["resident-id"]),
    "second-reader": ("resident_id", {"dialect": "family_a"}, ["resident-id", "--family-a"]),
    "social-security-card": ("social_security_card", {}, ["social-security-card"]),
    "scanner": ("scanner", {}, ["scanner"]),
    "gnss": ("gnss", {}, ["gnss"]),
}
"""By name: kind, settings, and the words of `devices simulate`."""
BUDGET = 0.02
"""Of one core."""
WARM_S = 2.0
CONNECT_S = 60.0


def main() -> int:
    """Measure and write `benchmarks/results/devices_idle.json`; 1 if it is over the budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0)
    arguments = parser.parse_args()
    command = f"python -m benchmarks.devices_idle --seconds {arguments.seconds:g}"
    with recording("devices_idle", command, 0, arguments.out) as record, ExitStack() as running:
        devices = [
            DeviceConfig(name, kind, running.enter_context(_simulator(words)), settings)
            for name, (kind, settings, words) in SIMULATED.items()
        ]
        record.figures = _measured(devices, arguments.seconds)
    print(json.dumps(record.figures, indent=2))
    return int(record.figures["share_of_one_core"] >= BUDGET)


def _measured(devices: list[DeviceConfig], seconds: float) -> dict[str, Any]:
    with Manager(devices) as manager:
        _wait_until_connected(manager, len(devices))
        time.sleep(WARM_S)
        cpu, wall, woken = time.process_time(), time.perf_counter(), _switches()
        time.sleep(seconds)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        woken = _switches() - woken
        health = manager.health()
    if not all(device.state is State.READY for device in health):
        raise RuntimeError(f"not all devices stayed ready: {health}")
    return {
        "devices": {device.name: device.kind for device in health},
        "wall_s": round(wall, 2),
        "cpu_s": round(cpu, 4),
        "share_of_one_core": round(cpu / wall, 5),
        "budget": BUDGET,
        "wakes_per_second": round(woken / wall, 1),
        "taken": {device.name: device.taken for device in health},
    }


def _switches() -> int:
    """How often a thread of this process gave the core away by itself so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw


def _wait_until_connected(manager: Manager, count: int) -> None:
    until = time.monotonic() + CONNECT_S
    connected = set()
    while len(connected) < count:
        event = manager.next(max(0.0, until - time.monotonic()))
        if event is None:
            raise RuntimeError(f"only {sorted(connected)} answered")
        if isinstance(event, Connected):
            connected.add(event.device)


@contextmanager
def _simulator(words: list[str]) -> Iterator[str]:
    """Its port."""
    command = [sys.executable, "-m", "devices.cli", "simulate", *words, "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["port"]
    finally:
        process.terminate()
        process.wait(timeout=10)


if __name__ == "__main__":
    raise SystemExit(main())
