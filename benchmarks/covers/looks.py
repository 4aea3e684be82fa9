"""How a camera may see a portrait: turned, far, tilted, out of focus, in another light."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from models.evaluation.dataset import Picture
from models.quality import assess
from models.quality_cover import KINDS
from models.types import Image, largest

from .paint import Frame, Grey, Random, bgr
from .sight import engine, faces_in, in_processes, rounded

SIDE: Final = 224
"""Pixels of a portrait with its border; its eyes are 50 apart, as before a terminal."""

WIDE: Final = 0.6
"""The share of looks taken from a frame so wide that the detector sees it at half its size."""


def portrait_of(picture: Picture, random: Random) -> Grey:
    """A picture with a border, reduced to what a terminal sees."""
    grey = cv2.imread(str(picture.path), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise ValueError("a picture cannot be read")
    pad = int(0.3 * grey.shape[0])
    border = cv2.BORDER_REPLICATE if random.random() < 0.5 else cv2.BORDER_CONSTANT
    wide = cv2.copyMakeBorder(grey, pad, pad, pad, pad, border, value=random.uniform(0, 255))
    return np.asarray(cv2.resize(wide, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)


def looks_of(picture: Picture, seed: int, number: int, count: int) -> list[tuple[Image, bool]]:
    """A bare picture under `count` random conditions, each second one turned by up to 38 degrees:
    BGR, and whether it stands in a wide frame."""
    random = np.random.default_rng([seed, number, 2])
    portrait = portrait_of(picture, random)
    face = largest(engine().detect(bgr(portrait)))
    if face is None:
        return []
    frame, views = Frame(rounded(face.landmarks)), []
    for look in range(count):
        turn = random.choice([-1, 1]) * random.uniform(12, 38) if look % 2 else 0.0
        view = seen_by_a_camera(turned(portrait, frame, turn), random)
        views.append((bgr(view), bool(random.random() < WIDE)))
    return views


def fit_crops(pictures: Sequence[Picture], seed: int, count: int) -> list[Image]:
    """The aligned grey crops of those looks that the gate would refuse for no other reason."""
    tasks = [(one, seed, number, count) for number, one in enumerate(pictures)]
    return [crop for found in in_processes(_fit_crops, tasks) for crop in found]


def _fit_crops(task: tuple[Picture, int, int, int]) -> list[Image]:
    crops = [fit_crop(*look) for look in looks_of(*task)]
    return [crop for crop in crops if crop is not None]


def fit_crop(image: Image, wide: bool) -> Image | None:
    """The aligned grey crop of the largest face, where there is one and nothing but a cover may be
    wrong with it."""
    faces = faces_in(image, wide)
    face = largest(faces)
    if face is None or not set(assess(image, faces, face).reasons) <= set(KINDS):
        return None
    return np.asarray(cv2.cvtColor(engine().align(image, face), cv2.COLOR_BGR2GRAY), np.uint8)


def turned(image: Grey, face: Frame, degrees: float) -> Grey:
    """The head turned about its vertical axis by the relief of an ellipsoid (x·cos + z·sin),
    inverted by fixed-point iteration."""
    if not degrees:
        return image
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    x = ((columns - face.origin[0]) / face.unit).astype(np.float64)
    y = ((rows[:, :1] - face.origin[1]) / face.unit).astype(np.float64)
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    height = 1.1 * np.exp(-(((y - 0.35) / 1.5) ** 2))
    source = x
    for _ in range(6):
        source = 0.5 * source + 0.5 * (x - height * np.exp(-(source**2)) * sin) / cos
    back = np.asarray(source * face.unit + face.origin[0], np.float32)
    warped = cv2.remap(image, back, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.float32)


def seen_by_a_camera(image: Grey, random: Random) -> Grey:
    """Distance, tilt, focus, light, noise, at random, and one of both hands."""
    side = image.shape[0]
    size = int(side * random.uniform(0.5, 1.3))
    tilt = cv2.getRotationMatrix2D((side / 2, side / 2), random.normal(0, 13), 1)
    tilted = cv2.warpAffine(image, tilt, (side, side), borderMode=cv2.BORDER_REPLICATE)
    view = np.asarray(cv2.resize(tilted, (size, size), interpolation=cv2.INTER_AREA), np.float32)
    view = np.asarray(cv2.GaussianBlur(view, (0, 0), random.uniform(0.2, 1.0)), np.float32)
    lit = 255 * (np.clip(view, 0, 255) / 255) ** random.uniform(0.6, 1.6)
    lit = lit * random.uniform(0.7, 1.2) + random.uniform(-15, 15)
    noise = random.standard_normal(view.shape, np.float32) * np.float32(random.uniform(0, 4))
    noisy = np.round(lit + noise)
    return np.asarray(noisy if random.random() < 0.5 else noisy[:, ::-1], np.float32)
