"""A month's roster as a grid again: for the notice board, or to be changed and imported."""

import csv
import io
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from .codes import ShiftCodes
from .errors import refuse
from .month import Month
from .people import Physician
from .plan import Assignment, Place
from .sheet import escaped

_WEEKDAYS = "一二三四五六日"
_NOT_HELD = ("Cc", "Cf", "Cs")
_WHO = ("医师代码", "工号", "姓名")


def write_grid_csv(
    assignments: Iterable[Assignment],
    month: Month,
    place: Place,
    physicians: Sequence[Physician],
    codes: ShiftCodes,
) -> bytes:
    """CSV in UTF-8 with a byte order mark (spreadsheets ask for it), a row for each physician.

    Raises `RosterRefused`: `roster.grid_not_writable` for an assignment that has no cell here,
    `roster.code_unknown`.
    """
    text = io.StringIO(newline="")
    csv.writer(text).writerows(_rows(assignments, month, place, physicians, codes))
    return text.getvalue().encode("utf-8-sig")


def write_grid_xlsx(
    assignments: Iterable[Assignment],
    month: Month,
    place: Place,
    physicians: Sequence[Physician],
    codes: ShiftCodes,
) -> bytes:
    """The same as an XLSX workbook, texts only. Raises likewise."""
    import openpyxl  # a verifier without the console has none

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(month.title)
    sheet.freeze_panes = "D4"
    for row in _rows(assignments, month, place, physicians, codes):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _rows(
    assignments: Iterable[Assignment],
    month: Month,
    place: Place,
    physicians: Sequence[Physician],
    codes: ShiftCodes,
) -> Iterator[list[str]]:
    """Title, header, weekdays, and a row a physician."""
    cells = _cells(assignments, month, place, {one.code for one in physicians}, codes)
    days = list(month.days())
    yield [_plain(f"{month.title} {place.department} {place.site} 排班表")]
    yield [*_WHO, *(str(day.day) for day in days)]
    yield [*("" for _ in _WHO), *(_WEEKDAYS[day.weekday()] for day in days)]
    for one in physicians:
        who = [_plain(text) for text in (one.code, one.work_number, one.name)]
        yield [*who, *("/".join(cells[one.code, day]) for day in days)]


def _cells(
    assignments: Iterable[Assignment],
    month: Month,
    place: Place,
    listed: set[str],
    codes: ShiftCodes,
) -> dict[tuple[str, date], list[str]]:
    """The codes of each cell, in the order of the table of codes."""
    order = {one.code: rank for rank, one in enumerate(codes)}
    cells: dict[tuple[str, date], list[str]] = defaultdict(list)
    for one in set(assignments):
        if one.day not in month or one.place != place or one.physician not in listed:
            raise refuse("roster.grid_not_writable", f"{one.day} {one.code}")
        cells[one.physician, one.day].append(codes.get(one.code).code)
    for names in cells.values():
        names.sort(key=order.__getitem__)
    return cells


def _plain(text: str) -> str:
    """On one line, without what a workbook cannot hold, and no formula."""
    held = (c for c in text if c.isspace() or unicodedata.category(c) not in _NOT_HELD)
    return escaped(" ".join("".join(held).replace("\ufffe", "").replace("\uffff", "").split()))
