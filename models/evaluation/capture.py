"""From a folder of portraits to embeddings, and what was refused. Nothing is kept on disk."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..embedding import unit
from ..engine import FaceEngine
from ..types import Floats, Image
from .comparisons import Embedded, Indices
from .dataset import Picture

PADDING = 0.3
"""A portrait is cut closer than a frame: this share of its size is added on each side, black."""

BATCH = 8


@dataclass(frozen=True, eq=False)
class Captured:
    """What became of the pictures.

    Attributes:
        people: names, sorted; everything else holds their numbers only.
        owner: (P,) the person of each picture.
        usable: (P,) whether it passed detection and the quality gate.
        refused: how many pictures were refused for each first reason.
        embedded: of the usable pictures.
    """

    people: tuple[str, ...]
    owner: Indices
    usable: NDArray[np.bool_]
    refused: dict[str, int]
    embedded: Embedded


def capture(
    engine: FaceEngine,
    pictures: Sequence[Picture],
    padding: float = PADDING,
    progress: Callable[[int], None] = lambda _: None,
) -> Captured:
    """Detect, judge, align and embed every picture; `progress` hears how many are done."""
    people = tuple(sorted({picture.person for picture in pictures}))
    number = {person: index for index, person in enumerate(people)}
    owner = np.array([number[picture.person] for picture in pictures], np.intp)
    crops: list[Image | None] = []
    refused: Counter[str] = Counter()
    plain, flipped = [], []
    for start in range(0, len(pictures), BATCH):
        batch = [_crop(engine, one, padding, refused) for one in pictures[start : start + BATCH]]
        found = np.array([crop for crop in batch if crop is not None], np.uint8)
        if len(found):
            plain.append(engine.embed(found))
            flipped.append(engine.embed(np.ascontiguousarray(found[:, :, ::-1])))
        crops += batch
        progress(len(crops))
    usable = np.array([crop is not None for crop in crops], bool)
    return Captured(
        people, owner, usable, dict(refused), _embedded(owner[usable], plain, flipped, engine)
    )


def padded(picture: Image, share: float) -> Image:
    """The picture with `share` of its height and width added in black on every side."""
    down, right = (int(share * side) for side in picture.shape[:2])
    wide = cv2.copyMakeBorder(picture, down, down, right, right, cv2.BORDER_CONSTANT)
    return np.asarray(wide, np.uint8)


def _crop(
    engine: FaceEngine, picture: Picture, padding: float, refused: Counter[str]
) -> Image | None:
    image = cv2.imread(str(picture.path), cv2.IMREAD_COLOR)
    if image is None:
        refused["unreadable"] += 1
        return None
    frame = padded(np.asarray(image, np.uint8), padding)
    seen = engine.observe(frame)
    if seen.face is None or seen.quality is None or not seen.quality.ok:
        refused[seen.quality.reasons[0] if seen.quality else "no_face"] += 1
        return None
    return engine.align(frame, seen.face)


def _embedded(
    owner: Indices, plain: list[Floats], flipped: list[Floats], engine: FaceEngine
) -> Embedded:
    empty = np.zeros((0, engine.pack.dim), np.float32)
    one, other = np.concatenate([empty, *plain]), np.concatenate([empty, *flipped])
    # The same as engine.embed(crops, mirror=True), without embedding the crops a third time.
    return Embedded(owner, one, unit(one + other))
