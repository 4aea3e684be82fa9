"""One position as a receiver gave it."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple

_EARTH_M = 6_371_008.8
"""Mean radius (IUGG); against the ellipsoid a distance is wrong by 0.6 % at most."""


class Position(NamedTuple):
    """Degrees, north and east positive."""

    latitude: float
    longitude: float


class AccuracyFrom(StrEnum):
    """What an accuracy was worked out from."""

    GST = "gst"
    """2 · √(σ²lat + σ²lon), from the receiver's own standard deviations (2 DRMS)."""
    HDOP = "hdop"
    """2 · HDOP · UERE, from the satellites' geometry and a range error that is only assumed."""


@dataclass(frozen=True)
class Fix:
    """A position on which GGA and RMC of one epoch agree. `repr` leaves out where."""

    latitude: float = field(repr=False)
    """Degrees, north positive."""
    longitude: float = field(repr=False)
    """Degrees, east positive."""
    quality: int
    """GGA's: 1 SPS, 2 DGPS or SBAS, 3 PPS, 4 RTK fixed, 5 RTK float. 0 and 6 to 8 give no fix."""
    satellites: int
    """In use. Old receivers stop counting at 12."""
    hdop: float
    accuracy_m: float
    """The radius that should hold 95 % of fixes, an estimate: `accuracy_from` says which. Neither
    formula knows of reflections between buildings.
    """
    accuracy_from: AccuracyFrom
    disagreement_m: float
    """Between the positions of GGA and RMC."""
    time: datetime
    """Of the satellites, aware, UTC; the date is RMC's, mended as `doubts` says."""
    received_at: datetime
    """By the host's clock, aware, UTC: when the epoch's first sentence came. Receivers send it
    some tenths of a second after `time` (from memory, not confirmed).
    """
    age_s: float
    """Seconds since then when the fix was complete; `age_at` goes on counting."""
    speed_mps: float | None
    """Metres a second over ground."""
    simulated: bool
    """Whether the line carries the mark that our simulators own."""
    doubts: tuple[str, ...] = ()
    """Codes of what is strange about it (`gnss.week_rollover`, …); the gate does not ask."""
    datum: Literal["wgs84"] = "wgs84"

    @property
    def position(self) -> Position:
        """Latitude and longitude."""
        return Position(self.latitude, self.longitude)

    @property
    def skew(self) -> timedelta:
        """How far the satellites' time is ahead of the host's clock."""
        return self.time - self.received_at

    def age_at(self, now: datetime) -> float:
        """Seconds since the epoch's first sentence came, by the host's clock."""
        return (now - self.received_at).total_seconds()

    def plain(self) -> dict[str, object]:
        """As JSON has it; says where."""
        return {
            "latitude": round(self.latitude, 7),
            "longitude": round(self.longitude, 7),
            "datum": self.datum,
            "accuracy_m": round(self.accuracy_m, 1),
            "accuracy_from": self.accuracy_from.value,
            "quality": self.quality,
            "satellites": self.satellites,
            "hdop": self.hdop,
            "time": _rfc_3339(self.time),
            "received_at": _rfc_3339(self.received_at),
            "age_s": round(self.age_s, 3),
            "speed_mps": None if self.speed_mps is None else round(self.speed_mps, 2),
            "simulated": self.simulated,
            "doubts": list(self.doubts),
        }


def distance_m(one: Position, other: Position) -> float:
    """Metres between two positions, on a sphere (haversine)."""
    south, north = math.radians(one.latitude), math.radians(other.latitude)
    east = math.radians(other.longitude - one.longitude)
    half = (
        math.sin((north - south) / 2) ** 2
        + math.cos(south) * math.cos(north) * math.sin(east / 2) ** 2
    )
    return 2 * _EARTH_M * math.asin(min(1.0, math.sqrt(half)))


def _rfc_3339(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
