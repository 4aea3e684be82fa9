"""`shualian models`: what it prints, and how it fails."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.cli import app

RUN = CliRunner()


def test_the_list_says_what_each_licence_allows(pack: Path) -> None:
    assert pack.is_dir()
    rows = {row["name"]: row for row in json.loads(RUN.invoke(app, ["list", "--json"]).stdout)}
    assert rows["opencv-zoo"]["commercial_use"]
    assert rows["opencv-zoo"]["state"] == "fetched"
    assert len(rows["opencv-zoo"]["digest"]) == 43
    assert not rows["buffalo_l"]["commercial_use"]
    shown = RUN.invoke(app, ["list"])
    assert shown.exit_code == 0
    assert "antelopev2" in shown.stdout


def test_fetching_from_a_folder_prints_the_record(pack: Path, tmp_path: Path) -> None:
    options = ["--cache", str(tmp_path), "--from", str(pack / "files"), "--json"]
    done = RUN.invoke(app, ["fetch", *options])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["pack"] == "opencv-zoo"
    again = RUN.invoke(app, ["fetch", "--cache", str(tmp_path), "--quiet"])
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "")


def test_verifying_prints_how_equal_each_provider_is(pack: Path) -> None:
    assert pack.is_dir()
    found = json.loads(RUN.invoke(app, ["verify", "--json"]).stdout)
    assert found["trials"]["onnxruntime"]["difference"]["embedder"] < 1e-4
    assert "is whole" in RUN.invoke(app, ["verify"]).stdout


def test_bench_times_every_stage(pack: Path) -> None:
    assert pack.is_dir()
    stages = json.loads(RUN.invoke(app, ["bench", "--runs", "3", "--json"]).stdout)
    assert [stage["name"] for stage in stages] == [
        "detect 1280x720",
        "align",
        "embed",
        "embed with mirror",
    ]
    assert all(0 < stage["median"] <= stage["p95"] * 1.001 for stage in stages)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["fetch", "nothing"], "pack.unknown"),
        (["verify", "nothing"], "pack.unknown"),
        (["fetch", "buffalo_l"], "pack.licence_not_accepted"),
        (["bench", "buffalo_l", "--accept-licence"], "pack.not_fetched"),
        (["bench", "--provider", "abacus"], "provider.unavailable"),
        (["verify", "buffalo_l"], "pack.not_fetched"),
        (["verify"], "pack.not_fetched"),
    ],
)
def test_a_failure_is_one_sentence_with_its_code(
    pack: Path, tmp_path: Path, arguments: list[str], code: str
) -> None:
    cache = pack.parents[1] if "--provider" in arguments else tmp_path
    done = RUN.invoke(app, [*arguments, "--cache", str(cache)])
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.strip().endswith(f"[{code}]")
    assert len(done.stderr.strip().splitlines()) == 1
