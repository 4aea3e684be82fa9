"""A calibration: which false match rate a cosine stands for, measured on named data.

A threshold without its error rate is a guess. A calibration is committed with its pack, says on
how many people it was measured, and refuses to promise rates that its data cannot show: with no
false match among N independent pairs the rate is below 3 / N at 95 % (the rule of three, ISO/IEC
19795-1).
"""

import math
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .errors import ModelError

TAIL_REACH = 100.0
"""A tail fit may go this many times under the floor, no further."""


class CalibrationInvalid(ModelError):
    """A calibration's file cannot be understood, or contradicts itself."""

    code = "calibration.invalid"


class PolicyBelowFloor(ModelError):
    """A policy asks for a false match rate that the calibration's data cannot show."""

    code = "calibration.below_floor"
    detail = "要求的误识率低于标定数据能够证明的下限，请调整策略。"

    def __init__(self, fmr: float, floor: float, calibration: str) -> None:
        super().__init__(
            f"a false match rate of {fmr:.3g} is below what the calibration {calibration!r} can "
            f"show ({floor:.3g}); raise the policy's rate, or allow its tail fit"
        )
        self.fmr = fmr
        self.floor = floor


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Point(_Model):
    """One measured threshold: `cosine` accepts `fmr` of impostors, 95 % interval `low`–`high`."""

    fmr: float = Field(gt=0, le=1)
    cosine: float = Field(ge=-1, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


class Tail(_Model):
    """Exponential tail above a measured threshold: `fmr(c) = rate · exp(−(c − above) / scale)`.

    The scale is the mean excess of the impostor scores above `above`, the maximum-likelihood fit.
    Cosines are bounded, so the true tail falls faster: the fit errs towards higher thresholds.
    """

    above: float = Field(ge=-1, le=1)
    rate: float = Field(gt=0, lt=1)
    scale: float = Field(gt=0)
    description: str

    def cosine(self, fmr: float) -> float:
        """The threshold for a rate."""
        return self.above + self.scale * math.log(self.rate / fmr)

    def fmr(self, cosine: float) -> float:
        """The rate at a threshold."""
        return self.rate * math.exp((self.above - cosine) / self.scale)


class Data(_Model):
    """What the calibration was measured on; no name of a person is ever in it."""

    name: str
    people: int = Field(gt=1)
    pictures: int = Field(gt=1)
    impostor_pairs: int = Field(gt=0)
    genuine_pairs: int = Field(ge=0)
    protocol: str


class ThresholdAt(_Model):
    """A threshold: a comparison with at least this cosine is a match.

    Attributes:
        fmr: the false match rate that it stands for.
        extrapolated: the rate lies under the floor and comes from the tail fit.
    """

    fmr: float
    cosine: float
    extrapolated: bool


class Calibration(_Model):
    """Cosine ↔ false match rate of one pack.

    Attributes:
        name: what decisions and receipts cite.
        pack, pack_digest: the prepared pack whose embeddings were compared.
        floor: 3 / distinct pairs of people, one picture each.
        interval: how the points' intervals were made.
        points: thresholds, highest rate first, down to the floor.
    """

    name: str
    pack: str
    pack_digest: str
    data: Data
    floor: float = Field(gt=0, lt=1)
    interval: str
    points: tuple[Point, ...] = Field(min_length=2)
    tail: Tail

    @classmethod
    def load(cls, pack: str) -> Self | None:
        """The calibration committed with a pack, or None where it has none.

        Raises:
            CalibrationInvalid: the file cannot be understood.
        """
        path = path_of(pack)
        return cls.parse(path.read_text(encoding="utf-8")) if path.is_file() else None

    @classmethod
    def parse(cls, text: str) -> Self:
        """A calibration from JSON text."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise CalibrationInvalid(f"the calibration cannot be understood: {error}") from error

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for one, other in pairwise(self.points):
            if not (other.fmr < one.fmr and other.cosine >= one.cosine):
                raise ValueError("points must fall in rate and not fall in cosine")
        if not math.isclose(self.floor, floor_of(self.data.impostor_pairs), rel_tol=1e-9):
            raise ValueError("the floor is not 3 / impostor pairs")
        return self

    def threshold(self, fmr: float, allow_tail: bool = False) -> ThresholdAt:
        """The threshold whose false match rate is `fmr`.

        Args:
            fmr: 0 < fmr ≤ 1, per comparison of two people.
            allow_tail: meet a rate under the floor by the tail fit, marked `extrapolated`.

        Raises:
            ValueError: `fmr` is no rate.
            PolicyBelowFloor: under the floor without `allow_tail`, or over 100 times under it.
        """
        if not 0 < fmr <= 1:
            raise ValueError(f"{fmr} is no false match rate")
        if fmr >= self.floor:
            return ThresholdAt(fmr=fmr, cosine=self._measured(fmr), extrapolated=False)
        if not allow_tail or fmr < self.floor / TAIL_REACH:
            raise PolicyBelowFloor(fmr, self.floor, self.name)
        cosine = max(self.tail.cosine(fmr), self.points[-1].cosine)
        return ThresholdAt(fmr=fmr, cosine=min(cosine, 1.0), extrapolated=True)

    def fmr_at(self, cosine: float, allow_tail: bool = False) -> float:
        """The false match rate of a threshold at this cosine; never below the floor without the
        tail, so it may be quoted."""
        if allow_tail and cosine > self.points[-1].cosine:
            least = self.floor / TAIL_REACH
            return min(self.floor, max(least, self.tail.fmr(cosine)))
        cosines = [point.cosine for point in self.points]
        logs = [math.log(point.fmr) for point in self.points]
        if cosine < cosines[0]:
            return 1.0
        if cosine >= cosines[-1]:
            return self.floor
        return max(self.floor, math.exp(float(np.interp(cosine, cosines, logs))))

    def _measured(self, fmr: float) -> float:
        # Interpolated over log(FMR); np.interp wants rising abscissae.
        logs = [math.log(point.fmr) for point in reversed(self.points)]
        cosines = [point.cosine for point in reversed(self.points)]
        return float(np.interp(math.log(fmr), logs, cosines))


def floor_of(pairs: int) -> float:
    """The least false match rate that `pairs` independent comparisons can show: 3 / pairs."""
    return 3 / pairs


def path_of(pack: str) -> Path:
    """Where the calibration of a pack is committed."""
    return Path(str(resources.files(__package__))) / "packs" / "calibrations" / f"{pack}.json"
