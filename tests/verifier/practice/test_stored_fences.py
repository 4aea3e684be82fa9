"""A fence that was stored is measured as the one that was drawn."""

import pytest
from sqlalchemy import Connection

from tests.verifier.place.sites import LATITUDE, LONGITUDE, at, circle, square
from verifier.place import Datum, judge
from verifier.place.judging import Where
from verifier.practice import sites


@pytest.mark.parametrize("datum", [Datum.WGS84, Datum.GCJ02, Datum.BD09])
@pytest.mark.parametrize("drawn", [square, circle])
def test_a_stored_fence_tells_inside_from_outside_in_every_datum(
    conn: Connection, institution: str, drawn: object, datum: Datum
) -> None:
    shape = drawn(200.0, datum=datum)  # type: ignore[operator]
    point = (LATITUDE, LONGITUDE)
    sites.put(
        conn, institution, "east", name="东院", point=point, datum=Datum.WGS84, shapes=[shape]
    )
    site = sites.get(conn, institution, "east")
    assert site is not None
    assert site.fence is not None
    (stored,) = site.fence.shapes
    assert stored == shape
    assert stored.datum is datum
    assert judge(site.fence, at(0, 0)).answer is Where.INSIDE
    assert judge(site.fence, at(400, 0)).answer is Where.OUTSIDE


def test_the_courtyard_of_a_stored_fence_is_another_s(conn: Connection, institution: str) -> None:
    point = (LATITUDE, LONGITUDE)
    shape = square(200.0, hole_m=80.0)
    sites.put(
        conn, institution, "east", name="东院", point=point, datum=Datum.WGS84, shapes=[shape]
    )
    site = sites.get(conn, institution, "east")
    assert site is not None
    assert site.fence is not None
    assert judge(site.fence, at(0, 0)).answer is Where.OUTSIDE
    assert judge(site.fence, at(140, 0)).answer is Where.INSIDE
