"""Distances to a fence agree with geodesics on the ellipsoid, and the sign with the inside."""

import itertools
import math

import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.place import (
    Circle,
    Datum,
    Fence,
    MultiFence,
    PlaceRefused,
    Polygon,
    Vertex,
    forward,
    signed_distance_m,
)
from verifier.place.fences import outlined
from verifier.place.plane import Plane

from .sites import LATITUDE, LONGITUDE, circle, degrees, square

CENTRES = st.tuples(st.floats(-65, 65), st.floats(-179, 179)).filter(
    lambda c: (
        all(abs(c[0] - edge) > 0.1 for edge in (0.8293, 55.8271))
        and all(abs(c[1] - edge) > 0.1 for edge in (72.004, 137.8347))
    )
)
"""Away from the edges of the box, which a fence may not cross."""
METRES = st.floats(-1_000, 1_000)


def _m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    return float(Geodesic.WGS84.Inverse(lat, lon, other_lat, other_lon)["s12"])


def _off(centre: tuple[float, float], east: float, north: float) -> Vertex:
    there = Geodesic.WGS84.Direct(
        *centre, math.degrees(math.atan2(east, north)), math.hypot(east, north)
    )
    return Vertex(there["lat2"], there["lon2"])


def _to_edge_m(point: Vertex, start: Vertex, end: Vertex) -> float:
    """Geodesic distance to a line that is straight in degrees, by search among its points."""
    low, high = 0.0, 1.0
    for _ in range(12):
        shares = np.linspace(low, high, 7)
        away = [_m(*point, *(a + (b - a) * s for a, b in zip(start, end, strict=True)))
                for s in shares]  # fmt: skip
        best = int(np.argmin(away))
        low, high = shares[max(best - 1, 0)], shares[min(best + 1, 6)]
    return min(away)


@st.composite
def polygons(draw: st.DrawFn) -> Polygon:
    """Star-shaped, 3 to 7 corners within 1 km of a centre anywhere."""
    centre = draw(CENTRES)
    count = draw(st.integers(3, 7))
    reaches = draw(st.lists(st.floats(50, 1_000), min_size=count, max_size=count))
    turns = [2 * math.pi * k / count for k in range(count)]
    ring = [
        _off(centre, r * math.cos(t), r * math.sin(t)) for r, t in zip(reaches, turns, strict=True)
    ]
    return Polygon((*ring, ring[0]), (), Datum.WGS84, "star")


@settings(max_examples=40, deadline=None)
@given(polygons(), METRES, METRES)
def test_the_distance_to_a_polygon_is_the_geodesic_one_to_a_decimetre(
    polygon: Polygon, east: float, north: float
) -> None:
    point = _off(polygon.outer[0], east, north)
    expected = min(_to_edge_m(point, *edge) for edge in itertools.pairwise(polygon.outer))
    found = signed_distance_m(polygon, *point, Datum.WGS84)
    assert abs(found) == pytest.approx(expected, abs=0.1)
    if abs(found) > 0.1:
        assert (found < 0) is outlined(polygon).contains(
            shapely.Point(point.longitude, point.latitude)
        )


@given(CENTRES, st.floats(1, 2_000), METRES, METRES)
def test_the_distance_to_a_circle_is_the_geodesic_one(
    centre: tuple[float, float], radius_m: float, east: float, north: float
) -> None:
    fence = Circle(*centre, radius_m, Datum.WGS84, "round")
    point = _off(centre, east, north)
    expected = _m(*centre, *point) - radius_m
    assert signed_distance_m(fence, *point, Datum.WGS84) == pytest.approx(expected, abs=1e-3)


@given(CENTRES, METRES, METRES, METRES, METRES)
def test_on_the_map_two_points_are_as_far_apart_as_on_the_ground(
    centre: tuple[float, float], east: float, north: float, other_east: float, other_north: float
) -> None:
    one, other = _off(centre, east, north), _off(centre, other_east, other_north)
    flat = Plane(*centre).project(np.array([one[::-1], other[::-1]]))
    assert math.dist(*flat) == pytest.approx(_m(*one, *other), abs=0.001)


