"""How fast is this machine? One engine, a frame of seeded noise and one crop, stage by stage.

The comparison with OpenCV is `benchmarks/pipeline.py`; this is the operator's quick look.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .align import TEMPLATE
from .engine import FaceEngine
from .types import Face

_SEED = 7
_FRAME = (720, 1280, 3)


@dataclass(frozen=True)
class Stage:
    """Milliseconds of one stage: median and 95th percentile of `runs`."""

    name: str
    median: float
    p95: float
    runs: int


def bench(engine: FaceEngine, runs: int = 30) -> list[Stage]:
    """Time detection in a 1280×720 frame, alignment, and one face's embedding."""
    random = np.random.default_rng(_SEED)
    frame = random.integers(0, 256, _FRAME, dtype=np.uint8)
    face = Face((500.0, 200.0, 224.0, 224.0), TEMPLATE * 2 + np.array([500, 200], np.float32), 1.0)
    crop = engine.align(frame, face)[None]
    stages: dict[str, Callable[[], object]] = {
        "detect 1280x720": lambda: engine.detect(frame),
        "align": lambda: engine.align(frame, face),
        "embed": lambda: engine.embed(crop),
        "embed with mirror": lambda: engine.embed(crop, mirror=True),
    }
    return [_timed(name, call, runs) for name, call in stages.items()]


def _timed(name: str, call: Callable[[], object], runs: int) -> Stage:
    call()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1000)
    p95 = float(np.percentile(times, 95))
    return Stage(name, round(statistics.median(times), 3), round(p95, 3), runs)
