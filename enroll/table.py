"""Read a table of people: CSV as hospitals' systems and spreadsheets write it (RFC 4180, roughly).

The bytes are taken for UTF-8 if they are UTF-8, with or without a byte order mark, else for
GB18030, which every Chinese spreadsheet writes by default. No guess beyond that: bytes that are
neither are refused with the line where they stop. The whole table is read before the first person
is touched.
"""

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .errors import EnrollRefused

MAX_BYTES: Final = 64 * 1024 * 1024
MAX_CELL: Final = 4096

COLUMNS: Final = {
    "number": ("number", "id_number", "身份证号", "身份证号码", "公民身份号码", "证件号码"),
    "name": ("name", "姓名"),
    "photo": ("photo", "photos", "照片", "照片文件"),
    "consent": ("consent", "同意方式"),
    "notice_version": ("notice_version", "告知版本", "告知书版本"),
    "consented_at": ("consented_at", "同意时间"),
    "evidence": ("evidence", "同意凭据"),
    "look_alike": ("look_alike", "相貌相近"),
}
"""What a column means, and the headers that say so, in any case and with any spaces."""

REQUIRED: Final = ("number", "name", "photo", "consent", "notice_version", "consented_at")
_DELIMITERS: Final = ",\t;"


@dataclass(frozen=True)
class Row:
    """One line as it stands in the file. Its `repr` shows the line's number only."""

    line: int
    cells: dict[str, str] = field(repr=False)

    def get(self, column: str) -> str:
        """The cell without spaces around it, or an empty text."""
        return self.cells.get(column, "")


@dataclass(frozen=True)
class Table:
    """A whole table.

    Attributes:
        encoding: `utf-8` or `gb18030`, as it was found to be; `xlsx` for a workbook.
        ignored: headers that mean nothing here.
    """

    rows: tuple[Row, ...]
    encoding: str
    ignored: tuple[str, ...]


def read_table(path: Path) -> Table:
    """The table in a file. Raises `EnrollRefused` with a `table.…` code that names the line."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise EnrollRefused("table.too_large", f"{path.name} is larger than 64 MiB; split it")
        return parse_table(path.read_bytes())
    except OSError as error:
        raise EnrollRefused("table.unreadable", f"{path}: {error.strerror}") from error


def parse_table(data: bytes) -> Table:
    """The table in these bytes. Raises `EnrollRefused`."""
    text, encoding = _decoded(data)
    return table_of(_lines(text), encoding)


def table_of(lines: list[tuple[int, list[str]]], encoding: str) -> Table:
    """The table of lines that are not blank, each with its number; the first is the header.

    Raises `EnrollRefused`.
    """
    if not lines:
        raise EnrollRefused("table.empty", "the table is empty")
    (first, header), *body = lines
    columns, ignored = _columns(header, first)
    rows = [_row(line, cells, columns, len(header)) for line, cells in body]
    if not rows:
        raise EnrollRefused("table.empty", "the table has a header and no person")
    return Table(tuple(rows), encoding, ignored)


def titled(column: str) -> str:
    """A column for an operator: its English name, and a Chinese header for it."""
    return f"{column} ({chinese(column)})"


def chinese(column: str) -> str:
    """The first Chinese header of a column."""
    return next(title for title in COLUMNS[column] if not title.isascii())


def _decoded(data: bytes) -> tuple[str, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        raise EnrollRefused("table.encoding", "this is UTF-16 or no text; save it as CSV in UTF-8")
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as error:
        wrong_at = error.start
    try:
        return data.decode("gb18030"), "gb18030"
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, max(wrong_at, error.start)) + 1
        raise EnrollRefused(
            "table.encoding", f"line {line} is neither UTF-8 nor GB18030", line
        ) from None


def _lines(text: str) -> list[tuple[int, list[str]]]:
    """Each record that is not blank, with the line on which it begins."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise EnrollRefused("table.broken", f"line {begins} is no CSV: {error}", begins) from None
    return found


def _columns(header: list[str], line: int) -> tuple[dict[int, str], tuple[str, ...]]:
    """Which place holds what. Raises `EnrollRefused`."""
    meanings = {alias: name for name, aliases in COLUMNS.items() for alias in aliases}
    columns: dict[int, str] = {}
    ignored: list[str] = []
    for place, title in enumerate(header):
        name = meanings.get("".join(title.split()).casefold())
        if name is None:
            ignored.append(title.strip()[:32])
        elif name in columns.values():
            raise EnrollRefused(
                "table.column_twice",
                f"line {line}: the column {name!r} stands twice",
                line,
                (name,),
            )
        else:
            columns[place] = name
    if missing := [name for name in REQUIRED if name not in columns.values()]:
        named = ", ".join(titled(name) for name in missing)
        raise EnrollRefused(
            "table.columns_missing",
            f"line {line}, the first, lacks the columns {named}",
            line,
            tuple(missing),
        )
    return columns, tuple(ignored)


def _row(line: int, cells: list[str], columns: dict[int, str], width: int) -> Row:
    if len(cells) != width:
        raise EnrollRefused(
            "table.broken", f"line {line} has {len(cells)} fields, the header has {width}", line
        )
    for place, cell in enumerate(cells):
        if len(cell) > MAX_CELL:
            name = columns.get(place)
            where = f", column {titled(name)}," if name else ""
            raise EnrollRefused(
                "table.broken",
                f"line {line}{where} has a field over {MAX_CELL} characters",
                line,
                (name,) if name else (),
            )
    return Row(line, {name: cells[place].strip() for place, name in columns.items()})
