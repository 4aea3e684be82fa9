"""The cells of an XLSX workbook (ECMA-376), from bytes that anybody may have made.

Before openpyxl sees them: the parts are few, unpack to little, say so truthfully, and are neither
macros nor XML with a document type. Formulas are never run: what was last calculated is read.
"""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, Final

import openpyxl

from .errors import RosterRefused, refuse
from .sheet import MAX_ROWS, RowLimit, Sheet

MAX_PARTS: Final = 200
MAX_UNPACKED: Final = 16 * 1024 * 1024
"""Bytes of all parts together; a full grid of 5,000 rows and 64 columns needs less."""

MAX_TAGS: Final = 1_500_000
"""XML tags of all parts together: they, and not the bytes, are what parsing takes its time for."""

_MAX_SLOTS: Final = 4_000_000
_SHEET_ROWS: Final = 1_048_576
_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNWANTED: Final = (
    "vbaproject",
    "vbadata",
    "activex",
    "embeddings/",
    "macrosheets",
    "dialogsheets",
)


def read_workbook(data: bytes, most: int = MAX_ROWS) -> Sheet:
    """The first sheet that is not hidden, of `most` rows.

    Raises `RosterRefused` with `roster.grid_unreadable`, `…_macros` or `…_too_large`.
    """
    try:
        _guard(data)
        return _read(data, most)
    except RosterRefused:
        raise
    except Exception as error:  # whatever zipfile, expat and openpyxl raise over broken parts
        raise refuse("roster.grid_unreadable", type(error).__name__) from None


def _guard(data: bytes) -> None:
    """Look into every part before it is parsed. Raises `RosterRefused`."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        names = {part.filename.casefold() for part in parts}
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise refuse("roster.grid_too_large", "the workbook's parts are too many or too large")
        if len(names) < len(parts) or any(part.compress_type not in _PACKED for part in parts):
            raise refuse("roster.grid_unreadable", "parts of one name, or packed unusually")
        if any(unwanted in name for name in names for unwanted in _UNWANTED):
            raise refuse("roster.grid_macros", "macros, controls or embedded files")
        left, tags = MAX_UNPACKED, 0
        for part in parts:
            content = _unpacked(archive, part, left)
            left, tags = left - len(content), tags + content.count(b"<")
        if tags > MAX_TAGS:
            raise refuse("roster.grid_too_large", f"{tags} XML tags")


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> bytes:
    """What a part really holds. Raises `RosterRefused`; a wrong checksum raises too."""
    with archive.open(part) as stream:
        content = stream.read(left + 1)
    if len(content) > left:
        raise refuse("roster.grid_too_large", "the workbook's parts unpack to too much")
    if len(content) != part.file_size:
        raise refuse("roster.grid_unreadable", "a part's size is not the one declared")
    plain = content.replace(b"\0", b"")
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise refuse("roster.grid_unreadable", "a part with a document type")
    if b"macroEnabled" in plain:
        raise refuse("roster.grid_macros", "the workbook is one with macros")
    return content


def _read(data: bytes, most: int) -> Sheet:
    title, others, cells = _cells(data, most, values=False)
    if any(isinstance(cell, str) and cell.startswith("=") for row in cells for cell in row):
        cells = _with_values(cells, _cells(data, most, values=True)[2])
    limit = RowLimit(most)
    for row in cells:
        limit.add([_text(cell) for cell in row])
    return Sheet(limit.rows, title, others)


def _cells(
    data: bytes, most: int, *, values: bool
) -> tuple[str, tuple[str, ...], list[tuple[Any, ...]]]:
    """The sheet's name, the others' and the cells: formulas, or what they last gave."""
    book = openpyxl.load_workbook(
        io.BytesIO(data), read_only=True, data_only=values, keep_links=False
    )
    try:
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not shown:
            raise refuse("roster.grid_unreadable", "no visible sheet")
        others = tuple(sheet.title for sheet in book.worksheets if sheet is not shown[0])
        return shown[0].title, others, list(_rows(shown[0], most))
    finally:
        book.close()


def _rows(sheet: Any, most: int) -> Iterator[tuple[Any, ...]]:
    """Every row to the last one written; what the sheet says of its own size does not count."""
    sheet.reset_dimensions()
    slots = 0
    for place, row in enumerate(sheet.iter_rows(max_row=_SHEET_ROWS, values_only=True)):
        slots += len(row) + 1
        if slots > _MAX_SLOTS:
            raise refuse("roster.grid_too_large", "the sheet has too many cells, if blank ones")
        if place >= most and not any(row):
            continue
        yield tuple(getattr(cell, "text", cell) if _is_formula(cell) else cell for cell in row)


def _is_formula(cell: object) -> bool:
    return type(cell).__name__ in ("ArrayFormula", "DataTableFormula")


def _with_values(
    formulas: list[tuple[Any, ...]], values: list[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """What the formulas gave; one that was never calculated stays, to be reported as it stands."""
    return [
        tuple(f if v is None else v for f, v in zip(one, other, strict=True))
        for one, other in zip(formulas, values, strict=True)
    ]


def _text(cell: object) -> str:
    """A cell as people see it; a date as ISO 8601, a whole number without a fraction."""
    if cell is None:
        return ""
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
