"""A worker for each device, one queue for what they say."""

import queue
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self, TypeVar

from .config import DeviceConfig
from .events import Event
from .health import Health
from .worker import Worker

T = TypeVar("T")

MOST_WAITING = 256
"""Events that wait at most: of a consumer that died, the oldest are dropped and counted."""


class Manager:
    """Use as a context manager. Every method may be called from any thread, and none blocks on a
    device: a device that hangs is its worker's affair alone.
    """

    def __init__(self, devices: Iterable[DeviceConfig]) -> None:
        self._events: queue.Queue[Event] = queue.Queue(MOST_WAITING)
        self._workers = {device.name: Worker(device, self._put) for device in devices}
        self.dropped = 0
        """Events that nobody took in time."""

    def __enter__(self) -> Self:
        for worker in self._workers.values():
            worker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers.values():
            worker.stop()
        for worker in self._workers.values():
            worker.join()

    def want(self, names: Collection[str], ticket: int = 0) -> None:
        """Read from these devices, and from no other that reads on demand.

        A card that lies on a reader is read only while a visit asks for one. `ticket` is any number
        that says for whom: what was begun for another is dropped, and `Taken` carries it.
        """
        for name, worker in self._workers.items():
            worker.want(ticket if name in names else None)

    def want_everything(self, ticket: int = 0) -> None:
        """Read from every device."""
        self.want(self._workers, ticket)

    def use(self, name: str, job: Callable[[Any], T]) -> "Future[T]":
        """Do something with the open device of this name on its own thread, such as print a slip.

        Returns at once. The future gets the job's value or error; `DeviceError` at once where the
        device is away, as soon as it goes, or where this manager ends. Cancelled before its turn,
        the job is not done. Raises `KeyError` for a name that is not listed.
        """
        return self._workers[name].jobs.put(job)

    def next(self, timeout: float | None = None) -> Event | None:
        """The next event; None after `timeout` seconds without one."""
        try:
            return self._events.get(timeout=timeout)
        except queue.Empty:
            return None

    def names(self, *kinds: str) -> list[str]:
        """Devices of these kinds, or of all, as they were listed."""
        return [
            name
            for name, worker in self._workers.items()
            if not kinds or worker.config.kind in kinds
        ]

    def health(self) -> list[Health]:
        """How each device is."""
        return [worker.health for worker in self._workers.values()]

    def _put(self, event: Event) -> None:
        while True:
            try:
                self._events.put_nowait(event)
            except queue.Full:
                self._drop_oldest()
            else:
                return

    def _drop_oldest(self) -> None:
        try:
            self._events.get_nowait()
        except queue.Empty:
            return
        self.dropped += 1
