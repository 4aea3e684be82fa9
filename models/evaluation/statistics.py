"""Rates, thresholds and their intervals, by bootstrap over people.

Comparisons that share a person are not independent, so people are drawn with replacement, never
comparisons: a resample is a count for each person, and a comparison of i with j weighs the product
of their counts (one person's count for genuine pairs). Intervals are the 2.5 and 97.5 percentiles.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .comparisons import Comparisons, Indices

Weights = NDArray[np.float64]

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A rate with its 95 % interval."""

    value: float
    low: float
    high: float


def estimate(value: float, resampled: Weights, trials: int) -> Estimate:
    """A rate with the interval of its resamples.

    Where no error was seen every resample is 0 too; the upper limit is then the rule of three,
    3 / trials (ISO/IEC 19795-1).
    """
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    if value == 0:
        high = max(float(high), min(1.0, 3 / max(1, trials)))
    return Estimate(value, float(low), float(high))


def resamples(people: int, count: int, seed: int) -> Weights:
    """`count` draws of as many people as there are, (count, people): how often each was drawn."""
    random = np.random.default_rng(seed)
    return random.multinomial(people, np.full(people, 1 / people), size=count).astype(np.float64)


def threshold(comparisons: Comparisons, fmr: float) -> float:
    """The least cosine that at most the share `fmr` of impostors reaches."""
    allowed = int(np.floor(fmr * len(comparisons.scores) + 1e-9))
    if allowed >= len(comparisons.scores):
        return float(comparisons.scores[-1])
    return _above(comparisons.scores[allowed])


def _above(score: float) -> float:
    return float(np.nextafter(np.float32(score), np.float32(2)))


@dataclass(frozen=True, eq=False)
class ImpostorTail:
    """The best-scoring impostors, ready to be weighed anew for every resample."""

    scores: NDArray[np.float32]
    reference: Indices
    probe: Indices

    @classmethod
    def of(cls, impostors: Comparisons, share: float) -> "ImpostorTail":
        """The best `share` of the comparisons; rates above it cannot be asked."""
        kept = min(len(impostors.scores), int(np.ceil(share * len(impostors.scores))) + 1)
        scores = np.asarray(impostors.scores[:kept], np.float32)
        return cls(scores, impostors.reference[:kept], impostors.probe[:kept])

    def rates(self, weights: Weights) -> Weights:
        """The false match rate at each score, for one resample of people (all pairs compared)."""
        total = weights.sum() ** 2 - (weights**2).sum()
        shares = np.cumsum(weights[self.reference] * weights[self.probe]) / max(total, 1.0)
        return np.asarray(shares, np.float64)

    def thresholds(self, rates: Weights, fmrs: list[float]) -> list[float]:
        """The threshold of each rate, for one resample's `rates`."""
        index = np.searchsorted(rates, np.asarray(fmrs) + 1e-12, side="right")
        return [_above(self.scores[min(i, len(self.scores) - 1)]) for i in index]

    def rates_at(self, rates: Weights, cosines: NDArray[np.float64]) -> Weights:
        """The rate at each threshold, for one resample's `rates`."""
        index = np.searchsorted(-self.scores, -cosines.astype(np.float32), side="right")
        return np.concatenate([[0.0], rates])[index]


def misses(genuine: Comparisons, cosines: list[float], weights: Weights) -> Weights:
    """The false non-match rate at each threshold, for one resample of people."""
    weighed = weights[genuine.reference]
    reached = np.concatenate([[0.0], np.cumsum(weighed)])
    index = np.searchsorted(-genuine.scores, -np.asarray(cosines, np.float32), side="right")
    return np.asarray(1 - reached[index] / max(float(reached[-1]), 1.0))
