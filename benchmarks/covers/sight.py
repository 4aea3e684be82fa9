"""The eyes of training and trial: one engine a process, alike on every machine, in fixed order."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from multiprocessing import get_context
from typing import Final, TypeVar

import cv2
import numpy as np

from models.engine import FaceEngine, load_engine
from models.types import Face, Floats, Image

STEPS: Final = 8

Task = TypeVar("Task")
Found = TypeVar("Found")


@cache
def engine() -> FaceEngine:
    """The default pack on the runtime that every machine has, one thread."""
    cv2.setNumThreads(1)
    return load_engine(provider="onnxruntime", threads=1)


def faces_in(image: Image, wide: bool) -> list[Face]:
    """The faces of a look; where it is `wide`, as if the look stood in a frame of 1280 pixels: the
    detector sees such a frame at half its size, and places landmarks less well."""
    if not wide:
        return engine().detect(image)
    high, across = image.shape[:2]
    found = engine().detect(cv2.resize(image, (across // 2, high // 2)))
    scale = np.array([across / (across // 2), high / (high // 2)], np.float32)
    return [_scaled(face, scale) for face in found]


def _scaled(face: Face, scale: Floats) -> Face:
    x, y, width, height = face.box
    by_x, by_y = scale.tolist()
    box = (x * by_x, y * by_y, width * by_x, height * by_y)
    return Face(box, np.asarray(face.landmarks * scale, np.float32), face.score)


def rounded(landmarks: Floats) -> Floats:
    """Landmarks to an eighth of a pixel: processors differ by a thousandth."""
    return np.asarray(np.round(landmarks * STEPS) / STEPS, np.float32)


def in_processes(work: Callable[[Task], Found], tasks: Sequence[Task]) -> Iterator[Found]:
    """Each task's result in the tasks' order, from as many processes as there are cores."""
    # Not forked: a runtime's threads do not survive it.
    with get_context("spawn").Pool(os.cpu_count()) as pool:
        yield from pool.imap(work, tasks, chunksize=4)
