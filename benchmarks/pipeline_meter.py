"""How much of the machine other processes take: rounds are waited for, and sorted, by it."""

import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

QUIET = 0.1
"""A round in which others took less of the machine's processors than this is a quiet one."""


class Meter:
    """What share of the processors others took since it was made (Linux; elsewhere 0)."""

    def __init__(self) -> None:
        self._start = self._now()

    @staticmethod
    def _now() -> tuple[float, float, float]:
        stat = Path("/proc/stat")
        if not stat.is_file():
            return 0.0, 0.0, time.perf_counter()
        ticks = [int(word) for word in stat.read_text().splitlines()[0].split()[1:9]]
        busy = (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")
        return busy, time.process_time(), time.perf_counter()

    def others(self) -> float:
        """0..1."""
        pairs = zip(self._start, self._now(), strict=True)
        busy, own, wall = (after - before for before, after in pairs)
        return max(0.0, (busy - own) / (wall * (os.cpu_count() or 1)))


class Patience:
    """Waits for a quiet moment before a round, as long as its seconds last."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    def wait(self) -> None:
        """Return when the machine is quiet, or when patience has run out."""
        while self._left > 0:
            meter, start = Meter(), time.perf_counter()
            time.sleep(0.2)
            self._left -= time.perf_counter() - start
            if meter.others() < QUIET:
                return


def spread(values: Sequence[float]) -> dict[str, float]:
    """Count, median and the range that holds nine in ten."""
    if not values:
        return {"rounds": 0}
    low, middle, high = (float(value) for value in np.percentile(values, [5, 50, 95]))
    return {
        "rounds": len(values),
        "p5": round(low, 3),
        "median": round(middle, 3),
        "p95": round(high, 3),
    }


def quiet(others: Sequence[float]) -> list[int]:
    """The indices of quiet rounds."""
    return [index for index, share in enumerate(others) if share < QUIET]


def middle(values: Sequence[float]) -> float:
    """Median, rounded."""
    return round(statistics.median(values), 3)
