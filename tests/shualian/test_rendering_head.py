"""The generic head: its surface, its poses, and the rays that meet it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shualian.demo import head
from shualian.demo.head import LANDMARKS_MM, Pose

angles = st.floats(-0.9, 0.9)


def seen(pose: Pose) -> np.ndarray:
    """The landmarks as scaled orthography shows them."""
    return (LANDMARKS_MM @ pose.rotation.T)[:, :2] * pose.scale + np.array(pose.origin)


def test_the_landmarks_lie_on_the_surface() -> None:
    depth = head.surface(LANDMARKS_MM[:, 0], LANDMARKS_MM[:, 1])
    assert np.abs(depth - LANDMARKS_MM[:, 2]).max() < 1


@given(yaw=angles, roll=angles, scale=st.floats(0.1, 3), x=st.floats(0, 900))
def test_the_pose_of_level_landmarks_is_found_again(
    yaw: float, roll: float, scale: float, x: float
) -> None:
    found = head.estimate_pose(seen(Pose(yaw, 0.0, roll, scale, (x, 100.0))))
    assert found.yaw == pytest.approx(yaw, abs=0.02)
    assert found.roll == pytest.approx(roll, abs=0.02)
    assert found.scale == pytest.approx(scale, rel=0.02)
    assert found.origin == pytest.approx((x, 100.0), abs=1.0)


@given(yaw=angles, pitch=st.floats(-0.4, 0.4))
def test_a_pitched_head_keeps_its_yaw_within_a_few_degrees(yaw: float, pitch: float) -> None:
    found = head.estimate_pose(seen(Pose(yaw, pitch, 0.0, 1.0, (100.0, 100.0))))
    assert found.yaw == pytest.approx(yaw, abs=0.06)


def test_positive_yaw_turns_the_nose_to_the_pictures_left() -> None:
    points = seen(Pose(0.4, 0.0, 0.0, 1.0, (0.0, 0.0)))
    assert points[2, 0] < points[:2, 0].mean()


@given(yaw=angles, pitch=st.floats(-0.3, 0.3), turn=st.floats(-0.6, 0.6))
def test_a_change_of_yaw_is_a_rotation_by_that_angle(yaw: float, pitch: float, turn: float) -> None:
    between = head.rotation(yaw + turn, pitch, 0.2) @ head.rotation(yaw, pitch, 0.2).T
    angle = np.arccos(np.clip((np.trace(between) - 1) / 2, -1, 1))
    assert angle == pytest.approx(abs(turn), abs=1e-6)


def test_a_ray_from_the_front_meets_the_tip_of_the_nose() -> None:
    ray = np.array([[0.0, 38.0, 650.0]])
    met = head.intersect(np.array([0.0, 0.0, -650.0]), ray, 0.85, 1.3)
    assert met[0, 2] == pytest.approx(-32, abs=2)


def test_the_nose_covers_the_cheek_behind_it_from_the_side() -> None:
    cheek = np.array([[-14.0, 40.0, float(head.surface(np.array(-14.0), np.array(40.0)))]])
    assert head.covered(cheek, np.array([1.0, 0.0, 0.0]))[0]
    assert not head.covered(cheek, np.array([0.0, 0.0, -1.0]))[0]


def test_normals_are_unit_vectors_that_look_out_of_the_face() -> None:
    x, y = np.meshgrid(np.linspace(-70, 70, 15), np.linspace(-90, 110, 15))
    normals = head.normals(x, y)
    assert np.linalg.norm(normals, axis=-1) == pytest.approx(np.ones(x.shape))
    assert normals[..., 2].max() < 0
