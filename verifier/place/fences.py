"""Fences (电子围栏): the outlines of a site, as drawn, each in the datum that it was drawn in.

A line between two corners is straight in longitude and latitude, as RFC 7946 §3.1.1 has it.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import shapely
from shapely.validation import explain_validity

from .datums import Datum, is_shifted
from .errors import PlaceRefused
from .plane import geodesic_m
from .positions import check_degrees, is_number

MAX_VERTICES = 10_000
"""Of one fence and of one document."""
MAX_ACROSS_M = 50_000.0
"""From west to east, and from south to north, of one shape."""
MAX_BOUNDARY_DEG = 10.0
"""Length of one shape's boundary in degrees, about 1,000 km: what is longer is no site's wall."""
MAX_SHAPES = 1_000
MAX_NAME = 200
CODE = "place.fence_malformed"


class Vertex(NamedTuple):
    """A corner, degrees, north and east positive."""

    latitude: float
    longitude: float


Ring = tuple[Vertex, ...]
"""Closed: the last corner is the first."""


@dataclass(frozen=True)
class Circle:
    """All points within a radius. Raises `PlaceRefused` with `place.fence_malformed`."""

    latitude: float
    longitude: float
    radius_m: float
    datum: Datum
    name: str

    def __post_init__(self) -> None:
        _check_labels(self.datum, self.name)
        check_degrees(self.latitude, self.longitude, CODE)
        if not is_number(self.radius_m) or not 0 < self.radius_m <= MAX_ACROSS_M / 2:
            raise _refused(f"a radius lies over 0 and up to {MAX_ACROSS_M / 2:.0f} metres")
        _check_one_side(self._extremes())

    def _extremes(self) -> list[Vertex]:
        north = self.radius_m / 110_000
        east = north / max(0.01, math.cos(math.radians(self.latitude)))
        steps = ((0, 0), (north, 0), (-north, 0), (0, east), (0, -east))
        return [Vertex(self.latitude + up, self.longitude + right) for up, right in steps]


@dataclass(frozen=True)
class Polygon:
    """An outline with holes, such as a courtyard that is another's.

    Raises `PlaceRefused` with `place.fence_malformed`, saying what to mend.
    """

    outer: Ring
    holes: tuple[Ring, ...]
    datum: Datum
    name: str

    def __post_init__(self) -> None:
        _check_labels(self.datum, self.name)
        object.__setattr__(self, "outer", _checked_ring(self.outer))
        object.__setattr__(self, "holes", tuple(_checked_ring(ring) for ring in self.holes))
        if sum(len(ring) for ring in (self.outer, *self.holes)) > MAX_VERTICES:
            raise _refused(f"more than {MAX_VERTICES} corners: simplify the outline")
        _check_one_side(list(self.outer))
        _check_extent(self.outer)
        _check_geometry(outlined(self))


Shape = Circle | Polygon


@dataclass(frozen=True)
class MultiFence:
    """One site of several shapes: who is in one of them is inside. At least one shape."""

    shapes: tuple[Shape, ...]
    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "shapes", tuple(self.shapes))
        if not 0 < len(self.shapes) <= MAX_SHAPES:
            raise _refused(f"a site has 1 to {MAX_SHAPES} shapes")
        _check_name(self.name)


Fence = Circle | Polygon | MultiFence


def shapes_of(fence: Fence) -> tuple[Shape, ...]:
    """Its shapes, one or several."""
    return fence.shapes if isinstance(fence, MultiFence) else (fence,)


def outlined(polygon: Polygon) -> shapely.Polygon:
    """The polygon for shapely: x is longitude, y latitude, degrees."""
    rings = [[(v.longitude, v.latitude) for v in ring] for ring in (polygon.outer, *polygon.holes)]
    return shapely.Polygon(rings[0], rings[1:])


def _checked_ring(ring: Ring) -> Ring:
    corners = tuple(Vertex(*corner) for corner in ring)
    for corner in corners:
        check_degrees(corner.latitude, corner.longitude, CODE)
    if len(corners) < 4 or corners[0] != corners[-1]:
        raise _refused("a ring has at least three corners and ends where it begins: close it")
    return corners


def _check_labels(datum: Datum, name: str) -> None:
    if datum not in (Datum.WGS84, Datum.GCJ02, Datum.BD09):
        raise _refused("say in which datum the fence was drawn: wgs84, gcj02 or bd09")
    _check_name(name)


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > MAX_NAME:
        raise _refused(f"a fence needs a name of up to {MAX_NAME} characters")


def _check_one_side(corners: list[Vertex]) -> None:
    # Its datums tear at the edge of the box: half of the fence would move by hundreds of metres.
    if len({is_shifted(*corner) for corner in corners}) > 1:
        raise _refused("it crosses the edge of the area that GCJ-02 shifts: draw it in parts")


def _check_extent(ring: Ring) -> None:
    south, north = min(v.latitude for v in ring), max(v.latitude for v in ring)
    west, east = min(v.longitude for v in ring), max(v.longitude for v in ring)
    middle = (south + north) / 2
    high, wide = geodesic_m(south, west, north, west), geodesic_m(middle, west, middle, east)
    if east - west > 180 or max(high, wide) > MAX_ACROSS_M:
        raise _refused(f"more than {MAX_ACROSS_M / 1000:.0f} km across: draw each campus by itself")


def _check_geometry(geometry: shapely.Polygon) -> None:
    if not geometry.is_valid:
        raise _refused(f"the outline does not hold: {explain_validity(geometry)}; redraw it there")
    if geometry.length > MAX_BOUNDARY_DEG:
        raise _refused("the boundary is longer than 1,000 km: simplify the outline")


def _refused(message: str) -> PlaceRefused:
    return PlaceRefused(CODE, message)
