"""`shualian ledger` as an auditor types it."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from tests.squares import read_square
from verifier.cli_ledger import app
from verifier.ledger import append
from verifier.settings import load
from verifier.store.database import Database, open_database
from verifier.trust.keys import KeyRing

from ..fixtures import INSTITUTION

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line on a folder with a key ring and no tables yet."""
    monkeypatch.setenv("SHUALIAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SHUALIAN_INSTITUTION", INSTITUTION)
    KeyRing.load_or_create(tmp_path / "data" / "keys")

    def typed(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return typed


@pytest.fixture
def store(run: Run) -> Iterator[Database]:
    """Its database, kept open, with three entries."""
    with open_database(load()) as opened:
        assert run("verify").stderr.strip().endswith("[store.not_migrated]")
        opened.migrate()
        for number in (1, 2, 3):
            with opened.app.begin() as conn:
                append(conn, INSTITUTION, "test.happened", {"number": number})
        yield opened


def test_a_checkpoint_is_carried_away_and_finds_what_was_changed_since(
    run: Run, store: Database, tmp_path: Path
) -> None:
    kept, keys = tmp_path / "kept.jws", tmp_path / "keys.json"
    assert run("checkpoint", "--out", kept, "--keys-out", keys).exit_code == 0
    with_it = ("verify", "--checkpoint", kept, "--keys", keys)
    fine = run(*with_it)
    assert (fine.exit_code, "前 3 条与检查点一致" in fine.stdout) == (0, True)
    with store.owner.begin() as conn:
        conn.execute(text("UPDATE ledger SET kind = 'test.never' WHERE body->>'number' = '2'"))
    found = run(*with_it)
    assert found.exit_code == 1
    assert "entry.changed · entry 1" in found.stdout
    assert "From entry 1 on nothing is proved." in found.stdout
    said = json.loads(run(*with_it, "--json").stdout)
    assert (said["ok"], said["proved"], said["findings"][0]["code"]) == (False, 1, "entry.changed")


def test_without_a_checkpoint_from_elsewhere_it_says_what_that_is_worth(
    run: Run, store: Database
) -> None:
    assert run("seal").stdout == "sealed 3 entries\n"
    done = run("verify")
    assert done.exit_code == 0
    assert "bring one that was kept elsewhere" in done.stdout


@pytest.mark.parametrize(
    ("content", "code"),
    [("no checkpoint", "ledger.checkpoint_invalid"), (None, "input.unreadable")],
)
def test_a_file_that_is_no_checkpoint_is_refused(
    run: Run, store: Database, tmp_path: Path, content: str | None, code: str
) -> None:
    file = tmp_path / "kept.jws"
    if content is not None:
        file.write_text(content)
    done = run("verify", "--checkpoint", file)
    assert (done.exit_code, done.stderr.strip().endswith(f"[{code}]")) == (1, True)


def test_a_checkpoint_on_paper_is_read_back_from_its_picture(
    run: Run, store: Database, tmp_path: Path
) -> None:
    page, keys = tmp_path / "page.html", tmp_path / "keys.json"
    printed = run("checkpoint", "--page", page, "--keys-out", keys)
    compact = printed.stdout.strip()
    text_of = page.read_text("utf-8")
    assert not re.search(r"https?://(?!www.w3.org)|<script|src=", text_of)
    picture = re.search(r"<svg.*</svg>", text_of, re.DOTALL)
    assert picture is not None
    kept = tmp_path / "kept.jws"
    kept.write_text(scanned(picture[0], tmp_path))
    assert kept.read_text() == compact
    assert run("verify", "--checkpoint", kept, "--keys", keys).exit_code == 0


def scanned(svg: str, folder: Path) -> str:
    """As a telephone does it: drawn black on white, and looked at."""
    size = int(float(re.search(r'viewBox="0 0 ([\d.]+) ', svg)[1]))  # type: ignore[index]
    scale = 8
    picture = np.full((size * scale, size * scale), 255, np.uint8)
    for x, y in re.findall(r"M([\d.]+),([\d.]+)", svg):
        left, top = round(float(x) * scale), round(float(y) * scale)
        picture[top : top + scale, left : left + scale] = 0
    return read_square(picture)
