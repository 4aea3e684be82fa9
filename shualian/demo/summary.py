"""Rows that should end alike, taken together: how many did, and how near the nearest came."""

from collections.abc import Iterable
from dataclasses import dataclass

from verifier.protocol.decision import Comparison

from .results import Played, Seen


@dataclass(frozen=True)
class Group:
    """Rows of one visit and case with one expectation, in the order in which they were played."""

    visit: str
    case: str
    expected: Seen
    rows: tuple[Played, ...]

    @property
    def good(self) -> int:
        """How many ended just as expected."""
        return sum(row.ok for row in self.rows)

    @property
    def wrong(self) -> list[Played]:
        """The others."""
        return [row for row in self.rows if not row.ok]

    @property
    def checks(self) -> list[str]:
        """What else had to hold, beside what holds for every receipt."""
        named = dict.fromkeys(name for row in self.rows for name in row.checks)
        return [name for name in named if name != "receipt_verifies"]

    @property
    def scores(self) -> list[float]:
        """Of every comparison."""
        return [comparison.score for comparison in self._comparisons]

    @property
    def thresholds(self) -> list[float]:
        """Of every comparison."""
        return [comparison.threshold for comparison in self._comparisons]

    @property
    def margin(self) -> float | None:
        """The least of the rows' margins."""
        return min((row.margin for row in self.rows if row.margin is not None), default=None)

    @property
    def rates(self) -> list[float]:
        """FPIR of every search, FMR of every other comparison."""
        found = []
        for row in self.rows:
            search = row.decision.identification if row.decision else None
            comparison = row.decision.comparison if row.decision else None
            if search is not None:
                found.append(search.fpir)
            elif comparison is not None:
                found.append(comparison.fmr)
        return found

    @property
    def _comparisons(self) -> list[Comparison]:
        decisions = [row.decision for row in self.rows if row.decision is not None]
        return [one.comparison for one in decisions if one.comparison is not None]


def groups(rows: Iterable[Played]) -> list[Group]:
    """The rows by visit, case and expectation, each where the first of its kind was played."""
    together: dict[tuple[str, str, Seen], list[Played]] = {}
    for row in rows:
        together.setdefault((row.visit, row.case, row.expected), []).append(row)
    return [Group(*kind, tuple(found)) for kind, found in together.items()]


def narrowest(rows: Iterable[Played]) -> dict[str, Played]:
    """By what had to come of the identity, the row that came nearest to the wrong side."""
    nearest: dict[str, tuple[float, Played]] = {}
    for row in rows:
        outcome, margin = row.identity, row.margin
        if margin is not None and margin < nearest.get(outcome, (2.0, row))[0]:
            nearest[outcome] = (margin, row)
    return {outcome: row for outcome, (_, row) in nearest.items()}
