"""Rows taken together: how many ended as they should, and how near the nearest came."""

import pytest

from shualian.demo.results import Played, Seen
from shualian.demo.summary import groups, narrowest
from tests.shualian.answers import compared

ACCEPTED, REJECTED = Seen("accepted", "card+face"), Seen("rejected", "face_differs")


def row(expected: Seen, seen: Seen, score: float, who: str = "x", case: str = "") -> Played:
    visit = "a" if expected == ACCEPTED else "b"
    return Played(visit, who, expected, seen, {}, compared(score, 0.4), 1, case)


def test_a_margin_is_the_distance_on_the_expected_side() -> None:
    assert row(ACCEPTED, ACCEPTED, 0.6).margin == pytest.approx(0.2)
    assert row(REJECTED, REJECTED, 0.1).margin == pytest.approx(0.3)


def test_a_wrong_outcome_has_a_negative_margin() -> None:
    assert row(ACCEPTED, REJECTED, 0.3).margin == pytest.approx(-0.1)
    assert row(REJECTED, ACCEPTED, 0.5).margin == pytest.approx(-0.1)


def test_where_nothing_was_compared_there_is_no_margin() -> None:
    assert Played("f", "x", REJECTED, REJECTED).margin is None


def test_rows_of_one_visit_case_and_expectation_are_one_group() -> None:
    rows = [
        row(ACCEPTED, ACCEPTED, 0.6),
        row(REJECTED, REJECTED, 0.1),
        row(ACCEPTED, REJECTED, 0.3),
        row(ACCEPTED, ACCEPTED, 0.9, case="again"),
    ]
    found = groups(rows)
    assert [(group.visit, group.case, len(group.rows)) for group in found] == [
        ("a", "", 2),
        ("b", "", 1),
        ("a", "again", 1),
    ]
    assert (found[0].good, found[0].wrong) == (1, [rows[2]])
    assert found[0].margin == pytest.approx(-0.1)
    assert found[0].scores == [0.6, 0.3]
    assert found[0].thresholds == [0.4, 0.4]


def test_no_row_is_lost_between_the_groups() -> None:
    rows = [row(ACCEPTED, ACCEPTED, 0.5 + i / 10, case=str(i % 2)) for i in range(5)]
    assert sum(len(group.rows) for group in groups(rows)) == len(rows)


def test_the_narrowest_of_each_expected_outcome_is_found() -> None:
    rows = [
        row(ACCEPTED, ACCEPTED, 0.6, "far"),
        row(ACCEPTED, ACCEPTED, 0.45, "near"),
        row(REJECTED, REJECTED, 0.39, "nearer"),
        row(REJECTED, REJECTED, 0.1),
    ]
    found = narrowest(rows)
    assert {outcome: one.who for outcome, one in found.items()} == {
        "accepted": "near",
        "rejected": "nearer",
    }
