"""Fences from and to GeoJSON (RFC 7946): what map tools draw and a site's plan comes as.

The datum is said by whoever imports: the format knows WGS-84 only, and map tools in China draw in
others all the same. `to_geojson` writes it as the property `datum`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import shapely

from .datums import Datum, is_shifted
from .errors import PlaceRefused
from .fences import CODE, MAX_SHAPES, MAX_VERTICES, Circle, Polygon, Ring, Shape, Vertex, outlined
from .positions import check_degrees

_PLAIN_CRS = ("CRS84", "EPSG::4326", "EPSG:4326")
_DEPTH = {"Point": 0, "Polygon": 2, "MultiPolygon": 3}
"""Of lists around one pair of degrees."""
_EMPTY = "it is empty: draw it or take it out"
_SWAPPED = "latitude seems to stand before longitude: GeoJSON puts longitude first, swap them"


def from_geojson(document: object, datum: Datum) -> list[Shape]:
    """The shapes of a parsed document, drawn in `datum`: polygons, and points with the property
    `radius_m`. A shape takes its name from the property `name`, else from its place in the file.

    Raises:
        PlaceRefused: `place.fence_malformed`, saying which feature and what to do.
    """
    features = list(_features(document))
    if not 0 < len(features) <= MAX_SHAPES:
        raise _refused(f"it has {len(features)} features: 1 to {MAX_SHAPES} are read")
    if sum(_count(geometry) for _, geometry, _ in features) > MAX_VERTICES:
        raise _refused(f"it has more than {MAX_VERTICES} corners: simplify the outlines")
    return [shape for feature in features for shape in _named_shapes(*feature, datum)]


def to_geojson(shapes: Iterable[Shape]) -> dict[str, Any]:
    """A FeatureCollection of these shapes; outer rings run anticlockwise, holes clockwise."""
    return {"type": "FeatureCollection", "features": [_feature(shape) for shape in shapes]}


def _features(document: object) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    root = _mapped(document, "the document")
    _check_crs(root)
    whole = root.get("type") != "FeatureCollection"
    members = [root] if whole else _listed(root.get("features"), "`features`")
    for number, member in enumerate(members, 1):
        label = f"feature {number}"
        feature = _mapped(member, label)
        if whole and feature.get("type") != "Feature":
            yield label, feature, {}
        elif feature.get("type") == "Feature":
            properties = _mapped(feature.get("properties") or {}, f"{label}: `properties`")
            yield label, feature.get("geometry"), properties
        else:
            raise _refused(f"{label}: its type is not Feature")


def _named_shapes(
    label: str, geometry: object, properties: Mapping[str, Any], datum: Datum
) -> list[Shape]:
    name = properties.get("name")
    named = name.strip() if isinstance(name, str) and name.strip() else label
    where = label if named == label else f"{label} ({named[:60]})"
    try:
        if properties.get("datum", datum) != datum:
            raise _refused(f"its property `datum` is not {datum}: import it under its own datum")
        return list(_shapes(_mapped(geometry, "its geometry"), properties, datum, named))
    except PlaceRefused as error:
        raise _refused(f"{where}: {error}") from None


def _shapes(
    geometry: Mapping[str, Any], properties: Mapping[str, Any], datum: Datum, name: str
) -> Iterator[Shape]:
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "Point":
        centre = _vertex(coordinates)
        if "radius_m" not in properties:
            raise _refused("a point needs the property `radius_m`, in metres")
        _check_order([centre])
        yield Circle(*centre, properties["radius_m"], datum, name)
    elif kind == "Polygon":
        yield _polygon(coordinates, datum, name)
    elif kind == "MultiPolygon":
        parts = _listed(coordinates, "`coordinates`")
        if not parts:
            raise _refused(_EMPTY)
        for number, part in enumerate(parts, 1):
            yield _polygon(part, datum, name if len(parts) == 1 else f"{name} ({number})")
    else:
        raise _refused(f"a {str(kind)[:30]} is no area: draw a polygon, or a point with `radius_m`")


def _polygon(coordinates: object, datum: Datum, name: str) -> Polygon:
    rings = [_ring(ring) for ring in _listed(coordinates, "`coordinates`")]
    if not rings:
        raise _refused(_EMPTY)
    _check_order(rings[0])
    return Polygon(rings[0], tuple(rings[1:]), datum, name)


def _ring(corners: object) -> Ring:
    return tuple(_vertex(corner) for corner in _listed(corners, "a ring"))


def _vertex(pair: object) -> Vertex:
    numbers = _listed(pair, "a corner")
    if not 2 <= len(numbers) <= 3:
        raise _refused("a corner is longitude, latitude and perhaps a height")
    longitude, latitude = numbers[0], numbers[1]
    try:
        check_degrees(latitude, longitude, CODE)
    except PlaceRefused:
        _check_swapped(latitude, longitude)
        raise
    return Vertex(float(latitude), float(longitude))


def _check_swapped(latitude: object, longitude: object) -> None:
    try:
        check_degrees(longitude, latitude, CODE)
    except PlaceRefused:
        return  # wrong both ways round: no matter of order
    raise _refused(_SWAPPED)


def _check_order(corners: Iterable[Vertex]) -> None:
    # Nobody's hospital stands in the polar sea that Tibet becomes with its numbers changed over.
    if all(not is_shifted(v.latitude, v.longitude) for v in corners) and all(
        is_shifted(v.longitude, v.latitude) for v in corners
    ):
        raise _refused(_SWAPPED)


def _check_crs(root: Mapping[str, Any]) -> None:
    crs = root.get("crs")
    if crs is not None and not any(plain in str(crs) for plain in _PLAIN_CRS):
        raise _refused("its `crs` is no plain longitude and latitude: export it in degrees")


def _count(geometry: object) -> int:
    if not isinstance(geometry, Mapping):
        return 0
    return _leaves(geometry.get("coordinates"), _DEPTH.get(str(geometry.get("type")), 0))


def _leaves(nested: object, depth: int) -> int:
    if depth == 0 or not isinstance(nested, list | tuple):
        return 1
    return sum(_leaves(item, depth - 1) for item in nested)


def _feature(shape: Shape) -> dict[str, Any]:
    properties: dict[str, Any] = {"name": shape.name, "datum": shape.datum.value}
    if isinstance(shape, Circle):
        properties["radius_m"] = shape.radius_m
        geometry = {"type": "Point", "coordinates": [shape.longitude, shape.latitude]}
    else:
        geometry = {"type": "Polygon", "coordinates": _rings(shape)}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _rings(polygon: Polygon) -> list[list[list[float]]]:
    turned = shapely.geometry.polygon.orient(outlined(polygon))
    rings = (turned.exterior, *turned.interiors)
    return [[[x, y] for x, y in ring.coords] for ring in rings]


def _mapped(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _refused(f"{what} is no JSON object")
    return value


def _listed(value: object, what: str) -> list[Any] | tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise _refused(f"{what} is no list")
    return value


def _refused(message: str) -> PlaceRefused:
    return PlaceRefused(CODE, message)
