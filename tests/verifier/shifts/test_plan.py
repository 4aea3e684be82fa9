"""Who is on shift, on call, off or unscheduled: total, exclusive, and the same on every server."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.shifts import (
    Assignment,
    RosterRefused,
    ShiftKind,
    Status,
    intervals_of,
    overlay_at,
    practising_intervals,
    status_at,
)

from .invented import CHEN, CODES, LIN, PLACE, WEST, at, shift, shifts

ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Asia/Kolkata")
MOMENTS = st.integers(0, 33 * 1440).map(
    lambda m: at(1, 0) + timedelta(minutes=m) - timedelta(days=1)
)


@contextmanager
def server_zone(name: str) -> Iterator[None]:
    """The process as if its machine stood elsewhere."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
        time.tzset()


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    [rest] = intervals_of(shift("休", day=7), CODES)
    assert rest.start_utc == datetime(2026, 12, 6, 16, tzinfo=UTC)
    assert rest.end_utc == datetime(2026, 12, 7, 16, tzinfo=UTC)
    assert rest.days == (date(2026, 12, 7),)


def test_a_night_ends_on_the_next_day() -> None:
    [night] = intervals_of(shift("夜班", day=31), CODES)
    assert night.end_utc == datetime(2027, 1, 1, 0, tzinfo=UTC)
    assert night.days == (date(2026, 12, 31), date(2027, 1, 1))


def test_a_night_of_28_february_ends_on_the_leap_day_where_there_is_one() -> None:
    for year, ends in ((2028, date(2028, 2, 29)), (2027, date(2027, 3, 1))):
        [night] = intervals_of(Assignment(CHEN, "科", "院", date(year, 2, 28), "夜班"), CODES)
        assert night.days[-1] == ends


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        (at(7, 7, 59), Status.UNSCHEDULED),
        (at(7, 8), Status.ON_SHIFT),
        (at(7, 11, 59), Status.ON_SHIFT),
        (at(7, 12), Status.UNSCHEDULED),
        (at(7, 13, 30), Status.ON_SHIFT),
        (at(7, 17, 30), Status.ON_CALL),
        (at(8, 7, 59), Status.ON_CALL),
        (at(8, 8), Status.OFF),
        (at(8, 23, 59), Status.OFF),
        (at(9, 0), Status.UNSCHEDULED),
    ],
)
def test_intervals_hold_their_beginning_and_not_their_end(moment: datetime, status: Status) -> None:
    roster = [shift("门全", 7), shift("听班", 7), shift("下夜休", 8)]
    assert status_at(roster, CHEN, moment, CODES) is status
    assert status_at(roster, LIN, moment, CODES) is Status.UNSCHEDULED


def test_work_beats_on_call_and_on_call_beats_off() -> None:
    roster = [shift("休"), shift("二线"), shift("门上")]
    assert status_at(roster, CHEN, at(7, 9), CODES) is Status.ON_SHIFT
    assert status_at(roster, CHEN, at(7, 12), CODES) is Status.ON_CALL
    assert status_at(roster, CHEN, at(7, 7), CODES) is Status.OFF


def test_being_on_call_is_an_overlay_that_stands_beside_work() -> None:
    roster = [shift("门上"), shift("二线"), shift("二线", place=WEST)]
    places = [interval.assignment.place for interval in overlay_at(roster, CHEN, at(7, 9), CODES)]
    assert places == [PLACE, WEST]
    assert overlay_at(roster, CHEN, at(7, 7), CODES) == ()


def test_a_moment_without_a_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="zone"):
        status_at([], CHEN, datetime(2026, 12, 7, 9), CODES)  # noqa: DTZ001


def test_a_code_that_the_table_lost_is_refused_and_not_read_as_unscheduled() -> None:
    with pytest.raises(RosterRefused) as refused:
        status_at([shift("旧班")], CHEN, at(7, 9), CODES)
    assert refused.value.code == "roster.code_unknown"


def test_overlapping_shifts_at_one_place_become_one_interval() -> None:
    [one] = practising_intervals([shift("值24"), shift("门上"), shift("夜班")], CODES)
    assert (one.start_utc, one.end_utc) == (at(7, 8), at(8, 8))
    assert set(one.codes) == {"值24", "门上", "夜班"}
    assert not one.contested


def test_shifts_that_only_touch_stay_two() -> None:
    first, second = practising_intervals([shift("值24", 7), shift("值24", 8)], CODES)
    assert first.end_utc == second.start_utc == at(8, 8)


def test_rests_and_on_call_are_no_practice_by_themselves() -> None:
    assert practising_intervals([shift("休"), shift("二线"), shift("听班", 8)], CODES) == ()


def test_time_planned_at_two_places_is_cut_out_and_names_both() -> None:
    pieces = practising_intervals([shift("手术"), shift("门上", place=WEST)], CODES)
    assert [(p.start_utc, p.contested) for p in pieces] == [(at(7, 8), True), (at(7, 12), False)]
    assert pieces[0].places == (PLACE, WEST)
    assert pieces[1].places == (PLACE,)


@settings(max_examples=60)
@given(st.lists(shifts(), max_size=25))
def test_nobody_has_two_intervals_of_practice_at_any_minute(roster: list[Assignment]) -> None:
    pieces = practising_intervals(roster, CODES)
    for one, other in pairwise(pieces):
        if one.physician == other.physician:
            assert one.start_utc < one.end_utc <= other.start_utc


@settings(max_examples=60)
@given(st.lists(shifts(), max_size=25), st.lists(MOMENTS, min_size=1, max_size=20))
def test_somebody_practises_by_plan_exactly_while_on_shift(
    roster: list[Assignment], moments: list[datetime]
) -> None:
    pieces = practising_intervals(roster, CODES)
    for moment in moments:
        covering = [p for p in pieces if p.physician == CHEN and p.start_utc <= moment < p.end_utc]
        on_shift = status_at(roster, CHEN, moment, CODES) is Status.ON_SHIFT
        assert len(covering) == on_shift


@settings(max_examples=40)
@given(st.lists(shifts((CHEN,)), max_size=8), MOMENTS)
def test_a_status_is_the_best_of_what_covers_the_moment(
    roster: list[Assignment], moment: datetime
) -> None:
    kinds = {
        i.kind for a in roster for i in intervals_of(a, CODES) if i.start_utc <= moment < i.end_utc
    }
    expected = Status.UNSCHEDULED
    for kind, status in (
        (ShiftKind.OFF, Status.OFF),
        (ShiftKind.ON_CALL, Status.ON_CALL),
        (ShiftKind.WORK, Status.ON_SHIFT),
    ):
        expected = status if kind in kinds else expected
    assert status_at(roster, CHEN, moment, CODES) is expected
    assert bool(overlay_at(roster, CHEN, moment, CODES)) == (ShiftKind.ON_CALL in kinds)


@settings(max_examples=30)
@given(st.lists(shifts(), max_size=10), MOMENTS, st.sampled_from(ZONES), st.integers(-12, 14))
def test_the_servers_zone_and_the_moments_own_change_nothing(
    roster: list[Assignment], moment: datetime, zone: str, hours: int
) -> None:
    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    here = status_at(roster, CHEN, moment, CODES), practising_intervals(roster, CODES)
    with server_zone(zone):
        there = status_at(roster, CHEN, elsewhere, CODES), practising_intervals(roster, CODES)
    assert here == there
