"""Sends what waits, on a quiet thread of its own. Several verifiers share the work."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine

from verifier.protocol.his import DecidedNow
from verifier.trust.keys import KeyRing

from . import decisions, webhooks
from .sending import Sender, signed
from .webhooks import DELAYS, Due

log = structlog.get_logger("verifier")

TURN_S = 2.0
AT_ONCE = 4
MOST = 16
"""Messages of one turn: with so many at once each has its answer, or none, within the lease."""


@dataclass(frozen=True)
class Turn:
    """What one turn did."""

    made: int = 0
    delivered: int = 0
    later: int = 0
    dead: int = 0


class Dispatcher:
    """One institution's messages."""

    def __init__(
        self,
        engine: Engine,
        keyring: KeyRing,
        institution: str,
        clock: Callable[[], datetime],
        sender: Sender | None = None,
        delays: tuple[timedelta, ...] = DELAYS,
    ) -> None:
        self._engine, self._keyring = engine, keyring
        self._institution, self._clock = institution, clock
        self._sender, self._delays = sender or Sender(), delays
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the turn under way."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(60)

    def turn(self) -> Turn:
        """Take over what is new in the feed and send what is due, once."""
        at = self._clock()
        with self._engine.begin() as conn:
            made = webhooks.follow(conn, self._institution, at)
        with self._engine.begin() as conn:
            due = webhooks.due(conn, self._institution, at, MOST)
            ids = [each.decision for each in due if each.decision]
            known = decisions.some(conn, self._keyring, self._institution, ids) if ids else {}
        if not due:
            return Turn(made)
        with ThreadPoolExecutor(AT_ONCE) as side_by_side:
            ended = list(side_by_side.map(lambda each: self._send(each, known), due))
        return Turn(made, *(ended.count(word) for word in ("delivered", "later", "dead")))

    def _send(self, message: Due, known: dict[str, DecidedNow]) -> str:
        decided = known.get(message.decision) if message.decision else None
        if message.decision and decided is None:  # its time is over
            taken, answer = True, "decision.gone"
        else:
            compact = signed(self._keyring, self._institution, message.id, decided)
            taken, answer = self._sender.send(message.url, message.id, compact)
        at = self._clock()
        with self._engine.begin() as conn:
            if taken:
                webhooks.delivered(conn, message.id, answer, at)
                return "delivered"
            if webhooks.not_delivered(conn, message, answer, at, self._delays):
                log.warning("webhook.dead", delivery=message.id, answer=answer)
                return "dead"
        return "later"

    def _keep(self) -> None:
        while not self._closed.wait(TURN_S):
            try:
                while self.turn().delivered == MOST and not self._closed.is_set():
                    continue  # more wait, and somebody takes them
            except Exception as error:
                log.warning("webhooks.turn_failed", error=type(error).__name__)
