"""One hidden layer: cross-entropy, Adam, dropout on the inputs, in double precision.

Doubles make the result the same on every machine once it is rounded to half precision, in whatever
order a linear algebra library adds: a difference of 1e-16 never grows to a half's last bit.
"""

import numpy as np
from numpy.typing import NDArray

from models.quality_cover import CoverModel

HIDDEN = 40
CLASSES = 4
EPOCHS = 16
BATCH = 256
RATE = 2e-3
DECAY = 0.03
DROPOUT = 0.35
SMOOTHING = 0.02

Doubles = NDArray[np.float64]


def train(hands: NDArray[np.floating], label: NDArray[np.intp], seed: int) -> CoverModel:
    """Fit (N, 2, F) rows, both hands of each face, to N classes."""
    random = np.random.default_rng(seed)
    rows, target = hands.reshape(-1, hands.shape[-1]).astype(np.float64), np.repeat(label, 2)
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 0.02
    rows -= mean
    rows /= scale
    wanted = np.eye(CLASSES)[target] * (1 - SMOOTHING) + SMOOTHING / CLASSES
    weight = (len(target) / CLASSES / np.bincount(target, minlength=CLASSES).clip(1))[target]
    weight[target == 0] *= 2
    parameters = _start(rows.shape[1], random)
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]
    rounds = max(1, len(rows) // BATCH)
    for step in range(EPOCHS * rounds):
        if step % rounds == 0:
            order = random.permutation(len(rows))
        batch = order[step % rounds * BATCH :][:BATCH]
        slopes = _slopes(parameters, rows[batch], wanted[batch], weight[batch], random)
        rate = RATE * (0.5 + 0.5 * np.cos(np.pi * step / (EPOCHS * rounds)))
        parameters = _adam(parameters, slopes, moments, step + 1, rate)
    hidden, hidden_bias, out, out_bias = parameters
    hidden = hidden / scale[:, None]
    return as_kept(hidden, hidden_bias - mean @ hidden, out, out_bias)


def as_kept(*parameters: Doubles) -> CoverModel:
    """The model with the half precision that its file has."""
    kept = [np.asarray(one.astype("<f2"), np.float32) for one in parameters]
    return CoverModel(kept[0], kept[1], kept[2], kept[3])


def _start(inputs: int, random: np.random.Generator) -> list[Doubles]:
    return [
        random.normal(0, 1 / np.sqrt(inputs), (inputs, HIDDEN)),
        np.zeros(HIDDEN),
        random.normal(0, 0.5 / np.sqrt(HIDDEN), (HIDDEN, CLASSES)),
        np.zeros(CLASSES),
    ]


def _slopes(
    parameters: list[Doubles],
    rows: Doubles,
    wanted: Doubles,
    weight: Doubles,
    random: np.random.Generator,
) -> list[Doubles]:
    hidden, hidden_bias, out, out_bias = parameters
    kept = random.random(rows.shape, np.float32) > DROPOUT
    noisy = rows * kept / (1 - DROPOUT)
    before = noisy @ hidden + hidden_bias
    units = np.maximum(before, 0)
    logits = units @ out + out_bias
    chance = np.exp(logits - logits.max(axis=1, keepdims=True))
    chance /= chance.sum(axis=1, keepdims=True)
    error = weight[:, None] * (chance - wanted) / len(rows)
    back = error @ out.T * (before > 0)
    return [noisy.T @ back, back.sum(axis=0), units.T @ error, error.sum(axis=0)]


def _adam(
    parameters: list[Doubles],
    slopes: list[Doubles],
    moments: list[tuple[Doubles, Doubles]],
    step: int,
    rate: float,
) -> list[Doubles]:
    moved = []
    for index, (parameter, slope) in enumerate(zip(parameters, slopes, strict=True)):
        first = 0.9 * moments[index][0] + 0.1 * slope
        second = 0.99 * moments[index][1] + 0.01 * slope**2
        moments[index] = first, second
        pull = first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.99**step)) + 1e-7)
        # Weights decay, biases do not.
        decay = DECAY * parameter if parameter.ndim == 2 else 0
        moved.append(np.asarray(parameter - rate * (pull + decay)))
    return moved
