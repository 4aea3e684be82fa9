"""换班 and 替班: who may ask, who may answer, and what the roster is afterwards."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from verifier.shifts import (
    Assignment,
    Place,
    RosterRefused,
    Swap,
    SwapKind,
    SwapRules,
    SwapState,
    accept,
    apply,
    ask,
    blocking,
    decline,
    expire,
    find_conflicts,
    withdraw,
)

from .invented import CHEN, CODES, LIN, PEOPLE, WEST, WU, at, shift, shifts

NOW = at(1, 9)
RULES = SwapRules(
    codes=CODES,
    may_practise=lambda _physician, _site, _day: True,
    belongs_to=lambda physician, department: any(
        one.code == physician and department in one.departments for one in PEOPLE
    ),
)
MINE, THEIRS = shift("门上", 7), shift("夜门", 9, LIN)
ROSTER = (MINE, THEIRS, shift("休", 9))


def asked(**changes: Any) -> Swap:
    """Chen asks Lin to change Monday's morning for Wednesday's evening."""
    terms: dict[str, Any] = {
        "kind": SwapKind.SWAP,
        "given": MINE,
        "accepter": LIN,
        "taken": THEIRS,
        "roster": ROSTER,
        "rules": RULES,
        "now": NOW,
    }
    return ask(**{**terms, **changes})


def accepted(swap: Swap, roster: tuple[Assignment, ...] = ROSTER) -> Swap:
    return accept(swap, LIN, roster=roster, rules=RULES, now=NOW)


def refused(**changes: Any) -> str:
    """The code with which such a request is refused."""
    with pytest.raises(RosterRefused) as error:
        asked(**changes)
    return error.value.code


def test_two_physicians_change_shifts() -> None:
    after = apply(ROSTER, accepted(asked()), rules=RULES, now=NOW)
    assert set(after) == {
        replace(MINE, physician=LIN),
        replace(THEIRS, physician=CHEN),
        replace(shift("休", 9), physician=LIN),  # Chen works on that day now, and Lin rests
    }


def test_one_stands_in_for_another() -> None:
    swap = asked(kind=SwapKind.SUBSTITUTE, taken=None)
    after = apply(ROSTER, accepted(swap), rules=RULES, now=NOW)
    assert set(after) == {replace(MINE, physician=LIN), THEIRS, shift("休", 9)}


def test_a_substitutes_day_off_goes_to_whom_they_stand_in_for() -> None:
    roster = (MINE, shift("休", 7, LIN))
    swap = asked(kind=SwapKind.SUBSTITUTE, taken=None, roster=roster)
    after = apply(roster, accepted(swap, roster), rules=RULES, now=NOW)
    assert set(after) == {replace(MINE, physician=LIN), shift("休", 7, CHEN)}


def test_a_giver_who_still_works_on_the_day_does_not_rest() -> None:
    roster = (MINE, shift("门下", 7), shift("休", 7, LIN))
    swap = asked(kind=SwapKind.SUBSTITUTE, taken=None, roster=roster)
    after = apply(roster, accepted(swap, roster), rules=RULES, now=NOW)
    assert set(after) == {replace(MINE, physician=LIN), shift("门下", 7)}


@pytest.mark.parametrize("rest", ["年假", "外出", "下夜休"])
def test_leave_and_the_rest_after_a_night_do_not_give_way(rest: str) -> None:
    roster = (MINE, shift(rest, 7, LIN))
    substitute: dict[str, Any] = {"kind": SwapKind.SUBSTITUTE, "taken": None}
    assert refused(**substitute, roster=roster) == "roster.swap_conflict"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"accepter": CHEN}, "roster.swap_oneself"),
        ({"taken": None}, "roster.swap_incomplete"),
        ({"kind": SwapKind.SUBSTITUTE}, "roster.swap_incomplete"),
        ({"given": shift("门下", 7)}, "roster.swap_not_there"),
        ({"taken": shift("门上", 9, LIN)}, "roster.swap_not_there"),
        ({"accepter": WU}, "roster.swap_not_there"),
        ({"given": shift("休", 9)}, "roster.swap_off_duty"),
        ({"now": at(7, 8)}, "roster.swap_past"),
        ({"now": at(20, 8)}, "roster.swap_past"),
        ({"expires_at": NOW}, "roster.swap_expired"),
        ({"roster": (*ROSTER, shift("手术", 7, LIN, WEST))}, "roster.swap_conflict"),
        ({"roster": (*ROSTER, shift("门上", 7, LIN))}, "roster.swap_conflict"),
    ],
)
def test_a_request_that_could_not_take_effect_is_refused(
    changes: dict[str, Any], code: str
) -> None:
    assert refused(**changes) == code


def test_both_shifts_are_of_one_department_to_which_both_belong() -> None:
    emergency = shift("急夜", 9, LIN, Place("急诊科", "东院"))
    assert refused(taken=emergency, roster=(MINE, emergency)) == "roster.swap_department"
    guest = "D990101000009"
    theirs = shift("夜门", 9, guest)
    strangers = refused(accepter=guest, taken=theirs, roster=(MINE, theirs))
    assert strangers == "roster.swap_department"


@pytest.mark.parametrize("who", [CHEN, LIN])
def test_each_is_registered_for_the_shift_that_is_taken(who: str) -> None:
    def may(physician: str, _site: str, _day: date) -> bool:
        return physician != who

    assert refused(rules=replace(RULES, may_practise=may)) == "roster.swap_not_registered"


def test_a_night_asks_for_the_registration_of_both_days() -> None:
    def may(_physician: str, _site: str, day: date) -> bool:
        return day != date(2026, 12, 8)

    night = shift("夜班", 7)
    rules = replace(RULES, may_practise=may)
    code = refused(given=night, roster=(night, THEIRS), rules=rules)
    assert code == "roster.swap_not_registered"


@pytest.mark.parametrize("by", [CHEN, WU])
def test_nobody_answers_for_another(by: str) -> None:
    answers: tuple[Callable[[], Swap], ...] = (
        lambda: accept(asked(), by, roster=ROSTER, rules=RULES, now=NOW),
        lambda: decline(asked(), by, now=NOW),
    )
    for answer in answers:
        with pytest.raises(RosterRefused) as error:
            answer()
        assert error.value.code == "roster.swap_other_person"


def test_only_the_asker_withdraws() -> None:
    assert withdraw(asked(), CHEN, now=NOW).state is SwapState.WITHDRAWN
    with pytest.raises(RosterRefused) as error:
        withdraw(asked(), LIN, now=NOW)
    assert error.value.code == "roster.swap_other_person"


@pytest.mark.parametrize("state", [s for s in SwapState if s is not SwapState.ASKED])
def test_an_ended_request_is_answered_no_second_time(state: SwapState) -> None:
    swap = replace(asked(), state=state)
    answers: tuple[Callable[[], Swap], ...] = (
        lambda: accepted(swap),
        lambda: decline(swap, LIN, now=NOW),
        lambda: withdraw(swap, CHEN, now=NOW),
    )
    for answer in answers:
        with pytest.raises(RosterRefused) as error:
            answer()
        assert error.value.code == "roster.swap_answered"
    assert expire(swap, now=at(31, 0)) == swap


def test_an_unanswered_request_expires_when_the_first_shift_begins() -> None:
    swap = asked()
    assert swap.expires_at == at(7, 8)
    assert expire(swap, now=at(7, 8) - timedelta(seconds=1)) == swap
    assert expire(swap, now=at(7, 8)).state is SwapState.EXPIRED
    with pytest.raises(RosterRefused) as error:
        accept(swap, LIN, roster=ROSTER, rules=RULES, now=at(7, 8))
    assert error.value.code == "roster.swap_expired"


def test_only_an_accepted_request_takes_effect_and_only_once() -> None:
    with pytest.raises(RosterRefused) as error:
        apply(ROSTER, asked(), rules=RULES, now=NOW)
    assert error.value.code == "roster.swap_not_accepted"
    swap = accepted(asked())
    after = apply(ROSTER, swap, rules=RULES, now=NOW)
    with pytest.raises(RosterRefused) as error:
        apply(after, swap, rules=RULES, now=NOW)
    assert error.value.code == "roster.swap_not_there"


def test_a_roster_that_changed_meanwhile_is_judged_anew() -> None:
    swap = accepted(asked())
    later = (*ROSTER, shift("手术", 7, LIN, WEST))
    with pytest.raises(RosterRefused) as error:
        apply(later, swap, rules=RULES, now=NOW)
    assert error.value.code == "roster.swap_conflict"


def test_a_conflict_that_was_there_before_does_not_stand_in_the_way() -> None:
    roster = (*ROSTER, shift("门上", 20), shift("手术", 20, CHEN, WEST))
    assert asked(roster=roster).state is SwapState.ASKED


@settings(max_examples=80)
@given(st.lists(shifts((CHEN, LIN)), min_size=2, max_size=12, unique=True), st.data())
def test_no_change_of_shifts_adds_a_conflict_or_loses_a_shift(
    roster: list[Assignment], data: st.DataObject
) -> None:
    given_away = data.draw(st.sampled_from(roster))
    others = [a for a in roster if a.physician != given_away.physician]
    assume(others)
    taken = data.draw(st.sampled_from(others))
    now: datetime = NOW - timedelta(days=7)
    rules = replace(RULES, belongs_to=lambda _physician, _department: True)
    try:
        swap = ask(
            SwapKind.SWAP,
            given_away,
            taken.physician,
            taken,
            roster=roster,
            rules=rules,
            now=now,
        )
    except RosterRefused:
        return
    agreed = accept(swap, taken.physician, roster=roster, rules=rules, now=now)
    after = apply(roster, agreed, rules=rules, now=now)
    before = {one.en for one in blocking(find_conflicts(roster, CODES))}
    assert {one.en for one in blocking(find_conflicts(after, CODES))} <= before
    work = [(a.day, a.place, a.code) for a in roster if CODES.get(a.code).kind != "off"]
    assert sorted(work) == sorted(
        (a.day, a.place, a.code) for a in after if CODES.get(a.code).kind != "off"
    )
