"""Plots drawn on the server as SVG: where bars, ticks and lines stand. Pure; templates draw them.

One unit is a pixel of a plot 1200 wide; type of 30 units is read at two metres on a wall's screen.
Every axis of counts begins at zero.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

WIDTH, HEIGHT = 1200, 545
LEFT, RIGHT, TOP, FOOT = 112, 1150, 30, 440
MOST_STEPS = 4
LEAST_SEEN = 3.0
"""A bar of one is this high at least, beside bars of thousands."""


class Tick(NamedTuple):
    """One label of an axis, `at` its place in units."""

    at: float
    label: str


class Piece(NamedTuple):
    """One rectangle. `kind` is its colour and pattern; `said` is told to a mouse."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    said: str


class Line(NamedTuple):
    """A limit across (`at` is x) or up (`at` is y), with its words; `row` keeps words apart."""

    at: float
    label: str
    row: int = 0
    near_end: bool = False


@dataclass(frozen=True)
class Plot:
    """What a template draws. Nothing in it where `empty`."""

    pieces: tuple[Piece, ...] = ()
    across: tuple[Tick, ...] = ()
    up: tuple[Tick, ...] = ()
    lines: tuple[Line, ...] = ()
    points: str = ""
    empty: bool = False


def whole_ticks(most: int) -> list[int]:
    """0 and at most four more numbers up to or just above `most`: steps of 1, 2 or 5 tens."""
    if most <= 0:
        return [0, 1]
    step = 1
    for power in range(19):
        for first in (1, 2, 5):
            step = first * 10**power
            if math.ceil(most / step) <= MOST_STEPS:
                return list(range(0, math.ceil(most / step) * step + 1, step))
    return [0, most]


def short(number: int) -> str:
    """As an axis says it: 1,200; of many thousands 120k, of millions 1.2M."""
    if number >= 1_000_000:
        return f"{number / 1_000_000:g}M"
    return f"{number // 1000}k" if number >= 10_000 and number % 1000 == 0 else f"{number:,}"


def stacked(
    series: Sequence[tuple[str, Sequence[int]]],
    said: Sequence[str],
    across: Sequence[tuple[float, str]],
    names: Sequence[str] = (),
) -> Plot:
    """Columns of several kinds, one on the other, the first lowest.

    Args:
        series: kind and one count a column; all of one length.
        said: of each column, when it was.
        across: labels, each at a place in columns: 0 is the left edge, 0.5 the first's middle.
        names: of each series, in words.
    """
    columns = len(said)
    heights = [sum(counts[place] for _, counts in series) for place in range(columns)]
    if not any(heights):
        return Plot(empty=True)
    up, top = _up(max(heights))
    step = (RIGHT - LEFT) / columns
    gap = min(step * 0.18, 10.0)
    pieces: list[Piece] = []
    for place in range(columns):
        foot = float(FOOT)
        for number, (kind, counts) in enumerate(series):
            if counts[place]:
                tall = max((FOOT - TOP) * counts[place] / top, LEAST_SEEN)
                words = f"{said[place]} {names[number] if names else kind} {counts[place]:,}"
                x = LEFT + place * step + gap / 2
                foot -= tall
                pieces.append(Piece(kind, _r(x), _r(foot), _r(step - gap), _r(tall), words))
    labels = tuple(Tick(_r(LEFT + place * step), label) for place, label in across)
    return Plot(tuple(pieces), labels, up)


def histogram(
    edges: Sequence[float],
    series: Sequence[tuple[str, Sequence[int]]],
    limits: Sequence[tuple[float, str]],
    names: Sequence[str] = (),
) -> Plot:
    """Counts of values between `edges` (one more than columns), with limits as upright lines.

    Words of limits that stand near each other are put in rows below one another.
    """
    said = [f"{low:.2f} – {high:.2f}" for low, high in pairwise(edges)]
    plain = stacked(series, said, [], names)
    if plain.empty:
        return plain
    span = edges[-1] - edges[0]

    def x_of(value: float) -> float:
        inside = min(max(value, edges[0]), edges[-1])
        return _r(LEFT + (RIGHT - LEFT) * (inside - edges[0]) / span)

    whole = range(math.ceil(edges[0] * 5 - 1e-9), math.floor(edges[-1] * 5 + 1e-9) + 1)
    labels = tuple(Tick(x_of(tick / 5), f"{tick / 5:.1f}") for tick in whole)
    lines = tuple(
        Line(x_of(at), label, row, x_of(at) > (LEFT + RIGHT) * 0.6)
        for row, (at, label) in enumerate(sorted(limits))
    )
    return Plot(plain.pieces, labels, plain.up, lines)


def course(
    values: Sequence[int],
    across: Sequence[tuple[float, str]],
    marks: Sequence[tuple[int, str]] = (),
) -> Plot:
    """A number over time as a line from the first to the last, with those marks that are within
    the scale; a mark counts for the scale where the number has come half way to it.
    """
    if not values:
        return Plot(empty=True)
    most = max(values)
    near = [mark for mark, _ in marks if most * 2 >= mark]
    up, top = _up(max([most, *near]))
    step = (RIGHT - LEFT) / max(len(values) - 1, 1)

    def y_of(value: int) -> float:
        return _r(FOOT - (FOOT - TOP) * value / top)

    found = [f"{_r(LEFT + place * step)},{y_of(value)}" for place, value in enumerate(values)]
    if len(found) == 1:
        found.append(f"{RIGHT},{y_of(values[0])}")
    labels = tuple(Tick(_r(LEFT + place * step), label) for place, label in across)
    lines = tuple(Line(y_of(mark), label) for mark, label in marks if mark in near)
    return Plot((), labels, up, lines, " ".join(found))


def share(count: int, most: int, width: int = 1000) -> float:
    """How long a bar is: of `width` units for `most`; something can always be seen of some."""
    if count <= 0 or most <= 0:
        return 0.0
    return _r(max(width * min(count / most, 1.0), LEAST_SEEN * 2))


def _up(most: int) -> tuple[tuple[Tick, ...], int]:
    ticks = whole_ticks(most)
    top = ticks[-1]
    made = (Tick(_r(FOOT - (FOOT - TOP) * tick / top), short(tick)) for tick in ticks)
    return tuple(made), top


def _r(value: float) -> float:
    return round(value, 1)
