"""A hospital that does not exist, for the tests of place: points and fences round one centre."""

from datetime import UTC, datetime

from verifier.place import Circle, Datum, Polygon, Position, Source, Vertex, forward

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
LATITUDE, LONGITUDE = 39.9087, 116.3975
METRE_NORTH, METRE_EAST = 1 / 111_033, 1 / 85_507


def at(
    east_m: float = 0.0,
    north_m: float = 0.0,
    *,
    datum: Datum = Datum.WGS84,
    accuracy_m: float = 5.0,
    source: Source = Source.GNSS,
    when: datetime = NOON,
    simulated: bool = False,
) -> Position:
    """A position near the centre, given in WGS-84 and then told in `datum`."""
    told = Datum.WGS84 if datum is Datum.UNKNOWN else datum
    latitude, longitude = forward(*degrees(east_m, north_m), Datum.WGS84, told)
    return Position(latitude, longitude, datum, accuracy_m, source, when, simulated)


def degrees(east_m: float, north_m: float) -> Vertex:
    """About so far from the centre, WGS-84."""
    return Vertex(LATITUDE + north_m * METRE_NORTH, LONGITUDE + east_m * METRE_EAST)


def circle(radius_m: float = 200.0, datum: Datum = Datum.WGS84) -> Circle:
    """Round the same centre on the ground, drawn in `datum`."""
    return Circle(*forward(LATITUDE, LONGITUDE, Datum.WGS84, datum), radius_m, datum, "main")


def square(
    half_m: float = 200.0,
    hole_m: float = 0.0,
    datum: Datum = Datum.WGS84,
    east_m: float = 0.0,
) -> Polygon:
    """Square about the centre, or east of it, perhaps with a square courtyard."""
    holes = (_ring(hole_m, datum, east_m),) if hole_m else ()
    return Polygon(_ring(half_m, datum, east_m), holes, datum, "main")


def _ring(half_m: float, datum: Datum, east_m: float) -> tuple[Vertex, ...]:
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    corners = (degrees(east_m + half_m * x, half_m * y) for x, y in signs)
    return tuple(Vertex(*forward(*corner, Datum.WGS84, datum)) for corner in corners)
