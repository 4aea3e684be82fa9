"""Where bars, ticks and lines of a plot stand. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console import plots
from console.plots import FOOT, LEFT, RIGHT, TOP

SAID = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (7, [0, 2, 4, 6, 8]),
        (120, [0, 50, 100, 150]),
        (100_000, [0, 50_000, 100_000]),
    ],
)
def test_an_axis_has_few_whole_round_numbers(most: int, ticks: list[int]) -> None:
    assert plots.whole_ticks(most) == ticks


@given(st.integers(1, 10**15))
def test_an_axis_begins_at_zero_and_holds_the_most(most: int) -> None:
    ticks = plots.whole_ticks(most)
    assert (ticks[0], ticks == sorted(set(ticks))) == (0, True)
    assert most <= ticks[-1] <= max(most * 2.5, 1)
    assert len(ticks) <= 5


def test_an_axis_says_large_numbers_shortly() -> None:
    assert [plots.short(n) for n in (0, 800, 1200, 20_000, 12_500, 2_500_000)] == [
        "0", "800", "1,200", "20k", "12,500", "2.5M",
    ]  # fmt: skip


def test_nothing_is_an_empty_plot() -> None:
    assert plots.stacked([("one", [0, 0, 0])], SAID, []).empty
    assert plots.histogram([0, 1], [("one", [0])], []).empty
    assert plots.course([], []).empty


def test_columns_stand_on_the_foot_and_each_kind_on_the_one_before() -> None:
    plot = plots.stacked([("one", [4, 0, 2]), ("two", [0, 4, 2])], SAID, [(0.5, "x")])
    first, second, low, high = plot.pieces
    assert {(piece.y, piece.height) for piece in (first, second)} == {(TOP, FOOT - TOP)}
    assert (low.kind, low.y + low.height) == ("one", FOOT)
    assert (high.kind, high.y + high.height) == ("two", low.y)
    assert low.height == high.height == (FOOT - TOP) / 2
    assert second.said == "b two 4"
    assert LEFT < plot.across[0].at < LEFT + (RIGHT - LEFT) / 3


def test_one_beside_a_million_can_be_seen() -> None:
    plot = plots.stacked([("one", [1, 0, 1_000_000])], SAID, [])
    assert [piece.height >= plots.LEAST_SEEN for piece in plot.pieces] == [True, True]
    assert plot.up[-1].label == "1M"


@given(
    st.lists(st.tuples(*[st.integers(0, 10**9)] * 3), min_size=1, max_size=400),
)
def test_whatever_is_counted_stays_on_the_paper(columns: list[tuple[int, int, int]]) -> None:
    kinds = list(zip("xyz", zip(*columns, strict=True), strict=True))
    plot = plots.stacked(kinds, [""] * len(columns), [])
    for piece in plot.pieces:
        assert LEFT - 0.1 <= piece.x <= piece.x + piece.width <= RIGHT + 0.2
        assert 0 <= piece.y <= piece.y + piece.height <= FOOT + 0.1
        assert piece.width > 0


def test_limits_stand_at_their_score_and_their_words_apart() -> None:
    edges = [0.0, 0.5, 1.0]
    plot = plots.histogram(edges, [("reached", [0, 3])], [(0.75, "new"), (0.25, "old")])
    assert [(line.label, line.row) for line in plot.lines] == [("old", 0), ("new", 1)]
    assert plot.lines[0].at == pytest.approx(LEFT + (RIGHT - LEFT) / 4)
    assert [line.near_end for line in plot.lines] == [False, True]
    assert [tick.label for tick in plot.across] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert plot.pieces[0].said.startswith("0.50 – 1.00")


def test_a_mark_is_drawn_when_the_number_has_come_half_way() -> None:
    marks = [(80_000, "warn"), (100_000, "file")]
    assert plots.course([10, 20, 15], [], marks).lines == ()
    assert [line.label for line in plots.course([41_000], [], marks).lines] == ["warn"]
    far = plots.course([60_000, 120_000], [], marks)
    assert [line.label for line in far.lines] == ["warn", "file"]
    assert far.points == f"{LEFT}.0,{FOOT - (FOOT - TOP) * 60_000 / 150_000:.1f} {RIGHT}.0,112.0"


def test_one_value_is_a_level_line() -> None:
    assert len({point.split(",")[1] for point in plots.course([7], []).points.split()}) == 1


def test_a_bar_of_some_is_seen_and_of_none_is_not() -> None:
    assert plots.share(0, 10) == 0
    assert plots.share(1, 10**9) > 0
    assert plots.share(5, 10) == 500
    assert plots.share(20, 10) == 1000
