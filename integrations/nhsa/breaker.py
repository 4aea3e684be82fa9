"""Not everybody waits for a platform that is away: after a few failures the next hear at once."""

import threading
import time
from collections.abc import Callable


class Breaker:
    """Closed until `after` failures in a row; then for each `rest_s` seconds one may try.

    Safe to share between threads.
    """

    def __init__(
        self, after: int = 3, rest_s: float = 10.0, tick: Callable[[], float] = time.monotonic
    ) -> None:
        self._after, self._rest_s, self._tick = after, rest_s, tick
        self._failures = 0
        self._next_try = 0.0
        self._lock = threading.Lock()

    def may_ask(self) -> bool:
        """Whether the platform is worth a try now. Of those who wait for one, the first gets it."""
        with self._lock:
            if self._failures < self._after:
                return True
            if self._tick() < self._next_try:
                return False
            self._next_try = self._tick() + self._rest_s
            return True

    def answered(self) -> bool:
        """It answered, whatever it said. True where it had been given up."""
        with self._lock:
            was_open, self._failures = self._failures >= self._after, 0
            return was_open

    def failed(self) -> bool:
        """It did not. True where it is given up by this."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._after:
                self._next_try = self._tick() + self._rest_s
            return self._failures == self._after
