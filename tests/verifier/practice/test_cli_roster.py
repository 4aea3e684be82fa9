"""`shualian roster` as an operator types it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import time_machine
from typer.testing import CliRunner, Result

from verifier.cli_roster import app
from verifier.identity import galleries, institutions
from verifier.practice import roster
from verifier.protocol.values import now
from verifier.settings import load
from verifier.shifts import read_grid
from verifier.store.database import Database, open_database
from verifier.trust.accounts import accounts
from verifier.trust.keys import KeyRing

from ..fixtures import INSTITUTION, PACK
from ..shifts.invented import CODES, DECEMBER, KNOWN, PLACE, at
from .hospital import LUNG, open_hospital

Run = Callable[..., Result]
GRID = """2026年12月 排班表
医师代码,工号,姓名,1,2,3
D990101000001,,,门上/门下,夜班,下夜休
,124,,病房,值25,休
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("SHUALIAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SHUALIAN_INSTITUTION", INSTITUTION)

    def typed(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    with time_machine.travel(at(1, 7), tick=True):
        yield typed


@pytest.fixture
def store(run: Run) -> Iterator[Database]:
    settings = load()
    with open_database(settings) as opened:
        assert run("keepers").stderr.strip().endswith("[store.not_migrated]")
        opened.migrate()
        ring = KeyRing.load_or_create(settings.keys)
        with opened.app.begin() as conn:
            institutions.ensure(conn, INSTITUTION, "演示医院", demo=True)
            galleries.open_gallery(conn, ring, INSTITUTION, PACK)
            open_hospital(conn, ring, INSTITUTION)
            accounts.create(conn, ring, INSTITUTION, "g0001", now())
        yield opened


def cells(store: Database) -> int:
    with store.app.connect() as conn:
        return len(roster.month(conn, INSTITUTION, LUNG, DECEMBER))


def test_a_grid_is_tried_imported_and_exported(run: Run, store: Database, tmp_path: Path) -> None:
    grid = tmp_path / "grid.csv"
    grid.write_text(GRID, encoding="gb18030")
    tried = run("import", str(grid), "--department", LUNG, "--dry-run")
    assert tried.exit_code == 0, tried.output
    assert "E4  The shift code “值25” is none" in tried.stdout
    assert "2026-12-01  D990101000001  - -> 门上/门下" in tried.stdout
    assert cells(store) == 0
    done = run("import", str(grid), "--department", LUNG, "--month", "2026-12")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (
        0,
        "saved 2026年12月: 5 cells changed",
    )
    assert cells(store) == 6
    for kind in ("csv", "xlsx"):
        out = tmp_path / f"out.{kind}"
        terms = ("--department", LUNG, "--month", "2026-12")
        assert run("export", str(out), *terms).exit_code == 0
        report = read_grid(out.read_bytes(), PLACE, CODES, KNOWN)
        assert (len(report.accepted), report.problems) == (6, ())
    again = run("import", str(tmp_path / "out.xlsx"), "--department", LUNG, "--dry-run")
    assert "->" not in again.stdout, "what was exported changes nothing"


def test_what_blocks_is_named_and_saves_nothing(run: Run, store: Database, tmp_path: Path) -> None:
    grid = tmp_path / "grid.csv"
    grid.write_text("2026年12月,,\n姓名,1,2\n陈甲,休/门上,门上\n")
    refused = run("import", str(grid), "--department", LUNG)
    assert (refused.exit_code, cells(store)) == (1, 0)
    assert refused.stderr.strip().endswith("[roster.conflicts_block]")
    assert "blocks: D990101000001 2026-12-01" in refused.stdout


def test_departments_are_given_and_taken(run: Run, store: Database) -> None:
    assert run("keeper", "g0001", "--department", LUNG).exit_code == 0
    assert run("keepers").stdout.split() == ["g0001", LUNG]
    assert run("keeper", "g0001", "--department", LUNG, "--remove").exit_code == 0
    assert run("keepers").stdout == ""


def test_what_cannot_be_is_one_sentence_with_its_code(
    run: Run, store: Database, tmp_path: Path
) -> None:
    grid = tmp_path / "grid.csv"
    grid.write_text(GRID)
    for arguments, code in (
        (("import", str(grid), "--department", "x"), "roster.department_unknown"),
        (("import", str(grid), "--department", LUNG, "--month", "2026-11"),
         "roster.grid_month_differs"),
        (("keeper", "g0009", "--department", LUNG), "account.unknown"),
    ):  # fmt: skip
        refused = run(*arguments)
        assert (refused.exit_code, refused.stderr.strip().endswith(f"[{code}]")) == (1, True)
    for arguments in (
        ("export", "x.pdf", "--department", LUNG, "--month", "2026-12"),
        ("export", "x.csv", "--department", LUNG, "--month", "12"),
        ("export", "x.csv", "--department", LUNG, "--month", "2026-13"),
    ):
        assert run(*arguments).exit_code == 2
