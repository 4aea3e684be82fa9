"""One position as somebody claims it: where, in which datum, how exactly, by what, when."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeGuard

from .datums import Datum, forward
from .errors import PlaceRefused, in_utc

_CODE = "place.position_malformed"
_GREATEST = 1e300
"""Beyond it an integer of JSON may not fit a float."""


class Source(StrEnum):
    """What says so."""

    GNSS = "gnss"
    """A receiver at a terminal (卫星定位接收机)."""
    BROWSER = "browser"
    """A phone's or computer's browser. Whoever holds it can make it say anything."""
    SURVEYED = "surveyed"
    """Measured by the hospital when it put the terminal up."""


@dataclass(frozen=True)
class Position:
    """A point that was checked for form, not yet for truth. `repr` leaves out where.

    Raises `PlaceRefused` with `place.position_malformed`: not finite, out of range, no offset.
    """

    latitude: float = field(repr=False)
    """Degrees, north positive."""
    longitude: float = field(repr=False)
    """Degrees, east positive."""
    datum: Datum
    accuracy_m: float
    """Radius in metres that holds the truth in 95 of 100 cases, as the source says itself."""
    source: Source
    at: datetime
    """When it was measured; kept in UTC."""
    simulated: bool = False
    """Whether it carries a simulator's mark."""

    def __post_init__(self) -> None:
        check_degrees(self.latitude, self.longitude, _CODE)
        if not is_number(self.accuracy_m) or self.accuracy_m < 0:
            raise PlaceRefused(_CODE, "an accuracy is a number of metres, 0 or more")
        if not isinstance(self.datum, Datum) or not isinstance(self.source, Source):
            raise PlaceRefused(_CODE, "a position says its datum and its source")
        object.__setattr__(self, "at", in_utc(self.at, _CODE))


def brought_forward(position: Position, to: Datum) -> Position:
    """The same position in a later datum. Raises `PlaceRefused` as `datums.forward` does."""
    latitude, longitude = forward(position.latitude, position.longitude, position.datum, to)
    return replace(position, latitude=latitude, longitude=longitude, datum=to)


def read_as(position: Position) -> tuple[Position, ...]:
    """The position under each datum that it may be meant in: one, or two of an unknown one.

    No coordinate changes.
    """
    if position.datum is not Datum.UNKNOWN:
        return (position,)
    return tuple(replace(position, datum=datum) for datum in (Datum.WGS84, Datum.GCJ02))


def check_degrees(latitude: object, longitude: object, code: str) -> None:
    """Raise `PlaceRefused` with `code` unless both are finite degrees in their range."""
    if not is_number(latitude) or not -90 <= latitude <= 90:
        raise PlaceRefused(code, "a latitude is a number of degrees from -90 to 90")
    if not is_number(longitude) or not -180 <= longitude <= 180:
        raise PlaceRefused(code, "a longitude is a number of degrees from -180 to 180")


def is_number(value: object) -> TypeGuard[float]:
    """Whether this is a finite number; true and false are none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) < _GREATEST
