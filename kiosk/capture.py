"""Which frame stands for a person: a run of good ones, and of those only the best (GB/T
38671-2020).

Nothing here keeps more than one frame, and nothing is written anywhere.
"""

from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np

from models.engine import FaceEngine
from models.types import Face, Image, Observation
from verifier.protocol.claim import Capture, Crop, pack_vector
from verifier.protocol.values import Liveness, b64url

SAME_PERSON_IOU = 0.3
"""Two frames in a row whose largest faces overlap less do not show one person standing still."""


@dataclass(frozen=True)
class Shot:
    """A frame worth keeping for now."""

    image: Image
    face: Face
    score: float
    taken_at: datetime
    camera: str
    simulated: bool


@dataclass
class Selector:
    """Counts good frames in a row, keeps the best. A bad frame or another face starts again."""

    needed: int
    best: Shot | None = None
    run: int = 0
    _last: Face | None = None

    def see(self, observation: Observation, shot: Shot | None) -> tuple[str, ...]:
        """Take one frame in. Gives what the person could do better, as codes; empty if good."""
        quality = observation.quality
        reasons = quality.reasons if quality else ("no_face",)
        if shot is None or reasons:
            self._restart()
            return tuple(reasons) or ("no_face",)
        if self._last is not None and iou(self._last, shot.face) < SAME_PERSON_IOU:
            self._restart()
        self._last = shot.face
        self.run += 1
        if self.best is None or shot.score > self.best.score:
            self.best = shot
        return ()

    @property
    def progress(self) -> float:
        """How far the run is, 0 to 1."""
        return min(1.0, self.run / self.needed)

    @property
    def done(self) -> bool:
        """Whether the best frame may go on."""
        return self.run >= self.needed

    def _restart(self) -> None:
        self.best, self.run, self._last = None, 0, None


def iou(one: Face, other: Face) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = one.box, other.box
    width = min(ax + aw, bx + bw) - max(ax, bx)
    height = min(ay + ah, by + bh) - max(ay, by)
    shared = max(0.0, width) * max(0.0, height)
    union = aw * ah + bw * bh - shared
    return float(shared / union) if union > 0 else 0.0


def make_capture(engine: FaceEngine, shot: Shot) -> Capture:
    """Align, embed (no mirror averaging) and pack one shot for the wire. Liveness is not assessed
    yet.
    """
    crop = engine.align(shot.image, shot.face)
    vector = engine.embed(crop[np.newaxis], mirror=False)[0]
    return Capture(
        pack=engine.pack.name,
        pack_digest=engine.pack.digest,
        camera=shot.camera,
        simulated=shot.simulated,
        captured_at=shot.taken_at,
        crops=[
            Crop(
                png=b64url(encode_png(crop)),
                embedding=pack_vector([float(x) for x in vector]),
                quality=shot.score,
            )
        ],
        liveness=Liveness.NOT_ASSESSED,
    )


def encode_png(crop: Image) -> bytes:
    """Lossless PNG of a BGR picture."""
    _, data = cv2.imencode(".png", crop)
    return data.tobytes()
