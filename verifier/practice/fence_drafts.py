"""A fence as somebody draws it (围栏草图): shapes in metres around the site's point, and back.

Pure. The plan has one datum, that of the furthest of what stands on it, and whatever is of an
earlier one is brought forward to it for the drawing. What nobody touched keeps the coordinates and
the datum in which it was given; what was touched is of the plan's datum from then on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, Field

from verifier.place import Circle, Datum, PlaceRefused, Polygon, forward, from_geojson, to_geojson
from verifier.place.datums import furthest
from verifier.place.fences import MAX_SHAPES, MAX_VERTICES, Shape, Vertex
from verifier.place.plane import Floats, Plane

from .fence_refused import DraftRefused, why_not
from .sites import HospitalSite, Mark

Metre = Annotated[float, Field(ge=-200_000, le=200_000, allow_inf_nan=False)]
Point = tuple[Metre, Metre]
Kind = Literal["circle", "polygon", "door", "terminal"]
MARKS = ("door", "terminal")
PLACES = 7
"""Of a degree: a centimetre."""


class Figure(BaseModel):
    """One shape or mark.

    Attributes:
        rings: metres east and north of the site's point, open rings, the outer one first; of a
            circle or a mark one ring of one point.
        given: as it was given, while nobody touched it: a GeoJSON feature in `datum`.
    """

    kind: Kind
    name: str = Field(max_length=200)
    datum: Datum
    rings: list[list[Point]] = Field(max_length=1_000)
    radius_m: float | None = Field(default=None, allow_inf_nan=False)
    given: dict[str, Any] | None = None


class Draft(BaseModel):
    """What is on the drawing table: the plan's datum, and every figure in drawing order."""

    datum: Datum
    figures: list[Figure] = Field(max_length=MAX_SHAPES + 200)


@dataclass(frozen=True)
class Drawn:
    """The same in degrees, as it is stored."""

    shapes: tuple[Shape, ...]
    marks: tuple[Mark, ...]


def opened(site: HospitalSite) -> Draft:
    """What the site has now, on the drawing table."""
    shapes = site.fence.shapes if site.fence else ()
    return laid(site, Drawn(shapes=shapes, marks=site.marks))


def laid(site: HospitalSite, drawn: Drawn, at_least: Datum = Datum.WGS84) -> Draft:
    """Laid on the plan of the furthest datum among site, figures and `at_least`."""
    figures = (*drawn.shapes, *drawn.marks)
    datum = furthest(site.datum, at_least, *(each.datum for each in figures))
    plane = plane_of(site, datum)
    return Draft(datum=datum, figures=[_figure(each, plane, datum) for each in figures])


def read(site: HospitalSite, draft: Draft) -> Drawn:
    """In degrees. Raises `DraftRefused`, which says what figure and what to do."""
    plane = plane_of(site, draft.datum)
    if sum(len(ring) for each in draft.figures for ring in each.rings) > MAX_VERTICES:
        raise DraftRefused("fence.too_many")
    shapes: list[Shape] = []
    marks: list[Mark] = []
    for number, figure in enumerate(draft.figures):
        try:
            _check(figure)
            if figure.kind in MARKS:
                marks.append(_mark(figure, plane, draft.datum))
            else:
                shapes += _shapes(figure, plane, draft.datum)
        except DraftRefused as told:
            raise told.of(number, figure.name) from None
        except PlaceRefused as told:
            raise why_not(figure.rings, str(told)).of(number, figure.name) from None
    return Drawn(shapes=tuple(shapes), marks=tuple(marks))


def plane_of(site: HospitalSite, datum: Datum) -> Plane:
    """Metres around the site's point, brought forward to the plan's datum."""
    try:
        return Plane(*forward(site.latitude, site.longitude, site.datum, datum))
    except PlaceRefused:
        raise DraftRefused("fence.datum_back") from None


def metres_of(plane: Plane, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Latitudes and longitudes as metres east and north, to the millimetre."""
    flat = plane.project(np.array([(lon, lat) for lat, lon in points]).reshape(-1, 2))
    return [(round(float(x), 3), round(float(y), 3)) for x, y in flat]


def degrees_of(plane: Plane, metres: Sequence[Point]) -> list[Vertex]:
    """Metres east and north as latitudes and longitudes of the plan's datum."""
    lifted: Floats = plane.lift(np.array(metres, dtype=float).reshape(-1, 2))
    return [Vertex(round(float(lat), PLACES), round(float(lon), PLACES)) for lon, lat in lifted]


def _check(figure: Figure) -> None:
    if not figure.name.strip():
        raise DraftRefused("fence.nameless")
    if figure.kind == "polygon":
        if not figure.rings or any(len(ring) < 3 for ring in figure.rings):
            raise DraftRefused("fence.too_few")
    elif len(figure.rings) != 1 or len(figure.rings[0]) != 1:
        raise DraftRefused("fence.malformed")


def _shapes(figure: Figure, plane: Plane, datum: Datum) -> Iterator[Shape]:
    if figure.given is not None:
        yield from from_geojson(figure.given, figure.datum)
        return
    name = figure.name.strip()
    rings = [degrees_of(plane, ring) for ring in figure.rings]
    if figure.kind == "circle":
        if figure.radius_m is None:
            raise DraftRefused("fence.radius")
        yield Circle(*rings[0][0], figure.radius_m, datum, name)
    else:
        outer, *holes = ((*ring, ring[0]) for ring in rings)
        yield Polygon(outer, tuple(holes), datum, name)


def _mark(figure: Figure, plane: Plane, datum: Datum) -> Mark:
    kind: Any = figure.kind
    if figure.given is not None:
        longitude, latitude = figure.given["geometry"]["coordinates"]
        return Mark(kind, figure.name, float(latitude), float(longitude), figure.datum)
    (spot,) = degrees_of(plane, figure.rings[0])
    return Mark(kind, figure.name.strip(), spot.latitude, spot.longitude, datum)


def _figure(each: Shape | Mark, plane: Plane, datum: Datum) -> Figure:
    def on_plan(corners: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        return metres_of(plane, [forward(lat, lon, each.datum, datum) for lat, lon in corners])

    if isinstance(each, Polygon):
        rings = [on_plan(ring[:-1]) for ring in (each.outer, *each.holes)]
        (given,) = to_geojson([each])["features"]
        return Figure(kind="polygon", name=each.name, datum=each.datum, rings=rings, given=given)
    rings = [on_plan([(each.latitude, each.longitude)])]
    if isinstance(each, Circle):
        (given,) = to_geojson([each])["features"]
        return Figure(
            kind="circle", name=each.name, datum=each.datum, rings=rings,
            radius_m=each.radius_m, given=given,
        )  # fmt: skip
    point = {"type": "Point", "coordinates": [each.longitude, each.latitude]}
    given = {"type": "Feature", "properties": {}, "geometry": point}
    return Figure(kind=each.kind, name=each.name, datum=each.datum, rings=rings, given=given)
