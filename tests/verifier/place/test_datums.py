"""Datums run forward, to the published points, and nothing in the package runs back."""

import dataclasses
import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import verifier.place
from verifier.place import Datum, PlaceRefused, forward
from verifier.place.datums import furthest, is_shifted
from verifier.place.plane import Plane, geodesic_m
from verifier.place.proof import Evidence, Kind

from .sites import LATITUDE, LONGITUDE, NOON, at, circle, square

POINTS = [
    ((39.9087, 116.3975), (39.910103499, 116.403743573)),
    ((31.2304, 121.4737), (31.228457738, 121.478223057)),
    ((31.1774276, 121.5272106), (31.175303984, 121.531541859)),
    ((22.543847, 113.912316), (22.540796132, 113.917176481)),
    ((39.911954, 116.377817), (39.913345455, 116.384047225)),
]
IN_CHINA = st.tuples(st.floats(20, 50), st.floats(75, 130))
KNOWN = (Datum.WGS84, Datum.GCJ02, Datum.BD09)
BACKWARD = [(late, early) for early, late in itertools.combinations(KNOWN, 2)]


@pytest.mark.parametrize(("wgs", "gcj"), POINTS)
def test_published_points_come_out_to_a_millionth_of_a_degree(
    wgs: tuple[float, float], gcj: tuple[float, float]
) -> None:
    assert forward(*wgs, Datum.WGS84, Datum.GCJ02) == pytest.approx(gcj, abs=1e-6)


def test_the_published_point_of_bd09_comes_out() -> None:
    assert forward(39.915, 116.404, Datum.GCJ02, Datum.BD09) == pytest.approx(
        (39.92133699, 116.41036949), abs=1e-6
    )


@given(IN_CHINA)
def test_two_steps_are_the_same_as_one_way(point: tuple[float, float]) -> None:
    between = forward(*point, Datum.WGS84, Datum.GCJ02)
    assert forward(*between, Datum.GCJ02, Datum.BD09) == forward(*point, Datum.WGS84, Datum.BD09)


@given(IN_CHINA)
def test_the_shift_is_of_hundreds_of_metres(point: tuple[float, float]) -> None:
    assert 10 < geodesic_m(*point, *forward(*point, Datum.WGS84, Datum.GCJ02)) < 900


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_what_lies_outside_the_box_stays_where_it_is(latitude: float, longitude: float) -> None:
    moved = forward(latitude, longitude, Datum.WGS84, Datum.BD09)
    assert (moved == (latitude, longitude)) is not is_shifted(latitude, longitude)


@pytest.mark.parametrize("edge", [(0.8293, 100), (55.8271, 100), (30, 72.004), (30, 137.8347)])
def test_the_edge_belongs_to_the_box(edge: tuple[float, float]) -> None:
    assert is_shifted(*edge)


@pytest.mark.parametrize(("late", "early"), BACKWARD)
def test_the_way_back_is_refused_even_where_nothing_would_shift(late: Datum, early: Datum) -> None:
    for point in ((LATITUDE, LONGITUDE), (51.5, -0.1)):
        with pytest.raises(PlaceRefused) as refused:
            forward(*point, late, early)
        assert (refused.value.code, refused.value.status) == ("place.datum_backwards", 409)


@pytest.mark.parametrize("known", KNOWN)
def test_an_unknown_datum_leads_nowhere_and_comes_from_nowhere(known: Datum) -> None:
    for pair in ((known, Datum.UNKNOWN), (Datum.UNKNOWN, known)):
        with pytest.raises(PlaceRefused) as refused:
            forward(LATITUDE, LONGITUDE, *pair)
        assert refused.value.code == "place.datum_unknown"


@pytest.mark.parametrize("datum", list(Datum))
def test_to_its_own_datum_a_point_stays(datum: Datum) -> None:
    assert forward(1.5, 100.25, datum, datum) == (1.5, 100.25)


def test_the_furthest_datum_is_the_last_on_the_way() -> None:
    assert furthest(Datum.GCJ02, Datum.WGS84) is Datum.GCJ02
    assert furthest(Datum.BD09, Datum.WGS84, Datum.GCJ02) is Datum.BD09
    with pytest.raises(PlaceRefused):
        furthest(Datum.WGS84, Datum.UNKNOWN)


# That nothing runs back is looked for: every public callable is called with a point in a later
# datum, in every way that its parameters suggest, and no answer may hold the point before it.

NEAR_DEG = 1e-4
"""About 10 m; at this point the shift is 0.0014 and 0.0062 degrees."""


@pytest.mark.parametrize(("late", "early"), BACKWARD)
def test_nothing_public_gives_the_earlier_point_for_the_later(late: Datum, early: Datum) -> None:
    before = forward(LATITUDE, LONGITUDE, Datum.WGS84, early)
    pools = _pools(late)
    answered = {name: _answers(call, pools) for name, call in _public_callables().items()}
    assert {"datums.forward", "positions.brought_forward", "judging.judge"} <= {
        name for name, answers in answered.items() if answers
    }
    leaks = [name for name, answers in answered.items() if _holds(answers, before)]
    assert leaks == []


