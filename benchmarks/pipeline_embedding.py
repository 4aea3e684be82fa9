"""One face's embedding against what the machine's matrix product takes for as much arithmetic."""

import ctypes
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models import record
from models.cache import pack_folder
from models.runtime import PROVIDERS, open_session
from models.types import Image

from .pipeline_meter import Meter, Patience, middle, quiet, spread
from .pipeline_sides import folded_model

GFLOP = 1.14
"""What SFace computes for one crop."""

SIDE = 1024
SGEMM_GFLOP = 2 * SIDE**3 / 1e9
_CALLS = 5

Calls = dict[str, Callable[[], object]]


def against_sgemm(
    pack: str, crop: Image, seed: int, threads: int, rounds: int, patience: Patience
) -> dict[str, Any]:
    """Every provider on its own prepared graph, and ONNX Runtime on the graph as published."""
    one, other = np.random.default_rng(seed).random((2, SIDE, SIDE), np.float32)
    calls: Calls = {"sgemm": lambda: one @ other} | _sessions(pack, crop, threads)
    times: dict[str, list[float]] = {name: [] for name in calls}
    others = []
    for _ in range(rounds):
        patience.wait()
        meter = Meter()
        for name, call in calls.items():
            times[name].append(_milliseconds(call))
        others.append(meter.others())
    return _report(times, others)


def _sessions(pack: str, crop: Image, threads: int) -> Calls:
    data = np.asarray(cv2.dnn.blobFromImage(crop, swapRB=True), np.float32)
    folder = pack_folder(pack)
    graphs = record.load(folder).graphs
    calls: Calls = {}
    for provider in PROVIDERS:
        path = folder / "prepared" / graphs[provider]["embedder"]
        session = open_session(path, provider, threads)
        calls[provider] = lambda session=session: session.run({"data": data})  # type: ignore[misc]
    published = folded_model("embedder").SerializeToString()
    plain = open_session(published, "onnxruntime", threads)
    calls["onnxruntime, graph as published"] = lambda: plain.run({"data": data})
    return calls


def _milliseconds(call: Callable[[], object]) -> float:
    """Of one of several calls, after one that wakes the threads.

    OpenBLAS's threads spin for some 25 ms after a product; no other call is to feel that.
    """
    time.sleep(0.06)
    call()
    start = time.perf_counter()
    for _ in range(_CALLS):
        call()
    return (time.perf_counter() - start) * 1000 / _CALLS


def _report(times: dict[str, list[float]], others: list[float]) -> dict[str, Any]:
    unit = [value * GFLOP / SGEMM_GFLOP for value in times["sgemm"]]
    calm = quiet(others)
    providers = {name: values for name, values in times.items() if name != "sgemm"}
    return {
        "others_share_of_cpu": middle(others),
        "sgemm_kernel": kernel(),
        "sgemm_gflop_per_s": round(SGEMM_GFLOP * 1000 / middle(times["sgemm"]), 1),
        "milliseconds": {name: middle(values) for name, values in times.items()},
        "quiet_milliseconds": {
            name: middle([values[i] for i in calm]) for name, values in times.items() if calm
        },
        "times_sgemm": {
            name: {
                "all": spread([v / u for v, u in zip(values, unit, strict=True)]),
                "quiet": spread([values[i] / unit[i] for i in calm]),
                "fastest": round(min(values) / min(unit), 3),
            }
            for name, values in providers.items()
        },
    }


def kernel() -> str:
    """Which of OpenBLAS's kernels numpy runs on."""
    for path in (Path(np.__file__).parents[1] / "numpy.libs").glob("*openblas*"):
        call = getattr(ctypes.CDLL(str(path)), "scipy_openblas_get_corename64_", None)
        if call is not None:
            call.restype = ctypes.c_char_p
            return bytes(call()).decode()
    return "unknown"
