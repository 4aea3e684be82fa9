"""A site's plan (院区平面) from its own fences: an outline in metres, without any map.

Pure. The drawing is `WIDE` × `HIGH` units with north up and y downwards, as SVG counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from verifier.place import Circle, Datum, forward
from verifier.place.datums import furthest
from verifier.place.fences import Ring, Shape
from verifier.place.plane import Floats, Plane

from .sites import HospitalSite

WIDE, HIGH, MARGIN, FOOT = 320.0, 220.0, 16.0, 28.0
LEAST_M = 50.0
"""Of the side of what is drawn, so that a lone point has a scale."""


@dataclass(frozen=True)
class Drawing:
    """What an SVG needs.

    Attributes:
        outlines: a path's `d` for each shape; holes by the even-odd rule.
        spot: where the site's own point lies, at which its terminals stand.
        bar: length of the scale bar in units.
        bar_m: the same in metres.
    """

    outlines: tuple[str, ...]
    spot: tuple[float, float]
    bar: float
    bar_m: int


@dataclass(frozen=True)
class _Page:
    """From metres east and north of the site's point to units on the page."""

    west: float
    north: float
    per_m: float
    left: float

    def at(self, east: float, north: float) -> tuple[float, float]:
        x, y = (east - self.west) * self.per_m + self.left, (self.north - north) * self.per_m
        return round(x, 1), round(y + MARGIN, 1)


def drawn(site: HospitalSite) -> Drawing:
    """The plan of one site."""
    shapes = site.fence.shapes if site.fence else ()
    datum = furthest(site.datum, *(shape.datum for shape in shapes))
    plane = Plane(*forward(site.latitude, site.longitude, site.datum, datum))
    page = _page([np.zeros((1, 2)), *(_extent(shape, plane, datum) for shape in shapes)])
    bar_m = round_length(WIDE / 3 / page.per_m)
    return Drawing(
        outlines=tuple(_outline(shape, plane, datum, page) for shape in shapes),
        spot=page.at(0.0, 0.0),
        bar=round(bar_m * page.per_m, 1),
        bar_m=bar_m,
    )


def round_length(most_m: float) -> int:
    """The longest of 1, 2 or 5 times a power of ten metres that is no longer than this."""
    power: int = 10 ** (len(str(int(max(1.0, most_m)))) - 1)
    return max(step * power for step in (1, 2, 5) if step == 1 or step * power <= most_m)


def _page(points: Iterable[Floats]) -> _Page:
    stacked = np.vstack(list(points))
    (west, south), (east, north) = stacked.min(axis=0), stacked.max(axis=0)
    wide, high = max(LEAST_M, east - west), max(LEAST_M, north - south)
    west, north = (east + west - wide) / 2, (north + south + high) / 2
    per_m = min((WIDE - 2 * MARGIN) / wide, (HIGH - MARGIN - FOOT) / high)
    return _Page(float(west), float(north), float(per_m), float((WIDE - wide * per_m) / 2))


def _extent(shape: Shape, plane: Plane, datum: Datum) -> Floats:
    if not isinstance(shape, Circle):
        return _metres(shape.outer, shape.datum, plane, datum)
    centre = _metres([(shape.latitude, shape.longitude)], shape.datum, plane, datum)
    return np.vstack([centre - shape.radius_m, centre + shape.radius_m])


def _outline(shape: Shape, plane: Plane, datum: Datum, page: _Page) -> str:
    if not isinstance(shape, Circle):
        rings = (shape.outer, *shape.holes)
        return "".join(_ring(_metres(ring, shape.datum, plane, datum), page) for ring in rings)
    (east, north), *_ = _metres([(shape.latitude, shape.longitude)], shape.datum, plane, datum)
    radius = round(shape.radius_m * page.per_m, 1)
    x, y = page.at(float(east) - shape.radius_m, float(north))
    turn = f"a{radius} {radius} 0 1 0"
    return f"M{x} {y}{turn} {2 * radius} 0{turn} {-2 * radius} 0Z"


def _ring(metres: Floats, page: _Page) -> str:
    corners = (page.at(float(east), float(north)) for east, north in metres)
    return "M" + "L".join(f"{x} {y}" for x, y in corners) + "Z"


def _metres(
    corners: Ring | Iterable[tuple[float, float]], drawn_in: Datum, plane: Plane, datum: Datum
) -> Floats:
    brought = [forward(latitude, longitude, drawn_in, datum) for latitude, longitude in corners]
    return plane.project(np.array([(longitude, latitude) for latitude, longitude in brought]))
