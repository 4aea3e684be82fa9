"""Speed of one face in a 720p frame, ours against OpenCV as it ships, and whether both agree.

    python -m benchmarks.pipeline [--out FILE] [--rounds N] [--patience SECONDS]

Both sides run in one process, in turn, on the same frames, weights and thread count; a ratio is
taken within each round, so that what else the machine does falls on both. Rounds in which other
processes took less than a tenth of the machine are also reported alone (`quiet`); with patience,
each round waits for such a moment.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from models.detection import Detector, iou
from models.engine import FaceEngine, load_engine
from models.types import Face, Image

from .pipeline_embedding import against_sgemm
from .pipeline_frames import sample_frames, shared_frames
from .pipeline_meter import Meter, Patience, middle, quiet, spread
from .pipeline_sides import OpenCv, Ours, Side, opencv
from .record import recording

SEED = 20240601
THREADS = 2
FRAMES_A_ROUND = 3
BLAS_VARIABLES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
PACKAGES = ("numpy", "onnxruntime", "openvino", "opencv-python-headless")

Times = dict[str, list[dict[str, float]]]


def main() -> None:
    """Measure and write `benchmarks/results/pipeline.json`."""
    arguments = _arguments()
    _fair_blas()
    command = (
        f"python -m benchmarks.pipeline --rounds {arguments.rounds}"
        f" --patience {arguments.patience:g}"
    )
    with recording("pipeline", command, SEED, arguments.out) as record:
        engine = load_engine(threads=THREADS)
        frames = sample_frames(engine, 60, SEED)
        rounds, patience = arguments.rounds, Patience(arguments.patience)
        crop = engine.align(frames[0], engine.detect(frames[0])[0])
        record.figures = {
            "threads": THREADS,
            "versions": {name: version(name) for name in PACKAGES},
            "pipeline": _pipelines(engine, frames, rounds, patience),
            "embedding": against_sgemm(engine.pack.name, crop, SEED, THREADS, rounds, patience),
            "agreement": _agreement(engine, frames),
            "load_average": [round(value, 2) for value in os.getloadavg()],
        }
    _print(record.figures)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--patience", type=float, default=0.0)
    return parser.parse_args()


def _fair_blas() -> None:
    """Start again without what would slow numpy's SGEMM, and with as many threads as we use."""
    wanted = {"OPENBLAS_NUM_THREADS": str(THREADS)}
    if any(os.environ.get(name) != value for name, value in wanted.items()) or any(
        name in os.environ for name in BLAS_VARIABLES
    ):
        environment = {k: v for k, v in os.environ.items() if k not in BLAS_VARIABLES} | wanted
        arguments = [sys.executable, "-m", "benchmarks.pipeline", *sys.argv[1:]]
        os.execve(sys.executable, arguments, environment)


# One face a frame, stage by stage


def _pipelines(
    engine: FaceEngine, frames: Sequence[Image], rounds: int, patience: Patience
) -> dict[str, Any]:
    small = load_engine(threads=THREADS)
    detector = small._detector
    assert isinstance(detector, Detector)
    small._detector = replace(detector, side=320)
    pairs: dict[str, tuple[Side, Side]] = {
        "640x384": (Ours(engine), opencv(640, THREADS)),
        "320x192": (Ours(small), opencv(320, THREADS)),
        "640x384 against OpenCV at 1280x720": (Ours(engine), opencv(None, THREADS)),
    }
    found = {name: _compared(*pair, frames, rounds, patience) for name, pair in pairs.items()}
    found["quality"] = _quality(engine, frames, rounds)
    return found


def _compared(
    ours: Side, theirs: Side, frames: Sequence[Image], rounds: int, patience: Patience
) -> dict[str, Any]:
    sides = {"ours": ours, "opencv": theirs}
    usable = [frame for frame in frames if ours.detect(frame) and theirs.detect(frame)]
    times: Times = {name: [] for name in sides}
    others = []
    for index in range(rounds):
        patience.wait()
        meter, first = Meter(), index * FRAMES_A_ROUND
        batch = [usable[(first + number) % len(usable)] for number in range(FRAMES_A_ROUND)]
        for name in sides if index % 2 else reversed(sides):
            times[name].append(_stages(sides[name], batch))
        others.append(meter.others())
    return {
        "others_share_of_cpu": middle(others),
        "milliseconds": _milliseconds(times, range(rounds)),
        "ratio": _ratios(times, range(rounds)),
        "quiet_milliseconds": _milliseconds(times, quiet(others)),
        "quiet_ratio": _ratios(times, quiet(others)),
    }


