"""Does a rewritten graph, on a provider, still answer what the merely folded graph answers?

Asked on fixed inputs when a pack is prepared, and again by `shualian models verify`.
"""

import statistics
import time
from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np

from .detection import HEADS, STRIDES
from .embedding import unit
from .runtime import Session
from .types import Floats

TOLERANCE: Final = 1e-4
"""Largest absolute difference allowed."""

_SEED: Final = 20240601
_RUNS: Final = 9


def inputs(family: str) -> list[dict[str, Floats]]:
    """Fixed pictures: noise, and smooth blobs as a face has them, seeded."""
    random = np.random.default_rng(_SEED)
    if family == "yunet":
        return [{"input": _picture(random, *size)} for size in ((384, 640), (320, 192), (192, 320))]
    return [{"data": _picture(random, 112, 112)} for _ in range(4)]


def _picture(random: np.random.Generator, height: int, width: int) -> Floats:
    coarse = random.integers(0, 256, (7, 7, 3), dtype=np.uint8)
    smooth = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))
    noisy = np.clip(smooth + random.normal(0, 12, smooth.shape), 0, 255).astype(np.float32)
    return np.ascontiguousarray(noisy.transpose(2, 0, 1)[None])


def reference(session: Session, family: str) -> list[Floats]:
    """The folded graph's answers, in the form in which `answer` gives the prepared graph's."""
    return [_published(session.run(feed), family) for feed in inputs(family)]


def difference(session: Session, family: str, expected: list[Floats]) -> float:
    """Largest absolute difference of a prepared graph's answers from the expected ones."""
    answers = [_prepared(session.run(feed), family) for feed in inputs(family)]
    return max(
        float(np.abs(one - other).max()) if one.shape == other.shape else float("inf")
        for one, other in zip(answers, expected, strict=True)
    )


def milliseconds(session: Session, family: str) -> float:
    """Median time of a run over the first fixed input."""
    feed = inputs(family)[0]
    times = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        session.run(feed)
        times.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(times), 2)


def _prepared(outputs: Mapping[str, Floats], family: str) -> Floats:
    if family == "sface":
        return unit(outputs["fc1"])
    levels = [outputs[f"level_{stride}"].reshape(sum(HEADS.values()), -1) for stride in STRIDES]
    rows = np.concatenate(levels, axis=1).T.copy()
    rows[:, :2] = 1 / (1 + np.exp(-rows[:, :2]))
    return rows


def _published(outputs: Mapping[str, Floats], family: str) -> Floats:
    if family == "sface":
        return unit(outputs["fc1"])
    rows = [
        np.concatenate([outputs[f"{head}_{stride}"][0] for head in HEADS], axis=1)
        for stride in STRIDES
    ]
    return np.concatenate(rows)
