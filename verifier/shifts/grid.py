"""Import of the grid that departments keep: a row a physician, a column a day, a cell a shift.

Every cell that is not blank becomes assignments or a line of the report, with its address as a
spreadsheet shows it. Nothing is guessed, and a blank cell is a day without a shift.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from .codes import ShiftCodes, UnreadableCell, clean
from .conflicts import Conflict
from .holidays import uncovered_holidays
from .layout import Layout, cell, find_layout
from .month import Month
from .people import IDENTITY, Directory, Physician, Unrecognised
from .plan import Assignment, Place
from .sheet import column_name, read_sheet
from .texts import said

_SHOWN = 64
"""Characters of a cell that a report repeats."""


@dataclass(frozen=True)
class CellProblem:
    """A cell, or a row by the cell that names its physician, which was not read.

    Attributes:
        row, column: from 1.
        value: what stands there, cut at 64 characters.
        code: stable, `roster.…`.
    """

    row: int
    column: int
    value: str
    code: str

    @property
    def address(self) -> str:
        """As a spreadsheet shows it: `F7`."""
        return f"{column_name(self.column)}{self.row}"

    @property
    def zh(self) -> str:
        """A Chinese sentence for the page."""
        return said(self.code, self.value)[0]

    @property
    def en(self) -> str:
        """The same in English."""
        return said(self.code, self.value)[1]


@dataclass(frozen=True)
class GridReport:
    """What a grid says.

    Attributes:
        accepted: by row, then by day.
        problems: by row, then by column.
        physicians: codes of those who have a row.
        days: dates that have a column that was read.
        month: the one given or named; None where the columns carry full dates.
        ignored: columns that are neither a physician's nor a day's, as `C 职称`.
        other_sheets: names of the workbook's sheets that were not read.
        hints: holidays without anybody, where the grid is one month.
    """

    accepted: tuple[Assignment, ...]
    problems: tuple[CellProblem, ...]
    physicians: tuple[str, ...]
    days: tuple[date, ...]
    month: Month | None
    ignored: tuple[str, ...] = ()
    other_sheets: tuple[str, ...] = ()
    hints: tuple[Conflict, ...] = ()


def read_grid(
    data: bytes, place: Place, codes: ShiftCodes, known: Directory, month: Month | None = None
) -> GridReport:
    """The assignments in an uploaded grid of one department at one site.

    Without `month` the grid's title has to name it, or its columns have to be full dates. Raises
    `RosterRefused` with a `roster.grid_…` code, and nothing else, whatever the bytes are.
    """
    sheet = read_sheet(data)
    layout = find_layout(sheet, month)
    reading = _Reading(place, codes, known, layout)
    for number, row in enumerate(sheet.rows[layout.first_row :], layout.first_row):
        reading.row(number, row)
    accepted = tuple(reading.accepted)
    uncovered = () if layout.month is None else (place.department, layout.month, accepted, codes)
    return GridReport(
        accepted=accepted,
        problems=tuple(sorted(reading.problems, key=lambda one: (one.row, one.column))),
        physicians=tuple(reading.physicians),
        days=tuple(sorted(c.day for c in layout.days.values() if c.day and not c.problem)),
        month=layout.month,
        ignored=tuple(f"{column_name(c + 1)} {t[:_SHOWN]}" for c, t in layout.others.items()),
        other_sheets=sheet.others,
        hints=uncovered_holidays(*uncovered) if uncovered else (),
    )


@dataclass
class _Reading:
    """A grid being read, row by row."""

    place: Place
    codes: ShiftCodes
    known: Directory
    layout: Layout
    accepted: list[Assignment] = field(default_factory=list)
    problems: list[CellProblem] = field(default_factory=list)
    physicians: Counter[str] = field(default_factory=Counter)

    def row(self, number: int, row: Sequence[str]) -> None:
        """Read one row, whoever it is of."""
        given = {what: cell(row, column) for what, column in self.layout.identity.items()}
        if not any(clean(text) for text in given.values()):
            for column, text in enumerate(row):
                self._problem(number, column, text, "roster.row_without_physician")
            return
        if (physician := self._physician(number, given)) is not None:
            self._cells(number, row, physician)

    def _physician(self, number: int, given: dict[str, str]) -> Physician | None:
        try:
            found = self.known.find(given, self.place.department)
        except Unrecognised as error:
            column = self.layout.identity[error.column]
            self._problem(number, column, given[error.column], error.code)
            return None
        self.physicians[found.code] += 1
        if self.physicians[found.code] == 1:
            return found
        what = next(what for what in IDENTITY if clean(given.get(what, "")))
        self._problem(number, self.layout.identity[what], given[what], "roster.row_twice")
        return None

    def _cells(self, number: int, row: Sequence[str], physician: Physician) -> None:
        identities = set(self.layout.identity.values())
        for column, text in enumerate(row):
            day = self.layout.days.get(column)
            if column in identities or column in self.layout.others:
                continue
            if day is None:
                self._problem(number, column, text, "roster.column_without_header")
            elif day.problem is not None or day.day is None:
                self._problem(number, column, text, day.problem or "roster.day_does_not_exist")
            else:
                self._shifts(number, column, text, physician, day.day)

    def _shifts(self, number: int, column: int, text: str, physician: Physician, day: date) -> None:
        try:
            found = self.codes.read_cell(text)
        except UnreadableCell as error:
            self._problem(number, column, error.value, error.code)
            return
        self.accepted.extend(
            Assignment(physician.code, self.place.department, self.place.site, day, code)
            for code in found
        )

    def _problem(self, number: int, column: int, text: str, code: str) -> None:
        if value := clean(text):
            self.problems.append(CellProblem(number + 1, column + 1, value[:_SHOWN], code))
