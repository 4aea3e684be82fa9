"""What a simulated camera sees beside the person: a room, small movement, a sensor's noise."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import cv2
import numpy as np

from .base import Image

_NOISE_MARGIN = 256
_NOISE_SIGMA = 3.0


@dataclass(frozen=True)
class Pose:
    """Where a person is at one moment, about the place where they stand."""

    right: float
    down: float
    """Parts of the face's height."""
    scale: float
    roll: float
    """Degrees, in the picture's plane."""


class Sway:
    """The slow, never repeating movement of somebody who stands still.

    Each axis is a sum of three sines between 0.1 and 0.9 Hz, whose rates have no common period.
    """

    _RATES = np.array([0.127, 0.331, 0.871]) * 2 * math.pi
    _WEIGHTS = np.array([0.6, 0.3, 0.1])

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self._phases = random.uniform(0, 2 * math.pi, (4, 3))
        self._stretch = random.uniform(0.85, 1.15, (4, 3))

    def at(self, seconds: float) -> Pose:
        """Where the person is after `seconds`.

        Within ±5 % of the face's height sideways, ±3 % up and down, ±2 % in scale, ±2° of roll.
        """
        waves = np.sin(self._RATES * self._stretch * seconds + self._phases) @ self._WEIGHTS
        right, down, scale, roll = map(float, waves)
        return Pose(0.05 * right, 0.03 * down, 1 + 0.02 * scale, 2.0 * roll)


class SensorNoise:
    """Noise of about 2.5 levels that is another in every frame.

    Drawing three million normal numbers would take longer than the frame lasts. So two planes are
    drawn once, larger than the frame, and every frame adds a window of the one and subtracts a
    window of the other, each from a place drawn anew: 4e9 pairs of places.
    """

    def __init__(self, size: tuple[int, int], seed: int) -> None:
        """`size`: width, height."""
        self._width, self._height = size
        self._random = np.random.default_rng(seed)
        shape = (self._height + _NOISE_MARGIN, self._width + _NOISE_MARGIN, 3)
        percentiles = np.frombuffer(self._random.bytes(math.prod(shape)), np.uint8).reshape(shape)
        normal = NormalDist(0, _NOISE_SIGMA)
        levels = np.rint([normal.inv_cdf((i + 0.5) / 256) for i in range(256)])
        self._brighter = np.maximum(levels, 0).astype(np.uint8)[percentiles]
        self._darker = np.maximum(-levels, 0).astype(np.uint8)[percentiles]

    def add_to(self, image: Image) -> None:
        """Change `image` (H x W x 3) in place."""
        cv2.add(image, self._window(self._brighter), image)
        cv2.subtract(image, self._window(self._darker), image)

    def _window(self, plane: Image) -> Image:
        down, right = self._random.integers(0, _NOISE_MARGIN, 2)
        return plane[down : down + self._height, right : right + self._width]


def room(size: tuple[int, int]) -> Image:
    """A hall out of focus: a wall lit from a window on the left, a door, a floor.

    `size`: width, height. Returns H x W x 3, BGR.
    """
    width, height = size
    down, right = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    light = 150 + 55 * np.exp(-(((right - 0.12) / 0.3) ** 2) - ((down - 0.35) / 0.5) ** 2)
    light -= 25 * down
    light = np.where(down > 0.86, light * 0.62, light)
    door = (np.abs(right - 0.84) < 0.08) & (down > 0.2) & (down < 0.86)
    light = np.where(door, light * 0.78, light)
    blurred = cv2.GaussianBlur(light.astype(np.float32), (0, 0), width / 90)
    tinted = np.asarray(blurred)[..., None] * np.array([0.93, 0.99, 1.0], np.float32)
    return np.asarray(np.clip(tinted, 0, 255), np.uint8)
