"""The DET plot: false non-matches over false matches, normal deviate axes (ISO/IEC 19795-1)."""

from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from .comparisons import MODES, Trials
from .rates import Measured

TICKS = (1e-5, 1e-4, 1e-3, 1e-2, 0.05, 0.1, 0.2, 0.4)
LOOKS = {"plain": ("#0b6e6e", "-"), "mirrored": ("#c0562b", "--")}


def det(trials: Trials, least: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """False match and false non-match rates along the threshold, down to the rate `least`."""
    fmrs = np.geomspace(0.4, least, 200)
    scores = trials.impostor.scores
    cosines = scores[np.minimum((fmrs * len(scores)).astype(int), len(scores) - 1)]
    reached = np.searchsorted(-trials.genuine.scores, -cosines, side="left")
    return fmrs, np.asarray(1 - reached / max(1, len(trials.genuine.scores)))


def draw(measured: Measured, title: str, path: Path) -> None:
    """Write the plot as PNG. Needs matplotlib (the `evaluate` extra)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5), dpi=130, layout="constrained")
    axes = figure.subplots()
    deviate = np.vectorize(NormalDist().inv_cdf)
    for mode in MODES:
        fmrs, fnmrs = det(measured.trials[mode], measured.floor)
        shown = (fnmrs > 0) & (fnmrs < 1)
        colour, line = LOOKS[mode]
        if shown.any():
            x, y = deviate(fmrs[shown]), deviate(fnmrs[shown])
            axes.plot(x, y, line, color=colour, label=f"{mode} probes")
    marks = [tick for tick in TICKS if tick >= measured.floor / 2]
    axes.set_xticks(deviate(marks), [f"{100 * tick:g} %" for tick in marks])
    high = [tick for tick in TICKS if tick >= 1e-3]
    axes.set_yticks(deviate(high), [f"{100 * tick:g} %" for tick in high])
    axes.set(xlabel="false match rate", ylabel="false non-match rate", title=title)
    axes.grid(color="#dddddd", linewidth=0.6)
    if axes.lines:
        axes.legend(frameon=False)
    figure.savefig(path)
