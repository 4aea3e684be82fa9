"""Workbooks as spreadsheets save them, and as somebody with bad intentions makes them."""

import io
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font

from verifier.shifts import GridReport, Month, RosterRefused, read_grid, write_grid_xlsx
from verifier.shifts.workbook import MAX_TAGS, MAX_UNPACKED

from .invented import CHEN, CODES, DECEMBER, KNOWN, PEOPLE, PLACE, shift

GOOD = write_grid_xlsx([shift("门上")], DECEMBER, PLACE, PEOPLE, CODES)


def read(data: bytes, month: Month | None = None) -> GridReport:
    return read_grid(data, PLACE, CODES, KNOWN, month)


def refused(data: bytes) -> str:
    with pytest.raises(RosterRefused) as error:
        read(data)
    return error.value.code


def outcome(data: bytes) -> str:
    """`read`, or the code with which the file is refused. Anything else is raised."""
    try:
        read(data)
    except RosterRefused as error:
        return error.code
    return "read"


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def book_of(*rows: list[Any], title: str = "Sheet1") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return book


def repacked(
    changed: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED, data: bytes = GOOD
) -> bytes:
    """The workbook with parts replaced or added."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", packing) as new:
        for name in old.namelist():
            new.writestr(name, changed.pop(name, old.read(name)))
        for name, content in changed.items():
            new.writestr(name, content)
    return file.getvalue()


def part(name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        return archive.read(name)


MONDAY = datetime(2026, 12, 7)  # noqa: DTZ001  as spreadsheets hold a date
SHEET = "xl/worksheets/sheet1.xml"


def test_a_workbook_with_a_merged_title_dates_and_numbers_is_read() -> None:
    book = book_of(
        ["2026年12月排班表"],
        ["工号", "姓名", MONDAY, date(2026, 12, 8), 9, "10日"],
        ["", "", "一", "二", "三", "四"],
        [123, "陈甲", "门上/门下", "夜班", "下夜休", None],
    )
    sheet = book.active
    assert sheet is not None
    sheet.merge_cells("A1:F1")
    report = read(saved(book))
    assert report.problems == ()
    assert [(one.day.day, one.code) for one in report.accepted] == [
        (7, "门上"),
        (7, "门下"),
        (8, "夜班"),
        (9, "下夜休"),
    ]


def test_the_first_visible_sheet_is_read_and_the_others_are_named() -> None:
    book = book_of(["不是排班"])
    hidden = book.active
    assert hidden is not None
    hidden.sheet_state = "hidden"
    december = book.create_sheet("2026年12月")
    december.append(["姓名", 7])
    december.append(["陈甲", "门上"])
    book.create_sheet("2026年11月")
    report = read(saved(book))
    assert (report.accepted, report.month) == ((shift("门上"),), DECEMBER)
    assert report.other_sheets == ("Sheet1", "2026年11月")


def test_a_formula_is_never_run_and_without_its_value_it_is_a_problem() -> None:
    book = book_of(["2026年12月"], ["姓名", 7, 8], ["陈甲", "门上", '="门"&"下"'])
    [problem] = read(saved(book)).problems
    assert (problem.address, problem.code) == ("C3", "roster.cell_unknown_code")


def test_a_formula_is_read_as_what_it_last_gave() -> None:
    plain = saved(book_of(["2026年12月"], ["姓名", 7], ["陈甲", "=A1"]))
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        sheet = archive.read(SHEET).replace(b"<v />", b"<v></v>")
    given = sheet.replace(b"<f>A1</f><v></v>", "<f>A1</f><v>门上</v>".encode())
    given = given.replace(b'<c r="B3">', b'<c r="B3" t="str">')
    assert "门上".encode() in given
    report = read(repacked({SHEET: given}, data=plain))
    assert (report.accepted, report.problems) == ((shift("门上"),), ())


def test_an_export_starts_no_formula() -> None:
    from verifier.shifts import Physician

    person = Physician(CHEN, '=HYPERLINK("http://127.0.0.1")', frozenset())
    book = openpyxl.load_workbook(io.BytesIO(write_grid_xlsx([], DECEMBER, PLACE, [person], CODES)))
    kinds = {cell.data_type for sheet in book for row in sheet for cell in row}
    assert "f" not in kinds


@pytest.mark.parametrize(
    "name", ["xl/vbaProject.bin", "xl/VBAPROJECT.BIN", "xl/activeX/a.xml", "xl/embeddings/a.bin"]
)
def test_a_workbook_with_macros_or_embedded_files_is_refused(name: str) -> None:
    assert refused(repacked({name: b"x"})) == "roster.grid_macros"


def test_a_workbook_that_says_it_has_macros_is_refused() -> None:
    types = part("[Content_Types].xml").replace(
        b"openxmlformats-officedocument.spreadsheetml.sheet.main",
        b"ms-excel.sheet.macroEnabled.main",
    )
    assert refused(repacked({"[Content_Types].xml": types})) == "roster.grid_macros"


def test_a_bomb_is_refused_by_the_size_it_declares() -> None:
    bomb = repacked({"xl/media/a.bin": b"\0" * (MAX_UNPACKED + 1)})
    assert len(bomb) < 100_000
    assert refused(bomb) == "roster.grid_too_large"


@pytest.mark.parametrize("declared", [0, 10, 2**31])
def test_a_part_whose_size_is_a_lie_is_refused(declared: int) -> None:
    bomb = bytearray(repacked({"xl/media/a.bin": b"\0" * 100_000}))
    entry = bomb.rindex(b"PK\x01\x02")
    bomb[entry + 24 : entry + 28] = declared.to_bytes(4, "little")
    assert refused(bytes(bomb)).startswith("roster.grid_")


def test_too_many_parts_are_refused() -> None:
    assert refused(repacked({f"x/{n}": b"" for n in range(201)})) == "roster.grid_too_large"


def test_a_sheet_of_too_many_tags_is_refused_before_it_is_parsed() -> None:
    flood = part(SHEET).replace(
        b"</sheetData>", b"<row>" + b"<c/>" * MAX_TAGS + b"</row></sheetData>"
    )
    assert flood != part(SHEET)
    assert refused(repacked({SHEET: flood})) == "roster.grid_too_large"


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_packings_than_spreadsheets_use_are_refused(packing: int) -> None:
    assert refused(repacked({}, packing)) == "roster.grid_unreadable"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_part_with_a_document_type_is_refused(encoding: str) -> None:
    laughs = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    assert refused(repacked({SHEET: laughs.encode(encoding)})) == "roster.grid_unreadable"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'r="1"', b'r="99999999"', None),
        (b'r="4"', b'r="5001"', "roster.grid_too_large"),
        (b"<row", b"<rowx", None),
        (b't="inlineStr"', b't="s"', None),
        (b'r="A4"', b'r="A0"', None),
        (b'r="AH4"', b'r="XFD4"', None),
    ],
)
def test_a_broken_sheet_is_read_or_refused(old: bytes, new: bytes, code: str | None) -> None:
    data = repacked({SHEET: part(SHEET).replace(old, new)})
    assert outcome(data) == (code or outcome(data))
    assert outcome(data).startswith(("read", "roster.grid_"))


def test_something_far_to_the_right_is_refused_and_blank_cells_there_are_not() -> None:
    for value, expected in (("x", "roster.grid_too_large"), (None, None)):
        book = book_of(["2026年12月"], ["姓名", 7], ["陈甲", "门上"])
        sheet = book.active
        assert sheet is not None
        cell = sheet.cell(3, 200, value)
        cell.font = Font(bold=True)
        if expected:
            assert refused(saved(book)) == expected
        else:
            assert read(saved(book)).accepted == (shift("门上"),)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=8))
def test_a_damaged_workbook_is_read_or_refused(place: int, damage: bytes) -> None:
    data = GOOD[:place] + damage + GOOD[place + len(damage) :]
    assert outcome(data).startswith(("read", "roster.grid_"))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_workbook_with_a_damaged_part_is_read_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(zipfile.ZipFile(io.BytesIO(GOOD)).namelist()))
    content = part(name)
    place = data.draw(st.integers(0, len(content)))
    damage = data.draw(st.binary(max_size=6) | st.sampled_from([b"<c/>", b"<row/>", b"</row>"]))
    damaged = content[:place] + damage + content[place + len(damage) :]
    assert outcome(repacked({name: damaged})).startswith(("read", "roster.grid_"))
