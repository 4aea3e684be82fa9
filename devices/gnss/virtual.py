"""What a simulated receiver sees and sends, as values: ways, noise, epochs, sentences."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from .codec import encode
from .continuity import ROUND
from .fix import Position, distance_m
from .sentences import SIMULATED

NOWHERE = Position(38.9, 104.5)
"""In the Tengger desert (腾格里沙漠), where no hospital is."""
_DEGREE_M = 111_195.0
_NOISE_M, _NOISE_LASTS = 1.5, 60.0
"""Standard deviation on each axis, and seconds in which it changes: as one sees on receivers that
stand still under open sky (an impression, not a measurement)."""
_KNOT_MPS = 1852 / 3600


class Fault(StrEnum):
    """How an epoch can be wrong, beside what the line does to it (`LineFault`)."""

    COLD_START = "cold_start"
    """From this epoch on as after a cold start, until it has its satellites again."""
    NO_FIX = "no_fix"
    FEW_SATELLITES = "few_satellites"
    HIGH_HDOP = "high_hdop"
    ESTIMATED = "estimated"
    """GGA quality 6, mode E."""
    MANUAL = "manual"
    """7, M."""
    SIMULATOR_MODE = "simulator_mode"
    """8, S."""
    WEEK_ROLLOVER = "week_rollover"
    """The date lies 1024 weeks back."""
    TIME_JUMP = "time_jump"
    """The time lies an hour ahead."""
    FROZEN = "frozen"
    """The time of the epoch before, again."""
    PLACE_JUMP = "place_jump"
    """The place lies five kilometres north."""
    WRONG_CHECKSUM = "wrong_checksum"
    DISAGREE = "disagree"
    """RMC lies half a kilometre from GGA."""
    OTHER_DATUM = "other_datum"
    """DTM says that positions are not WGS-84."""


@dataclass(frozen=True)
class Epoch:
    """One moment as a receiver has it. `time` None: not even that is known yet."""

    time: datetime | None
    position: Position
    speed_mps: float = 0.0
    course: float = 0.0
    satellites: int = 11
    hdop: float = 0.8
    quality: int = 1
    mode: str = "A"


class Way:
    """Points that are driven along at one speed; it stands at the last, or at the only one."""

    def __init__(self, points: Sequence[Position], speed_mps: float = 8.0) -> None:
        if not points or not speed_mps > 0:
            raise ValueError("a way has a point at least, and a speed")
        self._points, self._speed = points, speed_mps

    def at(self, seconds: float) -> tuple[Position, float, float]:
        """Position, metres a second, course in degrees, so long after the start."""
        left = seconds * self._speed
        for one, other in pairwise(self._points):
            length = distance_m(one, other)
            if left < length:
                return _between(one, other, left / length), self._speed, _course(one, other)
            left -= length
        return self._points[-1], 0.0, 0.0


class Wander:
    """The slow error of a position: first-order Gauss–Markov, metres north and east."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._north, self._east = dice.gauss(0, _NOISE_M), dice.gauss(0, _NOISE_M)

    def step(self, position: Position, seconds: float) -> Position:
        """`position` with its error, `seconds` after the last one."""
        kept = math.exp(-seconds / _NOISE_LASTS)
        fresh = _NOISE_M * math.sqrt(1 - kept**2)
        self._north = self._north * kept + self._dice.gauss(0, fresh)
        self._east = self._east * kept + self._dice.gauss(0, fresh)
        return moved(position, self._north, self._east)


def moved(position: Position, north_m: float, east_m: float) -> Position:
    """So many metres away; good for a few kilometres, not at the poles."""
    east = east_m / (_DEGREE_M * math.cos(math.radians(position.latitude)))
    return Position(position.latitude + north_m / _DEGREE_M, position.longitude + east)


def warming(epoch: Epoch, since_cold: int) -> Epoch:
    """The epoch as a receiver has it so many epochs after a cold start. Real ones take about half a
    minute; this one is in a hurry.
    """
    if since_cold < 2:
        return replace(epoch, time=None, quality=0, mode="N", satellites=0, hdop=99.99)
    if since_cold < 4:
        return replace(epoch, quality=0, mode="N", satellites=2, hdop=99.99)
    if since_cold < 6:
        return replace(epoch, satellites=4, hdop=6.2)
    return epoch


