"""Where in a sheet things stand: the header, who a row means, which column is which day."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .codes import clean
from .day_headers import DayColumn, WrittenDay, day_columns, is_weekday, written_day
from .errors import refuse
from .month import Month, months_named
from .people import IDENTITY
from .sheet import Sheet

HEADERS: Final = {
    "code": ("code", "physiciancode", "医师代码", "医保医师代码", "医生代码", "医师编码", "代码"),
    "work_number": ("number", "worknumber", "staffnumber", "工号", "职工号", "人员编号"),
    "name": ("name", "physician", "姓名", "医师", "医生", "医师姓名", "医生姓名", "人员"),
}  # fmt: skip
"""What a column means, and the headers that say so, without spaces and underscores."""

_TITLE_ROWS: Final = 20


@dataclass(frozen=True)
class Layout:
    """Places of a grid; columns and rows count from 0.

    Attributes:
        identity: column of each part of `IDENTITY` that the header names.
        first_row: the first below the header and the row of weekdays.
        others: texts over the columns that are neither.
        month: the one given or named; None where the columns carry full dates.
    """

    identity: dict[str, int]
    days: dict[int, DayColumn]
    others: dict[int, str]
    first_row: int
    month: Month | None


def find_layout(sheet: Sheet, given: Month | None) -> Layout:
    """Find everything. Raises `RosterRefused` with `roster.grid_no_header`, `…_no_days`,
    `…_column_twice`, `…_month_missing` or `…_month_differs`.
    """
    rows = sheet.rows
    header, identity = _header(rows)
    row, parsed = _day_row(rows, header, identity)
    month = _month(rows[: max(header, row) + 1], sheet.title, given)
    first = _first_row(rows, max(header, row) + 1, identity, parsed)
    days = day_columns(parsed, month)
    others = {
        column: text
        for column in range(max(map(len, rows)))
        if column not in days and column not in identity.values()
        if (text := _heading(rows[min(header, row) : first], column))
    }
    return Layout(identity, days, others, first, month)


def cell(row: Sequence[str], column: int) -> str:
    """What stands there; rows may be shorter than the grid."""
    return row[column] if column < len(row) else ""


def _header(rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    """The first row that names a physician's column and has days in it or beside it."""
    found = [
        (place, named) for place, row in enumerate(rows[:_TITLE_ROWS]) if (named := _named(row))
    ]
    if not found:
        raise refuse("roster.grid_no_header")
    for place, named in found:
        if _day_row_or_none(rows, place, set(named)):
            return place, _once(rows[place])
    raise refuse("roster.grid_no_days")


def _named(row: Sequence[str]) -> dict[int, str]:
    """The columns whose header says who somebody is."""
    return {
        column: meaning
        for column, text in enumerate(row)
        for meaning in IDENTITY
        if any(part in HEADERS[meaning] for part in _parts(text))
    }


def _once(row: Sequence[str]) -> dict[str, int]:
    identity: dict[str, int] = {}
    for column, meaning in _named(row).items():
        if meaning in identity:
            raise refuse("roster.grid_column_twice", meaning)
        identity[meaning] = column
    return identity


def _parts(text: str) -> list[str]:
    """A header's texts: `姓名\\日期` names both."""
    plain = "".join(clean(text).casefold().split()).replace("_", "")
    return re.split(r"[\\/]", plain)


def _day_row_or_none(
    rows: Sequence[Sequence[str]], header: int, taken: set[int]
) -> tuple[int, dict[int, WrittenDay]] | None:
    """Days stand in the header's row, or in the row below or above where identities are blank."""
    for row in (header, header + 1, header - 1):
        if not 0 <= row < len(rows):
            continue
        if row != header and any(cell(rows[row], column) for column in taken):
            continue
        if parsed := {c: day for c, text in enumerate(rows[row]) if (day := written_day(text))}:
            return row, parsed
    return None


def _day_row(
    rows: Sequence[Sequence[str]], header: int, identity: dict[str, int]
) -> tuple[int, dict[int, WrittenDay]]:
    found = _day_row_or_none(rows, header, set(identity.values()))
    if found is None:
        raise refuse("roster.grid_no_days")
    return found


def _month(rows: Sequence[Sequence[str]], title: str, given: Month | None) -> Month | None:
    """The given month, or the one that the rows above the cells name, or the sheet's own name."""
    named = set().union(*(months_named(clean(text)) for row in rows for text in row))
    if given is not None:
        if named and given not in named:
            raise refuse("roster.grid_month_differs", ", ".join(m.title for m in sorted(named)))
        return given
    named = named or months_named(clean(title))
    if len(named) > 1:
        raise refuse("roster.grid_month_missing", ", ".join(m.title for m in sorted(named)))
    return next(iter(named), None)


def _first_row(
    rows: Sequence[Sequence[str]],
    after: int,
    identity: dict[str, int],
    parsed: dict[int, WrittenDay],
) -> int:
    """Past the row of weekdays, where there is one."""
    if after < len(rows):
        beneath = [cell(rows[after], column) for column in parsed]
        weekdays = [text for text in beneath if text]
        named = [cell(rows[after], column) for column in identity.values()]
        if (
            weekdays
            and all(is_weekday(text) for text in weekdays)
            and all(text in ("", "星期", "周", "weekday") for text in named)
        ):
            return after + 1
    return after


def _heading(rows: Sequence[Sequence[str]], column: int) -> str:
    return next((text for row in rows if (text := cell(row, column))), "")
