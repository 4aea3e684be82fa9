"""A GNSS receiver that is none: the device's side of a line, an epoch every second.

Every epoch carries the mark that simulators own (`sentences`), so every fix taken from it is
stamped `simulated`.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from devices.simulation import LineFault, Simulator

from .fix import Position
from .virtual import NOWHERE, Epoch, Fault, Wander, Way, burst, spoiled, warming

EPOCH = "epoch"
"""What `heard` and `wait_for` know of a receiver, whose host says nothing: that it sent an epoch.
"""


class GnssSimulator(Simulator):
    """Stands still or drives along a way, by the host's clock."""

    FAULTS = (LineFault, Fault)

    def __init__(
        self,
        way: Sequence[Position] = (NOWHERE,),
        *,
        speed_mps: float = 8.0,
        interval: float = 1.0,
        talker: str = "GN",
        gst: bool = True,
        cold: bool = False,
        baudrate: int = 9600,
        at: str | Path | None = None,
        lateness: float = 0.5,
        seed: int = 0,
    ) -> None:
        """As every simulator.

        Args:
            way: where it drives, once, beginning with the first epoch; one point: it stands there.
            speed_mps: metres a second on the way.
            interval: seconds between epochs; an epoch is about 300 bytes, which take their time.
            talker: before every sentence; `GN` several systems, `BD` BeiDou alone.
            gst: whether it tells its standard deviations.
            cold: whether it begins with a cold start.
        """
        if not interval > 0:
            raise ValueError("an interval is positive")
        super().__init__(baudrate=baudrate, at=at, lateness=lateness, seed=seed)
        self._way, self._wander = Way(way, speed_mps), Wander(self._dice)
        self._interval, self._talker, self._gst = interval, talker, gst
        self._began: float | None = None
        self._next = time.monotonic()
        self._told: datetime | None = None
        self._since_cold: int | None = 0 if cold else None

    def _due(self) -> float | None:
        return max(0.0, self._next - time.monotonic()) if self._open_line().plugged_in else None

    def _tick(self) -> None:
        now = time.monotonic()
        # What could not be sent in time is left out, not sent in a heap.
        self._next = max(self._next + self._interval, now)
        faults = self._faults_for(EPOCH)
        epoch = spoiled(self._warmed(self._seen(now), faults), faults)
        self._send(burst(epoch, faults, talker=self._talker, gst=self._gst), faults)

    def _seen(self, now: float) -> Epoch:
        if self._began is None:
            self._began = now
        position, speed, course = self._way.at(now - self._began)
        return Epoch(datetime.now(UTC), self._wander.step(position, self._interval), speed, course)

    def _warmed(self, epoch: Epoch, faults: frozenset[StrEnum]) -> Epoch:
        if Fault.FROZEN in faults and self._told is not None:
            epoch = Epoch(self._told, epoch.position, epoch.speed_mps, epoch.course)
        self._told = epoch.time
        if Fault.COLD_START in faults:
            self._since_cold = 0
        if self._since_cold is None:
            return epoch
        self._since_cold += 1
        return warming(epoch, self._since_cold - 1)
