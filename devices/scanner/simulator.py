"""A 2-D scanner that is none: the device's side of a line, at the line's rate.

Every message carries the mark that simulators own (`codec`), so every reading taken from it is
stamped `simulated`.
"""

import time
from pathlib import Path

from devices.simulation import LineFault, Simulator

from .virtual import Ending, Fault, message, pieces

SCANNED = "scanned"
"""What `heard` and `wait_for` know of a scanner, whose host says nothing: that it scanned."""
_PAUSE = 0.02
"""Seconds between a split message's pieces."""


class ScannerSimulator(Simulator):
    """A scanner; a code can be held before it."""

    FAULTS = (LineFault, Fault)

    def __init__(
        self,
        payload: str | bytes | None = None,
        *,
        ending: Ending = Ending.CR,
        repeat_every: float | None = None,
        baudrate: int = 9600,
        at: str | Path | None = None,
        lateness: float = 0.5,
        seed: int = 0,
    ) -> None:
        """As every simulator.

        Args:
            payload: the code that is held before it at first; text is UTF-8.
            ending: what it is set to send behind a payload.
            repeat_every: seconds between two scans of a code that is held; None for one scan, as
                with a trigger. Scanners that stand on a desk commonly repeat (not confirmed).
        """
        super().__init__(baudrate=baudrate, at=at, lateness=lateness, seed=seed)
        self._ending, self._repeat_every = ending, repeat_every
        self._payload: bytes | None = None
        self._next: float | None = None
        self._hold(payload)

    def show(self, payload: str | bytes) -> None:
        """Hold a code before the scanner, in place of whatever is held there."""
        self._hold(payload)
        self._open_line().wake()

    def hide(self) -> None:
        """Take the code away."""
        self._hold(None)

    def _hold(self, payload: str | bytes | None) -> None:
        with self._state:
            self._payload = payload.encode() if isinstance(payload, str) else payload
            self._next = None if payload is None else time.monotonic()

    def _due(self) -> float | None:
        with self._state:
            if self._next is None or not self._open_line().plugged_in:
                return None
            return max(0.0, self._next - time.monotonic())

    def _tick(self) -> None:
        with self._state:
            payload, self._next = self._payload, None
            if payload is not None and self._repeat_every is not None:
                self._next = time.monotonic() + self._repeat_every
        if payload is not None:
            self._scan(payload)

    def _scan(self, payload: bytes) -> None:
        faults = self._faults_for(SCANNED)
        for index, piece in enumerate(pieces(message(payload, self._ending, faults), faults)):
            if index:
                self._stopping.wait(_PAUSE)
            self._send(piece, faults)
