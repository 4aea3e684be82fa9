"""Slips for desks' printers: in memory for a minute, asked for by the desk, handed out once.

A page never speaks to the machine that it runs on, and no verifier calls a desk: a desk's agent
asks with signed requests. What it gets is an emergency's temporary number and time.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from verifier.protocol.desk import Printed, PrinterIs, PrintJob
from verifier.protocol.values import new_id

WAITS_S: Final = 60.0
"""Then an unfetched job is nobody's, and a fetched one without an answer is given up."""
TOLD_S: Final = 600.0
"""So long a page can ask what became of a job."""
HEARD_S: Final = 15.0
"""A printer of which nothing was heard for so long is not offered."""
MOST: Final = 256

State = Literal["waiting", "handed", "unanswered"] | Printed


@dataclass
class _Job:
    desk: str
    item: str
    said: PrintJob
    at: float
    state: State = "waiting"


class Prints:
    """Of one verifier process: desk and clerk must reach the same one."""

    def __init__(self, tick: Callable[[], float] = time.monotonic) -> None:
        self._tick = tick
        self._jobs: dict[str, _Job] = {}
        self._printers: dict[str, tuple[PrinterIs, float]] = {}
        self._lock = threading.Lock()

    def printer(self, desk: str) -> PrinterIs | None:
        """How a desk's printer said that it is; None where none was heard of lately."""
        with self._lock:
            found = self._printers.get(desk)
            return found[0] if found and self._tick() - found[1] < HEARD_S else None

    def put(
        self, desk: str, item: str, number: str, at: datetime, language: Literal["zh", "en"]
    ) -> None:
        """Have an emergency's number printed there; in place of what waits for the same visit."""
        said = PrintJob(job=new_id(), number=number, at=at, language=language)
        with self._lock:
            self._forget_old()
            waiting = [k for k, one in self._jobs.items() if one.item == item]
            for job in waiting if len(self._jobs) < MOST else list(self._jobs)[:1] + waiting:
                self._jobs.pop(job, None)
            self._jobs[said.job] = _Job(desk, item, said, self._tick())

    def ask(self, desk: str, printer: PrinterIs) -> list[PrintJob]:
        """What waits for this desk, oldest first; a printer that cannot print gets none."""
        with self._lock:
            self._forget_old()
            self._printers[desk] = (printer, self._tick())
            if printer != "ready":
                return []
            mine = [j for j in self._jobs.values() if j.desk == desk and j.state == "waiting"][:8]
            for job in mine:
                job.state = "handed"
            return [job.said for job in mine]

    def done(self, desk: str, job: str, outcome: Printed) -> bool:
        """What became of a job of this desk; whether there is such a job."""
        with self._lock:
            found = self._jobs.get(job)
            if found is None or found.desk != desk:
                return False
            found.state = outcome
            return True

    def state_of(self, item: str) -> State | None:
        """Of the newest job for a visit; None where none was asked for lately."""
        with self._lock:
            self._forget_old()
            return next((one.state for one in self._jobs.values() if one.item == item), None)

    def _forget_old(self) -> None:
        now = self._tick()
        for name, job in list(self._jobs.items()):
            if job.at + TOLD_S <= now:
                del self._jobs[name]
            elif job.state in ("waiting", "handed") and job.at + WAITS_S <= now:
                job.state = "unanswered"
        self._printers = {k: v for k, v in self._printers.items() if now - v[1] < HEARD_S}
