"""When a stay is looked in on, by example and by property."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.presence.rules import (
    NEVER,
    SETTLED,
    Found,
    Look,
    NotNow,
    Rules,
    Stay,
    WardKind,
    due_by,
    half_day,
    is_hint,
    not_now,
)
from verifier.shifts.month import CHINA


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of December 2026 in the hospital's time, as UTC."""
    return datetime(2026, 12, day, hour, minute, tzinfo=CHINA).astimezone(UTC)


STAY = Stay(at(1, 10))

MOMENTS = st.integers(0, 20 * 24 * 60).map(lambda minutes: at(1, 0) + timedelta(minutes=minutes))
LOOKS = st.lists(st.builds(Look, MOMENTS, st.sampled_from(Found)), max_size=8)
STAYS = st.builds(Stay, MOMENTS, st.sampled_from(WardKind), st.none() | MOMENTS)


@pytest.mark.parametrize(
    ("hour", "minute", "why"),
    [
        (6, 59, NotNow.NIGHT),
        (7, 0, None),
        (20, 59, None),
        (21, 0, NotNow.NIGHT),
        (2, 0, NotNow.NIGHT),
    ],
)
def test_nobody_is_looked_in_on_at_night(hour: int, minute: int, why: NotNow | None) -> None:
    assert not_now(STAY, [], at(2, hour, minute)) is why


@pytest.mark.parametrize("ward", sorted(NEVER))
def test_some_wards_never_are_and_nothing_is_due_there(ward: WardKind) -> None:
    stay = Stay(at(1, 10), ward)
    assert not_now(stay, [], at(2, 10)) is NotNow.WARD
    assert due_by(stay, []) is None


@pytest.mark.parametrize("found", sorted(SETTLED))
def test_who_was_met_today_is_left_alone_until_tomorrow(found: Found) -> None:
    looks = [Look(at(2, 8), found)]
    assert not_now(STAY, looks, at(2, 20)) is NotNow.DONE
    assert not_now(STAY, looks, at(3, 7)) is None


def test_an_empty_bed_is_looked_at_once_more_in_the_other_half_of_the_day() -> None:
    looks = [Look(at(2, 8), Found.EMPTY)]
    assert not_now(STAY, looks, at(2, 11, 59)) is NotNow.HALF_DAY
    assert not_now(STAY, looks, at(2, 12)) is None


def test_who_sleeps_is_not_woken_and_may_be_asked_later() -> None:
    assert not_now(STAY, [Look(at(2, 8), Found.ASLEEP)], at(2, 9)) is None
    assert not is_hint([Look(at(2, 8), Found.ASLEEP), Look(at(2, 14), Found.ASLEEP)])


def test_before_admission_and_after_discharge_nobody_is_there_to_be_seen() -> None:
    stay = Stay(at(1, 10), ended_at=at(3, 9))
    assert not_now(stay, [], at(1, 9)) is NotNow.NOT_IN
    assert not_now(stay, [], at(3, 9)) is NotNow.NOT_IN
    assert not_now(stay, [], at(3, 8, 59)) is None


@pytest.mark.parametrize(
    ("admitted", "due"),
    [
        (at(1, 10), at(2, 10)),
        (at(1, 22), at(2, 21)),
        (at(1, 3), at(1, 21)),
        (at(1, 7), at(2, 7)),
        (at(1, 21), at(2, 21)),
    ],
)
def test_the_first_look_is_due_within_a_day_and_by_day(admitted: datetime, due: datetime) -> None:
    assert due_by(Stay(admitted), []) == due
    assert due_by(Stay(admitted), [Look(due, Found.EMPTY)]) == due, "it still is"
    assert due_by(Stay(admitted), [Look(due, Found.FACE)]) is None


def test_two_empty_beds_in_different_half_days_are_a_hint_and_meeting_the_person_ends_it() -> None:
    looks = [Look(at(2, 8), Found.EMPTY), Look(at(2, 9), Found.EMPTY)]
    assert not is_hint(looks)
    looks.append(Look(at(2, 14), Found.EMPTY))
    assert is_hint(looks)
    assert not is_hint([*looks, Look(at(3, 8), Found.WRISTBAND)])
    assert not is_hint([*looks, Look(at(3, 8), Found.AWAY), Look(at(3, 14), Found.EMPTY)])


@given(STAYS, LOOKS, MOMENTS)
def test_whoever_follows_the_answer_meets_a_person_once_a_day_and_by_day(
    stay: Stay, looks: list[Look], moment: datetime
) -> None:
    if not_now(stay, looks, moment) is None:
        there = moment.astimezone(CHINA)
        assert time(7) <= there.time() < time(21)
        assert stay.lasts_at(moment)
        assert stay.ward is WardKind.ORDINARY
        same_day = [one for one in looks if one.at.astimezone(CHINA).date() == there.date()]
        assert not any(one.found in SETTLED for one in same_day)
        assert half_day(moment) not in {
            half_day(one.at) for one in same_day if one.found is Found.EMPTY
        }


@given(STAYS)
def test_what_is_due_is_due_by_day_within_24_hours(stay: Stay) -> None:
    due = due_by(stay, [])
    if due is not None:
        there = due.astimezone(CHINA).time()
        assert time(7) <= there <= time(21)
        assert due <= stay.admitted_at + timedelta(hours=24)


@pytest.mark.parametrize(
    "wider",
    [{"earliest": time(6)}, {"latest": time(22)}, {"first_within": timedelta(hours=25)}],
)
def test_a_hospital_may_narrow_the_rules_and_never_widen_them(wider: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="look"):
        Rules(**wider)  # type: ignore[arg-type]
