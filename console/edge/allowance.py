"""How many requests one address may make: counted in memory, forgotten with the process."""

import time
from collections import OrderedDict
from collections.abc import Callable

MOST = 10_000
"""Addresses that are remembered; the one unheard for longest goes first."""


class Allowances:
    """A bucket an address, filled evenly; not for several threads."""

    def __init__(self, per_minute: int, tick: Callable[[], float] = time.monotonic) -> None:
        self._most, self._rate, self._tick = float(per_minute), per_minute / 60, tick
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> bool:
        """Whether one more request may pass."""
        now = self._tick()
        left, at = self._held.pop(address, (self._most, now))
        left = min(self._most, left + (now - at) * self._rate)
        may = left >= 1
        self._held[address] = (left - 1 if may else left, now)
        if len(self._held) > MOST:
            self._held.popitem(last=False)
        return may
