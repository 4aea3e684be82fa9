"""Whether somebody can have come from one place to another in the time: of positions, of sites.

Where a datum is unknown the shortest way under any reading counts: no alarm rests on a guess.
"""

import itertools

from .datums import Datum, forward, furthest
from .fences import Circle, Fence, Shape, Vertex, shapes_of
from .limits import DEFAULTS, CheckLimits
from .plane import geodesic_m
from .positions import Position, brought_forward, read_as


def travel_possible(
    from_position: Position,
    to_position: Position,
    seconds: float,
    limits: CheckLimits = DEFAULTS,
) -> bool:
    """Whether the way between two positions, less both accuracies and the slack, can be made in so
    many seconds, in whichever direction (the sign does not count).
    """
    return _in_time(gap_m(from_position, to_position) - limits.slack_m, seconds, limits)


def travel_between_sites_possible(
    from_site: Fence, to_site: Fence, seconds: float, limits: CheckLimits = DEFAULTS
) -> bool:
    """The same between the nearest parts of two sites: whether one person can have practised at
    both. Each shape counts as the circle around it, so the way is not taken for too long, but for
    what a later datum stretches it (`signed_distance_m`).
    """
    pairs = itertools.product(shapes_of(from_site), shapes_of(to_site))
    return _in_time(min(_shapes_apart_m(*pair) for pair in pairs), seconds, limits)


def gap_m(one: Position, other: Position) -> float:
    """Metres between two positions less both accuracies; negative where they may be one place."""
    pairs = itertools.product(read_as(one), read_as(other))
    return min(_apart_m(*pair) for pair in pairs) - one.accuracy_m - other.accuracy_m


def _in_time(way_m: float, seconds: float, limits: CheckLimits) -> bool:
    return way_m <= limits.max_speed_kmh / 3.6 * abs(seconds)


def _apart_m(one: Position, other: Position) -> float:
    datum = furthest(one.datum, other.datum)
    here, there = brought_forward(one, datum), brought_forward(other, datum)
    return geodesic_m(here.latitude, here.longitude, there.latitude, there.longitude)


def _shapes_apart_m(one: Shape, other: Shape) -> float:
    datum = furthest(one.datum, other.datum)
    (here, reach), (there, other_reach) = _around(one, datum), _around(other, datum)
    return geodesic_m(*here, *there) - reach - other_reach


def _around(shape: Shape, datum: Datum) -> tuple[Vertex, float]:
    if isinstance(shape, Circle):
        centre, reach_m = Vertex(shape.latitude, shape.longitude), shape.radius_m
    else:
        latitudes = [corner.latitude for corner in shape.outer]
        longitudes = [corner.longitude for corner in shape.outer]
        centre = Vertex(_middle(latitudes), _middle(longitudes))
        reach_m = max(geodesic_m(*centre, *corner) for corner in shape.outer)
    return Vertex(*forward(*centre, shape.datum, datum)), reach_m


def _middle(values: list[float]) -> float:
    return (min(values) + max(values)) / 2
