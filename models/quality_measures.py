"""What can be measured on one face: light, sharpness, pose, size, and what the frame cuts off.

Pure functions over an aligned grey crop or five landmarks; the components of ISO/IEC 29794-5 that
need no further model. Gates and reasons are in `quality`.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .align import SIDE, TEMPLATE, similarity
from .types import Floats, Image

FACE: Final = (slice(28, 104), slice(26, 86))
"""The part of the aligned crop that shows skin on every head: brows to chin, cheek to cheek."""

RIM: Final = 14
"""Pixels around the aligned crop that show hair, ears and wall rather than the face."""

DARK: Final = 25
BRIGHT: Final = 247
"""Grey levels under and over which a pixel shows nothing (ISO/IEC 29794-5, exposure)."""

HEAD: Final[Floats] = np.array(
    [[-31.5, -36, -12], [31.5, -36, -12], [0, 0, 22], [-26, 36.6, -4], [26, 36.6, -4]], np.float32
)
"""The five landmarks on an average head, mm: x to the left eye, y down, z to the camera."""


@dataclass(frozen=True)
class Light:
    """Mean grey level (0..255) and the shares (0..1) of pixels too dark or too bright to show."""

    mean: float
    dark: float
    bright: float


def light(grey: Image) -> Light:
    """The light on an aligned grey crop, uint8 (112, 112)."""
    face = grey[FACE]
    return Light(float(face.mean()), float((face < DARK).mean()), float((face > BRIGHT).mean()))


def sharpness(grey: Image) -> float:
    """How much finer than coarse the detail is, in the direction where it is least.

    Gradients are taken at two scales (σ 1 and 3 pixels of the aligned crop); the measure is the
    least of `|∇ fine · u| / |∇ coarse · u|` over directions u, the root of the smaller generalised
    eigenvalue of the two structure tensors. Contrast cancels; motion blur empties one direction,
    defocus all of them. About 1.7 for a good picture, near 1.0 for mush.
    """
    fine, coarse = (_structure(grey, sigma) for sigma in (1.0, 3.0))
    ratio = np.linalg.solve(coarse + 1e-3 * np.eye(2), fine)
    return float(np.sqrt(max(0.0, np.linalg.eigvals(ratio).real.min())))


def _structure(grey: Image, sigma: float) -> NDArray[np.float64]:
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), sigma)
    inner = (slice(16, 108), slice(16, 96))
    x = cv2.Scharr(smooth, cv2.CV_32F, 1, 0)[inner].ravel()
    y = cv2.Scharr(smooth, cv2.CV_32F, 0, 1)[inner].ravel()
    across = float(x @ y)
    return np.array([[float(x @ x), across], [across, float(y @ y)]]) / x.size


@dataclass(frozen=True)
class Pose:
    """Rotation of the head against the camera, degrees, estimated from five points.

    Attributes:
        yaw: positive turns the nose to the right of the picture.
        pitch: positive turns it down; a level head gives about 10.
        roll: positive is clockwise in the picture.
    """

    yaw: float
    pitch: float
    roll: float


def pose(landmarks: Floats) -> Pose:
    """The pose that lays an average head on five landmarks, by scaled orthographic projection
    (DeMenthon and Davis 1995), made orthogonal by its polar factor."""
    head = HEAD.astype(np.float64) - HEAD.mean(axis=0)
    points = np.asarray(landmarks, np.float64) - np.mean(landmarks, axis=0)
    projection = np.linalg.lstsq(head, points, rcond=None)[0].T
    left, _, right = np.linalg.svd(projection, full_matrices=False)
    across, down = left @ right
    toward = np.cross(across, down)
    return Pose(
        yaw=_degrees(across[2], toward[2]),
        pitch=_degrees(down[2], toward[2]),
        roll=_degrees(down[0], across[0]),
    )


def _degrees(opposite: float, adjacent: float) -> float:
    return float(np.degrees(np.arctan2(opposite, adjacent)))


def eye_distance(landmarks: Floats) -> float:
    """Distance of the eyes in pixels, as on a head that faces the camera.

    A turned head shows its eyes closer together; the distance from eyes to mouth, which turning
    leaves, stands in where it is larger (ISO/IEC 29794-5 divides by cos yaw to the same end).
    """
    right, left, _, right_mouth, left_mouth = np.asarray(landmarks, np.float64)
    down = np.hypot(*((right_mouth + left_mouth) / 2 - (right + left) / 2))
    upright = (TEMPLATE[1, 0] - TEMPLATE[0, 0]) / (TEMPLATE[3:, 1].mean() - TEMPLATE[:2, 1].mean())
    return float(max(np.hypot(*(left - right)), down * upright))


def outside(landmarks: Floats, size: tuple[int, int]) -> float:
    """The share (0..1) of a face, as the aligned crop shows it without its rim, that lies outside a
    frame of (height, width)."""
    back = cv2.invertAffineTransform(similarity(landmarks, TEMPLATE))
    steps = np.linspace(RIM, SIDE - 1 - RIM, 15)
    grid = np.stack([*np.meshgrid(steps, steps), np.ones((15, 15))]).reshape(3, -1)
    x, y = back @ grid
    height, width = size
    inside = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    return float(1 - inside.mean())
