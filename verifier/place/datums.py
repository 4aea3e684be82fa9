"""Datums (坐标系) of China, and the way from one to the next: WGS-84 → GCJ-02 → BD-09, never back.

GCJ-02 is a state transform that maps in China must carry. To undo it (坐标逆转换) is unlawful, so
nothing here does, nor helps to: whatever lies behind is brought forward, the fence if need be.
The constants are public approximations seen in three or more independent sources; they are no
official interface.
"""

import math
from enum import StrEnum

from .errors import PlaceRefused

_AXIS_M = 6378245.0
"""Semi-major axis of the ellipsoid of Krasovsky."""
_E2 = 0.00669342162296594323
"""Its squared eccentricity, as published with the transform."""
_SOUTH, _NORTH, _WEST, _EAST = 0.8293, 55.8271, 72.004, 137.8347
_BD_TURN = math.pi * 3000 / 180


class Datum(StrEnum):
    """In which frame a latitude and a longitude are meant."""

    WGS84 = "wgs84"
    """What satellites and their receivers give."""
    GCJ02 = "gcj02"
    """What maps and phones' map services in China give (火星坐标)."""
    BD09 = "bd09"
    """What one map vendor lays over GCJ-02."""
    UNKNOWN = "unknown"
    """A browser's: the standard says WGS-84, some browsers in China answer in GCJ-02."""


_ORDER = (Datum.WGS84, Datum.GCJ02, Datum.BD09)


def forward(latitude: float, longitude: float, from_: Datum, to: Datum) -> tuple[float, float]:
    """Latitude and longitude, degrees, brought forward to a later datum, or left as they are.

    Raises:
        PlaceRefused: `place.datum_backwards` where `to` comes before `from_`,
            `place.datum_unknown` where one of two different datums is not known.
    """
    if from_ is to:
        return latitude, longitude
    start, end = _rank(from_), _rank(to)
    if end < start:
        raise PlaceRefused(
            "place.datum_backwards",
            f"{from_} is never turned into {to}: bring the other side forward instead",
        )
    for step in _STEPS[start:end]:
        latitude, longitude = step(latitude, longitude)
    return latitude, longitude


def furthest(*datums: Datum) -> Datum:
    """The datum to which all of these can be brought. Raises `place.datum_unknown`."""
    return _ORDER[max(_rank(datum) for datum in datums)]


def is_shifted(latitude: float, longitude: float) -> bool:
    """Whether the later datums shift this point at all.

    A box, edges included, that also covers neighbours: it is no test of a border.
    """
    return _SOUTH <= latitude <= _NORTH and _WEST <= longitude <= _EAST


def _rank(datum: Datum) -> int:
    if datum is Datum.UNKNOWN:
        raise PlaceRefused("place.datum_unknown", "of an unknown datum nothing can be reckoned")
    return _ORDER.index(datum)


def _add_state_shift(latitude: float, longitude: float) -> tuple[float, float]:
    if not is_shifted(latitude, longitude):
        return latitude, longitude
    x, y = longitude - 105.0, latitude - 35.0
    north_m, east_m = _north_m(x, y), _east_m(x, y)
    phi = math.radians(latitude)
    m = 1 - _E2 * math.sin(phi) ** 2
    meridian = _AXIS_M * (1 - _E2) / (m * math.sqrt(m))
    parallel = _AXIS_M / math.sqrt(m) * math.cos(phi)
    return latitude + math.degrees(north_m / meridian), longitude + math.degrees(east_m / parallel)


def _north_m(x: float, y: float) -> float:
    smooth = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    short = 20 * _wave(y) + 40 * _wave(y / 3)
    long = 160 * _wave(y / 12) + 320 * _wave(y / 30)
    return smooth + 2 / 3 * (_ripple(x) + short + long)


def _east_m(x: float, y: float) -> float:
    smooth = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    short = 20 * _wave(x) + 40 * _wave(x / 3)
    long = 150 * _wave(x / 12) + 300 * _wave(x / 30)
    return smooth + 2 / 3 * (_ripple(x) + short + long)


def _ripple(x: float) -> float:
    return 20 * _wave(6 * x) + 20 * _wave(2 * x)


def _wave(turns: float) -> float:
    return math.sin(math.pi * turns)


def _add_vendor_shift(latitude: float, longitude: float) -> tuple[float, float]:
    if not is_shifted(latitude, longitude):
        return latitude, longitude
    radius = math.hypot(longitude, latitude) + 0.00002 * math.sin(latitude * _BD_TURN)
    angle = math.atan2(latitude, longitude) + 0.000003 * math.cos(longitude * _BD_TURN)
    return radius * math.sin(angle) + 0.006, radius * math.cos(angle) + 0.0065


_STEPS = (_add_state_shift, _add_vendor_shift)
"""In the order of `_ORDER`: each leads from one datum to the next."""
