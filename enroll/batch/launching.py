"""Who starts a batch's process, sees it end, and starts it again where it did not end by itself."""

import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import structlog
from sqlalchemy import Engine

from . import spool, store
from .states import AT_WORK, HOLDS_PHOTOS, BatchRefused, State

log = structlog.get_logger("verifier")

MOST_TRIES: Final = 3
AGAIN_AFTER_S: Final = 2.0
WORKER: Final = "batch"
"""Who did it, in the ledger, where no account did."""

Command = Callable[[str], list[str]]


class Launcher(Protocol):
    """What the pages ask for."""

    def start(self, batch: str) -> None:
        """See that a process is at work on this batch."""


class Processes:
    """A child for each batch at work. Each ends when this process does."""

    def __init__(
        self, command: Command | None = None, lost: Callable[[str], None] = lambda _: None
    ) -> None:
        """`lost` is told of a batch whose process did not end well three times."""
        self._command, self._lost = command or _command, lost
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def start(self, batch: str) -> None:
        """See `Launcher`. One that is at work goes on."""
        with self._lock:
            if batch in self._running or self._closed.is_set():
                return
            self._running[batch] = self._child(batch)
        threading.Thread(target=self._watch, args=(batch,), name="batch", daemon=True).start()

    def close(self) -> None:
        """Ask every child to end after its row, and wait for it."""
        self._closed.set()
        with self._lock:
            children = list(self._running.values())
        for child in children:
            if child.stdin is not None:
                child.stdin.close()
            try:
                child.wait(60)
            except subprocess.TimeoutExpired:
                child.kill()  # its row is rolled back, and done again at the next start

    def _child(self, batch: str) -> subprocess.Popen[bytes]:
        # Its standard input says that we live; its settings are this process's own environment.
        return subprocess.Popen(self._command(batch), stdin=subprocess.PIPE)  # noqa: S603

    def _watch(self, batch: str) -> None:
        code = 1
        for tried in range(1, MOST_TRIES + 1):
            code = self._running[batch].wait()
            log.info("batch.process_ended", batch=batch, code=code)
            if code == 0 or tried == MOST_TRIES or self._closed.wait(AGAIN_AFTER_S):
                break
            with self._lock:
                self._running[batch] = self._child(batch)
        with self._lock:
            del self._running[batch]
        if code and not self._closed.is_set():
            self._lost(batch)


def resume(launcher: Launcher, engine: Engine, institution: str) -> int:
    """Go on with every batch that was at work when the last process ended; how many."""
    with engine.connect() as conn:
        found = store.in_states(conn, institution, AT_WORK)
    for batch in found:
        launcher.start(batch)
    return len(found)


def pause(engine: Engine, institution: str, batch: str, at: datetime, note: str) -> None:
    """A batch at work waits for somebody, with the reason. One that is not is left as it is."""
    with suppress(BatchRefused), engine.begin() as conn:
        found = store.find(conn, institution, batch)
        store.move(conn, found, State.PAUSED, WORKER, at, note)


def tidy(engine: Engine, institution: str, data: Path) -> int:
    """Delete folders of batches that need none any more; how many."""
    with engine.connect() as conn:
        return spool.tidy(data, store.in_states(conn, institution, HOLDS_PHOTOS))


def _command(batch: str) -> list[str]:
    return [sys.executable, "-m", "enroll.batch.worker", batch]
