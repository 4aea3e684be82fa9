"""The papers of trust name only tests, files and commands that exist."""

import re
import shlex
from collections import Counter
from typing import Any

import click
import pytest
import typer.main

from shualian.cli import main
from tests.house import papers

each = pytest.mark.parametrize("paper", papers.PAPERS)
THREATS = papers.text_of("docs/threat-model.md")
LEVELS = papers.text_of("docs/mlps.md")
STRIDE = ("S", "T", "R", "I", "D", "E")


@each
def test_every_test_and_file_that_a_page_names_exists(paper: str) -> None:
    assert papers.missing(papers.text_of(paper)) == []


@each
def test_every_command_that_a_page_quotes_exists(paper: str) -> None:
    unknown = [c for c in papers.commands_named(papers.text_of(paper)) if not known(c)]
    assert unknown == []


@pytest.mark.parametrize(
    ("command", "there"),
    [
        ("shualian ledger verify --checkpoint monday.jws", True),
        ("shualian verifier terminals suspend ID", True),
        ("shualian ledger", True),
        ("shualian ledger forget", False),
        ("shualian ledger verify --quietly", False),
        ("shualian nothing", False),
    ],
)
def test_a_command_that_does_not_exist_is_found(command: str, there: bool) -> None:
    assert known(command) is there


def known(command: str) -> bool:
    """Whether the words lead to a command of the front door that has these options."""
    words = shlex.split(command)[1:]
    at: Any = typer.main.get_command(main)
    while words and hasattr(at, "get_command"):
        at = at.get_command(click.Context(at), words.pop(0))
        if at is None:
            return False
    options = {name for parameter in at.params for name in parameter.opts} | {"--help"}
    return all(word.split("=")[0] in options for word in words if word.startswith("-"))


def test_every_arrow_of_the_data_flow_has_all_six_threats() -> None:
    arrows = re.findall(r"^\| (A\d+) \|", THREATS.split("## Arrow by arrow")[0], re.MULTILINE)
    assert arrows == [f"A{number}" for number in range(1, len(arrows) + 1)]
    assert len(arrows) >= 10
    asked = [(row["arrow"], row["STRIDE"]) for row in papers.rows(THREATS, "arrow")]
    assert {row for row in asked if row[0] in arrows} >= {(a, s) for a in arrows for s in STRIDE}


def test_a_threat_is_met_by_a_named_test_or_said_to_be_left() -> None:
    for row in papers.rows(THREATS, "arrow"):
        if "STRIDE" in row.cells:
            left = row["what is left"]
            assert papers.tests_named(row["held by"]) or len(left) > 10, row.cells


def test_every_control_of_level_three_has_a_state_and_its_evidence() -> None:
    rows = list(papers.rows(LEVELS, "control"))
    assert len(rows) >= 25
    for row in rows:
        assert row["state"] in papers.STATES, row.cells
        if row["state"] in ("held", "in part"):
            assert papers.tests_named(row["tests"]), row.cells
        if row["state"] in ("in part", "not built"):
            assert "Open:" in row["hospital's part, and what is open"], row.cells


def test_the_level_three_page_counts_its_own_states() -> None:
    counts = Counter(row["state"] for row in papers.rows(LEVELS, "control"))
    said = dict(re.findall(r"(held|in part|duty|not built): (\d+)", LEVELS))
    assert {state: int(number) for state, number in said.items()} == dict(counts)
