"""What others want done with an open device: a queue that its own thread works off."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from devices.errors import DeviceError, Refused

T = TypeVar("T")

MOST_WAITING = 16
"""Jobs that wait at most for one device; one more is refused."""

Job = tuple["Future[Any]", Callable[[Any], Any]]


class Jobs:
    """`put` from any thread; the rest on the device's own. A job waits only while the device is
    being opened or is there.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Job] = deque()
        self._away: DeviceError | None = None

    def put(self, job: Callable[[Any], T]) -> "Future[T]":
        """Queue a job; where the device is away, the future has that error at once."""
        future: Future[T] = Future()
        with self._lock:
            away = self._away
            if away is None and len(self._waiting) >= MOST_WAITING:
                away = Refused("device.port_busy", "too many jobs")
            if away is None:
                self._waiting.append((future, job))
        if away is not None:
            future.set_exception(away)
        return future

    def open(self) -> None:
        """The device is there."""
        with self._lock:
            self._away = None

    def close(self, error: DeviceError) -> None:
        """The device is away: nobody waits for it."""
        with self._lock:
            self._away = error
            waiting, self._waiting = self._waiting, deque()
        for future, _ in waiting:
            if future.set_running_or_notify_cancel():
                future.set_exception(error)

    def do_one(self, device: Any) -> bool:
        """Do the next job, if there is one; its error is its owner's."""
        with self._lock:
            if not self._waiting:
                return False
            future, job = self._waiting.popleft()
        if not future.set_running_or_notify_cancel():
            return True
        try:
            future.set_result(job(device))
        except Exception as error:
            future.set_exception(error)
        return True
