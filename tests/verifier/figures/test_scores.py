"""Scores against the thresholds that stood then, on real rows."""

from datetime import timedelta
from typing import Any

import pytest

from tests.verifier.fixtures import INSTITUTION
from verifier.figures import asked as asking
from verifier.figures import scores as reading
from verifier.figures.asked import Asked
from verifier.figures.scores import BINS, EDGES, Scores
from verifier.ledger import policies
from verifier.protocol.values import now

from .book import DAY, Book, at, of_day


def compared(score: float, threshold: float = 0.38, fmr: float = 1e-4) -> dict[str, Any]:
    """A decision's own words."""
    return {
        "calibration": "zoo-1",
        "comparison": {
            "score": score, "threshold": threshold, "fmr": fmr, "extrapolated": fmr < 1e-5,
        },
        "identification": None,
    }  # fmt: skip


def found(book: Book, days: int = 1, **filters: str) -> list[Scores]:
    return reading.scores(book.conn, INSTITUTION, of_day(days=days, **filters))


def test_each_score_is_counted_in_its_bin_by_whether_it_reached_its_own_threshold(
    book: Book,
) -> None:
    for score in (0.80, 0.849, 0.38, 1.0):
        book.decision(at(8), **compared(score))
    for score in (0.379, -0.9):
        book.decision(at(8), "rejected", reasons=("face_differs",), **compared(score))
    (one,) = found(book)
    assert (one.calibration, one.times, len(EDGES)) == ("zoo-1", 6, BINS + 1)
    assert {EDGES[n]: count for n, count in enumerate(one.reached) if count} == {
        0.35: 1, 0.8: 2, 0.95: 1,
    }  # fmt: skip
    assert {EDGES[n]: count for n, count in enumerate(one.below) if count} == {-0.2: 1, 0.35: 1}


def test_a_policy_that_changed_within_the_range_shows_both_thresholds(book: Book) -> None:
    later = DAY + timedelta(days=1)
    for score in (0.40, 0.50):
        book.decision(at(8), **compared(score))
        stricter = "accepted" if score > 0.45 else "rejected"
        book.decision(at(9, day=later), stricter, **compared(score, 0.45, 1e-6))
    (one,) = found(book, days=2)
    old, new = one.limits
    assert (old.cosine, old.times, old.reached, old.extrapolated) == (0.38, 2, 2, False)
    assert (new.cosine, new.times, new.reached, new.extrapolated) == (0.45, 2, 1, True)
    assert (old.last, new.first) == (at(8), at(9, day=later))
    assert [limit.cosine for limit in found(book)[0].limits] == [0.38], "that day's alone"


def test_another_calibration_is_a_plot_of_its_own(book: Book) -> None:
    book.decision(at(8), **compared(0.5))
    book.decision(at(9), **compared(0.5) | {"calibration": "site-2"})
    assert sorted(one.calibration for one in found(book)) == ["site-2", "zoo-1"]


def test_searches_chip_photos_and_visits_without_a_face_are_left_out(book: Book) -> None:
    book.decision(at(8))
    book.decision(at(8), **compared(0.6) | {"identification": {"answer": "match"}})
    book.decision(at(8), "refer", reasons=("chip_photo_differs",), **compared(0.2))
    book.decision(at(8), "refused", refusal="capture.undecodable")
    assert found(book) == []


def test_filters_reach_the_scores(book: Book) -> None:
    book.decision(at(8), terminal=book.terminal("west 1", "west"), **compared(0.6))
    assert found(book, site="west")[0].times == 1
    assert found(book, purpose="dispensing") == []


def test_policies_in_force_are_named_by_what_their_file_says(book: Book) -> None:
    today = asking.today(now())
    for name in ("first", "second"):
        policies.put_in_force(book.conn, INSTITUTION, f'{{"name":"{name}"}}', now())
    around = Asked(today - timedelta(days=1), today + timedelta(days=1))
    told = reading.policies(book.conn, INSTITUTION, around)
    assert [each.name for each in told] == ["first", "second"]
    assert reading.policies(book.conn, INSTITUTION, of_day()) == [], "before there was one"
    assert reading.policies(book.conn, "H99010100002", around) == []


@pytest.mark.parametrize(
    ("times", "left"),
    [((1, 2, 3), [3]), ((1, 12), [1, 12]), ((12, 14), [12, 14]), ((), []), ((10,), [10])],
)
def test_a_policy_ends_where_the_next_one_begins(times: tuple[int, ...], left: list[int]) -> None:
    known = [reading.InForce(at(0, day=DAY.replace(day=day)), "d", "n") for day in times]
    shown = reading.in_range(known, of_day(days=10))
    assert [each.at.day for each in shown] == left
