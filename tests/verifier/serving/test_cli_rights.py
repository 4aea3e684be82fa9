"""`shualian rights` as a data-protection officer types it."""

import json
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from verifier.cli_rights import app
from verifier.identity import erasure, galleries, institutions, templates
from verifier.identity.galleries import Gallery
from verifier.identity.retention import LIVES
from verifier.settings import load
from verifier.store.database import Database, open_database
from verifier.trust.keys import KeyRing

from ..fixtures import INSTITUTION, PACK, register_somebody, unit_vectors

Run = Callable[..., Result]
NUMBER, NAME = "990101198001010013", "张三丰"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SHUALIAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SHUALIAN_INSTITUTION", INSTITUTION)

    def typed(*arguments: object, **said: str) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments], **said)

    return typed


@pytest.fixture
def store(run: Run) -> Iterator[tuple[Database, Gallery, str]]:
    ring = KeyRing.load_or_create(load().keys)
    with open_database(load()) as opened:
        opened.migrate()
        with opened.app.begin() as conn:
            institutions.ensure(conn, INSTITUTION, "演示医院", demo=True)
            gallery = galleries.open_gallery(conn, ring, INSTITUTION, PACK)
            zhang = register_somebody(conn, ring, INSTITUTION, NUMBER, NAME)
            said = (zhang.id, zhang.consent, unit_vectors(1), 0.9)
            templates.enrol(conn, ring, gallery, *said)
        yield opened, gallery, zhang.id


def test_a_person_gets_everything_that_is_kept_and_that_is_entered(
    run: Run, store: tuple[Database, Gallery, str], tmp_path: Path
) -> None:
    assert run("copy", NUMBER, "--out", tmp_path / "out").exit_code == 0
    said = json.loads((tmp_path / "out" / "copy.json").read_text())
    assert (said["name"], said["numbers"][0]["number"]) == (NAME, NUMBER)
    assert said["consents"][0]["notice_version"] == "2025-01"
    assert said["faces"][0]["pack"] == PACK.name
    assert "person.registered" in {entry["kind"] for entry in said["entries"]}
    assert "subject.exported" in {entry["kind"] for entry in said["entries"]}
    assert len(said["retention"]) == len(LIVES)
    page = (tmp_path / "out" / "copy.html").read_text()
    assert NAME in page
    assert NUMBER in page
    assert not re.search(r"https?://|<script|@import|src=", page)
    assert stat.S_IMODE((tmp_path / "out" / "copy.html").stat().st_mode) == 0o600


def test_a_name_is_set_right(
    run: Run, store: tuple[Database, Gallery, str], tmp_path: Path
) -> None:
    assert run("correct", NUMBER, "--name", "张三峰").exit_code == 0
    assert run("copy", NUMBER, "--out", tmp_path / "out").exit_code == 0
    assert json.loads((tmp_path / "out" / "copy.json").read_text())["name"] == "张三峰"
    refused = run("correct", "990101198001010021", "--name", "x")
    assert "[person.unknown]" in refused.stderr


def test_a_number_need_not_stand_in_the_shells_history(
    run: Run, store: tuple[Database, Gallery, str], tmp_path: Path
) -> None:
    done = run("copy", "-", "--out", tmp_path / "out", input=f"{NUMBER}\n")
    assert done.exit_code == 0
    assert NUMBER not in done.output


def test_of_an_erased_person_nothing_readable_is_left_to_copy(
    run: Run, store: tuple[Database, Gallery, str], tmp_path: Path
) -> None:
    database, gallery, person = store
    with database.app.begin() as conn:
        erasure.erase(conn, gallery, person)
    refused = run("copy", NUMBER, "--out", tmp_path / "out")
    assert (refused.exit_code, "[person.unknown]" in refused.stderr) == (1, True)
    assert not (tmp_path / "out").exists()


def test_lives_purposes_marks_and_what_is_due_are_told(
    run: Run, store: tuple[Database, Gallery, str]
) -> None:
    lives = run("lives").stdout
    assert all(life.table in lives for life in LIVES)
    assert json.loads(run("filing", "--json").stdout) == {"people": 1, "reached": []}
    assert "1 / 100,000" in run("filing").stdout
    for purpose in json.loads(run("purposes", "--json").stdout).values():
        assert purpose["purpose"]
        assert purpose["necessity"]
        assert purpose["basis"]
    assert re.search(r"templates +0", run("sweep", "--dry-run").stdout)
    assert re.search(r"templates +0", run("sweep").stdout)


def test_a_sign_says_all_that_a_notice_must(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "sign.html"
    said = ("--name", "演示医院", "--contact", "信息科 0000-0000", "--out", out)
    assert run("sign", *said).exit_code == 0
    page = out.read_text("utf-8")
    for word in ("演示医院", "信息科 0000-0000", "防止冒名就医", "24个月", "撤回同意", "人工窗口"):
        assert word in page, word
    assert not re.search(r"https?://|<script|src=", page)
    refused = run("sign", "--name", " ", "--contact", "x", "--out", out)
    assert "[sign.incomplete]" in refused.stderr


def test_without_keys_or_tables_it_is_one_sentence(run: Run, tmp_path: Path) -> None:
    assert "[keys.missing]" in run("filing").stderr
    KeyRing.load_or_create(load().keys)
    assert "[store.not_migrated]" in run("filing").stderr
