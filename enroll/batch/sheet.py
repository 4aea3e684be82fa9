"""A batch's table: CSV as `enroll import` reads it, or an XLSX workbook."""

import re
from typing import Final

from verifier.shifts.errors import RosterRefused

from ..errors import EnrollRefused
from ..table import Table, parse_table, table_of
from .states import BatchRefused

MAX_ROWS: Final = 20_000
_WORKBOOK: Final = b"PK\x03\x04"
_OLD_WORKBOOK: Final = b"\xd0\xcf\x11\xe0"
_ROUNDED: Final = re.compile(r"[1-9][0-9]{14}000")
"""A number of 18 digits that a workbook held as a number: it keeps fifteen and writes zeros."""


_CODES: Final = {
    "table.encoding": "batch.table_encoding",
    "table.empty": "batch.table_empty",
    "table.broken": "batch.table_broken",
    "table.columns_missing": "batch.table_columns",
    "table.column_twice": "batch.table_columns",
    "table.too_large": "batch.too_large",
    "roster.grid_too_large": "batch.too_many_rows",
}


def read(data: bytes) -> Table:
    """The table. Raises `BatchRefused`: `batch.table_…`, `batch.too_many_rows`."""
    try:
        table = _workbook(data) if data.startswith(_WORKBOOK) else _csv(data)
    except EnrollRefused as told:
        code = _CODES.get(told.code, "batch.table_unreadable")
        raise BatchRefused(code, told.code, told.line, told.columns) from None
    except RosterRefused as told:
        raise BatchRefused(_CODES.get(told.code, "batch.table_unreadable"), told.code) from None
    if len(table.rows) > MAX_ROWS:
        raise BatchRefused("batch.too_many_rows", str(len(table.rows)))
    return table


def _csv(data: bytes) -> Table:
    if data.startswith(_OLD_WORKBOOK):
        raise BatchRefused("batch.table_unreadable", "an old or encrypted workbook")
    return parse_table(data)


def _workbook(data: bytes) -> Table:
    from verifier.shifts.workbook import read_workbook  # only the pages' server has openpyxl

    sheet = read_workbook(data, MAX_ROWS + 1)
    lines = [(line, list(row)) for line, row in enumerate(sheet.rows, 1) if row]
    width = max((len(row) for _, row in lines), default=0)
    whole = [
        (line, [_cell(cell) for cell in row] + [""] * (width - len(row))) for line, row in lines
    ]
    return table_of(whole, "xlsx")


def _cell(cell: str) -> str:
    """A rounded number is nobody's, though its check digit may fit: it is told as it came."""
    return f"{float(cell):E}" if _ROUNDED.fullmatch(cell) else cell
