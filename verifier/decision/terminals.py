"""Registered terminals, remembered for seconds so that a signature costs no look into the store.

A suspension does not wait for the memory: the statement that a request runs anyway, whichever it
is, reads the terminal's state again.
"""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from sqlalchemy import Engine

from verifier.protocol.errors import refusal
from verifier.trust import terminals
from verifier.trust.terminals import TerminalRecord

REMEMBERED_S = 5.0
MOST = 4096
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


class TerminalDirectory:
    """Looks terminals up, and remembers how far their clocks were off."""

    def __init__(self, engine: Engine, tick: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._tick = tick
        self._known: OrderedDict[str, tuple[float, TerminalRecord]] = OrderedDict()
        self._skews: dict[str, float] = {}
        self._lock = threading.Lock()

    def remembered(self, terminal: str) -> TerminalRecord | None:
        """The record if it was read in the last seconds; no look into the store."""
        with self._lock:
            held = self._known.get(terminal)
        return held[1] if held and self._tick() - held[0] < REMEMBERED_S else None

    def find(self, terminal: str) -> TerminalRecord | None:
        """The record, or None where no such terminal is registered."""
        if not _ID.fullmatch(terminal):
            return None
        return self.remembered(terminal) or self._read(terminal)

    def forget(self, terminal: str) -> None:
        """Read it anew next time."""
        with self._lock:
            self._known.pop(terminal, None)

    def note_skew(self, terminal: str, skew_s: float) -> None:
        """Remember a clock's error in seconds (its own minus ours)."""
        with self._lock:
            self._skews[terminal] = skew_s

    def skew(self, terminal: str) -> float | None:
        """The clock's error as last seen by this process."""
        return self._skews.get(terminal)

    def _read(self, terminal: str) -> TerminalRecord | None:
        with self._engine.connect() as conn:
            record = terminals.get(conn, terminal)
        if record is not None:
            with self._lock:
                self._known[terminal] = (self._tick(), record)
                self._known.move_to_end(terminal)
                while len(self._known) > MOST:
                    self._known.popitem(last=False)
        return record


def refuse_unless_it_may(terminal: TerminalRecord, institution: str, purpose: str) -> None:
    """Raise `Refused`: `terminal.suspended`, `auth.forbidden` or `purpose.unknown`."""
    if not terminal.active:
        raise refusal("terminal.suspended")
    if terminal.institution != institution:
        raise refusal("auth.forbidden", note="a terminal of another institution")
    if purpose not in terminal.purposes:
        raise refusal("purpose.unknown", note="not among the terminal's purposes")
