"""How often a pack turns the right person away, as it was measured: FRR at a false match rate.

FRR = FTA + FNMR (1 - FTA), ISO/IEC 19795-1; one probe, not mirrored, as a terminal sends it. The
figures are those of the committed accuracy run; a test holds them to it.
"""

import math
from itertools import pairwise
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rejected(_Model):
    """At the threshold of `fmr` the share `value` is turned away, 95 % interval `low`-`high`."""

    fmr: float = Field(gt=0, lt=1)
    value: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


class Rejections(_Model):
    """What was measured with one pack; `points` with the highest FMR first."""

    pack: str
    data: str
    people: int
    genuine_pairs: int
    points: tuple[Rejected, ...] = Field(min_length=1)

    @classmethod
    def load(cls, pack: str) -> Self | None:
        """The figures committed with a pack, or None where it has none."""
        path = Path(__file__).parent / "packs" / "rejections" / f"{pack}.json"
        return cls.model_validate_json(path.read_text("utf-8")) if path.is_file() else None

    def at(self, fmr: float) -> Rejected | None:
        """Between two measured rates by the logarithm; None outside, where nothing was measured."""
        for above, below in pairwise(self.points):
            if below.fmr <= fmr <= above.fmr:
                share = math.log(above.fmr / fmr) / math.log(above.fmr / below.fmr)
                mixed = {
                    name: getattr(above, name) * (1 - share) + getattr(below, name) * share
                    for name in ("value", "low", "high")
                }
                return Rejected(fmr=fmr, **mixed)
        return None
