"""Embeddings: unit length, the same alone and in a batch, and mirrored."""

import numpy as np
import pytest

from models.embedding import BATCH, unit
from models.engine import FaceEngine
from models.errors import FrameRefused
from models.types import Crops, Face, Image


@pytest.fixture(scope="module")
def crops(engine: FaceEngine, sample: Image, sample_faces: list[Face]) -> Crops:
    return np.stack([engine.align(sample, face) for face in sample_faces])


def test_the_six_people_of_the_sample_are_told_apart(engine: FaceEngine, crops: Crops) -> None:
    rows = engine.embed(crops)
    assert rows.shape == (6, engine.pack.dim)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    between = (rows @ rows.T)[~np.eye(6, dtype=bool)]
    assert between.max() < 0.4


@pytest.mark.parametrize("mirror", [False, True])
def test_a_batch_gives_what_single_crops_give(
    engine: FaceEngine, crops: Crops, mirror: bool
) -> None:
    many = np.concatenate([crops] * 2)[: BATCH + 1]
    single = np.concatenate([engine.embed(crop[None], mirror) for crop in many])
    np.testing.assert_allclose(engine.embed(many, mirror), single, atol=1e-5)


def test_mirror_averaging_gives_a_face_and_its_mirror_image_one_embedding(
    engine: FaceEngine, crops: Crops
) -> None:
    plain, mirrored = engine.embed(crops), engine.embed(crops, mirror=True)
    cosines = np.sum(plain * mirrored, axis=1)
    assert (cosines > 0.8).all()
    assert (cosines < 0.9999).all()
    flipped = engine.embed(crops[:, :, ::-1], mirror=True)
    np.testing.assert_allclose(flipped, mirrored, atol=1e-5)


def test_a_batch_may_be_empty(engine: FaceEngine) -> None:
    rows = engine.embed(np.zeros((0, 112, 112, 3), np.uint8), mirror=True)
    assert rows.shape == (0, engine.pack.dim)


def test_a_black_crop_still_gives_a_finite_unit_vector(engine: FaceEngine) -> None:
    rows = engine.embed(np.zeros((1, 112, 112, 3), np.uint8))
    assert np.isfinite(rows).all()


@pytest.mark.parametrize(
    ("crops", "code"),
    [
        (np.zeros((112, 112, 3), np.uint8), "frame.shape"),
        (np.zeros((1, 112, 96, 3), np.uint8), "frame.shape"),
        (np.zeros((1, 112, 112, 1), np.uint8), "frame.shape"),
        (np.zeros((1, 112, 112, 3), np.float32), "frame.dtype"),
        (None, "frame.shape"),
    ],
)
def test_crops_of_another_form_are_refused(
    engine: FaceEngine, crops: np.ndarray, code: str
) -> None:
    with pytest.raises(FrameRefused) as caught:
        engine.embed(crops)
    assert caught.value.code == code


def test_a_zero_row_stays_zero() -> None:
    assert not unit(np.zeros((2, 4), np.float32)).any()
