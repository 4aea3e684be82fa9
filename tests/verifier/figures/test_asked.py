"""What an address asks for: days and filters, and how a range is cut. Pure."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.figures import asked as asking
from verifier.figures.asked import Asked, Known, Place
from verifier.figures.errors import FiguresRefused
from verifier.figures.spans import laid_out, place_of, spans, unit_of

LATE = datetime(2026, 3, 9, 16, 30, tzinfo=UTC)
"""In Shanghai half past midnight of the next day."""
KNOWN = Known(["settlement"], (Place("T" * 22, "hall", "east"),))


def read(**said: str) -> Asked:
    return asking.read({name.rstrip("_"): value for name, value in said.items()}, KNOWN, LATE)


def refused(**said: str) -> tuple[str, str]:
    with pytest.raises(FiguresRefused) as told:
        read(**said)
    return told.value.code, told.value.field


def test_without_a_word_it_is_today_in_shanghai() -> None:
    assert (read().first, read().last) == (date(2026, 3, 10), date(2026, 3, 10))
    assert read().since == datetime(2026, 3, 9, 16, tzinfo=UTC)
    assert read().until == datetime(2026, 3, 10, 16, tzinfo=UTC)


def test_one_day_alone_is_that_day() -> None:
    for said in ({"from_": "2026-02-03"}, {"to": "2026-02-03"}):
        assert read(**said).query() == {"from": "2026-02-03", "to": "2026-02-03"}


def test_filters_are_those_that_there_are() -> None:
    said = {"purpose": "settlement", "site": "east", "terminal": "T" * 22}
    assert read(**said).query().items() >= said.items()
    assert read(**said).narrowed
    for name in said:
        assert refused(**{name: "elsewhere"}) == ("figures.filter_unknown", name)


@pytest.mark.parametrize(
    "said",
    ["2026-02-30", "26-02-03", "2026-2-3", "tomorrow", "２０２６-０２-０３", "2026-02-03T00"],
)
def test_what_is_no_day_is_refused(said: str) -> None:
    assert refused(from_=said) == ("figures.day_malformed", "from")
    assert refused(from_="2026-02-03", to=said) == ("figures.day_malformed", "to")


def test_ranges_that_cannot_be_are_refused() -> None:
    assert refused(from_="2026-02-03", to="2026-02-02")[0] == "figures.days_reversed"
    assert refused(from_="1999-12-31", to="2000-01-01")[0] == "figures.too_early"
    assert refused(from_="2025-01-01", to="2026-01-02")[0] == "figures.too_long"
    assert read(from_="2025-01-01", to="2026-01-01").days == 366
    assert read(to="9999-12-30").until.year == 9999
    assert refused(to="9999-12-31")[0] == "figures.too_late"


@given(
    st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 366), st.data()
)  # fmt: skip
def test_spans_cover_the_range_without_a_gap(first: date, days: int, data: st.DataObject) -> None:
    asked = Asked(first, first + timedelta(days=days - 1))
    cut = spans(asked)
    assert (cut[0].start, cut[-1].end) == (asked.since, asked.until)
    assert all(one.end == after.start for one, after in pairwise(cut))
    step = timedelta(hours=1) if unit_of(asked) == "hour" else timedelta(days=1)
    index = data.draw(st.integers(0, int((asked.until - asked.since) / step) - 1))
    span = cut[place_of(asked, index)]
    assert span.start <= asked.since + index * step < span.end
    assert sum(laid_out(asked, {index: 3})) == 3
    assert len(cut) <= 72


def test_a_week_begins_on_monday() -> None:
    cut = spans(Asked(date(2026, 1, 1), date(2026, 12, 31)))
    assert {span.start.weekday() for span in cut[1:]} == {0}
