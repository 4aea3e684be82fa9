"""Training examples: bare and covered faces, seen as a camera might see them.

The same pictures and seed give the same bytes: landmarks are rounded, each picture has a random
stream of its own, and every picture is worked on by one thread.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models.evaluation.dataset import Picture
from models.types import Face, Image, largest

from . import sight
from .looks import WIDE, portrait_of, seen_by_a_camera, turned
from .paint import PAINTERS, Frame, Grey, Painter, Random, bgr
from .sight import faces_in, in_processes, rounded

BARE = 5
"""Views of each bare picture: as it is, two in other conditions, two turned."""

VIEWS = (3, 2, 2, 2)
"""Views of each painted kind, by its class."""

LEAST_COVERED = 0.25
MOST_BESIDE = 0.08
"""Share of the face that a cover hides at least, and a thing beside the face at most."""


@dataclass(frozen=True, eq=False)
class Example:
    """One aligned grey crop, uint8 (112, 112), its class and what was painted.

    Attributes:
        turn: degrees by which the view was turned.
    """

    crop: Image
    label: int
    kind: str
    turn: float


def examples(pictures: Sequence[Picture], seeds: Sequence[int]) -> list[Example]:
    """Every view of every picture in which the detector finds the face again, in order."""
    tasks = [(one, seed, number) for seed in seeds for number, one in enumerate(pictures)]
    return [one for found in in_processes(_of_picture, tasks) for one in found]


def _of_picture(task: tuple[Picture, int, int]) -> list[Example]:
    picture, seed, number = task
    random = np.random.default_rng([seed, number])
    portrait = portrait_of(picture, random)
    face = largest(sight.engine().detect(bgr(portrait)))
    return [] if face is None else [*_views(portrait, face, random)]


def _views(portrait: Grey, face: Face, random: Random) -> Iterator[Example]:
    frame = Frame(rounded(face.landmarks))
    plans: list[tuple[str, int, Painter | None]] = [("bare", 0, None)] * BARE
    for kind, (label, cover) in PAINTERS.items():
        plans += [(kind, label, cover)] * VIEWS[label]
    for number, (kind, label, painter) in enumerate(plans):
        view, turn = portrait, 0.0
        if painter is not None:
            view = painted(painter, bool(label), portrait, frame, random)
        if number:
            turn = random.choice([-1, 1]) * random.uniform(12, 38) if number % 2 else 0.0
            view = seen_by_a_camera(turned(view, frame, turn), random)
        crop = _crop(view, wide=number > 0 and random.random() < WIDE)
        if crop is not None:
            yield Example(crop, label, kind, turn)


def painted(painter: Painter, covers: bool, portrait: Grey, frame: Frame, random: Random) -> Grey:
    """Painted over; again where a cover leaves three quarters of the face bare, which is none."""
    rows, columns = np.mgrid[: portrait.shape[0], : portrait.shape[1]]
    x, y = (columns - frame.origin[0]) / frame.unit, (rows - frame.origin[1]) / frame.unit
    face = (abs(x) < 0.85) & (y > -0.4) & (y < 1.4)
    for _ in range(6):
        view = painter(portrait, frame, random)
        share = float((abs(view - portrait)[face] > 12).mean())
        if share > LEAST_COVERED if covers else share < MOST_BESIDE:
            return view
    return view if covers else portrait


def _crop(view: Grey, wide: bool) -> Image | None:
    image = bgr(view)
    face = largest(faces_in(image, wide))
    if face is None:
        return None
    aligned = sight.engine().align(image, Face(face.box, rounded(face.landmarks), face.score))
    return np.asarray(cv2.cvtColor(aligned, cv2.COLOR_BGR2GRAY), np.uint8)
