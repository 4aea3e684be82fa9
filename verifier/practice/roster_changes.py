"""What is another thing between two plans of one department: cell by cell, pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from verifier.shifts import Assignment, Conflict, Registration, ShiftCodes, find_conflicts


class ChangeKind(StrEnum):
    """What happens to a cell."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, order=True)
class Change:
    """One cell, a physician's day, whose shifts are others afterwards."""

    physician: str
    day: date
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def kind(self) -> ChangeKind:
        """An empty cell is a day without a shift."""
        if not self.before:
            return ChangeKind.ADDED
        return ChangeKind.CHANGED if self.after else ChangeKind.REMOVED


def changes(before: Iterable[Assignment], after: Iterable[Assignment]) -> tuple[Change, ...]:
    """The cells that differ, by physician and day."""
    old, new = cells(before), cells(after)
    return tuple(
        Change(*cell, old.get(cell, ()), new.get(cell, ()))
        for cell in sorted(old.keys() | new.keys())
        if old.get(cell) != new.get(cell)
    )


def cells(assignments: Iterable[Assignment]) -> dict[tuple[str, date], tuple[str, ...]]:
    """The shifts of each cell that has any."""
    found: dict[tuple[str, date], set[str]] = defaultdict(set)
    for one in assignments:
        found[one.physician, one.day].add(one.code)
    return {cell: tuple(sorted(names)) for cell, names in found.items()}


def own_conflicts(
    planned: Iterable[Assignment],
    others: Iterable[Assignment],
    codes: ShiftCodes,
    registrations: tuple[Registration, ...],
) -> tuple[Conflict, ...]:
    """What `planned` brings, and not what stands between the `others` already."""
    around = tuple(others)
    known = set(find_conflicts(around, codes, registrations))
    found = find_conflicts((*planned, *around), codes, registrations)
    return tuple(one for one in found if one not in known)
