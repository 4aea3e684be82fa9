"""The search port, and its default: an exact scan over rotated templates in memory.

An index only proposes. It is rebuilt from PostgreSQL, holds nothing that is not there, and nobody
is decided by it: the decision reads the template again in its own transaction.
"""

import threading
from collections.abc import Collection, Iterable
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Hits: TypeAlias = list[tuple[str, float]]
"""(person, cosine), best first."""


class GallerySearch(Protocol):
    """Nearest templates by cosine. Implementations are safe to call from many threads."""

    def search(self, vectors: Floats, candidates: Collection[str] | None, k: int) -> list[Hits]:
        """The `k` best people for each row of `vectors`.

        Args:
            vectors: float32 (K, D), unit rows, rotated as the gallery is.
            candidates: only these people (unknown ones are passed over), or None for everyone.
            k: at most so many hits a row.
        """

    def put(self, templates: Iterable[tuple[str, Floats]]) -> None:
        """Add people, or replace their template: (person, float32 (D,))."""

    def forget(self, people: Collection[str]) -> None:
        """Drop people and overwrite their vectors."""

    def missing(self, people: Collection[str]) -> list[str]:
        """Those of `people` whom the index does not hold."""

    def __len__(self) -> int:
        """People held."""


class ExactSearch:
    """Brute force over one contiguous float32 matrix that doubles when it is full.

    A forgotten row is overwritten with the last one, so memory stays dense and no vector lingers.
    """

    def __init__(self, dim: int, capacity: int = 1024) -> None:
        self._matrix: Floats = np.zeros((max(capacity, 1), dim), np.float32)
        self._people: list[str] = []
        self._row: dict[str, int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._people)

    def put(self, templates: Iterable[tuple[str, Floats]]) -> None:
        """See `GallerySearch.put`. Amortised O(1) a template."""
        with self._lock:
            for person, vector in templates:
                row = self._row_for(person)  # may replace the matrix by a larger one
                self._matrix[row] = vector

    def forget(self, people: Collection[str]) -> None:
        """See `GallerySearch.forget`."""
        with self._lock:
            for person in people:
                self._forget(person)

    def missing(self, people: Collection[str]) -> list[str]:
        """See `GallerySearch.missing`."""
        with self._lock:
            return [person for person in people if person not in self._row]

    def search(self, vectors: Floats, candidates: Collection[str] | None, k: int) -> list[Hits]:
        """See `GallerySearch.search`. Exact; one matrix product."""
        # Held while scanning: a row that moves under a scan would give one person another's score.
        with self._lock:
            if candidates is None:
                people, rows = self._people, self._matrix[: len(self._people)]
            else:
                people = sorted(person for person in set(candidates) if person in self._row)
                rows = self._matrix[[self._row[person] for person in people]]
            if not people or k < 1:
                return [[] for _ in vectors]
            return [_best(scores, people, k) for scores in vectors @ rows.T]

    def _row_for(self, person: str) -> int:
        row = self._row.get(person)
        if row is None:
            row = len(self._people)
            if row == len(self._matrix):
                self._matrix = np.concatenate([self._matrix, np.zeros_like(self._matrix)])
            self._people.append(person)
            self._row[person] = row
        return row

    def _forget(self, person: str) -> None:
        row = self._row.pop(person, None)
        if row is None:
            return
        last = len(self._people) - 1
        moved = self._people[last]
        if moved != person:
            self._matrix[row] = self._matrix[last]
            self._people[row] = moved
            self._row[moved] = row
        self._matrix[last] = 0
        self._people.pop()


def _best(scores: Floats, people: list[str], k: int) -> Hits:
    everyone = np.arange(len(people))
    chosen = np.argpartition(-scores, k - 1)[:k] if k < len(people) else everyone
    # Equal scores stand by name, so that an answer does not depend on the order of rows.
    ordered = sorted(chosen, key=lambda row: (-float(scores[row]), people[row]))
    return [(people[row], float(scores[row])) for row in ordered]
