"""A draft of a fence asked before it is saved: what changes, and where a position would stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
import shapely

from verifier.place import (
    Circle,
    Datum,
    Judged,
    MultiFence,
    PlaceRefused,
    Position,
    Source,
    forward,
    judge,
)
from verifier.place.fences import Shape
from verifier.place.plane import Floats, Plane

from .fence_drafts import Drawn
from .fence_refused import DraftRefused
from .sites import HospitalSite, Mark

Became = Literal["added", "removed", "changed", "same"]


@dataclass(frozen=True)
class Change:
    """What saving makes of one figure. Areas in square metres, None of a mark."""

    name: str
    kind: str
    became: Became
    before_m2: int | None
    after_m2: int | None


@dataclass(frozen=True)
class Standing:
    """Where the site's own point, at which its terminals stand, lies before and after."""

    before: str
    after: str


def changes(site: HospitalSite, drawn: Drawn) -> list[Change]:
    """Figure by figure, matched by kind of figure and name, in the order of their drawing."""
    had: list[Shape | Mark] = [*(site.fence.shapes if site.fence else ()), *site.marks]
    found = []
    for figure in (*drawn.shapes, *drawn.marks):
        before = next((one for one in had if _same_place(one, figure)), None)
        if before is not None:
            had.remove(before)
        found.append(_change(before, figure))
    return found + [_change(one, None) for one in had]


def standing(site: HospitalSite, drawn: Drawn, at: datetime) -> Standing:
    """Whether the fixed terminals of the site still stand inside."""
    after = MultiFence(drawn.shapes, site.name) if drawn.shapes else None
    said = (
        judge(fence, site.point(at)).answer.value if fence else "none"
        for fence in (site.fence, after)
    )
    return Standing(*said)


def tried(
    site: HospitalSite, drawn: Drawn, position: tuple[float, float, Datum, float], at: datetime
) -> Judged:
    """A position, in degrees with its datum and accuracy in metres, against the draft.

    It is the judge of every check-in that answers. Raises `DraftRefused`.
    """
    if not drawn.shapes:
        raise DraftRefused("fence.empty")
    latitude, longitude, datum, accuracy_m = position
    try:
        asked = Position(latitude, longitude, datum, accuracy_m, Source.BROWSER, at)
    except PlaceRefused as told:
        raise DraftRefused("fence.position", str(told)) from None
    return judge(MultiFence(drawn.shapes, site.name), asked)


def on_plan(
    plane: Plane, datum: Datum, latitude: float, longitude: float, given: Datum
) -> tuple[float, float] | None:
    """Where a position lies on the plan, in metres; None of a datum that lies ahead or is unknown:
    it is not turned back.
    """
    try:
        lat, lon = forward(latitude, longitude, given, datum)
    except PlaceRefused:
        return None
    east, north = plane.project(np.array([[lon, lat]]))[0]
    return round(float(east), 2), round(float(north), 2)


def area_m2(shape: Shape) -> int:
    """Of a circle or polygon, holes left out, to the square metre."""
    if isinstance(shape, Circle):
        return round(float(np.pi) * shape.radius_m**2)
    plane = Plane(shape.outer[0].latitude, shape.outer[0].longitude)

    def flat(ring: Sequence[tuple[float, float]]) -> Floats:
        return plane.project(np.array([(lon, lat) for lat, lon in ring]))

    return round(shapely.Polygon(flat(shape.outer), [flat(hole) for hole in shape.holes]).area)


def _change(before: Shape | Mark | None, after: Shape | Mark | None) -> Change:
    became: Became = "added" if before is None else "removed" if after is None else "changed"
    if before == after:
        became = "same"
    one = after or before
    assert one is not None  # noqa: S101
    return Change(one.name, _kind(one), became, _area(before), _area(after))


def _same_place(one: Shape | Mark, other: Shape | Mark) -> bool:
    return one.name == other.name and isinstance(one, Mark) == isinstance(other, Mark)


def _kind(one: Shape | Mark) -> str:
    if isinstance(one, Mark):
        return one.kind
    return "circle" if isinstance(one, Circle) else "polygon"


def _area(one: Shape | Mark | None) -> int | None:
    return None if one is None or isinstance(one, Mark) else area_m2(one)
