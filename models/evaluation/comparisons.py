"""Who is compared with whom, and the scores.

Protocol: the references are mirror-averaged, as enrolment makes them; probes are embedded once
(`plain`, as 1:1 does) and mirror-averaged (`mirrored`, as 1:N does). Impostors are the first usable
picture of each person against that of each other; genuine pairs are all pairs of pictures of one
person. Each pair is tried both ways round.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ..types import Floats

Mode = Literal["plain", "mirrored"]
MODES: Final[tuple[Mode, Mode]] = ("plain", "mirrored")

Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Embedded:
    """Embeddings of the usable pictures.

    Attributes:
        owner: (K,) the person of each picture, by number.
        plain, mirrored: float32 (K, D) unit rows.
    """

    owner: Indices
    plain: Floats
    mirrored: Floats

    def only(self, people: NDArray[np.bool_]) -> "Embedded":
        """The pictures of the people for whom `people` (by number) is true."""
        kept = people[self.owner]
        return Embedded(self.owner[kept], self.plain[kept], self.mirrored[kept])


@dataclass(frozen=True, eq=False)
class Comparisons:
    """Scores with the people on either side, highest first."""

    scores: Floats
    reference: Indices
    probe: Indices

    @classmethod
    def sorted(cls, scores: Floats, reference: Indices, probe: Indices) -> "Comparisons":
        """Put in order."""
        order = np.argsort(-scores, kind="stable")
        return cls(scores[order], reference[order], probe[order])

    def accepted(self, cosine: float) -> int:
        """How many reach a threshold."""
        return int(np.searchsorted(-self.scores, -np.float32(cosine), side="right"))

    def rate(self, cosine: float) -> float:
        """The share that reaches a threshold."""
        return self.accepted(cosine) / max(1, len(self.scores))


@dataclass(frozen=True, eq=False)
class Trials:
    """Everything compared, in one way of treating probes."""

    impostor: Comparisons
    genuine: Comparisons


def trials(embedded: Embedded) -> dict[Mode, Trials]:
    """All comparisons, by the probes' mode."""
    return {mode: Trials(_impostors(embedded, mode), _genuine(embedded, mode)) for mode in MODES}


def distinct_pairs(embedded: Embedded) -> tuple[int, int]:
    """How many impostor pairs (of people) and genuine pairs (of pictures) there are."""
    counts = np.unique(embedded.owner, return_counts=True)[1]
    people = len(counts)
    return people * (people - 1) // 2, int((counts * (counts - 1) // 2).sum())


def _impostors(embedded: Embedded, mode: Mode) -> Comparisons:
    people, first = np.unique(embedded.owner, return_index=True)
    probes = embedded.plain if mode == "plain" else embedded.mirrored
    scores = embedded.mirrored[first] @ probes[first].T
    one, other = np.nonzero(~np.eye(len(people), dtype=bool))
    return Comparisons.sorted(scores[one, other], people[one], people[other])


def _genuine(embedded: Embedded, mode: Mode) -> Comparisons:
    same = embedded.owner[:, None] == embedded.owner[None, :]
    one, other = np.nonzero(same & ~np.eye(len(same), dtype=bool))
    probes = embedded.plain if mode == "plain" else embedded.mirrored
    scores = np.einsum("kd,kd->k", embedded.mirrored[one], probes[other])
    owners = embedded.owner[one]
    return Comparisons.sorted(np.asarray(scores, np.float32), owners, owners)
