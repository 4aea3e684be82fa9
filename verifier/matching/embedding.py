"""The verifier's own embedding decides; the terminal's is only compared with it."""

from typing import Protocol

import numpy as np

from models.fusion import fuse
from models.types import Crops, Floats, PackInfo
from verifier.protocol.errors import refusal

AGREEMENT = 0.999
"""Cosine below which two embeddings are not of one crop. It leaves room for the rounding of another
runtime or processor, and none for another picture."""

UNIT_TOLERANCE = 1e-2


class Embedder(Protocol):
    """What the verifier asks of a model pack (`models.engine.FaceEngine`)."""

    @property
    def pack(self) -> PackInfo:
        """Which pack it is."""

    def embed(self, crops: Crops, mirror: bool = False) -> Floats:
        """Unit rows, float32 (N, D), of uint8 (N, 112, 112, 3) BGR crops."""


def refuse_unless_they_agree(own: Floats, claimed: Floats) -> None:
    """Raise `capture.embedding_mismatch` unless each claimed row is the embedding of its crop.

    Both float32 (K, D). NaN, a wrong length or a row that is not of unit length disagree too.
    """
    if own.shape != claimed.shape:
        raise refusal("capture.embedding_mismatch", note="another length")
    with np.errstate(invalid="ignore", over="ignore"):
        lengths = np.linalg.norm(claimed.astype(np.float64), axis=1)
        cosines = np.sum(own * claimed, axis=1)
    agree = (np.abs(lengths - 1) <= UNIT_TOLERANCE) & (cosines >= AGREEMENT * lengths)
    if not bool(np.all(agree)):
        raise refusal("capture.embedding_mismatch", note="cosine below the pack's tolerance")


def probe_of(own: Floats) -> Floats:
    """One unit vector from the samples of a capture, as enrolment fuses a person's."""
    return fuse(own)


def cosine(one: Floats, other: Floats) -> float:
    """Cosine of two unit vectors (D,), clipped to [-1, 1] against rounding."""
    return float(np.clip(one @ other, -1.0, 1.0))
