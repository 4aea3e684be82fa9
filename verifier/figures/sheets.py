"""A table of figures as CSV or XLSX: what was asked for and when it was made stand above it."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from verifier.practice.reconciling_export import plain

from .asked import SHANGHAI

Cell = str | int | float


@dataclass(frozen=True)
class Sheet:
    """One table in words.

    Attributes:
        title: what it is.
        about: pairs that stand above it: range, filters, time of making.
        columns: the header.
    """

    title: str
    about: Sequence[tuple[str, str]]
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def write_csv(sheet: Sheet) -> bytes:
    """CSV in UTF-8 with a byte order mark (spreadsheets ask for it)."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(_lines(sheet))
    return text.getvalue().encode("utf-8-sig")


def write_xlsx(sheet: Sheet) -> bytes:
    """The same as a workbook: numbers are numbers, and nothing is a formula."""
    import openpyxl  # a verifier without the console has none

    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("1")
    for line in _lines(sheet):
        page.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def local(at: datetime) -> str:
    """A time as files say it: Asia/Shanghai, to the second."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def _lines(sheet: Sheet) -> Iterator[list[Cell]]:
    yield [plain(sheet.title)]
    for name, value in sheet.about:
        yield [plain(name), plain(value)]
    yield []
    yield [plain(each) for each in sheet.columns]
    for row in sheet.rows:
        yield [plain(cell) if isinstance(cell, str) else cell for cell in row]
