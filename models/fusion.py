"""One template from a person's samples."""

import numpy as np

from .types import Floats


def fuse(embeddings: Floats) -> Floats:
    """The unit vector in the mean direction of K unit embeddings, float32 (D,).

    Raises:
        ValueError: there is no embedding, or they cancel each other out.
    """
    rows = np.asarray(embeddings, np.float32)
    if rows.ndim != 2 or not len(rows):
        raise ValueError("at least one embedding is needed")
    mean = rows.mean(axis=0, dtype=np.float64)
    length = float(np.linalg.norm(mean))
    if not np.isfinite(length) or length < 1e-6:
        raise ValueError("the embeddings have no common direction")
    return np.asarray(mean / length, np.float32)
