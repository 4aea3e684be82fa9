"""The recorded mutations still fit the code that they break."""

import json

import pytest

from tests.house import papers
from tests.mutations.table import ROOT, Mutation, load

MUTATIONS = load()
ROWS = {int(row["line"]): row for row in papers.rows(papers.text_of("docs/compliance.md"), "line")}
each = pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)


@each
def test_the_text_that_a_mutation_changes_stands_in_its_file_once(mutation: Mutation) -> None:
    source = (ROOT / mutation.file).read_text(encoding="utf-8")
    assert mutation.applied(source) != source


@each
def test_the_test_that_must_notice_is_the_first_in_the_row_of_its_line(mutation: Mutation) -> None:
    file, name = papers.tests_named(ROWS[mutation.line]["tests"])[0]
    assert f"{file}::{name}" == mutation.test


def test_the_page_marks_the_lines_that_have_a_mutation() -> None:
    marked = {line for line, row in ROWS.items() if row["rule"].endswith("◆")}
    assert marked == {mutation.line for mutation in MUTATIONS}


def test_ten_lines_or_more_have_a_mutation() -> None:
    assert len({mutation.line for mutation in MUTATIONS}) >= 10


def test_the_recorded_run_caught_every_mutation_there_is() -> None:
    """Run `make mutations` after a change to the table."""
    file = ROOT / "benchmarks" / "results" / "mutations.json"
    record = json.loads(file.read_text(encoding="utf-8"))
    verdicts = {outcome["name"]: outcome["verdict"] for outcome in record["outcomes"]}
    assert verdicts == {mutation.name: "caught" for mutation in MUTATIONS}


def test_a_mutation_whose_text_is_gone_is_told() -> None:
    with pytest.raises(ValueError, match="0×"):
        MUTATIONS[0].applied("something else")
