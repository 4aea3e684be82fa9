"""A fence holds or is refused, with what to mend."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.place import Circle, Datum, MultiFence, PlaceRefused, Polygon, Vertex
from verifier.place.fences import MAX_VERTICES, Ring

from .sites import LATITUDE, LONGITUDE, circle, degrees, square


def _ring(*corners: tuple[float, float]) -> Ring:
    return tuple(degrees(*corner) for corner in corners)


@pytest.mark.parametrize(
    "wrong",
    [
        {"radius_m": 0},
        {"radius_m": -5},
        {"radius_m": math.nan},
        {"radius_m": 25_001},
        {"radius_m": "200"},
        {"latitude": 91},
        {"longitude": math.inf},
        {"datum": Datum.UNKNOWN},
        {"name": "  "},
        {"name": "x" * 201},
    ],
)
def test_a_malformed_circle_is_refused(wrong: dict[str, Any]) -> None:
    right = {"latitude": LATITUDE, "longitude": LONGITUDE, "radius_m": 200.0}
    with pytest.raises(PlaceRefused) as refused:
        Circle(**{**right, "datum": Datum.WGS84, "name": "main", **wrong})
    assert (refused.value.code, refused.value.status) == ("place.fence_malformed", 422)


@pytest.mark.parametrize(
    ("outer", "said"),
    [
        (_ring((0, 0), (100, 0), (100, 100), (0, 100)), "close it"),
        (_ring((0, 0), (100, 0), (0, 0)), "three corners"),
        ((), "three corners"),
        (_ring((0, 0), (100, 100), (100, 0), (0, 100), (0, 0)), "Self-intersection"),
        (_ring((0, 0), (100, 0), (200, 0), (0, 0)), "does not hold"),
        (_ring((0, 0), (60_000, 0), (0, 100), (0, 0)), "50 km"),
        (_ring((0, 0), (100, 0), (0, 60_000), (0, 0)), "50 km"),
        ((Vertex(0, 179.9), Vertex(0, -179.9), Vertex(0.1, 179.9), Vertex(0, 179.9)), "50 km"),
        (
            (Vertex(55.82, 100), Vertex(55.83, 100), Vertex(55.82, 100.1), Vertex(55.82, 100)),
            "edge",
        ),
        ((Vertex(math.nan, 0), *_ring((0, 0), (1, 0), (0, 1))), "latitude"),
    ],
)
def test_an_outline_that_does_not_hold_is_refused_with_what_to_mend(outer: Ring, said: str) -> None:
    with pytest.raises(PlaceRefused, match=said) as refused:
        Polygon(outer, (), Datum.WGS84, "main")
    assert refused.value.code == "place.fence_malformed"


def test_a_hole_outside_the_outline_is_refused() -> None:
    hole = _ring((500, 500), (600, 500), (600, 600), (500, 500))
    with pytest.raises(PlaceRefused, match="Hole"):
        Polygon(square().outer, (hole,), Datum.WGS84, "main")


def _teeth(count: int, depth_m: float) -> Ring:
    low = [degrees(20 * k / count, 0 if k % 2 else depth_m) for k in range(count)]
    return (*low, degrees(20, -10), degrees(0, -10), low[0])


def test_more_corners_than_allowed_are_refused_and_as_many_are_not() -> None:
    most = Polygon(_teeth(MAX_VERTICES - 3, 1), (), Datum.WGS84, "main")
    assert len(most.outer) == MAX_VERTICES
    with pytest.raises(PlaceRefused, match="simplify"):
        Polygon(_teeth(MAX_VERTICES - 2, 1), (), Datum.WGS84, "main")


def test_a_boundary_of_a_thousand_kilometres_is_refused() -> None:
    with pytest.raises(PlaceRefused, match="1,000 km"):
        Polygon(_teeth(1_000, 2_000), (), Datum.WGS84, "main")


def test_a_circle_over_the_edge_of_the_shift_is_refused() -> None:
    with pytest.raises(PlaceRefused, match="edge"):
        Circle(55.826, 100, 200, Datum.WGS84, "main")
    assert Circle(55.826, 100, 50, Datum.WGS84, "main").radius_m == 50


def test_a_site_has_a_shape_and_a_name() -> None:
    for shapes, name in (((), "site"), ((circle(),), " "), ((circle(),) * 1_001, "site")):
        with pytest.raises(PlaceRefused):
            MultiFence(shapes, name)
    assert MultiFence((circle(), square()), "site").shapes == (circle(), square())


@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=6), st.booleans())
def test_any_numbers_make_a_polygon_or_the_one_refusal(
    corners: list[tuple[float, float]], close: bool
) -> None:
    ring = tuple(Vertex(*corner) for corner in corners + corners[:1] * close)
    code = None
    try:
        assert Polygon(ring, (), Datum.WGS84, "any").outer == ring
    except PlaceRefused as refused:
        code = refused.code
    assert code in (None, "place.fence_malformed")
