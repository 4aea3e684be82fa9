"""Why a drawing is refused: one code for each thing that somebody can do about it.

The sentences are the console's (`console.fence.refused.*`), in both languages.
"""

from collections.abc import Sequence
from typing import Self

import shapely

from verifier.place.fences import MAX_ACROSS_M

CODES = (
    "fence.crosses",
    "fence.datum_back",
    "fence.edge",
    "fence.empty",
    "fence.file",
    "fence.hole_outside",
    "fence.malformed",
    "fence.nameless",
    "fence.position",
    "fence.radius",
    "fence.stale",
    "fence.too_big",
    "fence.too_few",
    "fence.too_many",
)


class DraftRefused(Exception):
    """`code` is one of `CODES`.

    Attributes:
        figure: which of the draft's figures, from 0, where it is one's.
        spot: metres east and north, where the trouble lies.
    """

    def __init__(self, code: str, note: str = "", spot: tuple[float, float] | None = None) -> None:
        super().__init__(note or code)
        self.code = code
        self.figure: int | None = None
        self.name = ""
        self.spot = spot

    def of(self, figure: int, name: str) -> Self:
        """Of this figure."""
        self.figure, self.name = figure, name
        return self


def why_not(rings: Sequence[Sequence[tuple[float, float]]], note: str) -> DraftRefused:
    """Why the place's own rules do not take these rings, in metres; `note` is what they said."""
    if "radius" in note:
        return DraftRefused("fence.radius", note)
    if "GCJ-02 shifts" in note:
        return DraftRefused("fence.edge", note)
    if _across_m(rings[0]) > MAX_ACROSS_M or "simplify" in note:
        return DraftRefused("fence.too_big", note)
    for ring in rings:
        if len(ring) > 2 and (spot := _crossing(ring)) is not None:
            return DraftRefused("fence.crosses", note, spot)
    if len(rings) > 1:
        return _of_holes(rings, note)
    return DraftRefused("fence.malformed", note)


def _of_holes(rings: Sequence[Sequence[tuple[float, float]]], note: str) -> DraftRefused:
    outer, *holes = (shapely.Polygon(ring) for ring in rings)
    for hole, ring in zip(holes, rings[1:], strict=True):
        if not outer.contains(hole):
            return DraftRefused("fence.hole_outside", note, ring[0])
    return DraftRefused("fence.crosses", note)  # two holes that overlap


def _across_m(ring: Sequence[tuple[float, float]]) -> float:
    east, north = zip(*ring, strict=True)
    return float(max(max(east) - min(east), max(north) - min(north)))


def _crossing(ring: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Where an edge meets another that is not its neighbour, or None."""
    ends = [*ring[1:], ring[0]]
    edges = [shapely.LineString(pair) for pair in zip(ring, ends, strict=True)]
    tree = shapely.STRtree(edges)
    for number, edge in enumerate(edges):
        for other in sorted(int(each) for each in tree.query(edge, predicate="intersects")):
            if other <= number or _next_to(number, other, len(edges)):
                continue
            spot = edge.intersection(edges[other]).representative_point()
            return round(spot.x, 2), round(spot.y, 2)
    if not shapely.Polygon(ring).is_valid:
        return ring[0]
    return None


def _next_to(one: int, other: int, count: int) -> bool:
    return other - one in (1, count - 1)
