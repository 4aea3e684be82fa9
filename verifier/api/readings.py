"""Readings that wait for a clerk: in memory, the newest of each desk, two minutes, taken once."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from verifier.protocol.claim import CredentialReading
from verifier.protocol.desk import READING_LIFE_S

MOST_DESKS = 1024


@dataclass(frozen=True)
class Laid:
    """What lies on a desk's reader. Its `repr` shows nothing personal.

    Attributes:
        chip_photo: the photo on the card's chip, PNG; empty where none came with it.
    """

    reading: CredentialReading = field(repr=False)
    chip_photo: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class _Waiting:
    laid: Laid
    until: float


class Readings:
    """Of one verifier process: desk and clerk must reach the same one."""

    def __init__(self, tick: Callable[[], float] = time.monotonic) -> None:
        self._tick = tick
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, desk: str, laid: Laid) -> None:
        """It replaces the one before: the card that lies there now is meant."""
        with self._lock:
            self._forget_old()
            self._waiting[desk] = _Waiting(laid, self._tick() + READING_LIFE_S)
            self._waiting.move_to_end(desk)
            while len(self._waiting) > MOST_DESKS:
                self._waiting.popitem(last=False)

    def take(self, desk: str) -> Laid | None:
        """The newest reading of this desk, once; None where there is none any more."""
        with self._lock:
            self._forget_old()
            found = self._waiting.pop(desk, None)
            return found.laid if found else None

    def __len__(self) -> int:
        with self._lock:
            self._forget_old()
            return len(self._waiting)

    def _forget_old(self) -> None:
        now = self._tick()
        for desk in [desk for desk, one in self._waiting.items() if one.until <= now]:
            del self._waiting[desk]
