"""When a matter is due, and which range an address asks for."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from verifier.protocol.rating import Door
from verifier.ratings.figures import LONGEST, Range
from verifier.ratings.rules import CHINA, KINDS, RatingRules, working_day_after

RULES = RatingRules()
TODAY = date(2026, 3, 12)


def test_five_working_days_end_with_the_last_of_them() -> None:
    tuesday = datetime(2026, 3, 3, 16, tzinfo=CHINA)
    due = RULES.due("complaint", tuesday).astimezone(CHINA)
    assert due == datetime(2026, 3, 10, 23, 59, 59, tzinfo=CHINA)


def test_a_day_is_that_of_the_hospital_not_of_greenwich() -> None:
    late = datetime(2026, 3, 3, 16, 30, tzinfo=UTC)  # half past midnight of the 4th there
    assert RULES.due("question", late).astimezone(CHINA).date() == date(2026, 3, 6)


def test_a_holiday_is_no_working_day_and_a_sunday_may_be_one() -> None:
    assert working_day_after(date(2026, 2, 13), 1) == date(2026, 2, 14), "made up for the holiday"
    assert working_day_after(date(2026, 2, 14), 1) == date(2026, 2, 24)


@given(
    st.sampled_from(KINDS),
    st.integers(0, 7000).map(
        lambda days: datetime(2020, 1, 1, 15, 59, tzinfo=UTC) + timedelta(days)
    ),
)
def test_due_lies_ahead_of_what_came(kind: str, at: datetime) -> None:
    due = RULES.due(kind, at)  # type: ignore[arg-type]
    assert timedelta(days=1) < due - at < timedelta(days=60)


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
def test_any_address_asks_for_a_range(since: str, until: str, door: str) -> None:
    asked = Range.asked(since, until, door, TODAY)
    assert timedelta() <= asked.until - asked.since <= LONGEST


def test_a_range_is_what_the_address_says_or_twelve_weeks() -> None:
    assert Range.asked("", "", "", TODAY) == Range(date(2025, 12, 22), TODAY)
    asked = Range.asked("2026-01-01", "2026-02-01", "counter", TODAY)
    assert asked == Range(date(2026, 1, 1), date(2026, 2, 1), Door.COUNTER)
    assert Range.asked("2026-02-01", "2026-01-01", "", TODAY).since < date(2026, 1, 2)
