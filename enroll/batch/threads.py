"""Batches of training: in threads of this process, over the store of training, a few rows each.

A batch of real work has a process of its own (`launching`), which opens the hospital's store by its
settings; what is practised must never reach that.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import Engine

from verifier.identity.galleries import Gallery
from verifier.policy.models import Policy
from verifier.trust.keys import KeyRing

from ..samples import Faces
from ..service import Enroller
from . import launching, running
from .running import Work

log = structlog.get_logger("verifier")


class Threads:
    """See `launching.Launcher`. Each thread ends after the row at hand when this is closed."""

    def __init__(
        self,
        engine: Engine,
        keyring: KeyRing,
        gallery: Gallery,
        policy: Policy,
        data: Path,
        enroller: Enroller,
        faces: Faces,
        clock: Callable[[], datetime],
    ) -> None:
        self._stop = threading.Event()
        self._work = Work(
            engine=engine,
            keyring=keyring,
            gallery=gallery,
            policy=policy,
            data=data,
            enroller=enroller,
            faces=faces,
            workers=1,
            stop=self._stop,
            clock=clock,
        )
        self._running: list[threading.Thread] = []

    def start(self, batch: str) -> None:
        """See that a thread is at work on this batch; of two one finds it taken and ends."""
        thread = threading.Thread(target=self._carry_out, args=(batch,), name="training-batch")
        self._running = [*(each for each in self._running if each.is_alive()), thread]
        thread.start()

    def close(self) -> None:
        """Wait for every row at hand."""
        self._stop.set()
        self.wait()

    def wait(self) -> None:
        """Until every batch that was started is done, paused or cancelled."""
        for thread in self._running:
            thread.join()

    def _carry_out(self, batch: str) -> None:
        parts = self._work
        try:
            running.work(parts, batch)
        except Exception as error:
            note = running.interrupted(error)
            log.warning("training.batch_ended", code=note)
            mine = parts.gallery.institution
            launching.pause(parts.engine, mine, batch, parts.clock(), note)
