"""The house's rules find what they are for."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.house import check


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "benchmarks" / "results").mkdir(parents=True)
    return tmp_path


def test_a_long_file_without_a_reason_is_found(repository: Path) -> None:
    (repository / "long.py").write_text("x = 1\n" * 501)
    (repository / "excused.py").write_text(
        f'"""{check.EXCUSE} it is one table."""\n' + "x = 1\n" * 600
    )
    assert list(check.long_files(repository)) == ["long.py: 501 lines and no reason"]


def test_a_link_to_nothing_is_found(repository: Path) -> None:
    (repository / "here.md").write_text("[a](here.md) [b](gone.md) [c](https://example.org/x)")
    assert list(check.dead_links(repository)) == ["here.md: gone.md does not exist"]


@pytest.mark.parametrize(
    ("quoted", "holds"),
    [
        ("2.3×", True),
        ("2.31×", True),
        ("2.4×", False),
        ("230.9 %", True),
        ("231 %", True),
        ("229 %", False),
    ],
)
def test_a_quoted_figure_must_equal_its_raw_one(repository: Path, quoted: str, holds: bool) -> None:
    (repository / "benchmarks/results/speed.json").write_text(
        json.dumps({"ratio": {"median": 2.309}})
    )
    (repository / "doc.md").write_text(f"{quoted}<!-- speed.json /ratio/median -->")
    assert (list(check.figures(repository)) == []) is holds


def test_a_figure_without_its_source_is_found(repository: Path) -> None:
    (repository / "doc.md").write_text("3<!-- gone.json /x -->")
    assert list(check.figures(repository)) == ["doc.md: gone.json does not exist"]


def test_a_result_that_does_not_say_how_it_was_made_is_found(repository: Path) -> None:
    (repository / "benchmarks/results/a.json").write_text(json.dumps({"command": "x"}))
    assert len(list(check.results(repository))) == len(check.RESULT_FIELDS) - 1


def test_an_address_in_a_lock_is_found(repository: Path) -> None:
    (repository / "requirements").mkdir()
    (repository / "requirements/run.lock").write_text(
        "a==1 --hash=sha256:00 https://example.org/a.whl"
    )
    assert list(check.addresses_in_locks(repository)) == ["requirements/run.lock: an address"]


def test_a_remote_asset_is_found_and_a_namespace_is_not(repository: Path) -> None:
    (repository / "web").mkdir()
    (repository / "web/a.css").write_text("body{background:url(//example.org/a.png)}")
    (repository / "web/b.html").write_text('<svg xmlns="http://www.w3.org/2000/svg"></svg>')
    assert list(check.remote_assets(repository)) == ["web/a.css: a remote asset"]


def test_the_figure_pattern_reads_a_number_and_its_unit() -> None:
    match = re.search(check.FIGURE, "about 1,250.5 ms<!-- a.json /b/0/c -->")
    assert match is not None
    assert (match["shown"], match["unit"].strip(), match["path"]) == ("1,250.5", "ms", "/b/0/c")
