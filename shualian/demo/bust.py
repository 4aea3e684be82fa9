"""A drawn head and shoulders: what a rendered head stands on, and the silhouette of screenshots."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Colour = tuple[float, float, float]
"""B, G, R, 0..255."""

WIDTH_MM, UP_MM, DOWN_MM = 460.0, 165.0, 330.0
"""The canvas: as wide as shoulders, from above the hair to the chest; y from the eyes."""

CLOTH: Colour = (128.0, 112.0, 96.0)
PLAIN: Colour = (172.0, 166.0, 160.0)
_FINE = 4


@dataclass(frozen=True, eq=False)
class Bust:
    """uint8 (H, W, 3) BGR, float32 (H, W) alpha, and the pixel between the eyes."""

    picture: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    origin: tuple[float, float]


def draw_bust(scale: float, skin: Colour = PLAIN, *, with_head: bool = False) -> Bust:
    """Neck and shoulders in plain clothes, `scale` pixels per millimetre; perhaps a blank head."""
    fine = scale * _FINE
    size = (round((UP_MM + DOWN_MM) * scale) * _FINE, round(WIDTH_MM * scale) * _FINE)
    canvas = np.zeros((*size, 4), np.float32)
    throat = tuple(0.82 * c for c in skin)
    _fill(canvas, _neck(), fine, throat)
    _fill(canvas, _shoulders(), fine, CLOTH)
    _fill(canvas, _collar(), fine, tuple(0.9 * c for c in CLOTH))
    if with_head:
        _fill(canvas, _oval(0, -4, 84, 124), fine, skin)
    small = np.asarray(
        cv2.resize(canvas, None, fx=1 / _FINE, fy=1 / _FINE, interpolation=cv2.INTER_AREA),
        np.float32,
    )
    colour = small[..., :3] / np.maximum(small[..., 3:], 1e-3)
    picture = np.clip(colour, 0, 255).round().astype(np.uint8)
    return Bust(picture, small[..., 3].copy(), (WIDTH_MM / 2 * scale, UP_MM * scale))


def _fill(
    canvas: NDArray[np.float32],
    outline: NDArray[np.float64],
    scale: float,
    colour: tuple[float, ...],
) -> None:
    points = (outline + np.array([WIDTH_MM / 2, UP_MM])) * scale
    cv2.fillPoly(canvas, [points.round().astype(np.int32)], (*colour, 1.0), cv2.LINE_8)


def _oval(x: float, y: float, half_width: float, half_height: float) -> NDArray[np.float64]:
    angle = np.linspace(0, 2 * np.pi, 96)
    return np.stack([x + half_width * np.cos(angle), y + half_height * np.sin(angle)], axis=1)


def _neck() -> NDArray[np.float64]:
    return np.array([(-48, 70), (48, 70), (50, 150), (66, 220), (-66, 220), (-50, 150)], float)


def _shoulders() -> NDArray[np.float64]:
    """From the neck out along a smooth slope to the arms, down and out of the canvas."""
    slope = np.linspace(0, 1, 40)
    x = 56 + 160 * slope
    y = 160 + 40 * slope + 70 * slope**6
    right = np.stack([x, y], axis=1)
    foot = np.array([(222.0, DOWN_MM + 20), (-222.0, DOWN_MM + 20)])
    dip = np.array([(-30.0, 186.0), (0.0, 194.0), (30.0, 186.0)])
    return np.concatenate([dip, right, foot, right[::-1] * np.array([-1.0, 1.0])])


def _collar() -> NDArray[np.float64]:
    return np.array(
        [(-58, 156), (-30, 186), (0, 194), (30, 186), (58, 156), (70, 166), (34, 200), (0, 210),
         (-34, 200), (-70, 166)], float,
    )  # fmt: skip