def spoiled(epoch: Epoch, faults: frozenset[StrEnum]) -> Epoch:
    """The epoch under those faults that change what the receiver believes."""
    changes: dict[StrEnum, dict[str, object]] = {
        Fault.NO_FIX: {"quality": 0, "mode": "N", "satellites": 2, "hdop": 99.99},
        Fault.FEW_SATELLITES: {"satellites": 4},
        Fault.HIGH_HDOP: {"hdop": 7.5},
        Fault.ESTIMATED: {"quality": 6, "mode": "E"},
        Fault.MANUAL: {"quality": 7, "mode": "M"},
        Fault.SIMULATOR_MODE: {"quality": 8, "mode": "S"},
        Fault.PLACE_JUMP: {"position": moved(epoch.position, 5000, 0)},
    }
    if epoch.time is not None:
        changes[Fault.TIME_JUMP] = {"time": epoch.time + timedelta(hours=1)}
        changes[Fault.WEEK_ROLLOVER] = {"time": epoch.time - ROUND}
    for fault in faults & changes.keys():
        epoch = replace(epoch, **changes[fault])  # type: ignore[arg-type]
    return epoch


def burst(
    epoch: Epoch, faults: frozenset[StrEnum] = frozenset(), *, talker: str = "GN", gst: bool = True
) -> bytes:
    """The sentences of one epoch, with the mark that simulators own."""
    away = moved(epoch.position, 0, 500) if Fault.DISAGREE in faults else epoch.position
    bodies = [_rmc(replace(epoch, position=away)), _gga(epoch), _gsa(epoch)]
    if gst and epoch.quality:
        bodies.append(_gst(epoch))
    if Fault.OTHER_DATUM in faults:
        bodies.insert(0, "DTM,999,,0.0,N,0.0,E,0.0,W84")
    else:
        bodies.insert(0, "DTM,W84,,0.0,N,0.0,E,0.0,W84")
    sentences = [encode(talker + body) for body in bodies]
    if Fault.WRONG_CHECKSUM in faults:
        sentences = [s[:-4] + b"%02X\r\n" % (int(s[-4:-2], 16) ^ 0x55) for s in sentences]
    return b"".join(sentences)


def _rmc(epoch: Epoch) -> str:
    date = epoch.time.strftime("%d%m%y") if epoch.time else ""
    if not epoch.quality:
        return f"RMC,{_time(epoch)},V,,,,,,,{date},,,{epoch.mode}"
    speed = epoch.speed_mps / _KNOT_MPS
    course = f"{epoch.course:.2f}" if epoch.speed_mps else ""
    return f"RMC,{_time(epoch)},A,{_angles(epoch)},{speed:.3f},{course},{date},,,{epoch.mode}"


def _gga(epoch: Epoch) -> str:
    angles = _angles(epoch) if epoch.quality else ",,,"
    height = "1320.0,M,-52.0,M" if epoch.quality else ",M,,M"
    return (
        f"GGA,{_time(epoch)},{angles},{epoch.quality},{epoch.satellites:02},{epoch.hdop:.2f},"
        f"{height},,{SIMULATED}"
    )


def _gsa(epoch: Epoch) -> str:
    numbers = [f"{number:02}" for number in range(1, min(epoch.satellites, 12) + 1)]
    used = ",".join(numbers + [""] * (12 - len(numbers))) if epoch.quality else "," * 11
    dops = f"{epoch.hdop * 1.8:.2f},{epoch.hdop:.2f},{epoch.hdop * 1.5:.2f}"
    return f"GSA,A,{3 if epoch.quality else 1},{used},{dops}"


def _gst(epoch: Epoch) -> str:
    sigma = epoch.hdop * 3 / math.sqrt(2)
    sigmas = f"{sigma:.1f},{sigma:.1f},0.0,{sigma:.1f},{sigma:.1f},{sigma * 2:.1f}"
    return f"GST,{_time(epoch)},3.0,{sigmas}"


def _time(epoch: Epoch) -> str:
    return f"{epoch.time:%H%M%S}.{epoch.time.microsecond // 10_000:02}" if epoch.time else ""


def _angles(epoch: Epoch) -> str:
    latitude, longitude = epoch.position
    return (
        f"{_angle(latitude, 2)},{'N' if latitude >= 0 else 'S'},"
        f"{_angle(longitude, 3)},{'E' if longitude >= 0 else 'W'}"
    )


def _angle(degrees: float, digits: int) -> str:
    # In whole steps of 0.00001′, so that 59.999999′ becomes the next degree.
    whole, steps = divmod(round(abs(degrees) * 60e5), 6_000_000)
    return f"{whole:0{digits}}{steps // 100_000:02}.{steps % 100_000:05}"


def _between(one: Position, other: Position, part: float) -> Position:
    return Position(
        one.latitude + (other.latitude - one.latitude) * part,
        one.longitude + (other.longitude - one.longitude) * part,
    )


def _course(one: Position, other: Position) -> float:
    east = (other.longitude - one.longitude) * math.cos(math.radians(one.latitude))
    return math.degrees(math.atan2(east, other.latitude - one.latitude)) % 360
