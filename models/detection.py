"""YuNet: faces in a frame (Wu et al., YuNet, 2023; decoding as OpenCV's FaceDetectorYN)."""

import threading
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from .runtime import Session
from .types import Face, Floats, Image

DIVISOR: Final = 32

STRIDES: Final = (8, 16, 32)
"""A prepared YuNet's outputs are `level_8`, `level_16`, `level_32`."""

HEADS: Final = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
"""A level's channels in order: class and objectness before the sigmoid, box, landmarks."""

CHANNELS: Final = sum(HEADS.values())


class Canvas(threading.local):
    """A thread's own input array, used again while frames keep their size: new memory is slow."""

    def __init__(self) -> None:
        self._data: Floats = np.zeros((1, 3, 0, 0), np.float32)

    def blob(self, image: Image, scale: float) -> Floats:
        """The frame, reduced and padded with black to multiples of 32, float32 (1, 3, H, W).

        It holds until this thread's next call.
        """
        if scale != 1.0:
            height, width = (max(1, round(length * scale)) for length in image.shape[:2])
            image = np.asarray(cv2.resize(image, (width, height)), np.uint8)
        height, width = image.shape[:2]
        shape = (1, 3, height + -height % DIVISOR, width + -width % DIVISOR)
        if self._data.shape != shape:
            self._data = np.empty(shape, np.float32)
        self._data[:, :, height:] = 0
        self._data[:, :, :height, width:] = 0
        for channel, plane in enumerate(cv2.split(image)):
            self._data[0, channel, :height, :width] = plane
        return self._data


@dataclass(frozen=True)
class Detector:
    """Finds faces.

    Attributes:
        session: a prepared YuNet: `input` (1, 3, H, W) BGR 0–255, H and W multiples of 32.
        side: a frame's longer side is reduced to this many pixels; smaller frames stay.
        score: least confidence of a face.
        overlap: of two boxes with a larger IoU the better one stands.
    """

    session: Session
    side: int = 640
    score: float = 0.7
    overlap: float = 0.3
    canvas: Canvas = field(default_factory=Canvas, repr=False, compare=False)

    def detect(self, image: Image) -> list[Face]:
        """The faces of a frame in its own pixels, best first."""
        scale = min(1.0, self.side / max(image.shape[:2]))
        levels = self.session.run({"input": self.canvas.blob(image, scale)})
        rows = decode([levels[f"level_{stride}"][0] for stride in STRIDES], self.score)
        return [_face(row, scale) for row in suppress(rows, self.overlap)]


def decode(levels: list[Floats], score: float) -> Floats:
    """Candidates of at least this score, float32 (N, 15): box x y w h, five landmarks, score.

    Args:
        levels: for strides 8, 16, 32 the (16, h, w) maps: class and objectness before the
            sigmoid, box, landmarks.
    """
    # score = sqrt(class · objectness), so neither may fall under score².
    least = _logit(score * score)
    picked = [_candidates(*pair, least) for pair in zip(levels, STRIDES, strict=True)]
    maps = np.concatenate(picked, axis=1)
    stride, cell = maps[CHANNELS], maps[CHANNELS + 1 :]
    scores = np.sqrt(_sigmoid(maps[0]) * _sigmoid(maps[1]))
    size = np.exp(maps[4:6]) * stride
    corner = (cell + maps[2:4]) * stride - size / 2
    points = (maps[6:CHANNELS] + np.tile(cell, (5, 1))) * stride
    rows = np.concatenate([corner, size, points, scores[None]]).T
    return np.asarray(rows[scores >= score], np.float32)


def _candidates(level: Floats, stride: int, least: float) -> Floats:
    """The cells that may reach the score, (19, n): their channels, stride, column and row."""
    columns = level.shape[2]
    maps = level.reshape(CHANNELS, -1)
    index = np.flatnonzero((maps[0] >= least) & (maps[1] >= least))
    place = np.stack([np.full_like(index, stride), index % columns, index // columns])
    return np.concatenate([maps[:, index], place.astype(np.float32)])


def _logit(value: float) -> float:
    return float(np.log(value / (1 - value))) if 0 < value < 1 else (np.inf if value else -np.inf)


def _sigmoid(value: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-value)), np.float32)


def suppress(rows: Floats, overlap: float) -> Floats:
    """Greedy non-maximum suppression: the best first, none that overlaps a better one more."""
    rows = rows[np.argsort(-rows[:, 14], kind="stable")]
    kept = []
    while len(rows):
        kept.append(rows[0])
        rows = rows[1:][iou(rows[0], rows[1:]) <= overlap]
    return np.array(kept, np.float32).reshape(-1, 15)


def iou(one: Floats, others: Floats) -> Floats:
    """Intersection over union of one box (x, y, w, h, …) with N others, (N,)."""
    low = np.maximum(one[:2], others[:, :2])
    high = np.minimum(one[:2] + one[2:4], others[:, :2] + others[:, 2:4])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    union = one[2] * one[3] + others[:, 2] * others[:, 3] - shared
    return np.asarray(shared / np.maximum(union, 1e-12), np.float32)


def _face(row: Floats, scale: float) -> Face:
    full = row[:14] / np.float32(scale)
    x, y, width, height = (float(value) for value in full[:4])
    return Face((x, y, width, height), full[4:14].reshape(5, 2).copy(), float(row[14]))
