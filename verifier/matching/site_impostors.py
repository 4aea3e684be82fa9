"""The hospital's own impostors: how alike its people are, measured on its protected gallery.

Every two of its people are compared once, as their templates stand (rotated; a rotation leaves
cosines as they are). Only counts leave this module: no vector, no person, no pair.

Who looked too much like another was shown to a clerk before being enrolled, and people told apart
as look-alikes are left out, so what is counted here lies rather low at the highest cosines.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from verifier.identity import templates
from verifier.identity.galleries import Gallery
from verifier.store.schema import Person, Template
from verifier.trust.keys import KeyRing

MOST_PEOPLE: Final = 3_000
LEAST_PEOPLE: Final = 30
"""Of fewer, nothing worth a page can be said."""

BINS: Final = tuple(round(-0.5 + 0.02 * step, 2) for step in range(76))
_RESAMPLES: Final = 500
_BLOCK: Final = 256


@dataclass(frozen=True)
class Share:
    """How many pairs of strangers reach a cosine.

    Attributes:
        low, high: 95 % interval by bootstrap over people; where none was seen, 3 / pairs.
    """

    cosine: float
    matches: int
    rate: float
    low: float
    high: float


@dataclass(frozen=True)
class SiteImpostors:
    """What was measured.

    Attributes:
        people: compared; `enrolled` of which that is a random part, where they are more.
        floor: the least rate that so many pairs can show, 3 / pairs.
        counts: pairs by cosine, in `BINS`.
    """

    at: datetime
    people: int
    enrolled: int
    pairs: int
    floor: float
    counts: tuple[int, ...]
    shares: tuple[Share, ...]

    def share(self, cosine: float) -> Share | None:
        """What was counted at just this cosine."""
        return next((each for each in self.shares if each.cosine == cosine), None)


class TooFew(Exception):
    """Under `LEAST_PEOPLE` are enrolled."""


def measure(
    conn: Connection,
    keyring: KeyRing,
    gallery: Gallery,
    cosines: Sequence[float],
    at: datetime,
    told: Callable[[float], None] = lambda _: None,
) -> SiteImpostors:
    """Compare the gallery's people with each other. Fillers are nobody and are left out.

    Args:
        cosines: thresholds at which pairs are counted.
        told: hears the share that is done, 0..1.

    Raises:
        TooFew: of the people enrolled.
    """
    vectors, groups, enrolled = _people(conn, keyring, gallery)
    if len(vectors) < LEAST_PEOPLE:
        raise TooFew(len(vectors))
    return impostors(vectors, groups, cosines, at, enrolled, told)


def impostors(
    vectors: NDArray[np.float32],
    groups: Sequence[str | None],
    cosines: Sequence[float],
    at: datetime,
    enrolled: int | None = None,
    told: Callable[[float], None] = lambda _: None,
) -> SiteImpostors:
    """The same for unit rows (N, D); people of one group are not compared."""
    count, linked = len(vectors), np.array([group or "" for group in groups])
    pairs, histogram = 0, np.zeros(len(BINS), np.int64)
    least, high = (
        min(cosines),
        list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]](),
    )
    for start in range(0, count, _BLOCK):
        block = vectors[start : start + _BLOCK] @ vectors.T
        rows = np.arange(start, start + len(block))[:, None]
        strangers = np.arange(count)[None] > rows
        mine = linked[start : start + len(block)][:, None]
        strangers &= (mine == "") | (mine != linked[None])
        scores = block[strangers]
        pairs += len(scores)
        places = np.clip(np.digitize(scores, BINS) - 1, 0, len(BINS) - 1)
        histogram += np.bincount(places, minlength=len(BINS))
        i, j = np.nonzero(strangers & (block >= least))
        high.append((i + start, j, block[i, j]))
        told(min(1.0, (start + _BLOCK) / count))
    first, second, score = (np.concatenate(part) for part in zip(*high, strict=True))
    weights = _resamples(count)
    shares = [
        _share(cosine, pairs, first, second, score, weights) for cosine in sorted(set(cosines))
    ]
    return SiteImpostors(
        at=at,
        people=count,
        enrolled=enrolled or count,
        pairs=pairs,
        floor=3 / pairs,
        counts=tuple(int(each) for each in histogram),
        shares=tuple(shares),
    )


def _share(
    cosine: float,
    pairs: int,
    first: NDArray[np.intp],
    second: NDArray[np.intp],
    score: NDArray[np.float32],
    weights: NDArray[np.float64],
) -> Share:
    """Comparisons that share a person are not independent: people are drawn again, not pairs."""
    reached = score >= cosine
    matches = int(reached.sum())
    if not matches:
        return Share(cosine, 0, 0.0, 0.0, min(1.0, 3 / pairs))
    drawn = np.zeros(len(weights))
    for row, weight in enumerate(weights):
        both = float((weight[first[reached]] * weight[second[reached]]).sum())
        drawn[row] = both / max(1.0, (weight.sum() ** 2 - (weight**2).sum()) / 2)
    low, high = np.quantile(drawn, [0.025, 0.975])
    rate = matches / pairs
    return Share(cosine, matches, rate, min(float(low), rate), max(float(high), rate, 3 / pairs))


def _resamples(count: int) -> NDArray[np.float64]:
    random = np.random.default_rng(1)
    drawn = random.multinomial(count, np.full(count, 1 / count), size=_RESAMPLES)
    return drawn.astype(np.float64)


def _people(
    conn: Connection, keyring: KeyRing, gallery: Gallery
) -> tuple[NDArray[np.float32], list[str | None], int]:
    """Vectors of real people, at most `MOST_PEOPLE` drawn at random, and their groups."""
    asked = (
        select(Person.id, Person.linked_group)
        .join(Template, Template.person == Person.id)
        .where(Template.gallery == gallery.id, Template.synthetic.is_(False))
        .order_by(Person.id)  # ids are random
    )
    rows = conn.execute(asked).all()
    chosen = {row.id: row.linked_group for row in rows[:MOST_PEOPLE]}
    held = {
        person: vector
        for _, person, vector in templates.since(conn, keyring, gallery, 0)
        if person in chosen and vector is not None
    }
    found = sorted(held)
    if not found:
        return np.zeros((0, gallery.dim), np.float32), [], 0
    return np.stack([held[each] for each in found]), [chosen[each] for each in found], len(rows)
