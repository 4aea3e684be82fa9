"""GeoJSON becomes fences, or says which feature is wrong and what to do."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.place import Circle, Datum, PlaceRefused, Polygon, Shape, from_geojson, to_geojson
from verifier.place.fences import outlined

from .sites import LATITUDE, LONGITUDE, circle, square

SQUARE = [[116.39, 39.9], [116.4, 39.9], [116.4, 39.91], [116.39, 39.91], [116.39, 39.9]]
SWAPPED = [[y, x] for x, y in SQUARE]
IN_TIBET_SWAPPED = [[29.6, 85.1], [29.7, 85.1], [29.7, 85.2], [29.6, 85.1]]


def _feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def _collection(*features: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


def test_a_collection_gives_its_shapes_in_order_with_their_names() -> None:
    multi = {"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE]]}
    point = {"type": "Point", "coordinates": [116.39, 39.9, 50.0]}
    document = _collection(
        _feature(_polygon(SQUARE), name="门诊楼"), _feature(multi), _feature(point, radius_m=80)
    )
    shapes = from_geojson(document, Datum.GCJ02)
    names = ["门诊楼", "feature 2 (1)", "feature 2 (2)", "feature 3"]
    assert [shape.name for shape in shapes] == names
    assert {shape.datum for shape in shapes} == {Datum.GCJ02}
    assert shapes[3] == Circle(39.9, 116.39, 80, Datum.GCJ02, "feature 3")


@pytest.mark.parametrize(
    "document",
    [_polygon(SQUARE), _feature(_polygon(SQUARE)), _collection(_feature(_polygon(SQUARE)))],
)
def test_a_geometry_a_feature_and_a_collection_are_read_alike(document: dict[str, Any]) -> None:
    (shape,) = from_geojson(document, Datum.WGS84)
    assert isinstance(shape, Polygon)
    assert shape.outer[0] == (39.9, 116.39)


WRONG = [
    ("not a map", [], "no JSON object"),
    ("no features", _collection(), "0 features"),
    ("features no list", {"type": "FeatureCollection", "features": 3}, "no list"),
    ("unclosed", _polygon(SQUARE[:-1]), "feature 1: .*close it"),
    ("bow tie", _polygon([SQUARE[i] for i in (0, 2, 1, 3, 0)]), "feature 1: .*Self-intersection"),
    ("swapped", _polygon(SWAPPED), "feature 1: .*longitude first"),
    ("swapped where both fit", _polygon(IN_TIBET_SWAPPED), "feature 1: .*longitude first"),
    ("no area", {"type": "LineString", "coordinates": SQUARE}, "LineString is no area"),
    ("a nest", {"type": "GeometryCollection", "geometries": []}, "no area"),
    ("no geometry", _feature(None), "feature 1: its geometry"),
    ("point alone", {"type": "Point", "coordinates": [116.39, 39.9]}, "radius_m"),
    ("radius", _feature({"type": "Point", "coordinates": [116.39, 39.9]}, radius_m="8"), "radius"),
    ("words", _polygon([["a", "b"]] * 4), "latitude"),
    ("not a number", _polygon([[float("nan"), 39.9]] * 4), "longitude"),
    ("huge", _polygon([[10**400, 39.9]] * 4), "longitude"),
    ("one number", _polygon([[116.39]] * 4), "a corner is"),
    ("no rings", _polygon(), "empty"),
    ("no parts", {"type": "MultiPolygon", "coordinates": []}, "empty"),
    ("coordinates missing", {"type": "Polygon"}, "no list"),
    ("another datum said", _feature(_polygon(SQUARE), datum="bd09"), "its own datum"),
    ("metres", _collection(_feature(_polygon(SQUARE)), crs={"name": "EPSG:3857"}), "in degrees"),
    ("no feature", _collection(_polygon(SQUARE)), "feature 1: its type"),
    ("properties", {**_feature(_polygon(SQUARE)), "properties": [1]}, "properties"),
    ("corners", _polygon([[116.39, 39.9]] * 10_001), "10000 corners"),
    ("many", _collection(*[_feature(_polygon(SQUARE))] * 1_001), "1001 features"),
]


@pytest.mark.parametrize(("document", "said"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_what_is_wrong_is_said_with_what_to_do(document: Any, said: str) -> None:
    with pytest.raises(PlaceRefused, match=said) as refused:
        from_geojson(document, Datum.WGS84)
    assert refused.value.code == "place.fence_malformed"


def test_the_feature_at_fault_is_named() -> None:
    document = _collection(_feature(_polygon(SQUARE)), _feature(_polygon(SWAPPED), name="north"))
    with pytest.raises(PlaceRefused, match=r"^feature 2 \(north\): "):
        from_geojson(document, Datum.WGS84)


def test_corners_are_counted_over_all_features() -> None:
    part = {"type": "MultiPolygon", "coordinates": [[SQUARE]] * 1_001}
    with pytest.raises(PlaceRefused, match="corners"):
        from_geojson(_collection(_feature(part), _feature(part)), Datum.WGS84)


def test_the_plain_frame_that_map_tools_write_is_taken() -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    document = _collection(_feature(_polygon(SQUARE)), crs=crs)
    assert len(from_geojson(document, Datum.WGS84)) == 1


@pytest.mark.parametrize("datum", [Datum.WGS84, Datum.GCJ02, Datum.BD09])
def test_what_is_written_is_read_again_as_the_same(datum: Datum) -> None:
    shapes: list[Shape] = [circle(datum=datum), square(half_m=300, hole_m=100, datum=datum)]
    document = json.loads(json.dumps(to_geojson(shapes)))
    round_, walls = from_geojson(document, datum)
    assert round_ == shapes[0]
    drawn = shapes[1]
    assert isinstance(walls, Polygon)
    assert isinstance(drawn, Polygon)
    assert outlined(walls).equals(outlined(drawn))
    assert (walls.name, walls.datum) == (drawn.name, datum)


def test_written_outlines_run_anticlockwise_and_holes_clockwise() -> None:
    fence = square(half_m=300, hole_m=100)
    turned = Polygon(fence.outer[::-1], fence.holes, fence.datum, fence.name)
    (feature,) = to_geojson([turned])["features"]
    outer, hole = (_area(ring) for ring in feature["geometry"]["coordinates"])
    assert outer > 0 > hole


def _area(ring: list[list[float]]) -> float:
    x0, y0 = LONGITUDE, LATITUDE
    local = [(x - x0, y - y0) for x, y in ring]
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in itertools.pairwise(local))


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "features", "geometry", "coordinates", "properties", "crs"]),
            inner
            | st.sampled_from(["Feature", "FeatureCollection", "Polygon", "MultiPolygon", "Point"]),
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(_JSON)
def test_any_document_gives_shapes_or_the_one_refusal(document: Any) -> None:
    code = None
    try:
        assert from_geojson(document, Datum.WGS84)
    except PlaceRefused as refused:
        code = refused.code
    assert code in (None, "place.fence_malformed")
