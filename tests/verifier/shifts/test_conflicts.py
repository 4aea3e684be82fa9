"""What blocks a roster, and what is only hinted at."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.shifts import (
    Assignment,
    Conflict,
    Month,
    Place,
    Registration,
    Severity,
    ShiftCode,
    ShiftCodes,
    ShiftKind,
    blocking,
    find_conflicts,
    missing_day,
    practising_intervals,
)

from .invented import CHEN, CODES, DECEMBER, LIN, PLACE, WEST, shift, shifts

ICU = Place("重症医学科", "东院")


def found(*roster: Assignment) -> dict[str, Severity]:
    """Codes and severities."""
    return {one.code: one.severity for one in find_conflicts(roster, CODES)}


def test_a_usual_week_has_no_conflict() -> None:
    week = [shift("门上", 7), shift("门下", 7), shift("二线", 7), shift("夜班", 8)]
    assert find_conflicts([*week, shift("下夜休", 9), shift("手术", 10)], CODES) == ()


@pytest.mark.parametrize("place", [WEST, ICU])
def test_work_at_two_places_at_once_blocks(place: Place) -> None:
    assert found(shift("门上"), shift("手术", place=place)) == {"roster.overlap": "blocks"}


def test_a_night_may_not_reach_into_another_sites_morning() -> None:
    early = ShiftCode(
        code="晨",
        meaning_zh="早班",
        meaning_en="Early",
        kind=ShiftKind.WORK,
        intervals=((360, 840),),
    )
    roster = [shift("夜班", 7), shift("晨", 8, place=WEST)]
    codes = {one.code for one in find_conflicts(roster, ShiftCodes((*CODES, early)))}
    assert codes == {"roster.overlap", "roster.no_rest_after_night"}
    assert found(shift("夜班", 7), shift("门下", 8, place=WEST)) == {
        "roster.no_rest_after_night": "hint"
    }


def test_two_physicians_at_two_places_are_no_conflict() -> None:
    assert found(shift("门上"), shift("门上", physician=LIN, place=WEST)) == {}


def test_overlapping_work_at_one_place_is_merged_and_no_conflict() -> None:
    assert found(shift("值24"), shift("门上")) == {}


def test_being_on_call_at_another_site_is_a_hint() -> None:
    assert found(shift("门上"), shift("二线", place=WEST)) == {"roster.on_call_elsewhere": "hint"}
    assert found(shift("门上"), shift("二线", place=ICU)) == {}


@pytest.mark.parametrize(("code", "hinted"), [("门上", True), ("门下", True), ("急夜", False)])
def test_work_right_after_a_night_is_a_hint(code: str, hinted: bool) -> None:
    expected = {"roster.no_rest_after_night": "hint"} if hinted else {}
    assert found(shift("夜班", 7), shift(code, 8)) == expected


@pytest.mark.parametrize("other", ["门上", "二线", "下夜休"])
def test_a_rest_stands_alone_on_its_day(other: str) -> None:
    assert found(shift("休"), shift(other)) == {"roster.codes_together": "blocks"}
    assert found(shift("休", 7), shift(other, 8)) == {}


@pytest.mark.parametrize(
    ("registration", "covered"),
    [
        (Registration(CHEN, date(2026, 1, 1)), True),
        (Registration(CHEN, date(2026, 1, 1), site="东院"), True),
        (Registration(CHEN, date(2026, 1, 1), date(2026, 12, 8)), True),
        (Registration(CHEN, date(2026, 1, 1), date(2026, 12, 7)), False),
        (Registration(CHEN, date(2026, 12, 8)), False),
        (Registration(CHEN, date(2026, 1, 1), site="西院"), False),
        (Registration(LIN, date(2026, 1, 1)), False),
    ],
)
def test_a_night_needs_a_registration_on_both_its_days(
    registration: Registration, covered: bool
) -> None:
    codes = {one.code for one in find_conflicts([shift("夜班", 7)], CODES, [registration])}
    assert codes == (set() if covered else {"roster.beyond_registration"})


def test_a_rest_needs_no_registration() -> None:
    assert find_conflicts([shift("休")], CODES, []) == ()


def test_two_registrations_that_follow_one_another_cover_a_night() -> None:
    old = Registration(CHEN, date(2020, 1, 1), date(2026, 12, 7))
    new = Registration(CHEN, date(2026, 12, 8))
    assert find_conflicts([shift("夜班", 7)], CODES, [old, new]) == ()


def test_an_unknown_code_and_a_day_of_another_month_block() -> None:
    roster = [shift("旧班"), shift("门上")]
    codes = [one.code for one in find_conflicts(roster, CODES, month=Month(2026, 11))]
    assert sorted(codes) == ["roster.code_unknown", *["roster.day_outside_month"] * 2]


def test_a_day_that_the_month_does_not_have_is_a_conflict() -> None:
    assert missing_day(CHEN, DECEMBER, 31, "门上") is None
    assert missing_day(CHEN, Month(2028, 2), 29, "门上") is None
    missing = missing_day(CHEN, Month(2027, 2), 29, "门上")
    assert missing is not None
    assert (missing.code, missing.severity) == ("roster.day_does_not_exist", "blocks")


def test_a_conflict_says_who_when_and_what_in_both_languages() -> None:
    [one] = find_conflicts([shift("门上"), shift("手术", place=WEST)], CODES)
    assert (one.physician, one.day) == (CHEN, date(2026, 12, 7))
    for sentence in (one.zh, one.en):
        assert all(word in sentence for word in ("门上", "手术", "东院", "西院", "2026-12-07"))


def test_only_what_blocks_keeps_a_roster_from_being_saved() -> None:
    roster = [shift("夜班", 7), shift("门上", 8), shift("门上", 8, place=WEST)]
    everything = find_conflicts(roster, CODES)
    assert {one.code for one in blocking(everything)} == {"roster.overlap"}
    assert len(everything) > len(blocking(everything))


@settings(max_examples=60)
@given(st.lists(shifts(), max_size=20))
def test_time_is_contested_exactly_where_an_overlap_was_found(roster: list[Assignment]) -> None:
    overlaps = {
        one.physician for one in find_conflicts(roster, CODES) if one.code == "roster.overlap"
    }
    contested = {one.physician for one in practising_intervals(roster, CODES) if one.contested}
    assert overlaps == contested


@settings(max_examples=40)
@given(st.permutations([shift("门上"), shift("手术", place=WEST), shift("休"), shift("夜班", 6)]))
def test_the_order_of_assignments_does_not_matter(roster: list[Assignment]) -> None:
    conflicts: set[Conflict] = set(find_conflicts([*roster, *roster], CODES))
    assert conflicts == set(find_conflicts(sorted(roster), CODES))
    assert PLACE in {one.place for one in roster}
