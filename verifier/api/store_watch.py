"""Whether PostgreSQL is there: said once when it goes, once when it is back, tried meanwhile.

While it is away nobody waits for it: who asks hears at once that the verifier cannot answer, and
when to come again. Nothing is lost, since nothing was promised.
"""

import threading
from collections.abc import Callable

import structlog

from verifier.protocol.errors import refusal

from .metrics import Metrics
from .problems import STORE_RETRY_S

log = structlog.get_logger("verifier")

WAITS_S = (0.2, 0.5, 1.0, 2.0, 5.0)


class StoreWatch:
    """`revive` brings the store back or raises: it starts an embedded server, and asks another."""

    def __init__(self, metrics: Metrics, revive: Callable[[], None]) -> None:
        self._metrics = metrics
        self._revive = revive
        self._away = threading.Event()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def away(self) -> bool:
        """True from the first lost connection until the store answers again."""
        return self._away.is_set()

    def refuse_while_away(self) -> None:
        """Raise `Refused` with `verifier.unavailable` while the store is away."""
        if self.away:
            raise refusal("verifier.unavailable", note="store", retry_after=STORE_RETRY_S)

    def lost(self) -> None:
        """A connection could not be made, or broke."""
        with self._lock:
            if self.away or self._closed.is_set():
                return
            self._away.set()
            self._metrics.store_away.set(1)
            log.error("store.away")
            self._thread = threading.Thread(target=self._recover, name="store-watch", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop trying."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(30)

    def _recover(self) -> None:
        tried = 0
        while not self._closed.wait(WAITS_S[min(tried, len(WAITS_S) - 1)]):
            tried += 1
            try:
                self._revive()
            except Exception:  # noqa: S112  (said once, when it went)
                continue
            with self._lock:
                self._away.clear()
            self._metrics.store_away.set(0)
            log.info("store.back", tries=tried)
            return
