"""Alignment onto the ArcFace template."""

import math

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.align import SIDE, TEMPLATE, align, similarity
from models.types import Face

_POINTS = st.lists(
    st.tuples(st.floats(-500, 500), st.floats(-500, 500)), min_size=5, max_size=5, unique=True
)


def _moved(
    points: np.ndarray, angle: float, scale: float, shift: tuple[float, float]
) -> np.ndarray:
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return points @ (scale * turn).T + np.array(shift)


@given(
    st.floats(-math.pi, math.pi),
    st.floats(0.05, 20),
    st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000)),
)
def test_a_turned_scaled_and_shifted_template_is_brought_back_exactly(
    angle: float, scale: float, shift: tuple[float, float]
) -> None:
    landmarks = _moved(TEMPLATE.astype(np.float64), angle, scale, shift)
    matrix = similarity(landmarks, TEMPLATE)
    back = landmarks @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(back, TEMPLATE, atol=1e-6)


@given(_POINTS)
def test_the_transform_never_shears_or_reflects(points: list[tuple[float, float]]) -> None:
    a, b = similarity(np.array(points), TEMPLATE)[:, :2]
    np.testing.assert_allclose([b[1], b[0]], [a[0], -a[1]], atol=1e-9)


@given(_POINTS, st.floats(-0.05, 0.05), st.floats(0.95, 1.05), st.floats(-2, 2))
def test_no_other_similarity_lies_nearer_to_the_template(
    points: list[tuple[float, float]], angle: float, scale: float, shift: float
) -> None:
    source = np.array(points)
    best = similarity(source, TEMPLATE)
    laid = source @ best[:, :2].T + best[:, 2]
    other = _moved(laid, angle, scale, (shift, -shift))
    assert np.sum((laid - TEMPLATE) ** 2) <= np.sum((other - TEMPLATE) ** 2) + 1e-6


def test_opencv_estimates_the_same_transform_from_exact_points() -> None:
    landmarks = _moved(TEMPLATE.astype(np.float64), 0.4, 2.5, (300, 120))
    theirs, _ = cv2.estimateAffinePartial2D(landmarks, TEMPLATE)
    np.testing.assert_allclose(similarity(landmarks, TEMPLATE), theirs, atol=1e-3)


def test_landmarks_that_all_coincide_give_a_crop_and_no_error() -> None:
    face = Face((0, 0, 10, 10), np.full((5, 2), 7, np.float32), 0.9)
    crop = align(np.full((50, 50, 3), 90, np.uint8), face)
    assert crop.shape == (SIDE, SIDE, 3)
    assert crop.dtype == np.uint8


def test_a_face_on_the_template_is_cropped_pixel_for_pixel() -> None:
    picture = np.random.default_rng(3).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    crop = align(picture, Face((0, 0, SIDE, SIDE), TEMPLATE, 1.0))
    np.testing.assert_array_equal(crop, picture)
