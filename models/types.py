"""The data that flow from a frame to an embedding. Pictures are uint8 H×W×3 in BGR order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .quality import Quality

Image: TypeAlias = NDArray[np.uint8]
"""uint8 (H, W, 3), BGR."""

Crops: TypeAlias = NDArray[np.uint8]
"""uint8 (N, 112, 112, 3), BGR: aligned faces."""

Floats: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Face:
    """One detected face.

    Attributes:
        box: x, y, width, height in the frame's pixels; may reach beyond the frame's edge.
        landmarks: float32 (5, 2) pixels: right eye, left eye, nose tip, right and left corner of
            the mouth. Right and left are the person's own.
        score: the detector's confidence, 0..1.
    """

    box: tuple[float, float, float, float]
    landmarks: Floats
    score: float

    @property
    def area(self) -> float:
        """Square pixels of the box."""
        return self.box[2] * self.box[3]


@dataclass(frozen=True)
class PackInfo:
    """Which model made an embedding.

    Attributes:
        digest: base64url SHA-256 (43 characters) over the prepared pack; embeddings are comparable
            only between equal digests.
        dim: length of an embedding.
    """

    name: str
    digest: str
    dim: int
    commercial_use: bool


@dataclass(frozen=True, eq=False)
class Observation:
    """What stands in one frame: every face, the largest one, and that one's quality."""

    faces: tuple[Face, ...]
    face: Face | None
    quality: "Quality | None"


def largest(faces: Sequence[Face]) -> Face | None:
    """The face with the largest box, or None."""
    return max(faces, key=lambda face: face.area, default=None)
