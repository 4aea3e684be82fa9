"""A camera that draws its frames: a room, perhaps a person who moves a little, sensor noise."""

import math
import time
from dataclasses import dataclass, field
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from .base import Image
from .paced import PacedCamera
from .scene import Pose, SensorNoise, Sway, room


@dataclass(frozen=True)
class Portrait:
    """A person cut out of a picture.

    Shown as large as it is, in the middle: a pixel of the portrait is a pixel of the frame, before
    the sway. A body that the portrait's lower edge cuts goes on below it, down to the frame's.
    """

    image: Image = field(repr=False)
    """uint8, H x W x 3, BGR."""
    mask: NDArray[np.float32] = field(repr=False)
    """float32, H x W, 0 outside the person, 1 inside."""
    face_height: float
    """Height of the face in pixels; the sway is measured by it."""

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8:
            raise ValueError("a portrait's picture is uint8, H x W x 3")
        if self.mask.shape != self.image.shape[:2]:
            raise ValueError("a portrait's mask has the height and width of its picture")
        if not self.face_height > 0:
            raise ValueError("a face's height is positive")


class CameraFault(StrEnum):
    """What a camera can suffer from."""

    DEAD = "dead"
    """No frame comes."""
    BLACK = "black"
    """Every frame is black, with noise."""
    FROZEN = "frozen"
    """The same picture comes again and again, noise and all."""


class SimulatedCamera(PacedCamera):
    """A person, or nobody, in front of a simulated lens. `show` and `fault` are for any thread."""

    name = "simulated"

    def __init__(
        self, size: tuple[int, int] = (1280, 720), fps: float = 15.0, seed: int | None = None
    ) -> None:
        """`size`: width, height. `seed` fixes movement and noise; None draws them anew."""
        super().__init__(fps)
        first = int(np.random.default_rng(seed).integers(2**31))
        self._empty = room(size)
        self._sway, self._noise = Sway(first), SensorNoise(size, first)
        self._start = time.monotonic()
        self._figure: _Figure | None = None
        self._fault: CameraFault | None = None
        self._frozen: Image | None = None

    def show(self, portrait: Portrait | None) -> None:
        """From the next frame on this person stands before the camera, or nobody."""
        # One reference is written here and read once a frame: that needs no lock.
        height = self._empty.shape[0]
        self._figure = None if portrait is None else _Figure(portrait, height)

    def fault(self, fault: CameraFault | None) -> None:
        """From the next frame on the camera suffers from this, or from nothing."""
        self._fault = fault

    def _make(self, skipped: int) -> Image | None:  # noqa: ARG002  time moves the person, not frames
        fault = self._fault
        if fault is CameraFault.DEAD:
            return None
        if fault is not CameraFault.FROZEN:
            self._frozen = None
            return self._draw(black=fault is CameraFault.BLACK)
        if self._frozen is None:
            self._frozen = self._draw()
        return self._frozen.copy()

    def _draw(self, black: bool = False) -> Image:
        image = np.zeros_like(self._empty) if black else self._empty.copy()
        if not black and (figure := self._figure) is not None:
            figure.draw_on(image, self._sway.at(time.monotonic() - self._start))
        self._noise.add_to(image)
        return image


_NOTHING = (0.0, 0.0, 0.0, 255.0)
"""No colour, all seen through."""


class _Figure:
    """A portrait made ready, uint8, H x W x 4: colours times mask, and how much is seen through."""

    def __init__(self, portrait: Portrait, frame_height: int) -> None:
        mask = np.clip(portrait.mask, 0, 1).astype(np.float32)[..., None]
        layers = (portrait.image * mask, 255 - 255 * mask)
        own = np.rint(np.concatenate(layers, axis=2)).astype(np.uint8)
        self._size = (own.shape[1], own.shape[0])
        self._face_height = portrait.face_height
        room_below = (frame_height - own.shape[0]) / 2 + 0.1 * (own.shape[0] + own.shape[1])
        cut = (own[-1, :, 3] < 255).any()
        below = max(0, math.ceil(room_below)) if cut else 0
        self._layers = cv2.copyMakeBorder(own, 0, below, 0, 0, cv2.BORDER_REPLICATE)

    def draw_on(self, image: Image, pose: Pose) -> None:
        """Over `image` in place, centred; what reaches beyond the frame is cut."""
        matrix = self._matrix(image, pose)
        left, top, right, bottom = self._extent(image, matrix)
        if left >= right or top >= bottom:
            return
        matrix[:, 2] -= (left, top)
        extent = (right - left, bottom - top)
        layers = cv2.warpAffine(self._layers, matrix, extent, borderValue=_NOTHING)
        through = cv2.cvtColor(cv2.extractChannel(layers, 3), cv2.COLOR_GRAY2BGR)
        behind = image[top:bottom, left:right]
        cv2.multiply(behind, through, behind, scale=1 / 255)
        cv2.add(behind, cv2.cvtColor(layers, cv2.COLOR_BGRA2BGR), behind)

    def _matrix(self, image: Image, pose: Pose) -> NDArray[np.float64]:
        """Portrait to frame, 2 x 3: centre on centre, rolled, scaled, moved."""
        width, height = self._size
        centre = ((width - 1) / 2, (height - 1) / 2)
        matrix = np.asarray(cv2.getRotationMatrix2D(centre, pose.roll, pose.scale), np.float64)
        frame_height, frame_width = image.shape[:2]
        matrix[0, 2] += (frame_width - width) / 2 + pose.right * self._face_height
        matrix[1, 2] += (frame_height - height) / 2 + pose.down * self._face_height
        return matrix

    def _extent(self, image: Image, matrix: NDArray[np.float64]) -> tuple[int, int, int, int]:
        """The frame's pixels that the portrait can touch: left, top, right, bottom."""
        height, width = self._layers.shape[:2]
        corners = matrix @ np.array([[0, width, 0, width], [0, 0, height, height], [1, 1, 1, 1]])
        low, high = corners.min(axis=1), corners.max(axis=1)
        frame_height, frame_width = image.shape[:2]
        return (
            max(0, math.floor(low[0]) - 1),
            max(0, math.floor(low[1]) - 1),
            min(frame_width, math.ceil(high[0]) + 1),
            min(frame_height, math.ceil(high[1]) + 1),
        )
