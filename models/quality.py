"""Is the face in this frame fit to be compared? Reasons when it is not, after ISO/IEC 29794-5.

The gate refuses only what a comparison cannot bear: a person who is refused for nothing goes away.
Its limits are set on pictures taken in the wild, of which it may refuse one in two hundred at most;
`score` is the finer word, by which the best frame of several is chosen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from . import quality_cover
from . import quality_measures as measure
from .align import align
from .types import Face, Image

LEAST_EYE_DISTANCE: Final = 18.0
"""Pixels between the eyes: 90 in a passport's portrait, 25 to 80 before a terminal's camera."""

SECOND_FACE: Final = 0.25
"""A second face with this share of the first one's area stands at less than twice its distance."""

LEAST_LIGHT: Final = 40.0
MOST_LIGHT: Final = 222.0
MOST_DARK: Final = 0.5
MOST_BRIGHT: Final = 0.3
LEAST_SHARPNESS: Final = 1.20
MOST_TURN: Final = 70.0
TURNED_FAR: Final = 45.0
"""Degrees. The classifier of covers learnt from turns up to 38°: beyond, where half of a face is
not seen, it must be surer by `TURNED_FAR_MARGIN` log-odds."""
TURNED_FAR_MARGIN: Final = 2.5
LEVEL_PITCH: Final = 10.0
MOST_ROLL: Final = 45.0
MOST_OUTSIDE: Final = 0.06


@dataclass(frozen=True, eq=False)
class Quality:
    """What is known about a face's fitness.

    Attributes:
        score: 0..1, the geometric mean of its components; compare only within one version.
        reasons: codes, the weightiest first; empty when the face may be used.
        measures: what was measured, by name, in the units that `quality_measures` states.
    """

    score: float
    reasons: tuple[str, ...]
    measures: Mapping[str, float]

    @property
    def ok(self) -> bool:
        """The face may be compared."""
        return not self.reasons


def assess(image: Image, faces: Sequence[Face], face: Face | None) -> Quality:
    """The quality of `face` in a frame.

    Args:
        image: uint8 (H, W, 3) BGR; grey pictures have three equal channels.
        faces: everyone whom the detector found.
        face: the one to be compared, or None when there is nobody.
    """
    if face is None:
        return Quality(0.0, ("no_face",), {})
    measures = _measure(image, faces, face)
    reasons = tuple(code for code, refused in _judge(measures) if refused)
    # A cover is looked for on a face that is otherwise fit: mush and glare look like covers.
    return Quality(_score(measures), reasons or _covers(measures), measures)


def _measure(image: Image, faces: Sequence[Face], face: Face) -> dict[str, float]:
    grey = np.asarray(cv2.cvtColor(align(image, face), cv2.COLOR_BGR2GRAY), np.uint8)
    light, pose = measure.light(grey), measure.pose(face.landmarks)
    cover = quality_cover.model().judge(grey)
    others = [other.area for other in faces if other is not face]
    return {
        "second_face": max(others, default=0.0) / max(face.area, 1e-6),
        "eye_distance": measure.eye_distance(face.landmarks),
        "outside": measure.outside(face.landmarks, image.shape[:2]),
        "light": light.mean,
        "dark": light.dark,
        "bright": light.bright,
        "sharpness": measure.sharpness(grey),
        "yaw": pose.yaw,
        "pitch": pose.pitch,
        "roll": pose.roll,
        "turn": _turn(pose),
        "cover": cover.score,
        **cover.kinds,
    }


def _turn(pose: measure.Pose) -> float:
    # The angle between the nose's direction and the camera's, from a level head's pitch.
    yaw, pitch = np.radians([pose.yaw, pose.pitch - LEVEL_PITCH])
    return float(np.degrees(np.arccos(np.clip(np.cos(yaw) * np.cos(pitch), -1, 1))))


def _judge(m: Mapping[str, float]) -> list[tuple[str, bool]]:
    return [
        ("many_faces", m["second_face"] >= SECOND_FACE),
        ("cut_off", m["outside"] > MOST_OUTSIDE),
        ("too_small", m["eye_distance"] < LEAST_EYE_DISTANCE),
        ("too_dark", m["light"] < LEAST_LIGHT or m["dark"] > MOST_DARK),
        ("too_bright", m["light"] > MOST_LIGHT or m["bright"] > MOST_BRIGHT),
        ("turned", m["turn"] > MOST_TURN or abs(m["roll"]) > MOST_ROLL),
        ("blurred", m["sharpness"] < LEAST_SHARPNESS),
    ]


def _covers(m: Mapping[str, float]) -> tuple[str, ...]:
    margin = TURNED_FAR_MARGIN if m["turn"] > TURNED_FAR else 0.0
    if m["cover"] <= quality_cover.model().limit + margin:
        return ()
    return (max(quality_cover.KINDS, key=lambda kind: m[kind]),)


def _score(m: Mapping[str, float]) -> float:
    parts = [
        _ramp(m["eye_distance"], 10, 60),
        _ramp(m["sharpness"], 1.1, 1.6),
        _ramp(m["turn"], 75, 5),
        _ramp(m["light"], 15, 90) * _ramp(m["light"], 245, 190),
        _ramp(m["dark"] + m["bright"], 0.7, 0.05),
        _ramp(m["outside"], 0.3, 0.0),
        _ramp(m["cover"], 12.0, 0.0),
    ]
    return float(np.prod(parts) ** (1 / len(parts)))


def _ramp(value: float, worst: float, best: float) -> float:
    return float(np.clip((value - worst) / (best - worst), 0, 1))
