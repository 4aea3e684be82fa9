"""SFace: aligned crops to unit vectors (Zhong et al., SFace, 2021)."""

from dataclasses import dataclass

import cv2
import numpy as np

from .errors import FrameRefused
from .runtime import Session
from .types import Crops, Floats

BATCH = 8


@dataclass(frozen=True)
class Embedder:
    """Embeds crops. `session` is a prepared SFace: `data` (N, 3, 112, 112) RGB 0–255 → `fc1`."""

    session: Session
    dim: int
    side: int = 112

    def embed(self, crops: Crops, mirror: bool = False) -> Floats:
        """Unit rows, float32 (N, D).

        Args:
            crops: uint8 (N, 112, 112, 3) BGR.
            mirror: also embed the mirrored crops and average; costs twice the time.

        Raises:
            FrameRefused: the crops have another shape or type.
        """
        pixels = checked_crops(crops, self.side)
        vectors = unit(self._vectors(pixels))
        if mirror:
            vectors = unit(vectors + unit(self._vectors(pixels[:, :, ::-1])))
        return vectors

    def _vectors(self, crops: Crops) -> Floats:
        parts = [self._run(crops[start : start + BATCH]) for start in range(0, len(crops), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, self.dim), np.float32)

    def _run(self, crops: Crops) -> Floats:
        pixels = [np.ascontiguousarray(crop) for crop in crops]
        data = np.asarray(cv2.dnn.blobFromImages(pixels, swapRB=True), np.float32)
        return self.session.run({"data": data})["fc1"]


def checked_crops(crops: Crops, side: int) -> Crops:
    """The crops, if they are uint8 (N, side, side, 3).

    Raises:
        FrameRefused: they are not.
    """
    array = np.asarray(crops)
    if array.ndim != 4 or array.shape[1:] != (side, side, 3):
        raise FrameRefused("frame.shape", f"crops are N x {side} x {side} x 3 arrays")
    if array.dtype != np.uint8:
        raise FrameRefused("frame.dtype", f"crops hold uint8, not {array.dtype}")
    return array


def unit(vectors: Floats) -> Floats:
    """Rows scaled to length one; a zero row stays zero."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), np.float32)