def _stages(side: Side, frames: Sequence[Image]) -> dict[str, float]:
    """Mean milliseconds of each stage. The threads of the side before have come to rest."""
    time.sleep(0.03)
    spans = np.zeros(3)
    for frame in frames:
        marks = [time.perf_counter()]
        face = side.detect(frame)[0]
        marks.append(time.perf_counter())
        crop = side.align(frame, face)
        marks.append(time.perf_counter())
        side.embed(crop)
        marks.append(time.perf_counter())
        spans += [(after - before) * 1000 / len(frames) for before, after in pairwise(marks)]
    named = dict(zip(("detect", "align", "embed"), (float(s) for s in spans), strict=True))
    return named | {"total": float(spans.sum())}


def _milliseconds(times: Times, rounds: Sequence[int]) -> dict[str, dict[str, float]]:
    if not rounds:
        return {}
    return {
        name: {stage: middle([rows[i][stage] for i in rounds]) for stage in rows[0]}
        for name, rows in times.items()
    }


def _ratios(times: Times, rounds: Sequence[int]) -> dict[str, float]:
    """OpenCV's total over ours, within each round."""
    return spread([times["opencv"][i]["total"] / times["ours"][i]["total"] for i in rounds])


def _quality(engine: FaceEngine, frames: Sequence[Image], rounds: int) -> dict[str, float]:
    times = []
    for index in range(rounds * FRAMES_A_ROUND):
        frame = frames[index % len(frames)]
        faces = engine.detect(frame)
        start = time.perf_counter()
        engine.quality(frame, faces)
        times.append((time.perf_counter() - start) * 1000)
    return {"milliseconds": middle(times)}


# Do both sides decide alike?


def _agreement(engine: FaceEngine, frames: Sequence[Image]) -> dict[str, Any]:
    theirs = opencv(640, THREADS)
    groups = {"sample": frames, "shared": shared_frames(100, SEED)}
    found = {name: _agreed(Ours(engine), theirs, group) for name, group in groups.items() if group}
    agreed, total = (sum(group[key] for group in found.values()) for key in ("agreed", "frames"))
    return found | {"share": round(agreed / total, 4)}


def _agreed(ours: Ours, theirs: OpenCv, frames: Sequence[Image]) -> dict[str, Any]:
    overlaps, cosines, agreed, counts = [], [], 0, 0
    for frame in frames:
        mine, other = ours.detect(frame), theirs.detect(frame)
        counts += len(mine) == len(other)
        if not mine or not other:
            agreed += len(mine) == len(other)
            continue
        overlap = _overlap(mine[0], other[0])
        one = ours.embed(ours.align(frame, mine[0]))
        cosine = float(one @ theirs.embed(theirs.align(frame, other[0])))
        overlaps.append(overlap)
        cosines.append(cosine)
        agreed += len(mine) == len(other) and overlap >= 0.9 and cosine >= 0.98
    return {
        "frames": len(frames),
        "agreed": agreed,
        "same_count": counts,
        "with_a_face": len(overlaps),
        "least_iou": round(min(overlaps), 4),
        "least_cosine": round(min(cosines), 5),
    }


def _overlap(one: Face, other: Face) -> float:
    rows = np.array([one.box, other.box], np.float32)
    return float(iou(rows[0], rows[1:])[0])


def _print(figures: dict[str, Any]) -> None:
    for name, row in (figures["pipeline"] | {"embedding": figures["embedding"]}).items():
        print(name)
        for key, value in row.items():
            print("   ", key, value)
    print("agreement", figures["agreement"])


if __name__ == "__main__":
    main()
