"""The report of an import: every row and what became of it, for a clerk's spreadsheet."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path

from .errors import EnrollRefused
from .importing import RowResult, sentence_of
from .table import chinese

_HEADER = (
    "行号 line",
    "结果 outcome",
    "代码 code",
    "列 column",
    "原因",
    "reason",
    "身份证号 number",
    "姓名 name",
    "采用照片 photos used",
    "质量 quality",
    "未采用的照片 photos left out",
)
_SAID = {
    "enrolled": "已登记",
    "updated": "已更新",
    "already_enrolled": "已在库中",
    "refused": "未登记",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_report(path: Path, results: Iterable[RowResult]) -> None:
    """CSV in UTF-8 with a byte order mark (spreadsheets ask for it), readable by its owner alone.

    Whole or not at all. Raises `EnrollRefused` (`report.unwritable`).
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
            file.write(report_text(results))
        temporary.replace(path)
    except OSError as error:
        raise EnrollRefused(
            "report.unwritable", f"the report {path} cannot be written: {error.strerror}"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def report_text(results: Iterable[RowResult]) -> str:
    """The report as text."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_HEADER)
    for result in results:
        writer.writerow([_plain(cell) for cell in _cells(result)])
    return text.getvalue()


def _cells(result: RowResult) -> tuple[object, ...]:
    return (
        result.line,
        f"{_SAID[result.outcome]} {result.outcome}",
        result.code or "",
        f"{chinese(result.column)} {result.column}" if result.column else "",
        result.detail or "",
        result.detail_en or "",
        result.masked_number,
        result.masked_name,
        result.photos_used or "",
        "" if result.quality is None else result.quality,
        " ".join(sentence_of(photo) for photo in result.left_out),
    )


def _plain(cell: object) -> object:
    """A text that a spreadsheet would take for a formula stands behind an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
