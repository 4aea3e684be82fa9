"""The demo's six people: invented names and numbers, faces from insightface's sample picture.

The picture is read where that package was installed, at run time only. Nothing of it is ever
written: photos and probes live in memory.
"""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from codes.id_number import check_digit
from codes.regions import UNASSIGNED_REGION
from devices.camera.simulated import Portrait
from devices.resident_id import simulated_photo
from devices.resident_id.invented import card_for
from devices.resident_id.layout import CardData
from models.engine import FaceEngine
from models.types import Face, Floats, Image

from . import head, rendering
from .errors import SampleMissing, SampleUnreadable


@dataclass(frozen=True)
class Invented:
    """Who somebody of the picture is in the demo. `birth` and `sequence` make the number."""

    id: str
    name: str
    birth: str
    sequence: str
    turn: float
    """Degrees by which the probe's head is turned: 20, or as many more as turn the landmarks that
    the detector finds by 15 or more.
    """
    enrolled: bool = True

    @property
    def number(self) -> str:
        """An ID number in a region that no province has, with a valid check character."""
        first17 = f"{UNASSIGNED_REGION}{self.birth}{self.sequence}"
        return first17 + check_digit(first17)


INVENTED = (
    Invented("zhang", "张甲", "19880412", "024", 20.0),
    Invented("li", "李乙", "19910923", "146", 20.0),
    Invented("wang", "王丙", "19760305", "215", 26.0),
    Invented("zhao", "赵丁", "19690718", "337", 20.0),
    Invented("chen", "陈戊", "19530129", "453", 23.0, enrolled=False),
    Invented("zhou", "周己", "19990611", "568", 22.0),
)
"""By place in the picture, left to right; the one who is not enrolled is the stranger (陌生人)."""

_SCALES = (1.0, 1.3, 1.6, 2.0)


@dataclass(frozen=True, eq=False)
class SamplePerson:
    """One of the six. Pictures are made when they are asked for, and stay in memory."""

    invented: Invented
    _picture: Image = field(repr=False)
    _face: Face = field(repr=False)
    _poses: "Poses" = field(repr=False)
    _place: int = field(repr=False)

    @property
    def id(self) -> str:
        """Stable, ASCII."""
        return self.invented.id

    @property
    def enrolled(self) -> bool:
        """Whether the demo hospital enrols this person."""
        return self.invented.enrolled

    @property
    def card(self) -> CardData:
        """The person's resident-ID card, valid, of the simulator."""
        return card_for(self.invented.name, self.invented.number)

    @property
    def last_four(self) -> str:
        """Last four characters of the number."""
        return self.invented.number[-4:]

    def photo(self) -> Image:
        """The enrolment photo: head and shoulders as the sample picture has them, uint8 BGR."""
        return np.ascontiguousarray(_around(self._picture, self._face)[0])

    def photo_png(self) -> bytes:
        """The enrolment photo as a lossless file."""
        return cv2.imencode(".png", self.photo())[1].tobytes()

    @cached_property
    def chip_photo(self) -> bytes:
        """The photo on the chip of the person's ID card: the sample's picture in 1,024 bytes."""
        return simulated_photo.encode(simulated_photo.portrait(self._picture, self._face.box))

    @property
    def pose(self) -> head.Pose:
        """How the head stands in the sample picture."""
        return self._poses.all[self._place]

    @cached_property
    def cutout(self) -> rendering.Cutout:
        """The probe: see `rendering`."""
        turn = rendering.towards_camera(self.pose, np.radians(self.invented.turn))
        look = rendering.Look(turn)
        others = [pose for place, pose in enumerate(self._poses.all) if place != self._place]
        return rendering.render(self._picture, self.pose, look, others)

    @cached_property
    def portrait(self) -> Portrait:
        """The probe as the simulated camera shows it, pixel for pixel."""
        return rendering.as_portrait(self.cutout)


class Poses:
    """The six poses, estimated once, when the first of them is needed."""

    def __init__(self, engine: FaceEngine, picture: Image, faces: Sequence[Face]) -> None:
        self._engine, self._picture, self._faces = engine, picture, faces

    @cached_property
    def all(self) -> list[head.Pose]:
        """By place in the picture."""
        return [
            head.estimate_pose(settled_landmarks(self._engine, self._picture, face))
            for face in self._faces
        ]


def find_picture() -> Path:
    """The sample picture of the installed insightface package, without importing it.

    Raises `SampleMissing`.
    """
    spec = importlib.util.find_spec("insightface")
    if spec is None or spec.origin is None:
        raise SampleMissing("the demo's faces come from the insightface package: install it")
    path = Path(spec.origin).parent / "data" / "images" / "t1.jpg"
    if not path.is_file():
        raise SampleMissing("the installed insightface package has no sample picture")
    return path


def load(engine: FaceEngine, picture: Path | None = None) -> tuple[SamplePerson, ...]:
    """The six people, left to right.

    Raises `SampleMissing`; `SampleUnreadable` where the picture does not show six faces.
    """
    image = cv2.imdecode(
        np.frombuffer((picture or find_picture()).read_bytes(), np.uint8), cv2.IMREAD_COLOR
    )
    if image is None:
        raise SampleUnreadable("the sample picture cannot be decoded")
    pixels = np.asarray(image, np.uint8)
    faces = sorted(engine.detect(pixels), key=lambda face: face.box[0])
    if len(faces) != len(INVENTED):
        raise SampleUnreadable(f"the sample picture shows {len(faces)} faces, not {len(INVENTED)}")
    poses = Poses(engine, pixels, faces)
    return tuple(
        SamplePerson(invented, pixels, face, poses, place)
        for place, (invented, face) in enumerate(zip(INVENTED, faces, strict=True))
    )


def settled_landmarks(engine: FaceEngine, picture: Image, face: Face) -> Floats:
    """A face's five landmarks, float32 (5, 2): the median over sizes and mirror images.

    One detection of a small, tilted face is off by a few pixels, which is ten degrees of pose.
    """
    part, corner = _around(picture, face)
    found: list[Floats] = []
    for scale in _SCALES:
        sized = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        for mirrored in (False, True):
            seen = engine.detect(np.ascontiguousarray(sized[:, ::-1]) if mirrored else sized)
            found += [
                _placed(one.landmarks, sized.shape[1], mirrored) / scale + corner for one in seen
            ]
    near = [marks for marks in found if _distance(marks, face) < face.box[2] / 2]
    settled = np.median(near, axis=0) if near else face.landmarks
    return np.asarray(settled, np.float32)


def _placed(landmarks: Floats, width: int, mirrored: bool) -> Floats:
    if not mirrored:
        return landmarks
    back = landmarks[[1, 0, 2, 4, 3]].copy()
    back[:, 0] = width - 1 - back[:, 0]
    return back


def _distance(landmarks: Floats, face: Face) -> float:
    return float(np.linalg.norm(landmarks.mean(axis=0) - face.landmarks.mean(axis=0)))


def _around(picture: Image, face: Face) -> tuple[Image, Floats]:
    """Head and shoulders, and where their upper left corner is."""
    x, y, width, height = face.box
    left, top = max(int(x - 0.9 * width), 0), max(int(y - 0.7 * height), 0)
    right, bottom = int(x + 1.9 * width), int(y + 1.95 * height)
    return picture[top:bottom, left:right], np.array([left, top], np.float32)
