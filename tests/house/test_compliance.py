"""docs/compliance.md answers every line of the rules, and names only evidence that is there."""

from collections import Counter
from pathlib import Path

import pytest

from tests.house import papers

PAGE = papers.text_of("docs/compliance.md")
ROWS = list(papers.rows(PAGE, "line"))
WITH_EVIDENCE = ("held", "in part")


def test_every_line_of_the_rules_has_its_row_in_order() -> None:
    assert [row["line"] for row in ROWS] == [str(number) for number in range(1, 44)]


def test_every_row_has_one_of_the_known_states() -> None:
    counts = Counter(row["state"] for row in ROWS)
    print({state: counts[state] for state in papers.STATES})
    assert set(counts) <= set(papers.STATES)


def test_the_page_says_how_many_rows_are_in_each_state() -> None:
    counts = Counter(row["state"] for row in ROWS)
    said = {row["a row is"]: int(row["rows"]) for row in papers.rows(PAGE, "a row is")}
    assert said == {state: counts[state] for state in papers.STATES}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"line-{row['line']}")
def test_a_row_says_what_its_state_needs(row: papers.Row) -> None:
    assert row["who confirms"]
    if row["state"] in WITH_EVIDENCE:
        assert papers.paths_named(row["code"])
        assert papers.tests_named(row["tests"])
    if row["state"] in ("in part", "not built"):
        assert "Open:" in row["hospital's part, and what is open"]
    if row["state"] in ("duty", "not applicable"):
        assert len(row["hospital's part, and what is open"]) > 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"line-{row['line']}")
def test_what_a_row_names_is_there(row: papers.Row) -> None:
    assert papers.missing(" ".join(row.cells.values())) == []


def test_a_row_that_names_a_test_that_does_not_exist_is_found(tmp_path: Path) -> None:
    file = tmp_path / "tests" / "test_x.py"
    file.parent.mkdir()
    file.write_text("class TestIt:\n    async def test_it_holds(self): ...\n")
    good, bad = "`tests/test_x.py::test_it_holds`", "`tests/test_x.py::test_it_does_not`"
    assert papers.missing(good, tmp_path) == []
    assert papers.missing(f"{good} {bad}", tmp_path) == ["tests/test_x.py::test_it_does_not"]
    assert papers.missing("`tests/test_y.py::test_it`", tmp_path) == ["tests/test_y.py::test_it"]
    assert papers.missing("`verifier/gone.py`", tmp_path) == ["verifier/gone.py"]
