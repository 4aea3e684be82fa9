"""`shualian models evaluate` on a small set, made of renderings of the sample picture's faces."""

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from models.calibration import path_of
from models.cli import app
from models.engine import FaceEngine
from models.evaluation.capture import capture, padded
from models.evaluation.dataset import NoPictures, pictures
from models.types import Face, Image

from . import rendering as draw

PEOPLE = 6


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, sample: Image, sample_faces: list[Face]) -> Path:
    """Six people, three pictures each, flat."""
    folder = tmp_path_factory.mktemp("people")
    for number, face in enumerate(sample_faces):
        picture = draw.portrait(sample, face, margin=0.5)
        views = [picture, draw.lit(picture, 0.8, 10), draw.out_of_focus(picture, 1.0)]
        for view, shown in enumerate(views, 1):
            cv2.imwrite(str(folder / f"Somebody_{number}_{view:04}.jpg"), shown)
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def figures(*arguments: object) -> dict[str, Any]:
    result = run(*arguments, "--json", "--no-split-check", "--resamples", 100)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_small_set_is_evaluated_by_the_command(pack: Path, made: Path, tmp_path: Path) -> None:
    found = figures(made, "--out", tmp_path / "report")
    assert (found["people"], found["pictures"]) == (PEOPLE, 3 * PEOPLE)
    assert found["impostor_pairs"] == PEOPLE * (PEOPLE - 1) // 2
    assert found["genuine_pairs"] == 3 * PEOPLE
    assert found["fta"]["value"] == 0
    assert found["floor"] == pytest.approx(3 / 15)
    assert found["rows"] == []
    assert found["gbt_38671"] is None
    assert [row["target"] for row in found["shipped"]] == [1e-2, 1e-3, 1e-4]
    for row in found["shipped"]:
        assert row["fnmr"]["plain"]["value"] == 0
        assert row["fmr"]["high"] >= 3 / 15
    written = json.loads((tmp_path / "report" / "evaluation.json").read_text(encoding="utf-8"))
    assert written == found
    assert (tmp_path / "report" / "det.png").read_bytes().startswith(b"\x89PNG")


def test_no_persons_name_is_in_a_report(pack: Path, made: Path) -> None:
    result = run(made, "--json", "--no-split-check", "--resamples", 100)
    assert "Somebody" not in result.stdout + result.stderr


def test_the_tables_for_people_hold_the_same_figures(pack: Path, made: Path) -> None:
    result = run(made, "--no-split-check", "--resamples", 100)
    assert result.exit_code == 0
    assert "6 people, 18 pictures, 15 impostor pairs, 18 genuine pairs" in result.stdout
    assert "FTA 0 %" in result.stdout


def test_both_layouts_give_the_same_figures(pack: Path, made: Path, tmp_path: Path) -> None:
    for path in made.iterdir():
        person = path.stem.rpartition("_")[0]
        (tmp_path / person).mkdir(exist_ok=True)
        shutil.copy(path, tmp_path / person / path.name)
    foldered, flat = figures(tmp_path), figures(made)
    assert {**foldered, "data": ""} == {**flat, "data": ""}


def test_halves_under_two_hundred_people_are_refused(pack: Path, made: Path) -> None:
    result = run(made)
    assert result.exit_code == 1
    assert "[evaluation.too_few_people]" in result.stderr


def test_a_set_too_small_to_calibrate_on_leaves_the_calibration_alone(
    pack: Path, made: Path
) -> None:
    before = path_of("opencv-zoo").read_bytes()
    result = run(made, "--no-split-check", "--resamples", 100, "--write-calibration")
    assert result.exit_code == 1
    assert "[evaluation.too_few_people]" in result.stderr
    assert path_of("opencv-zoo").read_bytes() == before


def test_pictures_that_show_no_face_or_are_none_count_as_not_acquired(
    pack: Path, made: Path, tmp_path: Path
) -> None:
    shutil.copytree(made, tmp_path / "people")
    (tmp_path / "people" / "Somebody_0_0004.jpg").write_bytes(b"no picture")
    cv2.imwrite(str(tmp_path / "people" / "Somebody_1_0004.png"), draw.frame_of(size=(300, 300)))
    found = figures(tmp_path / "people")
    assert found["refused"] == {"unreadable": 1, "no_face": 1}
    assert found["fta"]["value"] == pytest.approx(2 / 20)
    assert found["shipped"][0]["frr"]["plain"]["value"] == pytest.approx(2 / 20)


@pytest.mark.parametrize("content", ["nothing", "names without numbers", "no folder"])
def test_a_folder_without_portraits_is_refused(tmp_path: Path, content: str) -> None:
    if content == "names without numbers":
        (tmp_path / "holiday.jpg").write_bytes(b"")
    folder = tmp_path / "absent" if content == "no folder" else tmp_path
    with pytest.raises(NoPictures) as refusal:
        pictures(folder)
    assert refusal.value.code == "evaluation.no_pictures"
    result = run(folder)
    assert result.exit_code == 1
    assert "[evaluation.no_pictures]" in result.stderr


def test_references_are_what_enrolment_makes(engine: FaceEngine, made: Path) -> None:
    found = capture(engine, pictures(made)[:3])
    image = np.asarray(cv2.imread(str(pictures(made)[0].path)), np.uint8)
    frame = padded(image, 0.3)
    crop = engine.align(frame, max(engine.detect(frame), key=lambda face: face.area))[None]
    assert np.allclose(found.embedded.mirrored[0], engine.embed(crop, mirror=True)[0], atol=1e-4)
    assert np.allclose(found.embedded.plain[0], engine.embed(crop)[0], atol=1e-4)


def test_a_picture_is_padded_on_every_side() -> None:
    picture = np.full((100, 50, 3), 9, np.uint8)
    wide = padded(picture, 0.3)
    assert wide.shape == (160, 80, 3)
    assert (wide[30:130, 15:65] == 9).all()
    assert wide.sum() == picture.sum()


@pytest.mark.shared
def test_the_default_pack_keeps_its_accuracy_budget(pack: Path, shared_dir: Path) -> None:
    result = run(shared_dir / "faces" / "lfw-grey", "--json", "--resamples", 200)
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["fta"]["value"] <= 0.005
    row = next(row for row in found["shipped"] if row["target"] == 1e-4)
    assert row["frr"]["plain"]["value"] <= 0.04
    assert row["fmr"]["value"] <= 1.05e-4
    assert found["gbt_38671"]["frr"]["plain"]["value"] <= 0.05
    assert found["split"]["passed"]
    tried = found["split"]["tried"][0]
    assert tried["fmr"] == 1e-3
    assert 1 / 3 <= tried["ratio"] <= 3
