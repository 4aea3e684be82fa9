"""Measures of one face, on points and patterns."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import quality_measures as measure
from models.align import TEMPLATE, similarity
from models.types import Floats, Image

from .rendering import head_landmarks


def seen(yaw: float, pitch: float, roll: float, scale: float = 1.5) -> Floats:
    return head_landmarks(yaw, pitch, roll, scale, (300, 300))


ANGLES = st.floats(-50, 50)


@given(ANGLES)
def test_the_yaw_of_a_turned_head_is_found(yaw: float) -> None:
    assert measure.pose(seen(yaw, 0, 0)).yaw == pytest.approx(yaw, abs=0.1)


@given(ANGLES)
def test_the_pitch_of_a_nodding_head_is_found(pitch: float) -> None:
    assert measure.pose(seen(0, pitch, 0)).pitch == pytest.approx(pitch, abs=0.1)


@given(ANGLES, st.floats(0.3, 5))
def test_the_roll_of_a_tilted_head_is_found_at_any_size(roll: float, scale: float) -> None:
    assert measure.pose(seen(0, 0, roll, scale)).roll == pytest.approx(roll, abs=0.1)


@given(ANGLES)
def test_turning_the_head_does_not_bring_the_eyes_together(yaw: float) -> None:
    ahead = measure.eye_distance(seen(0, 0, 0))
    assert 0.9 * ahead < measure.eye_distance(seen(yaw, 0, 0)) <= 1.1 * ahead


def pattern(sigma: float) -> Image:
    """Noise in all directions, smoothed."""
    grain = np.random.default_rng(1).normal(128, 60, (112, 112))
    soft = cv2.GaussianBlur(grain, (0, 0), sigma)
    soft = (soft - soft.mean()) / soft.std() * 40 + 128
    return np.asarray(np.clip(soft, 0, 255), np.uint8)


def test_sharpness_falls_with_blur_whatever_the_contrast() -> None:
    values = [measure.sharpness(pattern(sigma)) for sigma in (1.0, 2.0, 4.0)]
    assert values == sorted(values, reverse=True)
    faint = (pattern(2.0) // 3 + 80).astype(np.uint8)
    assert measure.sharpness(faint) == pytest.approx(values[1], rel=0.05)


def test_blur_in_one_direction_takes_sharpness_away() -> None:
    moved = np.asarray(cv2.blur(pattern(1.0), (21, 1)), np.uint8)
    assert measure.sharpness(moved) < 0.8 * measure.sharpness(pattern(1.0))


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_crop_of_one_tone_is_measured_without_failing(level: int) -> None:
    flat = np.full((112, 112), level, np.uint8)
    assert measure.sharpness(flat) == 0
    light = measure.light(flat)
    assert (light.mean, light.dark, light.bright) == (level, level < 25, level > 247)


def test_a_face_inside_the_frame_has_nothing_outside() -> None:
    assert measure.outside(seen(0, 0, 0), (720, 1280)) == 0


def test_half_a_face_beyond_the_edge_is_half_outside() -> None:
    points = seen(0, 0, 0)
    middle = similarity(TEMPLATE, points) @ np.array([56, 56, 1])
    shifted = points - np.array([middle[0], 0], np.float32)
    assert measure.outside(shifted, (720, 1280)) == pytest.approx(0.5, abs=0.06)
