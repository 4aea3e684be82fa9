"""What the trial shows to the gate: bare faces and covered ones, before a terminal's camera.

Covers are drawn by the tests' code, not by the training's, and photographed ones are laid on by it;
`painted_…` kinds are by the training's own painters, apart.
"""

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from models.evaluation.capture import PADDING, padded
from models.evaluation.dataset import Picture
from models.quality import assess
from models.types import Face, Image, largest
from tests.models import rendering as draw

from .examples import painted
from .looks import WIDE, looks_of, portrait_of, seen_by_a_camera
from .paint import PAINTERS, Frame, bgr
from .sight import engine, faces_in, rounded

SEED: Final = 47
"""Another one than the training's and the limit's."""

LOOKS: Final = 4

DISTANCES: Final = {"near": (60.0, 0.0), "far": (30.0, 0.7)}
"""Pixels between the eyes in a frame of 1280, and blur in pixels."""

MASKS: Final[tuple[draw.Colour, ...]] = (
    (200, 170, 120), (30, 30, 30), (235, 235, 235), (150, 175, 215),
)  # fmt: skip
PHOTOGRAPHED: Final = ("black", "blue", "green", "white")
HAIR: Final[tuple[draw.Colour, ...]] = ((30, 40, 60), (110, 170, 215))

Cover = Callable[[Image, Face, int], Image]

COVERS: Final[dict[str, tuple[str, Cover]]] = {
    "drawn_mask": ("covered_mask", lambda p, f, n: draw.surgical_mask(p, f, MASKS[n % 4])),
    "photographed_mask": (
        "covered_mask",
        lambda p, f, n: draw.photographed_mask(p, f, photographed(PHOTOGRAPHED[n % 4])),
    ),
    "drawn_dark_glasses": ("covered_eyes", lambda p, f, _: draw.dark_glasses(p, f)),
    "drawn_hair": ("covered", lambda p, f, n: draw.hair_over_eye(p, f, HAIR[n % 2])),
    "drawn_bandage": ("covered", lambda p, f, _: draw.bandage(p, f)),
    "drawn_hand": ("covered", lambda p, f, _: draw.hand_before_mouth(p, f)),
}
"""By kind: the code that names it, and who draws it; the number of the picture chooses a colour."""

Look = tuple[Image, bool]
"""BGR, and whether it stands in a wide frame, as `faces_in` takes it."""

NAMES: Final = (None, "covered_mask", "covered_eyes", "covered")
"""The codes of the painters' classes."""


@dataclass(frozen=True)
class Outcome:
    """What the gate said to one look at a face.

    Attributes:
        kind: what covers the face, or `bare`.
        condition: how it was shown.
        person: stays in memory.
        reason: the gate's first reason, None where the face may be compared.
        name: the reason that names the cover, None for a bare face.
        noted: what a viewer saw on the picture.
    """

    kind: str
    condition: str
    person: str
    reason: str | None
    name: str | None
    noted: frozenset[str]


def photographed(colour: str) -> Image:
    """A photographed mask, as the insightface package carries it."""
    spec = importlib.util.find_spec("insightface")
    if spec is None or spec.origin is None:
        raise ValueError("the photographed masks need the insightface package")
    return _read(str(Path(spec.origin).parent / "data" / "images" / f"mask_{colour}.jpg"))


@cache
def _read(path: str) -> Image:
    picture = cv2.imread(path)
    if picture is None:
        raise ValueError("a picture cannot be read")
    return np.asarray(picture, np.uint8)


def as_it_is(picture: Picture) -> Image:
    """The picture as the accuracy is measured on it."""
    return padded(_read.__wrapped__(str(picture.path)), PADDING)


def bare_looks(picture: Picture, number: int) -> Iterator[tuple[str, Look]]:
    """By condition: a bare face as it is, near, far, turned by 20 degrees, at random."""
    portrait = as_it_is(picture)
    yield "as_it_is", (portrait, False)
    face = largest(engine().detect(portrait))
    if face is None:
        return
    yield from shown(portrait, face, number)
    side = (-20, 20)[number % 2]
    yield "turned", _shown(draw.turned(portrait, face, side), face, "near", number)
    yield from (("at_random", look) for look in looks_of(picture, SEED, number, LOOKS))


def covered_looks(picture: Picture, number: int) -> Iterator[tuple[str, str, str, Look]]:
    """By kind, right name and condition: a face under each cover."""
    portrait = as_it_is(picture)
    face = largest(engine().detect(portrait))
    if face is None:
        return
    for kind, (name, cover) in COVERS.items():
        for condition, look in shown(cover(portrait, face, number), face, number):
            yield kind, name, condition, look
    for kind, painted_name, look in _painted(picture, number):
        yield f"painted_{kind}", painted_name, "at_random", look


def _painted(picture: Picture, number: int) -> Iterator[tuple[str, str, Look]]:
    random = np.random.default_rng([SEED, number, 3])
    portrait = portrait_of(picture, random)
    face = largest(engine().detect(bgr(portrait)))
    if face is None:
        return
    for kind, (label, painter) in PAINTERS.items():
        name = NAMES[label]
        if name is not None:
            over = painted(painter, True, portrait, Frame(rounded(face.landmarks)), random)
            yield kind, name, (bgr(seen_by_a_camera(over, random)), bool(random.random() < WIDE))


def shown(portrait: Image, face: Face, number: int) -> Iterator[tuple[str, Look]]:
    """A portrait at each distance."""
    for condition in DISTANCES:
        yield condition, _shown(portrait, face, condition, number)


def _shown(portrait: Image, face: Face, condition: str, number: int) -> Look:
    pixels, blur = DISTANCES[condition]
    apart = Frame(face.landmarks).unit
    look = draw.smaller(portrait, pixels / apart, blur)
    grain = np.random.default_rng([SEED, number, 4]).normal(0, 1.5, look.shape)
    return np.clip(np.round(look + grain), 0, 255).astype(np.uint8), True


def reason(look: Look) -> str | None:
    """The gate's first word on a look's largest face, as it ships."""
    image, wide = look
    faces = faces_in(image, wide)
    return next(iter(assess(image, faces, largest(faces)).reasons), None)
