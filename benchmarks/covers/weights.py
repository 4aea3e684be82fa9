"""The file of weights: written whole, with how it was made; compared with what training gives."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.quality_cover import CoverModel

WEIGHTS = Path(__file__).parents[2] / "models" / "packs" / "quality" / "covers.json"

NAME = "covers-2"


def written(model: CoverModel, head: Mapping[str, Any]) -> str:
    """The weights as JSON with base64 float16, behind the fields of `head`."""
    shape = [*model.hidden.shape, model.out.shape[1]]
    weights = base64.b64encode(flat(model).astype("<f2").tobytes()).decode()
    fields = {"name": NAME} | dict(head) | {"shape": shape, "weights": weights}
    return json.dumps(fields | {"limit": model.limit}, indent=1, ensure_ascii=False) + "\n"


def flat(model: CoverModel) -> NDArray[np.float32]:
    """Every weight in the file's order."""
    parts = (model.hidden, model.hidden_bias, model.out, model.out_bias)
    return np.concatenate([part.ravel() for part in parts])


def digest(model: CoverModel) -> str:
    """SHA-256 of the weights, hexadecimal: which weights a record speaks of."""
    return hashlib.sha256(flat(model).astype("<f4").tobytes()).hexdigest()


@dataclass(frozen=True)
class Difference:
    """Between the weights committed and those trained now.

    Attributes:
        identical: every bit of the weights, and the limit.
        limit: by how much the limits differ, log-odds.
        score: the root mean square difference of the two models' log-odds.
        decided: the share of the views on which the two decide differently.
    """

    identical: bool
    limit: float
    score: float
    decided: float

    def tolerable(self) -> bool:
        """As near as another processor or another release of a library may come."""
        return self.identical or (self.decided <= 0.01 and self.limit <= 0.5)


def difference(one: CoverModel, other: CoverModel, hands: NDArray[np.float32]) -> Difference:
    """Compare two models on views, rows of (N, 2, F)."""
    odds = [scores(model, hands) for model in (one, other)]
    refused = [mine > model.limit for mine, model in zip(odds, (one, other), strict=True)]
    same = flat(one).tobytes() == flat(other).tobytes() and one.limit == other.limit
    return Difference(
        same,
        abs(one.limit - other.limit),
        float(np.sqrt(((odds[0] - odds[1]) ** 2).mean())),
        float((refused[0] != refused[1]).mean()),
    )


def scores(model: CoverModel, hands: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log-odds of any cover, of (N, 2, F) rows."""
    rows = model.logits(hands.reshape(-1, hands.shape[-1]))
    logits = rows.reshape(len(hands), 2, -1).mean(axis=1).astype(np.float64)
    return np.asarray(np.logaddexp.reduce(logits[:, 1:], axis=1) - logits[:, 0])
