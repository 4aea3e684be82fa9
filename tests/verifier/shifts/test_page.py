"""The page about rosters shows what the program does."""

import re
from pathlib import Path

from verifier.practice.roster_errors import ROSTER_KEPT
from verifier.shifts import ROSTER, find_conflicts, read_grid
from verifier.shifts.texts import codes as text_codes

from .invented import CODES, KNOWN, PLACE

PAGE = (Path(__file__).parents[3] / "docs" / "roster.md").read_text(encoding="utf-8")


def test_the_pages_grid_is_read_without_a_problem_or_a_conflict() -> None:
    grid = PAGE.split("```csv\n")[1].split("```")[0]
    report = read_grid(grid.encode(), PLACE, CODES, KNOWN)
    assert len(report.accepted) == 24
    assert report.problems == ()
    assert find_conflicts(report.accepted, CODES, month=report.month) == ()


def test_the_page_lists_the_codes_that_ship() -> None:
    for kind in ("work", "on_call", "off"):
        listed = re.search(rf"^\| `{kind}` \| ([^|]+) \|", PAGE, re.MULTILINE)
        assert listed is not None
        assert listed[1].split() == [one.code for one in CODES if one.kind == kind]


def test_every_code_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`(roster\.[a-z_]+)`", PAGE))
    entries = {"roster.saved"}
    assert named <= text_codes() | set(ROSTER) | set(ROSTER_KEPT) | entries


def test_no_code_is_a_refusal_of_one_kind_and_a_finding_of_another_with_other_words() -> None:
    assert text_codes() & (set(ROSTER) | set(ROSTER_KEPT)) == {"roster.code_unknown"}
    assert set(ROSTER) & set(ROSTER_KEPT) == set()


def test_a_roster_says_nothing_of_how_anybody_worked() -> None:
    """Rule of DESIGN §5: face and place data serve no evaluation of work performance."""
    room = Path(__file__).parents[3] / "verifier" / "shifts"
    words = re.compile(
        r"\b(late|lateness|punctual\w*|overtime|hours_worked|ranking|score)\b|迟到|考勤"
    )
    found = [path.name for path in room.glob("*.*") if words.search(path.read_text("utf-8"))]
    assert found == []
