"""Alignment: the similarity transform that lays five landmarks on the ArcFace template.

Alignment is part of the model: an embedding is only comparable with others aligned alike.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .types import Face, Floats, Image

SIDE: Final = 112

TEMPLATE: Final[Floats] = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    dtype=np.float32,
)
"""Where the five landmarks stand in a 112×112 crop (Deng et al., ArcFace, 2019), pixels."""


def similarity(source: Floats, target: Floats) -> NDArray[np.float64]:
    """The rotation, uniform scale and shift that bring `source` nearest to `target`, (2, 3).

    The least-squares solution (Umeyama 1991) without reflection. In the complex plane it is one
    division: `a = Σ conj(z)·w / Σ |z|²` over centred points.

    Args:
        source, target: (N, 2) points, at least two of them distinct.
    """
    z, w = ([complex(x, y) for x, y in np.asarray(p).tolist()] for p in (source, target))
    z_mean, w_mean = sum(z) / len(z), sum(w) / len(w)
    z_off, w_off = [p - z_mean for p in z], [p - w_mean for p in w]
    spread = sum(abs(p) ** 2 for p in z_off)
    product = sum(p.conjugate() * q for p, q in zip(z_off, w_off, strict=True))
    a = product / spread if spread > 0 else 0j
    shift = w_mean - a * z_mean
    return np.array([[a.real, -a.imag, shift.real], [a.imag, a.real, shift.imag]])


def align(image: Image, face: Face) -> Image:
    """The aligned crop of a face, uint8 (112, 112, 3) BGR; outside the frame it is black."""
    matrix = similarity(face.landmarks, TEMPLATE)
    crop = cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return np.asarray(crop, dtype=np.uint8)
