"""Whom a row of a grid means: by the platform's code, by work number, or by a name that is unique.

Everything that a row gives has to agree. A name that several share is never chosen between.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from codes.names import normalise

from .codes import clean

IDENTITY: Final = ("code", "work_number", "name")
"""The columns that say who it is, surest first."""


@dataclass(frozen=True)
class Physician:
    """Somebody who may stand in a grid.

    Attributes:
        code: of the insurance platform (D 医师, N 护士, HY 药师, HJ 医技), or the hospital's own.
        work_number: 工号; leading zeros may be missing in a sheet.
        departments: to which the person belongs; a name is looked for in them only.
    """

    code: str
    name: str
    departments: frozenset[str]
    work_number: str = ""


class Unrecognised(ValueError):
    """A row's person cannot be told. `code` is `roster.physician_…`, `column` of `IDENTITY`."""

    def __init__(self, code: str, column: str) -> None:
        super().__init__(f"{code}: {column}")
        self.code = code
        self.column = column


@dataclass(frozen=True)
class Directory:
    """The known physicians, by each way of naming them."""

    physicians: tuple[Physician, ...]
    _by: dict[tuple[str, str], list[Physician]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[tuple[str, str], list[Physician]] = defaultdict(list)
        for one in dict.fromkeys(self.physicians):
            for key in _keys(one):
                found[key].append(one)
        object.__setattr__(self, "_by", dict(found))

    @classmethod
    def of(cls, physicians: Iterable[Physician]) -> "Directory":
        """A directory of these."""
        return cls(tuple(physicians))

    def find(self, given: dict[str, str], department: str) -> Physician:
        """The person that a row's cells (by `IDENTITY`) name.

        Raises `Unrecognised`; `roster.physician_unknown`, `…_ambiguous` or `…_mismatch`.
        """
        columns = [column for column in IDENTITY if clean(given.get(column, ""))]
        if not columns:
            raise Unrecognised("roster.physician_unknown", IDENTITY[0])
        candidates: list[Physician] = []
        for column in columns:
            meant = self._meant(column, given[column])
            if column == "name" and len(columns) == 1:
                meant = [one for one in meant if department in one.departments]
            if not meant:
                raise Unrecognised("roster.physician_unknown", column)
            candidates = [one for one in meant if column == columns[0] or one in candidates]
            if not candidates:
                raise Unrecognised("roster.physician_mismatch", column)
        if len(candidates) > 1:
            raise Unrecognised("roster.physician_ambiguous", columns[-1])
        return candidates[0]

    def _meant(self, column: str, text: str) -> list[Physician]:
        exact = self._by.get((column, _folded(column, text)), [])
        if exact or column != "work_number":
            return exact
        return self._by.get(("short_number", _short(_folded(column, text))), [])


def _keys(one: Physician) -> Iterator[tuple[str, str]]:
    yield "code", _folded("code", one.code)
    yield "name", _folded("name", one.name)
    if one.work_number:
        number = _folded("work_number", one.work_number)
        yield "work_number", number
        yield "short_number", _short(number)


def _folded(column: str, text: str) -> str:
    return normalise(text) if column == "name" else "".join(clean(text).casefold().split())


def _short(number: str) -> str:
    """A number as a spreadsheet leaves it."""
    return re.sub(r"^0+(?=[0-9])", "", number)
