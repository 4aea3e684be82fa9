"""What a verifier does unasked: memory follows the gallery, and rows whose time is over go."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine, text

from verifier.identity import filing
from verifier.identity.retention import Sweeper
from verifier.matching.following import FollowedGallery
from verifier.practice import rechecks, windows
from verifier.practice.rules import PracticeRules
from verifier.trust.keys import KeyRing

log = structlog.get_logger("verifier")

CROPS_KEPT = timedelta(days=30)
CHALLENGES_KEPT = timedelta(days=1)
"""Of those that no decision names; a spent one answers `claim.undecided` for so long."""

FOLLOW_S = 30.0
"""A template whose consent was withdrawn leaves memory after at most so many seconds."""

SWEEP_EVERY = 120
RETIRE_EVERY = 2880
"""Turns of `FOLLOW_S`: once a day, and a turn after the start."""

_SWEEPS = {
    "seen_crops": text("DELETE FROM seen_crops WHERE seen_at < :crops"),
    "used_assertions": text("DELETE FROM used_assertions WHERE expires_at < :now"),
    "used_tokens": text("DELETE FROM used_tokens WHERE expires_at < :now"),
    "challenges": text(
        "DELETE FROM challenges AS c WHERE c.expires_at < :challenges "
        "AND NOT EXISTS (SELECT 1 FROM decisions AS d WHERE d.challenge = c.id)"
    ),
}


class Housekeeper:
    """One quiet thread. A turn that fails is tried again at the next."""

    def __init__(
        self,
        engine: Engine,
        keyring: KeyRing,
        gallery: FollowedGallery,
        practice: PracticeRules,
        clock: Callable[[], datetime],
        nightly: Callable[[], int] = int,
    ) -> None:
        self._engine, self._keyring = engine, keyring
        self._gallery, self._practice = gallery, practice
        self._clock, self._nightly = clock, nightly
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="housekeeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the turn under way."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def follow(self) -> int:
        """Take over the gallery's changes; how many there were."""
        with self._engine.begin() as conn:
            return self._gallery.follow(conn)

    def sweep(self) -> dict[str, int]:
        """Delete rows whose time is over; how many of each table."""
        now = self._clock()
        ends = {"now": now, "crops": now - CROPS_KEPT, "challenges": now - CHALLENGES_KEPT}
        gone = {}
        for table, statement in _SWEEPS.items():
            named = {name: ends[name] for name in statement.compile().params}
            with self._engine.begin() as conn:
                gone[table] = int(conn.execute(statement, named).rowcount)
        return gone

    def end_windows(self) -> int:
        """Close practice windows whose time is over; how many."""
        with self._engine.begin() as conn:
            return windows.end_of_time(conn, self._gallery.gallery.institution, self._clock())

    def ask_again(self) -> int:
        """Ask practitioners whose moment has come to be recognised once more; how many."""
        mine = self._gallery.gallery.institution
        with self._engine.begin() as conn:
            return rechecks.ask(conn, self._keyring, mine, self._practice, self._clock())

    def retire(self) -> dict[str, int]:
        """End what has had its life; say when a mark for filing was passed."""
        mine = self._gallery.gallery
        with self._engine.begin() as conn:
            for mark in filing.note(conn, mine.institution):
                log.warning("filing.mark_reached", mark=mark, said=filing.SAID[mark])
        log.info("watch.run", found=self._nightly())
        gone = Sweeper(self._engine, mine).sweep(self._clock())
        log.info("retention.swept", **gone)
        return gone

    def _keep(self) -> None:
        turn = 0
        while not self._closed.wait(FOLLOW_S):
            turn += 1
            try:
                self.follow()
                self.end_windows()
                self.ask_again()
                if turn % SWEEP_EVERY == 1:
                    log.info("housekeeping.swept", **self.sweep())
                if turn % RETIRE_EVERY == 2:
                    self.retire()
            except Exception as error:
                log.warning("housekeeping.failed", error=type(error).__name__)
