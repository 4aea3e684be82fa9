"""`shualian demo` as it is typed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from shualian import home
from shualian.demo.clinic import PHYSICIANS
from shualian.demo.hospital import INSTITUTION, open_hospital
from shualian.demo.results import TITLES
from shualian.demo.sample import INVENTED
from verifier.identity import erasure
from verifier.identity.galleries import find_gallery
from verifier.protocol.values import now
from verifier.store import backup
from verifier.store.embedded import binaries
from verifier.store.schema import Person

from ..seeking import any_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


def demo(folder: Path, *arguments: str, seconds: float = 120) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "shualian", "demo", *arguments],
        env={**os.environ, "SHUALIAN_DATA": str(folder)},
        capture_output=True,
        text=True,
        timeout=seconds,
    )


def test_a_second_demo_on_the_same_data_is_refused_in_one_sentence(folder: Path) -> None:
    held = [home.take(folder), home.take(folder / "demo")]
    try:
        said = demo(folder, "--json")
    finally:
        for descriptor in held:
            os.close(descriptor)
    assert said.returncode == 1
    assert said.stdout == ""
    assert said.stderr.splitlines()[-1].endswith("[demo.already_playing]")
    assert "The demo hospital is running" in said.stderr


def test_models_that_cannot_be_had_are_said_in_one_sentence(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHUALIAN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").write_text("a file, and no folder")
    said = demo(folder)
    assert said.returncode == 1
    assert said.stderr.strip().endswith("]")
    assert "Traceback" not in said.stderr


@pytest.mark.xdist_group("demo_whole")
def test_the_whole_demo_ends_as_it_should_and_once_more_on_the_data_that_it_kept(
    folder: Path,
) -> None:
    for _ in range(2):
        said = demo(folder, "--json", seconds=600)
        assert said.returncode == 0, said.stdout + said.stderr
        assert_played_for_everybody(json.loads(said.stdout))
    assert_names_nobody(folder)


def assert_names_nobody(folder: Path) -> None:
    """What two whole demos left: tables, PostgreSQL's files and log, logs, spools, keys, a dump."""
    somebody = any_of(text for person in INVENTED for text in (person.name, person.number))
    with open_hospital(folder, 18371) as hospital:
        copy = folder / "copy"
        backup.create(hospital.database, hospital.keyring, INSTITUTION, copy, now())
        program = [str(binaries() / "pg_restore"), "--file=-", str(copy / backup.DUMP)]
        unpacked = subprocess.run(program, capture_output=True, check=True).stdout
        assert b"COPY public.people" in unpacked
        assert not somebody.search(unpacked), "the dump"
        with hospital.database.app.begin() as conn:
            gallery = find_gallery(conn, hospital.keyring, INSTITUTION)
            assert gallery is not None
            for person in conn.scalars(select(Person.id).where(Person.synthetic.is_(False))).all():
                erasure.erase(conn, gallery, person)
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert {"logs", "pg_wal", "keys", "copy"} <= {part for path in files for part in path.parts}
        for path in files:
            found = somebody.search(path.read_bytes())
            assert not found, f"{path}: {found.group()!r}" if found else ""


def assert_played_for_everybody(played: dict[str, Any]) -> None:
    rows = played["visits"]
    assert played["ok"]
    assert list(dict.fromkeys(row["visit"] for row in rows)) == list(TITLES)
    everybody = {person.name for person in INVENTED}
    enrolled = {person.name for person in INVENTED if person.enrolled}
    applies = dict.fromkeys("aco", enrolled) | dict.fromkeys("dj", everybody - enrolled)
    applies["r"] = {physician.invented.name for physician in PHYSICIANS}
    for letter in set(TITLES) - {"p"}:  # while the platform is away a few come
        who = " ".join(row["who"] for row in rows if row["visit"] == letter)
        assert {name for name in everybody if name in who} == applies.get(letter, everybody), letter
    assert all(row["checks"]["receipt_verifies"] for row in rows if "receipt" in row)
    assert min(played["least_margin"].values()) > 0
