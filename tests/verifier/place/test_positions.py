"""A position is whole or refused."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.place import Datum, PlaceRefused, Position, Source, forward
from verifier.place.positions import brought_forward, read_as

from .sites import NOON, at


@pytest.mark.parametrize(
    "wrong",
    [
        {"latitude": 90.001},
        {"latitude": math.nan},
        {"latitude": "39.9"},
        {"latitude": True},
        {"latitude": None},
        {"longitude": -180.5},
        {"longitude": math.inf},
        {"longitude": 10**400},
        {"accuracy_m": -1.0},
        {"accuracy_m": math.nan},
        {"accuracy_m": math.inf},
        {"datum": "wgs84"},
        {"source": "gnss"},
        {"at": NOON.replace(tzinfo=None)},
        {"at": "2026-03-02T12:00:00Z"},
        {"at": datetime.min.replace(tzinfo=timezone(timedelta(hours=8)))},
    ],
)
def test_a_malformed_position_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(PlaceRefused) as refused:
        replace(at(), **wrong)
    assert (refused.value.code, refused.value.status) == ("place.position_malformed", 422)


@given(st.floats(), st.floats(), st.floats())
def test_numbers_make_a_position_or_the_one_refusal(
    lat: float, lon: float, accuracy: float
) -> None:
    fit = abs(lat) <= 90 and abs(lon) <= 180 and 0 <= accuracy < 1e300
    code = None
    try:
        Position(lat, lon, Datum.WGS84, accuracy, Source.BROWSER, NOON)
    except PlaceRefused as refused:
        code = refused.code
    assert code == (None if fit else "place.position_malformed")


def test_the_time_is_kept_in_utc() -> None:
    in_beijing = datetime(2026, 3, 2, 12, tzinfo=timezone(timedelta(hours=8)))
    kept = at(when=in_beijing).at
    assert kept == NOON
    assert kept.tzinfo is UTC


def test_a_position_does_not_say_where_in_a_log() -> None:
    shown = repr(at())
    assert "accuracy_m=5.0" in shown
    assert "39.9" not in shown
    assert "116.3" not in shown


def test_brought_forward_a_position_keeps_all_but_its_degrees() -> None:
    moved = brought_forward(at(), Datum.GCJ02)
    degrees = forward(at().latitude, at().longitude, Datum.WGS84, Datum.GCJ02)
    assert moved == replace(at(), latitude=degrees[0], longitude=degrees[1], datum=Datum.GCJ02)


def test_a_position_is_not_brought_back() -> None:
    with pytest.raises(PlaceRefused) as refused:
        brought_forward(at(datum=Datum.GCJ02), Datum.WGS84)
    assert refused.value.code == "place.datum_backwards"


def test_an_unknown_datum_is_read_in_two_ways_without_moving() -> None:
    readings = read_as(at(datum=Datum.UNKNOWN))
    assert [reading.datum for reading in readings] == [Datum.WGS84, Datum.GCJ02]
    assert {(r.latitude, r.longitude) for r in readings} == {(at().latitude, at().longitude)}
    assert read_as(at()) == (at(),)
