"""How many wrong codes may be tried, per source and in all: two token buckets in memory."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from verifier.protocol.errors import refusal

MOST_SOURCES = 1024


@dataclass
class _Bucket:
    left: float
    at: float


@dataclass(frozen=True)
class Allowance:
    """So many at once, and one more every so many seconds."""

    burst: int
    every_s: float


class Attempts:
    """Each attempt takes a token of its source and one of all; a right one gives them back."""

    def __init__(
        self,
        source: Allowance = Allowance(5, 60.0),
        everybody: Allowance = Allowance(30, 10.0),
        code: str = "registration.too_many",
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source, self._everybody, self._tick = source, everybody, tick
        self._code = code
        self._all = _Bucket(everybody.burst, tick())
        self._sources: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, source: str) -> None:
        """One attempt. Raises `Refused` with the code, and when to come again."""
        with self._lock:
            mine = self._of(source)
            wait = max(self._wait(mine, self._source), self._wait(self._all, self._everybody))
            if wait > 0:
                raise refusal(self._code, retry_after=round(wait + 0.5))
            mine.left -= 1
            self._all.left -= 1

    def give_back(self, source: str) -> None:
        """It was no wrong code."""
        with self._lock:
            self._of(source).left += 1
            self._all.left += 1

    def _of(self, source: str) -> _Bucket:
        bucket = self._sources.setdefault(source, _Bucket(self._source.burst, self._tick()))
        self._sources.move_to_end(source)
        while len(self._sources) > MOST_SOURCES:
            self._sources.popitem(last=False)
        return bucket

    def _wait(self, bucket: _Bucket, allowed: Allowance) -> float:
        at = self._tick()
        bucket.left = min(allowed.burst, bucket.left + (at - bucket.at) / allowed.every_s)
        bucket.at = at
        return max(0.0, (1 - bucket.left) * allowed.every_s)
