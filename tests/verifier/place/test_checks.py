"""Each check finds what it is for, and an honest check-in finds none."""

import math
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.place import (
    CheckLimits,
    Datum,
    MultiFence,
    PlaceRefused,
    Position,
    Reason,
    Source,
    checked,
    travel_between_sites_possible,
    travel_possible,
)
from verifier.place.journeys import gap_m
from verifier.place.plane import geodesic_m

from .sites import NOON, at, circle, square

HOUR_AGO = NOON - timedelta(hours=1)
METRES = st.floats(-300_000, 300_000)


def test_an_honest_check_in_finds_no_reason() -> None:
    phone = at(20, accuracy_m=30, source=Source.BROWSER, datum=Datum.UNKNOWN)
    yesterday = at(5_000, when=NOON - timedelta(days=1))
    assert checked(phone, NOON + timedelta(seconds=3), yesterday, [at()]) == ()


CASES: list[tuple[Reason, Position]] = [
    (Reason.STALE, at(when=NOON - timedelta(seconds=61))),
    (Reason.FUTURE, at(when=NOON + timedelta(seconds=6))),
    (Reason.TOO_COARSE, at(accuracy_m=100.1)),
    (Reason.IMPOSSIBLY_GOOD, at(accuracy_m=0.0)),
    (Reason.IMPOSSIBLY_GOOD, at(accuracy_m=1.0, source=Source.BROWSER)),
    (Reason.SIMULATED, at(simulated=True)),
]


@pytest.mark.parametrize(("reason", "position"), CASES)
def test_each_fault_is_found_by_itself(reason: Reason, position: Position) -> None:
    assert checked(position, NOON) == (reason,)


@pytest.mark.parametrize(
    "position",
    [
        at(when=NOON - timedelta(seconds=60)),
        at(when=NOON + timedelta(seconds=5)),
        at(accuracy_m=100),
        at(accuracy_m=0.01),
        at(accuracy_m=2, source=Source.BROWSER),
        at(accuracy_m=0, source=Source.SURVEYED),
        at(source=Source.SURVEYED, when=NOON - timedelta(days=900)),
    ],
)
def test_on_the_limit_nothing_is_found(position: Position) -> None:
    assert checked(position, NOON) == ()


def test_several_faults_are_all_told() -> None:
    bad = at(when=HOUR_AGO, accuracy_m=500, simulated=True)
    assert checked(bad, NOON) == (Reason.STALE, Reason.TOO_COARSE, Reason.SIMULATED)


def test_the_demo_hospital_may_allow_simulated_positions() -> None:
    assert checked(at(simulated=True), NOON, limits=CheckLimits(allow_simulated=True)) == ()


@pytest.mark.parametrize("source", list(Source))
@pytest.mark.parametrize("earlier", list(Source))
def test_only_a_receiver_that_repeats_itself_is_noted(source: Source, earlier: Source) -> None:
    reasons = checked(at(source=source), NOON, at(source=earlier, when=HOUR_AGO))
    assert (Reason.REPEATED in reasons) is (source is earlier is Source.GNSS)


def test_a_receiver_that_trembles_is_not_noted() -> None:
    assert checked(at(), NOON, at(0.2, when=HOUR_AGO)) == ()


def test_a_point_that_nobody_reaches_in_time_is_noted() -> None:
    assert checked(at(), NOON, at(260_000, when=HOUR_AGO)) == (Reason.TOO_FAST,)
    assert checked(at(), NOON, at(240_000, when=HOUR_AGO)) == ()


def test_the_accuracies_and_the_slack_are_taken_off_the_way() -> None:
    far = at(180, accuracy_m=80)
    assert travel_possible(at(accuracy_m=60), far, 0)
    assert not travel_possible(at(accuracy_m=40), at(180, accuracy_m=80), 0)


def test_an_hour_counts_the_same_in_either_direction() -> None:
    assert travel_possible(at(), at(240_000), 3_600)
    assert travel_possible(at(), at(240_000), -3_600)
    assert not travel_possible(at(), at(260_000), -3_600)


def test_two_datums_are_no_journey() -> None:
    """The same place told in two datums differs by 500 m in numbers, by nothing on the ground."""
    for one in Datum:
        for other in Datum:
            assert travel_possible(at(datum=one), at(datum=other), 0)
    assert gap_m(at(), at(datum=Datum.BD09)) == pytest.approx(-10, abs=0.01)


def test_sources_that_disagree_are_noted_and_neighbours_are_not() -> None:
    assert checked(at(), NOON, others=[at(70)]) == (Reason.SOURCES_DISAGREE,)
    assert checked(at(), NOON, others=[at(50), at(50, datum=Datum.BD09)]) == ()
    assert checked(at(), NOON, others=[at(50), at(5_000)]) == (Reason.SOURCES_DISAGREE,)


def test_under_an_unknown_datum_the_nearer_reading_counts() -> None:
    phone = at(accuracy_m=10, source=Source.BROWSER, datum=Datum.UNKNOWN)
    assert checked(phone, NOON, others=[at()]) == ()
    assert checked(phone, NOON, others=[at(5_000)]) == (Reason.SOURCES_DISAGREE,)


def test_a_time_without_offset_is_refused() -> None:
    with pytest.raises(PlaceRefused):
        checked(at(), NOON.replace(tzinfo=None))


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_a_limit_is_a_plain_number(wrong: float) -> None:
    with pytest.raises(ValueError, match="max_age_s"):
        CheckLimits(max_age_s=wrong)


@given(METRES, METRES, st.floats(0, 7_200))
def test_a_journey_is_possible_just_where_its_speed_is(
    east: float, north: float, seconds: float
) -> None:
    one, other = at(), at(east, north)
    way = geodesic_m(one.latitude, one.longitude, other.latitude, other.longitude) - 10 - 50
    assert travel_possible(one, other, seconds) is (way <= 250 / 3.6 * seconds)
    assert travel_possible(other, one, seconds) is travel_possible(one, other, seconds)


def test_two_sites_are_reached_in_time_or_not() -> None:
    here, there = square(200), square(200, east_m=100_000)
    assert not travel_between_sites_possible(here, there, 20 * 60)
    assert travel_between_sites_possible(here, there, 30 * 60)
    assert travel_between_sites_possible(here, circle(50), 0)


def test_a_site_with_a_second_campus_is_reached_at_the_nearer() -> None:
    here = square(200)
    both = MultiFence((square(200, east_m=400_000), square(200, east_m=1_000)), "two campuses")
    assert travel_between_sites_possible(here, both, 60)


@settings(max_examples=30, deadline=None)
@given(METRES, st.sampled_from(list(Datum)[:3]), st.sampled_from(list(Datum)[:3]))
def test_between_sites_the_way_is_never_taken_for_too_long(
    east: float, datum: Datum, other: Datum
) -> None:
    sites = square(200, datum=datum), square(200, east_m=east, datum=other)
    walls_m = max(0.0, abs(east) * 1.02 - 400)
    assert travel_between_sites_possible(*sites, walls_m * 3.6 / 250)