def test_a_planted_way_back_would_be_found() -> None:
    def planted(latitude: float, longitude: float) -> tuple[float, float]:
        guess = forward(latitude, longitude, Datum.WGS84, Datum.GCJ02)
        return 2 * latitude - guess[0], 2 * longitude - guess[1]

    assert _holds(_answers(planted, _pools(Datum.GCJ02)), (LATITUDE, LONGITUDE))


def _public_callables() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for module in _modules():
        for name, value in vars(module).items():
            public = not name.startswith("_") and callable(value)
            if public and getattr(value, "__module__", "") == module.__name__:
                found[f"{module.__name__.rpartition('.')[2]}.{name}"] = value
                found.update(_methods(name, value))
    return found


def _methods(name: str, value: object) -> Iterator[tuple[str, Callable[..., Any]]]:
    if inspect.isclass(value) and value is Plane:
        yield f"{name}.project", Plane(LATITUDE, LONGITUDE).project


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(verifier.place.__path__):
        yield importlib.import_module(f"verifier.place.{found.name}")


def _pools(late: Datum) -> dict[str, list[Any]]:
    latitude, longitude = forward(LATITUDE, LONGITUDE, Datum.WGS84, late)
    position = at(datum=late)
    # Those of earlier datums stand aside, lest an answer hold the point because a question did.
    fences = [circle(datum=late), square(datum=late)]
    fences += [square(datum=datum, east_m=2_000) for datum in KNOWN]
    return {
        "latitude": [latitude],
        "longitude": [longitude],
        "lon_lat": [np.array([[longitude, latitude]])],
        "other_latitude": [latitude],
        "other_longitude": [longitude],
        "Datum": list(Datum),
        "Position": [position, dataclasses.replace(position, at=NOON - timedelta(hours=1))],
        "Fence": fences,
        "Shape": fences,
        "Polygon": [square(datum=late)],
        "Iterable[Shape]": [fences],
        "Sequence[Position]": [[position]],
        "Evidence": [Evidence(Kind.PHONE)],
        "datetime": [NOON],
        "float": [10.0],
        "bool": [True],
        "object": [verifier.place.to_geojson([square(datum=late)]), latitude],
    }


def _answers(call: Callable[..., Any], pools: Mapping[str, list[Any]]) -> list[Any]:
    parameters = inspect.signature(call).parameters.values()
    needed = [p for p in parameters if p.default is p.empty and p.name != "args"]
    choices = [pools.get(p.name) or pools.get(_kind(p.annotation)) or [] for p in needed]
    answers = []
    for arguments in itertools.product(*choices):
        try:
            answers.append(call(*arguments))
        except (PlaceRefused, ValueError, TypeError, AttributeError):
            continue  # refused, or not meant for this: no answer that could hold anything
    return answers


def _kind(annotation: Any) -> str:
    if annotation == verifier.place.Fence:
        return "Fence"
    if annotation == verifier.place.Shape:
        return "Shape"
    if "[" in str(annotation):
        return next(
            (k for k in ("Iterable[Shape]", "Sequence[Position]") if k[:8] in str(annotation)), ""
        )
    return str(getattr(annotation, "__name__", annotation))


def _holds(answers: list[Any], point: tuple[float, float]) -> bool:
    for answer in answers:
        numbers = list(_numbers(answer))
        if all(any(abs(n - wanted) < NEAR_DEG for n in numbers) for wanted in point):
            return True
    return False


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, float | int):
        yield float(value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield from (n for f in dataclasses.fields(value) for n in _numbers(getattr(value, f.name)))
    elif isinstance(value, Mapping):
        yield from (n for item in value.values() for n in _numbers(item))
    elif hasattr(value, "ravel"):
        yield from (float(n) for n in value.ravel())
    elif hasattr(value, "exterior"):
        yield from (n for pair in value.exterior.coords for n in pair)
    elif isinstance(value, list | tuple | set | frozenset):
        yield from (n for item in value for n in _numbers(item))


@pytest.mark.parametrize(("datum", "share"), [(Datum.GCJ02, 0.0075), (Datum.BD09, 0.0225)])
@settings(max_examples=60)
@given(IN_CHINA, st.floats(-0.01, 0.01), st.floats(-0.01, 0.01))
def test_a_distance_changes_by_no_more_than_is_said(
    datum: Datum, share: float, point: tuple[float, float], north: float, east: float
) -> None:
    other = (point[0] + north, point[1] + east)
    ground = geodesic_m(*point, *other)
    moved = [forward(*p, Datum.WGS84, datum) for p in (point, other)]
    assert geodesic_m(*moved[0], *moved[1]) == pytest.approx(ground, rel=share, abs=1e-6)
