"""A position is inside, outside or uncertain, whatever datums it and the fence are in."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.place import Datum, Fence, How, MultiFence, Reason, Where, judge

from .sites import at, circle, square

KNOWN = (Datum.WGS84, Datum.GCJ02, Datum.BD09)


@pytest.mark.parametrize(
    ("east", "accuracy_m", "answer"),
    [
        (0, 100, Where.INSIDE),
        (0, 190, Where.INSIDE),
        (0, 210, Where.UNCERTAIN),
        (190, 20, Where.UNCERTAIN),
        (210, 20, Where.UNCERTAIN),
        (250, 20, Where.OUTSIDE),
        (250, 60, Where.UNCERTAIN),
        (50_000, 1_000, Where.OUTSIDE),
    ],
)
@pytest.mark.parametrize("fence", [circle(200), square(200)], ids=["circle", "square"])
def test_the_whole_circle_of_the_accuracy_decides(
    fence: Fence, east: float, accuracy_m: float, answer: Where
) -> None:
    judged = judge(fence, at(east, accuracy_m=accuracy_m))
    assert judged.answer is answer
    assert judged.reasons == ((Reason.AT_THE_EDGE,) if answer is Where.UNCERTAIN else ())
    assert judged.distance_m == pytest.approx(east - 200, rel=0.01)


@pytest.mark.parametrize(("drawn", "told"), list(itertools.product(KNOWN, KNOWN)))
@pytest.mark.parametrize(("east", "answer"), [(150, Where.INSIDE), (260, Where.OUTSIDE)])
def test_datums_that_differ_give_the_same_answer(
    drawn: Datum, told: Datum, east: float, answer: Where
) -> None:
    for fence in (circle(200, datum=drawn), square(200, datum=drawn)):
        judged = judge(fence, at(east, datum=told))
        assert judged.answer is answer
        assert judged.distance_m == pytest.approx(east - 200, abs=6)
        assert judged.datum_used is max(drawn, told, key=KNOWN.index)


@pytest.mark.parametrize(
    ("drawn", "told", "how"),
    [
        (Datum.GCJ02, Datum.GCJ02, How.AS_GIVEN),
        (Datum.GCJ02, Datum.WGS84, How.POSITION_FORWARD),
        (Datum.WGS84, Datum.GCJ02, How.FENCE_FORWARD),
        (Datum.BD09, Datum.UNKNOWN, How.EITHER_DATUM),
    ],
)
def test_it_is_said_what_was_brought_forward(drawn: Datum, told: Datum, how: How) -> None:
    assert judge(circle(datum=drawn), at(datum=told)).how is how


def test_a_site_drawn_in_two_datums_is_judged_in_the_later() -> None:
    site = MultiFence((square(), circle(datum=Datum.GCJ02)), "site")
    given_in_wgs = judge(site, at())
    assert (given_in_wgs.how, given_in_wgs.datum_used) == (How.BOTH_FORWARD, Datum.GCJ02)
    assert judge(site, at(datum=Datum.GCJ02)).how is How.FENCE_FORWARD
    assert given_in_wgs.answer is Where.INSIDE


def test_an_unknown_datum_that_would_decide_is_uncertain() -> None:
    """The two readings lie some 500 m apart: a fence of 200 m holds one of them only."""
    judged = judge(circle(200), at(datum=Datum.UNKNOWN))
    assert (judged.answer, judged.reasons) == (Where.UNCERTAIN, (Reason.DATUM_UNKNOWN,))


@pytest.mark.parametrize("drawn", KNOWN)
def test_an_unknown_datum_that_makes_no_difference_decides(drawn: Datum) -> None:
    wide = judge(circle(5_000, datum=drawn), at(datum=Datum.UNKNOWN))
    assert (wide.answer, wide.reasons) == (Where.INSIDE, ())
    far = judge(circle(200, datum=drawn), at(30_000, datum=Datum.UNKNOWN))
    assert (far.answer, far.reasons) == (Where.OUTSIDE, ())


def test_of_two_readings_the_distance_nearer_the_boundary_is_told() -> None:
    unknown = at(datum=Datum.UNKNOWN)
    readings = [circle(5_000), circle(5_000, datum=Datum.GCJ02)]
    told = abs(judge(readings[0], unknown).distance_m)
    assert told == pytest.approx(5_000 - 555, abs=60)
    assert told < abs(judge(readings[0], at()).distance_m)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-600, 600), st.floats(-600, 600), st.floats(0, 300), st.floats(0, 300),
    st.sampled_from(KNOWN), st.sampled_from([*KNOWN, Datum.UNKNOWN]),
)  # fmt: skip
def test_a_coarser_accuracy_never_decides_more(
    east: float, north: float, accuracy_m: float, more_m: float, drawn: Datum, told: Datum
) -> None:
    fence = square(200, hole_m=50, datum=drawn)
    fine = judge(fence, at(east, north, datum=told, accuracy_m=accuracy_m))
    coarse = judge(fence, at(east, north, datum=told, accuracy_m=accuracy_m + more_m))
    assert coarse.answer in (fine.answer, Where.UNCERTAIN)
    assert bool(coarse.reasons) is (coarse.answer is Where.UNCERTAIN)
