"""`shualian practice` as an operator types it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from codes import id_number
from tests.verifier.fixtures import INSTITUTION, PACK
from verifier.cli_practice import app
from verifier.identity import galleries, institutions
from verifier.practice import listing, sites
from verifier.protocol.values import now
from verifier.settings import load
from verifier.store.database import Database, open_database
from verifier.trust.keys import KeyRing

from .clinic import number

Run = Callable[..., Result]
AT = ("--at", "30.3,120.3", "--datum", "wgs84")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SHUALIAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SHUALIAN_INSTITUTION", INSTITUTION)

    def typed(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return typed


@pytest.fixture
def store(run: Run) -> Iterator[Database]:
    with open_database(load()) as opened:
        assert run("list").stderr.strip().endswith("[store.not_migrated]")
        opened.migrate()
        ring = KeyRing.load_or_create(load().keys)
        with opened.app.begin() as conn:
            institutions.ensure(conn, INSTITUTION, "演示医院", demo=True)
            galleries.open_gallery(conn, ring, INSTITUTION, PACK)
        yield opened


def code(answer: Result) -> str:
    assert answer.exit_code == 1, answer.output
    return answer.stderr.strip().rsplit("[", 1)[1].rstrip("]")


def test_a_hospital_records_sites_departments_and_practitioners(
    run: Run, store: Database, tmp_path: Path
) -> None:
    outline = [[120.3, 30.3], [120.302, 30.3], [120.302, 30.302], [120.3, 30.302], [120.3, 30.3]]
    drawn = tmp_path / "west.geojson"
    drawn.write_text(json.dumps({"type": "Polygon", "coordinates": [outline]}), encoding="utf-8")
    extra = ("--network", "10.1.0.0/16", "--licence", "H99010100009")
    assert run("site", "east", "东院区", *AT, "--radius", "200", *extra).exit_code == 0
    assert run("site", "west", "西院区", *AT, "--fence", str(drawn)).exit_code == 0
    assert run("department", "or", "手术室", "--site", "east", "--kind", "theatre").exit_code == 0
    first = "99010119800102001"
    people = tmp_path / "people.csv"
    people.write_text(
        "code,name,number,department,right,from,to,basis,document,payment\n"
        f"{number(1)},张仲景,{first + id_number.check_digit(first)},手术室,"
        "independent,2026-01-01,,,,normal\n",
        encoding="utf-8",
    )
    assert "new, registration, payment" in run("import", str(people), "--dry-run").stdout
    assert json.loads(run("list", "--json").stdout)["practitioners"] == []
    assert run("import", str(people)).exit_code == 0
    assert "no change" in run("import", str(people)).stdout
    with store.app.connect() as conn:
        (one,) = listing.entries(conn, INSTITUTION, now())
        east, west = sites.listed(conn, INSTITUTION)
    assert (one.code, one.department, one.right, one.payment) == (
        number(1), "or", "independent", "normal",
    )  # fmt: skip
    assert (east.networks, east.licence) == (("10.1.0.0/16",), "H99010100009")
    assert west.fence is not None
    shown = run("list").stdout
    assert "东院区 (1 shapes)" in shown
    assert "张仲景" not in shown


def test_what_is_wrong_is_said_in_a_sentence_with_a_code(
    run: Run, store: Database, tmp_path: Path
) -> None:
    assert code(run("site", "east", "东院区", *AT)) == "practice.fence_missing"
    here = ("site", "east", "东院区", "--datum", "wgs84", "--radius", "200")
    assert code(run(*here, "--at", "north")) == "practice.point_malformed"
    assert code(run(*here, "--at", "95,120")) == "place.fence_malformed"
    assert code(run(*here, *AT[:2], "--licence", "H1")) == "practice.licence_malformed"
    assert code(run(*here, *AT[:2], "--network", "10.1")) == "practice.network_malformed"
    missing = (*AT, "--fence", str(tmp_path / "none"))
    assert code(run("site", "east", "东院区", *missing)) == "practice.fence_unreadable"
    assert code(run("department", "or", "手术室", "--site", "east")) == "practice.site_unknown"
    people = tmp_path / "people.csv"
    people.write_text("code,name,number,department\nX,张三,1,or\n", encoding="utf-8")
    answer = run("import", str(people))
    assert code(answer) == "practice.rows_wrong"
    assert "! code_malformed, number_malformed, department_unknown" in answer.stdout
    people.write_text("name\n张三\n", encoding="utf-8")
    assert code(run("import", str(people))) == "intake.no_header"
