"""Packs of the insightface package: refused without a yes, without files, without the package.

Their weights may not be carried here, so nothing is inferred with them; what can be held is every
way in which they do not load, and that our side of the adapter speaks our words.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models import errors
from models.cache import pack_folder
from models.engine import load_engine
from models.insightface_pack import InsightDetector, InsightEmbedder

PACKS = ["buffalo_l", "buffalo_s", "antelopev2"]


@pytest.mark.parametrize("pack", PACKS)
def test_without_an_accepted_licence_nothing_is_even_looked_for(tmp_path: Path, pack: str) -> None:
    with pytest.raises(errors.LicenceNotAccepted) as caught:
        load_engine(pack, cache=tmp_path)
    assert caught.value.code == "pack.licence_not_accepted"


@pytest.mark.parametrize("pack", PACKS)
def test_absent_weights_are_named_with_the_folder_they_belong_in(tmp_path: Path, pack: str) -> None:
    with pytest.raises(errors.PackNotFetched, match=r"\.onnx.* must be laid into"):
        load_engine(pack, cache=tmp_path, accept_licence=True)


def test_files_that_are_no_models_are_a_typed_error(tmp_path: Path) -> None:
    files = pack_folder("buffalo_s", tmp_path) / "files"
    files.mkdir(parents=True)
    for name in ("det_500m.onnx", "w600k_mbf.onnx"):
        (files / name).write_bytes(b"no model")
    with pytest.raises((errors.ProviderUnavailable, errors.InferenceFailed)):
        load_engine("buffalo_s", cache=tmp_path, accept_licence=True)


def test_the_package_is_not_imported_by_loading_the_default_pack(pack: Path) -> None:
    assert pack.is_dir()
    program = (
        "import sys; from models.engine import load_engine; load_engine();"
        "print('insightface' in sys.modules, 'onnx' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]


class _Scrfd:
    """Answers in insightface's form: corners and score, five points."""

    def detect(
        self, image: np.ndarray, input_size: tuple[int, int]
    ) -> tuple[np.ndarray, np.ndarray]:
        assert input_size == (640, 640)
        boxes = np.array([[1, 2, 11, 22, 0.6], [5, 5, 9, 9, 0.8]], np.float32)
        return boxes, np.arange(20, dtype=np.float32).reshape(2, 5, 2)


class _ArcFace:
    """A linear map of the pixels, so that mirroring is seen."""

    def get_feat(self, crops: list[np.ndarray]) -> np.ndarray:
        random = np.random.default_rng(0).normal(0, 1, (112 * 112 * 3, 8))
        return np.stack([crop.astype(np.float64).ravel() @ random for crop in crops])


def test_corners_become_boxes_with_the_best_face_first() -> None:
    faces = InsightDetector(_Scrfd()).detect(np.zeros((30, 30, 3), np.uint8))
    assert [round(face.score, 3) for face in faces] == [0.8, 0.6]
    assert faces[1].box == (1.0, 2.0, 10.0, 20.0)
    assert faces[1].landmarks.shape == (5, 2)


def test_features_become_unit_rows_and_the_mirror_is_averaged() -> None:
    embedder = InsightEmbedder(_ArcFace())
    crops = np.random.default_rng(1).integers(0, 256, (2, 112, 112, 3), dtype=np.uint8)
    plain, mirrored = embedder.embed(crops), embedder.embed(crops, mirror=True)
    np.testing.assert_allclose(np.linalg.norm(mirrored, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(embedder.embed(crops[:, :, ::-1], mirror=True), mirrored, atol=1e-6)
    assert not np.allclose(plain, mirrored)
    with pytest.raises(errors.FrameRefused):
        embedder.embed(crops[0])