def test_the_map_still_holds_at_the_rim_of_the_widest_fence() -> None:
    for lat, bearing in itertools.product((0.0, 31.0, 54.0, 75.0), range(0, 360, 30)):
        reach = [_off((lat, 100.0), *(d * f(math.radians(bearing)) for f in (math.sin, math.cos)))
                 for d in (24_000, 25_000)]  # fmt: skip
        flat = Plane(lat, 100.0).project(np.array([v[::-1] for v in reach]))
        assert math.dist(*flat) == pytest.approx(1_000, abs=0.01)
        assert math.hypot(*flat[1]) == pytest.approx(25_000, abs=0.05)


@pytest.mark.parametrize(("east", "expected"), [(0, -100), (99, -1), (150, 50), (-150, 50)])
def test_a_courtyard_is_outside(east: float, expected: float) -> None:
    fence = square(half_m=300, hole_m=100)
    distance = signed_distance_m(fence, *degrees(east, 0), Datum.WGS84)
    assert distance == pytest.approx(-expected, rel=0.01, abs=0.5)


def test_on_a_corner_the_distance_is_nothing() -> None:
    corner = square().outer[0]
    assert signed_distance_m(square(), *corner, Datum.WGS84) == pytest.approx(0, abs=0.001)


@pytest.mark.parametrize(
    "far", [Vertex(40.9, 116.4), Vertex(31.23, 121.47), Vertex(-39.9087, -63.6025)]
)
def test_from_afar_even_from_the_antipodes_one_is_outside(far: Vertex) -> None:
    expected = min(_m(*far, *corner) for corner in square().outer)
    found = signed_distance_m(square(), *far, Datum.WGS84)
    assert found == pytest.approx(expected, abs=100)
    assert found > 0


def test_where_the_far_way_begins_the_distance_does_not_jump() -> None:
    reach = 200 * math.sqrt(2) + 50_000
    near, far = (
        signed_distance_m(square(), *_off((LATITUDE, LONGITUDE), reach + by, 0), Datum.WGS84)
        for by in (-1, 1)
    )
    assert far - near == pytest.approx(2, abs=1)


def test_two_buildings_with_a_common_wall_are_one_area() -> None:
    west, east = square(half_m=100), square(half_m=100, east_m=200)
    both = MultiFence((west, east), "two wings")
    at_the_wall = degrees(100, 0)
    assert signed_distance_m(west, *at_the_wall, Datum.WGS84) == pytest.approx(0, abs=0.5)
    assert signed_distance_m(both, *at_the_wall, Datum.WGS84) == pytest.approx(-100, abs=0.5)


def test_two_campuses_count_the_nearer_one() -> None:
    both = MultiFence((square(half_m=100), square(half_m=100, east_m=30_000)), "two campuses")
    assert signed_distance_m(both, *degrees(30_000, 0), Datum.WGS84) == pytest.approx(-100, abs=0.5)
    assert signed_distance_m(both, *degrees(15_000, 0), Datum.WGS84) > 14_000


@settings(max_examples=25, deadline=None)
@given(METRES, METRES)
def test_a_site_is_as_near_as_its_nearest_shape(east: float, north: float) -> None:
    shapes = (circle(150), square(half_m=80, east_m=400))
    point = degrees(east, north)
    each = [signed_distance_m(shape, *point, Datum.WGS84) for shape in shapes]
    site = MultiFence(shapes, "site")
    assert signed_distance_m(site, *point, Datum.WGS84) == pytest.approx(min(each))


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
@settings(max_examples=25, deadline=None)
@given(east=METRES, north=METRES)
def test_a_fence_brought_forward_measures_as_one_drawn_there(
    datum: Datum, east: float, north: float
) -> None:
    point = forward(*degrees(east, north), Datum.WGS84, datum)
    for make in (circle, square):
        moved = signed_distance_m(make(), *point, datum)
        drawn = signed_distance_m(make(datum=datum), *point, datum)
        assert moved == pytest.approx(drawn, abs=0.5)  # a wall of 400 m bends by 0.3 m


@pytest.mark.parametrize("fence", [circle(datum=Datum.GCJ02), square(datum=Datum.BD09)])
def test_a_fence_is_not_brought_back_to_the_points_datum(fence: Fence) -> None:
    with pytest.raises(PlaceRefused) as refused:
        signed_distance_m(fence, LATITUDE, LONGITUDE, Datum.WGS84)
    assert refused.value.code == "place.datum_backwards"
