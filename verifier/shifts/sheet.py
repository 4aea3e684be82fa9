"""An uploaded file as a sheet of texts: CSV as spreadsheets write it, or an XLSX workbook.

Only the file's form is judged here. Every limit is checked while reading, not after.
"""

import csv
import io
from dataclasses import dataclass
from typing import Final

from .errors import refuse

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_ROWS: Final = 5_000
MAX_COLUMNS: Final = 64

_DELIMITERS: Final = ",\t;"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Sheet:
    """Rows as a spreadsheet shows them: the first is row 1, and a blank one counts.

    Attributes:
        rows: texts without spaces around them; rows may be of different lengths.
        title: the sheet's own name; empty for CSV.
        others: names of the workbook's sheets that were not read.
    """

    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    others: tuple[str, ...] = ()


def read_sheet(data: bytes) -> Sheet:
    """The sheet in these bytes: of a workbook, the first that is not hidden.

    Raises `RosterRefused` with `roster.grid_too_large`, `…_unreadable`, `…_encoding` or
    `…_macros`.
    """
    if len(data) > MAX_BYTES:
        raise refuse("roster.grid_too_large", f"{len(data)} bytes")
    if data.startswith(b"PK\x03\x04"):
        from . import workbook  # a verifier without the console has no openpyxl

        return workbook.read_workbook(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise refuse("roster.grid_unreadable", "an old or encrypted workbook (OLE)")
    return Sheet(_csv_rows(_decoded(data)))


def column_name(column: int) -> str:
    """A column's letters, the first being 1: `A`, `Z`, `AA`."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def escaped(text: str) -> str:
    """A text that a spreadsheet would take for a formula, behind an apostrophe."""
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def unescaped(text: str) -> str:
    """The text that `escaped` was given."""
    if text.startswith("'") and text.lstrip("'").startswith(_FORMULA):
        return text[1:]
    return text


class RowLimit:
    """Rows as they come, refused beyond the limits and without the blank ones at the end."""

    def __init__(self, most: int = MAX_ROWS) -> None:
        self._most = most
        self._rows: list[tuple[str, ...]] = []
        self._blank = 0

    def add(self, cells: list[str]) -> None:
        """One more row. Raises `RosterRefused` with `roster.grid_too_large`."""
        row = _trimmed([unescaped(cell.strip()) for cell in cells])
        if not row:
            self._blank += 1
            return
        self._rows.extend([()] * min(self._blank, self._most + 1))
        self._blank = 0
        self._rows.append(row)
        if len(self._rows) > self._most or len(row) > MAX_COLUMNS:
            place = f"{column_name(len(row))}{len(self._rows)}"
            raise refuse("roster.grid_too_large", f"something stands at {place} or further")

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """All that were added."""
        return tuple(self._rows)


def _trimmed(cells: list[str]) -> tuple[str, ...]:
    last = max((place for place, cell in enumerate(cells) if cell), default=-1)
    return tuple(cells[: last + 1])


def _decoded(data: bytes) -> str:
    if b"\0" in data or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refuse("roster.grid_encoding", "UTF-16, or no text")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refuse("roster.grid_encoding", "neither UTF-8 nor GB18030")


def _csv_rows(text: str) -> tuple[tuple[str, ...], ...]:
    head = text[:20_000]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    limit = RowLimit()
    try:
        for cells in reader:
            limit.add(cells)
    except csv.Error as error:
        raise refuse("roster.grid_unreadable", f"line {reader.line_num}: {error}") from None
    return limit.rows
