"""A batch's report: row, outcome, reason and score. No picture, no name, no number."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from ..reasons import column_of, detail_of
from ..table import chinese
from .store import Line

HEADER: Final = (
    "行号 line",
    "结果 outcome",
    "代码 code",
    "列 column",
    "原因",
    "reason",
    "照片质量 score",
    "采用照片 photos used",
)
SAID: Final = {
    "pending": "未处理",
    "enrolled": "已登记",
    "updated": "已更新",
    "already_enrolled": "已在库中",
    "refused": "未登记",
    "taken_back": "已撤回",
}


def reason_of(code: str | None, language: str = "zh") -> str:
    """The sentence for a clerk, in Chinese or (`en`) English."""
    return detail_of(code, language=language) if code else ""


def titled_of(code: str | None) -> str:
    """The column to look at, in Chinese and English."""
    return f"{chinese(column_of(code))} {column_of(code)}" if code else ""


def write_csv(lines: Iterable[Line]) -> bytes:
    """UTF-8 with a byte order mark, which spreadsheets ask for."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADER, *(_cells(line) for line in lines)])
    return text.getvalue().encode("utf-8-sig")


def write_xlsx(lines: Iterable[Line]) -> bytes:
    """A workbook of one sheet."""
    import openpyxl  # only the pages' server has it

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("报告 report")
    for row in (HEADER, *(_cells(line) for line in lines)):
        sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _cells(line: Line) -> Sequence[object]:
    """No cell is a text that somebody else wrote, so none can be a formula."""
    return (
        line.line,
        f"{SAID[line.outcome]} {line.outcome}",
        line.code or "",
        titled_of(line.code),
        reason_of(line.code),
        reason_of(line.code, "en"),
        "" if line.quality is None else round(line.quality, 3),
        line.photos or "",
    )
