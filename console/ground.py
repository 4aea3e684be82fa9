"""Where practice happens (练习场): opened when somebody practises, wiped when its day is over.

One ground a verifier, for all who practise at once, so that two can practise what asks for two.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import IO, Protocol

import structlog

from enroll.application import CHINA
from enroll.desk import EnrolmentDesk
from verifier.api import training
from verifier.api.site import Site
from verifier.store.errors import StoreRefused
from verifier.training import store as stores
from verifier.training.store import TrainingStore
from verifier.trust.accounts.sessions import SignedIn

from .refusals import refused

log = structlog.get_logger("verifier")

LEFT_ALONE = timedelta(hours=2)
"""So long nobody practised: then the ground goes, before its day is over."""

LOOK_S = 30.0


class Batches(Protocol):
    """Who works at batches of training, and ends with the ground."""

    def start(self, batch: str) -> None:
        """See that somebody is at work on this batch."""

    def close(self) -> None:
        """Wait until nobody is."""


@dataclass
class Ground:
    """An open ground: what the pages act on in place of the real verifier's parts."""

    site: Site
    desk: EnrolmentDesk
    batches: Batches
    day: date
    used_at: datetime
    admitted: set[str] = field(default_factory=set)

    def close(self) -> None:
        """Finish what is at work, and forget every face that a desk holds."""
        self.batches.close()
        self.site.close()


Furnish = Callable[[Site], tuple[EnrolmentDesk, Batches]]


class Grounds:
    """At most one ground, opened on demand. Its methods block: call them in a thread."""

    def __init__(self, real: Site, furnish: Furnish, name: str) -> None:
        """`furnish` makes a desk and a launcher of batches for a site; `name` is the hospital's."""
        data = real.parts.data
        self._real, self._furnish, self._name = real, furnish, name
        self._folder: Path | None = None if data is None else data / "training"
        self._lock = threading.Lock()
        self._held: IO[bytes] | None = None
        self._store: TrainingStore | None = None
        self._ground: Ground | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="training", daemon=True)

    @property
    def available(self) -> bool:
        """False where this verifier keeps no data of its own."""
        return self._folder is not None

    @property
    def open(self) -> bool:
        """Whether there is one now."""
        return self._ground is not None

    def has(self, ground: Ground) -> bool:
        """Whether this is the one that is open: a reset puts another in its place."""
        return self._ground is ground

    def start(self) -> None:
        """Wipe what a crash left, and look from now on whether the day is over. Of two verifiers
        on one data folder the first has the ground: the other would wipe it under those who
        practise.
        """
        if self._folder is None:
            return
        self._held = stores.hold(self._folder)
        if self._held is None:
            log.warning("training.not_held")
            self._folder = None
        else:
            with suppress(StoreRefused, OSError):
                stores.wipe(self._folder)
            self._thread.start()

    def known(self, who: SignedIn) -> Ground | None:
        """The ground, if it is open, of today, and admits this person already. Does not block."""
        ground = self._ground
        if ground is None or who.account not in ground.admitted or ground.day != self._today():
            return None
        ground.used_at = self._real.parts.clock()
        return ground

    def enter(self, who: SignedIn) -> Ground:
        """The ground of today, opened if there is none. Raises `Refused`."""
        with self._lock:
            self._tidy()
            ground = self._ground or self._opened()
            if who.account not in ground.admitted:
                with ground.site.parts.engine.begin() as conn:
                    mine = ground.site.parts.institution
                    stores.admit(conn, mine, who.account, who.login)
                ground.admitted.add(who.account)
            ground.used_at = self._real.parts.clock()
            return ground

    def reset(self) -> None:
        """As it was at the beginning, for everybody who practises; nothing where there is none."""
        with self._lock:
            if self._ground is not None and self._store is not None:
                self._leave()
                self._store.empty()
                self._opened()

    def tidy(self) -> bool:
        """End the ground whose day is over, or that nobody used for long; whether it ended."""
        with self._lock:
            return self._tidy()

    def end(self) -> None:
        """End the ground, if there is one: nothing of it is left."""
        with self._lock:
            self._end()

    def close(self) -> None:
        """End it for good."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(60)
        self.end()
        if self._held is not None:
            self._held.close()
            self._held = None

    def _opened(self) -> Ground:
        if self._folder is None or self._closed.is_set():
            raise refused("training.unavailable")
        try:
            if self._store is None:
                self._store = TrainingStore(self._folder, self._real.parts.institution)
            site = training.open_site(self._real.parts, self._store, self._name)
        except (StoreRefused, OSError) as error:
            log.warning("training.not_opened", error=getattr(error, "code", type(error).__name__))
            raise refused("training.unavailable") from None
        desk, batches = self._furnish(site)
        self._ground = Ground(site, desk, batches, self._today(), self._real.parts.clock())
        return self._ground

    def _leave(self) -> None:
        if self._ground is not None:
            self._ground.close()
        self._ground = None

    def _end(self) -> None:
        self._leave()
        if self._store is not None:
            self._store.close()
            self._store = None
            log.info("training.wiped")

    def _tidy(self) -> bool:
        ground = self._ground
        if ground is None:
            return False
        alone = self._real.parts.clock() - ground.used_at > LEFT_ALONE
        if not alone and ground.day == self._today():
            return False
        self._end()
        return True

    def _today(self) -> date:
        return self._real.parts.clock().astimezone(CHINA).date()

    def _keep(self) -> None:
        while not self._closed.wait(LOOK_S):
            try:
                self.tidy()
            except Exception as error:
                log.warning("training.not_wiped", error=type(error).__name__)
