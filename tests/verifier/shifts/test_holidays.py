"""Working days and holidays, known or said to be unknown."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.shifts import Assignment, DayKind, Month, day_kind, holiday_name, uncovered_holidays

from .invented import CHEN, CODES


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 9, 30), DayKind.WORKDAY),
        (date(2026, 10, 1), DayKind.HOLIDAY),
        (date(2026, 10, 7), DayKind.HOLIDAY),
        (date(2026, 10, 10), DayKind.WORKDAY),  # a Saturday on which the country works
        (date(2026, 10, 11), DayKind.WEEKEND),
        (date(2026, 2, 17), DayKind.HOLIDAY),
        (date(2003, 12, 31), DayKind.UNKNOWN),
        (date(2099, 10, 1), DayKind.UNKNOWN),
        (date(2099, 10, 3), DayKind.UNKNOWN),
    ],
)
def test_a_date_has_the_kind_that_was_announced(day: date, kind: DayKind) -> None:
    assert day_kind(day) is kind


def test_a_holiday_has_its_name_in_both_languages() -> None:
    name = holiday_name(date(2026, 10, 1))
    assert name is not None
    assert (name.zh, name.en) == ("国庆节", "National Day")
    assert holiday_name(date(2026, 10, 10)) is None
    assert holiday_name(date(2099, 10, 1)) is None


@given(st.dates())
def test_every_date_has_a_kind_and_only_holidays_have_names(day: date) -> None:
    assert (holiday_name(day) is not None) == (day_kind(day) is DayKind.HOLIDAY)


def test_once_unknown_every_later_day_is_unknown() -> None:
    """The last days of the newest year belong to an announcement that is still to come."""
    days = [date(2018, 12, 1) + timedelta(days=n) for n in range(365 * 12)]
    kinds = [day_kind(day) is DayKind.UNKNOWN for day in days]
    assert kinds == sorted(kinds)
    assert (days[kinds.index(True)].month, days[kinds.index(True)].day) == (12, 26)


def roster(code: str, *days: int) -> list[Assignment]:
    return [Assignment(CHEN, "呼吸内科", "东院", date(2026, 10, day), code) for day in days]


def test_a_holiday_without_anybody_on_duty_is_a_hint() -> None:
    planned = [*roster("值24", 1, 2, 3), *roster("二线", 4, 5), *roster("休", 6)]
    hints = uncovered_holidays("呼吸内科", Month(2026, 10), planned, CODES)
    assert [(one.code, one.day, one.severity) for one in hints] == [
        ("roster.holiday_uncovered", date(2026, 10, 6), "hint"),
        ("roster.holiday_uncovered", date(2026, 10, 7), "hint"),
    ]
    assert "国庆节" in hints[0].zh
    assert "National Day" in hints[0].en


def test_another_departments_shifts_do_not_cover() -> None:
    hints = uncovered_holidays("急诊科", Month(2026, 10), roster("值24", *range(1, 8)), CODES)
    assert len(hints) == 7


def test_a_month_that_is_not_announced_says_so_once() -> None:
    hints = uncovered_holidays("呼吸内科", Month(2099, 10), [], CODES)
    assert [one.code for one in hints] == ["roster.holidays_unknown"]
