"""Is the face covered: by a mask, by dark glasses, by hair, a bandage, a hand?

A small classifier over local gradients of the aligned grey crop; colours never enter. Weights and
limit are made by `python -m benchmarks.covers.train` from portraits with painted covers, and tried
on other people by `python -m benchmarks.covers.trial`: see `docs/quality.md`.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final, Self

import cv2
import numpy as np

from .types import Floats, Image

FACE: Final = (slice(20, 108), slice(20, 92))
"""The part of the 112×112 crop that is looked at; symmetric about the template's middle."""

ROWS: Final = 11
COLUMNS: Final = 9
BINS: Final = 6
CELL: Final = 4

KINDS: Final = ("covered_mask", "covered_eyes", "covered")
"""The classes after `bare`, in the order of the weights."""

PRIOR: Final = np.log([4.0, 1.0, 1.0])
"""In a hospital most covers are masks: they are named rather than `covered` where both may be."""


@dataclass(frozen=True)
class Cover:
    """How covered a face looks.

    Attributes:
        score: log-odds of any cover against a bare face.
        kinds: the probability of each cover, 0..1.
    """

    score: float
    kinds: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class CoverModel:
    """One hidden layer. Both hands of a face are judged and averaged.

    Attributes:
        hidden, hidden_bias: float32 (F, H), (H,); features enter unscaled.
        out, out_bias: float32 (H, 4), (4,): bare and the three kinds.
        limit: the score above which a face counts as covered, log-odds.
    """

    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: Floats
    limit: float = np.inf

    @classmethod
    def parse(cls, text: str) -> Self:
        """Weights from JSON: `shape` is [F, H, 4], `weights` base64 float16 of the four arrays,
        `limit` a number."""
        written = json.loads(text)
        inputs, units, classes = written["shape"]
        flat = np.frombuffer(base64.b64decode(written["weights"]), np.dtype("<f2"))
        parts = np.split(
            flat.astype(np.float32), np.cumsum([inputs * units, units, units * classes])
        )
        hidden, out = parts[0].reshape(inputs, units), parts[2].reshape(units, classes)
        return cls(hidden, parts[1], out, parts[3], float(written["limit"]))

    def judge(self, grey: Image) -> Cover:
        """Judge an aligned grey crop, uint8 (112, 112)."""
        bare, *covers = self.logits(both_hands(features(grey))).mean(axis=0).astype(float).tolist()
        top = max(covers)
        any_cover = top + float(np.log(np.exp(np.array(covers) - top).sum()))
        whole = float(np.logaddexp(any_cover, bare))
        likely = np.exp(np.array(covers) + PRIOR - whole)
        shares = likely / likely.sum() * float(np.exp(any_cover - whole))
        return Cover(any_cover - bare, dict(zip(KINDS, shares.tolist(), strict=True)))

    def logits(self, rows: Floats) -> Floats:
        """Class logits of feature rows, float32 (N, 4)."""
        units = np.maximum(rows @ self.hidden + self.hidden_bias, 0)
        return np.asarray(units @ self.out + self.out_bias, np.float32)


@cache
def model() -> CoverModel:
    """The committed weights."""
    path = Path(str(resources.files(__package__))) / "packs" / "quality" / "covers.json"
    return CoverModel.parse(path.read_text(encoding="utf-8"))


def features(grey: Image) -> Floats:
    """Gradient histograms, means and deviations of 4×4 cells at half size, float32 (8, 11, 9).

    The crop is first freed of its light and contrast. Histograms are not normalised by cell: that a
    region is flat is what gives a mask away.
    """
    size = (COLUMNS * CELL, ROWS * CELL)
    small = cv2.resize(grey[FACE], size, interpolation=cv2.INTER_AREA).astype(np.float32)
    small = (small - small.mean()) / (small.std() + 4)
    layers = cv2.merge([*_gradients(small), small, small * small])
    # INTER_AREA at a whole ratio is the mean of each cell.
    cells = cv2.resize(layers, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA).transpose(2, 0, 1)
    mean = cells[BINS]
    spread = np.sqrt(np.maximum(cells[BINS + 1] - mean * mean, 0))
    parts = (np.log1p(2 * cells[:BINS]), mean[None], np.log1p(2 * spread)[None])
    return np.concatenate(parts).astype(np.float32)


def _gradients(small: Floats) -> list[Floats]:
    # The strength of the gradient, shared between the two nearest of six undirected angles.
    smooth = cv2.GaussianBlur(small, (0, 0), 0.6)
    x, y = (cv2.Sobel(smooth, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    strength, angle = cv2.cartToPolar(x, y)
    turn = np.asarray(angle, np.float32) * np.float32(BINS / np.pi)
    half = np.float32(BINS / 2)
    aways = (np.abs((turn - bin_ + half) % np.float32(BINS) - half) for bin_ in range(BINS))
    return [np.asarray(strength * np.maximum(0, 1 - away), np.float32) for away in aways]


def both_hands(one: Floats) -> Floats:
    """The rows that the network takes, float32 (2, F): the face, and the face mirrored, each with
    the difference of its two sides."""
    # Mirroring turns a gradient at angle a to π − a.
    bins = [*(-np.arange(BINS) % BINS), BINS, BINS + 1]
    other = one[bins][:, :, ::-1]
    sides = np.abs(one - other)[:, :, : (COLUMNS + 1) // 2].ravel()
    return np.stack([np.concatenate([hand.ravel(), sides]) for hand in (one, other)])
