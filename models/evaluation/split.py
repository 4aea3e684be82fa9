"""The split check: do thresholds hold for people on whom they were not set?"""

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from . import statistics as stats
from .comparisons import MODES, Embedded, trials
from .statistics import Estimate

LEAST_PEOPLE: Final = 200
WITHIN: Final = 3.0
CHECKED: Final = (1e-3, 1e-4)
"""The first rate must hold; the second is reported."""


class TooFewPeople(ModelError):
    """A half of the split has so few people that its rates say nothing."""

    code = "evaluation.too_few_people"
    detail = "照片中的人数太少，无法检验阈值。"


@dataclass(frozen=True)
class Tried:
    """A threshold set on one half, tried on the other."""

    fmr: float
    cosine: float
    measured: Estimate

    @property
    def ratio(self) -> float:
        """Measured over promised."""
        return self.measured.value / self.fmr


@dataclass(frozen=True)
class Split:
    """The check's outcome."""

    calibration_people: int
    trial_people: int
    tried: tuple[Tried, ...]

    @property
    def passed(self) -> bool:
        """The rate at 1e-3 came out within a factor of three."""
        return 1 / WITHIN <= self.tried[0].ratio <= WITHIN


def calibrates(person: str) -> bool:
    """Thresholds are set on this person: the SHA-256 of `calibration:` + name is even."""
    return hashlib.sha256(f"calibration:{person}".encode()).digest()[-1] % 2 == 0


def halves(people: tuple[str, ...]) -> NDArray[np.bool_]:
    """Who calibrates, by number.

    Raises:
        TooFewPeople: one half has under 200.
    """
    chosen = np.array([calibrates(person) for person in people], bool)
    for half in (int(chosen.sum()), int((~chosen).sum())):
        if half < LEAST_PEOPLE:
            raise TooFewPeople(
                f"a half of the split has {half} people; fewer than {LEAST_PEOPLE} prove nothing"
            )
    return chosen


def split(embedded: Embedded, people: tuple[str, ...], draws: stats.Weights) -> Split:
    """Set thresholds on one half of the people and try them on the other.

    Raises:
        TooFewPeople: a half has under 200 people with a usable picture.
    """
    present = np.isin(np.arange(len(people)), embedded.owner)
    halves(tuple(np.array(people)[present]))
    chosen = halves(people)
    one, other = (trials(embedded.only(half)) for half in (chosen, ~chosen))
    tried = []
    for fmr in CHECKED:
        cosine = max(stats.threshold(one[mode].impostor, fmr) for mode in MODES)
        mode = max(MODES, key=lambda m: other[m].impostor.rate(cosine))
        impostor = other[mode].impostor
        tail = stats.ImpostorTail.of(impostor, 0.1)
        drawn = [
            float(tail.rates_at(tail.rates(weights), np.array([cosine]))[0])
            for weights in draws * ~chosen
        ]
        rate = stats.estimate(impostor.rate(cosine), np.array(drawn), len(impostor.scores) // 2)
        tried.append(Tried(fmr, cosine, rate))
    return Split(int((chosen & present).sum()), int((~chosen & present).sum()), tuple(tried))
