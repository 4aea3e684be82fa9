"""A pack's calibration from what was measured."""

import numpy as np

from ..calibration import Calibration, Data, Point, floor_of
from ..types import PackInfo
from . import statistics as stats
from .comparisons import MODES, distinct_pairs
from .rates import Measured, tail
from .split import TooFewPeople

PER_DECADE = 12
LEAST_RATE_WIDELY = 0.05
"""Above this rate the grid is coarse: nobody sets a threshold there."""

PROTOCOL = (
    "references mirror-averaged; probes plain and mirror-averaged, the higher threshold of the two "
    "at each rate; impostors: first usable picture of each person against each other's, both ways "
    "round; pictures that the quality gate refused are left out"
)


def calibrate(measured: Measured, pack: PackInfo, data: str, seed: int) -> Calibration:
    """The calibration of a pack on named data.

    Raises:
        TooFewPeople: the floor is not well under the rates that policies ask for.
    """
    impostor_pairs, genuine_pairs = distinct_pairs(measured.captured.embedded)
    if impostor_pairs < 30_000:
        # Thirty false matches at 1e-3: the rule of 30 (ISO/IEC 19795-1).
        raise TooFewPeople(f"{impostor_pairs} pairs of people are too few to calibrate on")
    return Calibration(
        name=f"{pack.name}/{data}",
        pack=pack.name,
        pack_digest=pack.digest,
        data=Data(
            name=data,
            people=len(np.unique(measured.captured.embedded.owner)),
            pictures=int(measured.captured.usable.sum()),
            impostor_pairs=impostor_pairs,
            genuine_pairs=genuine_pairs,
            protocol=PROTOCOL,
        ),
        floor=floor_of(impostor_pairs),
        interval=f"95 %, bootstrap over people, {len(measured.draws)} resamples, seed {seed}",
        points=_points(measured),
        tail=tail(measured),
    )


def _points(measured: Measured) -> tuple[Point, ...]:
    fmrs = _grid(measured.floor)
    cosines = np.array([measured.threshold(fmr) for fmr in fmrs])
    tails = [stats.ImpostorTail.of(measured.trials[m].impostor, 1.0) for m in MODES]
    drawn = np.array(
        [
            np.max([t.rates_at(t.rates(weights), cosines) for t in tails], axis=0)
            for weights in measured.draws
        ]
    )
    lows, highs = np.quantile(drawn, [(1 - stats.LEVEL) / 2, (1 + stats.LEVEL) / 2], axis=0)
    return tuple(
        Point(fmr=fmr, cosine=round(float(c), 6), low=_digits(low), high=_digits(high))
        for fmr, c, low, high in zip(fmrs, cosines, lows, highs, strict=True)
    )


def _grid(floor: float) -> list[float]:
    steps = int(np.ceil(np.log10(LEAST_RATE_WIDELY / floor) * PER_DECADE))
    dense = np.geomspace(LEAST_RATE_WIDELY, floor, steps + 1)
    named = [fmr for fmr in (1e-2, 1e-3, 1e-4) if fmr > floor]
    wide = [1.0, 0.5, 0.2, 0.1]
    inner = [_digits(fmr) for fmr in dense[:-1]]
    return sorted({*wide, *inner, *named, floor}, reverse=True)


def _digits(value: float) -> float:
    return min(1.0, float(f"{value:.4g}"))
