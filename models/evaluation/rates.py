"""The table: at each false match rate the threshold, what it misses, and what it refuses in all.

The threshold of a rate is the higher one of the two probe modes, as in the pack's calibration, so
that one threshold serves 1:1 and 1:N. FRR = FTA + FNMR·(1 − FTA) (ISO/IEC 19795-1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..calibration import Tail, floor_of
from . import statistics as stats
from .capture import Captured
from .comparisons import MODES, Mode, Trials, distinct_pairs, trials
from .statistics import Estimate

FMRS: Final = (1e-2, 1e-3, 1e-4, 1e-5)
TAIL_RATE: Final = 1e-3
TAIL_SHARE: Final = 0.1
"""Bootstrap weighs only the best tenth of the impostors: no rate above it is asked."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Everything compared, and the draws of people that all intervals share."""

    captured: Captured
    trials: dict[Mode, Trials]
    draws: stats.Weights

    @classmethod
    def of(cls, captured: Captured, resamples: int, seed: int) -> "Measured":
        """Compare, and draw."""
        draws = stats.resamples(len(captured.people), resamples, seed)
        return cls(captured, trials(captured.embedded), draws)

    @property
    def floor(self) -> float:
        """The least rate that these people can show."""
        return floor_of(max(1, distinct_pairs(self.captured.embedded)[0]))

    def threshold(self, fmr: float) -> float:
        """The higher of the two modes' thresholds."""
        return max(stats.threshold(self.trials[mode].impostor, fmr) for mode in MODES)


@dataclass(frozen=True)
class Row:
    """One threshold and its rates, with intervals; `fnmr` and `frr` by probe mode.

    Attributes:
        target: the false match rate asked for.
        extrapolated: it lies under the floor; the threshold comes from the tail fit.
        fmr: the rate measured at the threshold, the higher one of the two modes.
    """

    target: float
    cosine: float
    extrapolated: bool
    fmr: Estimate
    fnmr: dict[Mode, Estimate]
    frr: dict[Mode, Estimate]


def fta(measured: Measured) -> Estimate:
    """Failure to acquire: the share of pictures refused before any comparison."""
    usable, owner = measured.captured.usable, measured.captured.owner
    return stats.estimate(float((~usable).mean()), _fta(measured), len(owner))


def _fta(measured: Measured) -> stats.Weights:
    owner, draws = measured.captured.owner, measured.draws
    people = draws.shape[1]
    pictures = np.bincount(owner, minlength=people)
    refused = np.bincount(owner, ~measured.captured.usable, minlength=people)
    return np.asarray((draws @ refused) / (draws @ pictures))


def tail(measured: Measured) -> Tail:
    """An exponential fit above the threshold of FMR 1e-3, the heavier of the two modes."""
    above = measured.threshold(TAIL_RATE)
    excess = [
        float((scores[:count] - above).mean())
        for scores, count in (
            (measured.trials[mode].impostor.scores, measured.trials[mode].impostor.accepted(above))
            for mode in MODES
        )
        if count
    ]
    if not excess:
        raise ValueError("no impostor reaches the tail")
    return Tail(
        above=above,
        rate=TAIL_RATE,
        scale=max(excess),
        description="exponential, maximum likelihood, on the impostor scores above FMR 1e-3",
    )


def table(measured: Measured, fmrs: Sequence[float] = FMRS) -> list[Row]:
    """A row for every rate that the people can show, or that the tail fit gives."""
    asked = [fmr for fmr in fmrs if fmr >= measured.floor or measured.floor <= TAIL_RATE / 10]
    if not asked or not len(measured.trials["plain"].genuine.scores):
        return []
    cosines = [_cosine(measured, fmr) for fmr in asked]
    return _rows(measured, asked, cosines, redraw=True)


def table_at(measured: Measured, fmrs: Sequence[float], cosines: Sequence[float]) -> list[Row]:
    """A row for thresholds that were set elsewhere, as by the pack's own calibration."""
    if not len(measured.trials["plain"].genuine.scores):
        return []
    return _rows(measured, list(fmrs), list(cosines), redraw=False)


def _cosine(measured: Measured, fmr: float) -> float:
    shown = measured.threshold(max(fmr, measured.floor))
    return shown if fmr >= measured.floor else max(shown, tail(measured).cosine(fmr))


def _rows(measured: Measured, fmrs: list[float], cosines: list[float], redraw: bool) -> list[Row]:
    tails = [stats.ImpostorTail.of(measured.trials[m].impostor, TAIL_SHARE) for m in MODES]
    draws = [_draw(measured, tails, fmrs, cosines, weights, redraw) for weights in measured.draws]
    rates = np.array([draw[0] for draw in draws])
    missed = np.array([draw[1] for draw in draws])
    return [
        _row(measured, fmr, cosine, redraw and fmr < measured.floor, rates[:, i], missed[:, :, i])
        for i, (fmr, cosine) in enumerate(zip(fmrs, cosines, strict=True))
    ]


def _draw(
    measured: Measured,
    tails: list[stats.ImpostorTail],
    fmrs: list[float],
    cosines: list[float],
    weights: stats.Weights,
    redraw: bool,
) -> tuple[stats.Weights, stats.Weights]:
    # One resample: the rates at the given thresholds; and what is missed where the threshold is set
    # anew on the people drawn (if it was set on these people, its uncertainty belongs to FNMR's).
    rates = [tail.rates(weights) for tail in tails]
    at = [tail.rates_at(r, np.array(cosines)) for tail, r in zip(tails, rates, strict=True)]
    anew = list(cosines)
    if redraw:
        each = [tail.thresholds(r, fmrs) for tail, r in zip(tails, rates, strict=True)]
        anew = [
            max(own) if fmr >= measured.floor else cosine
            for fmr, cosine, own in zip(fmrs, cosines, zip(*each, strict=True), strict=True)
        ]
    missed = [stats.misses(measured.trials[mode].genuine, anew, weights) for mode in MODES]
    return np.max(at, axis=0), np.array(missed)


def _row(
    measured: Measured,
    fmr: float,
    cosine: float,
    extrapolated: bool,
    rates: stats.Weights,
    missed: stats.Weights,
) -> Row:
    pairs = distinct_pairs(measured.captured.embedded)
    failures = _fta(measured)
    acquired = fta(measured).value
    fnmr, frr = {}, {}
    for mode, resampled in zip(MODES, missed.T, strict=True):
        value = 1 - measured.trials[mode].genuine.rate(cosine)
        fnmr[mode] = stats.estimate(value, resampled, pairs[1])
        frr[mode] = stats.estimate(
            acquired + value * (1 - acquired), failures + resampled * (1 - failures), pairs[1]
        )
    shown = max(measured.trials[mode].impostor.rate(cosine) for mode in MODES)
    return Row(fmr, cosine, extrapolated, stats.estimate(shown, rates, pairs[0]), fnmr, frr)
