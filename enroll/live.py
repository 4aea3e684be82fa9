"""One frame of a desk's camera: what is to be said to the person, and a sample where it is good.

Nothing is written anywhere: bytes come in, words and numbers go out.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

import cv2
import numpy as np

from models.errors import FrameRefused, ImageRefused
from models.images import decode
from models.quality import LEVEL_PITCH
from models.types import Face, Floats, Image, Observation

from .errors import PersonRefused
from .samples import Faces

MAX_BYTES: Final = 600_000
MAX_PIXELS: Final = 1_000_000
SHOWN_SIDE: Final = 320
"""Pixels of the picture that the clerk sees beside a person who was found."""

LEAST_EYES: Final = 40.0
"""Pixels between the eyes: a template serves for years, so more than the gate's least."""
MOST_FACE: Final = 0.75
"""Height of the face in that of the frame: nearer, the forehead is soon cut off."""
MOST_YAW: Final = 25.0
MOST_PITCH: Final = 25.0
MOST_ROLL: Final = 20.0

Sign = Literal["good", "mend", "unknown"]
SIGNS: Final = ("faces", "distance", "light", "pose", "cover")
_OF: Final = {
    "no_face": "faces",
    "many_faces": "faces",
    "too_small": "distance",
    "too_near": "distance",
    "cut_off": "distance",
    "too_dark": "light",
    "too_bright": "light",
    "turned": "pose",
    "blurred": "pose",
    "covered_mask": "cover",
    "covered_eyes": "cover",
    "covered": "cover",
}
CODES: Final = tuple(_OF)
"""What is to be mended, the first thing first."""


@dataclass(frozen=True, eq=False)
class Look:
    """What a frame shows.

    Attributes:
        code: what the person is to mend, one of `CODES`; empty where nothing is.
        faces: how many.
        signs: for each of `SIGNS`, whether it is good.
        vector: float32 (D,), unit, mirror-averaged; None unless the face may be enrolled.
        picture: JPEG of the face and a little around it, for the clerk; empty without a vector.
    """

    code: str
    faces: int
    signs: dict[str, Sign]
    quality: float = 0.0
    vector: Floats | None = field(default=None, repr=False)
    picture: bytes = field(default=b"", repr=False)


def look(faces: Faces, data: bytes) -> Look:
    """Judge one frame. Raises `PersonRefused` with an `image.…` code where it is no picture."""
    try:
        image = decode(data, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)
        seen = faces.observe(image)
    except ImageRefused as error:
        raise PersonRefused(error.code) from None
    except FrameRefused:
        raise PersonRefused("image.undecodable") from None
    code = _code(seen, image)
    said = Look(code, len(seen.faces), _signs(code))
    if code or seen.face is None or seen.quality is None:
        return said
    crop = faces.align(image, seen.face)
    vector = faces.embed(np.stack([crop]), mirror=True)[0]
    shown = _shown(image, seen.face)
    return Look("", said.faces, said.signs, seen.quality.score, vector, shown)


def _code(seen: Observation, image: Image) -> str:
    face, quality = seen.face, seen.quality
    if face is None or quality is None:
        return "no_face"
    reasons, measures = quality.reasons, quality.measures
    # A second face of any size: at a desk only one person stands before the camera.
    wrong = {
        "many_faces": len(seen.faces) > 1,
        "cut_off": "cut_off" in reasons,
        "too_near": face.box[3] > MOST_FACE * image.shape[0],
        "too_small": measures["eye_distance"] < LEAST_EYES,
        "turned": abs(measures["yaw"]) > MOST_YAW
        or abs(measures["pitch"] - LEVEL_PITCH) > MOST_PITCH
        or abs(measures["roll"]) > MOST_ROLL,
    }
    stricter = [code for code, is_so in wrong.items() if is_so]
    return next(iter([*stricter, *reasons]), "")


def _signs(code: str) -> dict[str, Sign]:
    """What stands before the thing to mend is good; what stands behind it is not known yet."""
    if not code:
        return dict.fromkeys(SIGNS, "good")
    at = SIGNS.index(_OF[code])
    return {
        name: "good" if place < at else "mend" if place == at else "unknown"
        for place, name in enumerate(SIGNS)
    }


def _shown(image: Image, face: Face) -> bytes:
    """The face with half of its size around it, small, as JPEG in memory."""
    x, y, width, height = face.box
    tall, wide = image.shape[:2]
    left, top = max(0, int(x - width / 2)), max(0, int(y - height / 2))
    right, bottom = min(wide, int(x + 1.5 * width)), min(tall, int(y + 1.5 * height))
    part = image[top:bottom, left:right]
    scale = min(1.0, SHOWN_SIDE / max(part.shape[:2]))
    small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return data.tobytes() if done else b""
