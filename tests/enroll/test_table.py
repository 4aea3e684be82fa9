"""Tables as spreadsheets write them, and as they break."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enroll.errors import EnrollRefused
from enroll.table import COLUMNS, REQUIRED, chinese, parse_table, read_table

CHINESE = ",".join(chinese(name) for name in REQUIRED)
LINE = "990101198203120017,张甲,0.jpg,单独同意,2025-11,2025-11-03"


def refused(data: bytes) -> EnrollRefused:
    """The refusal of this table."""
    with pytest.raises(EnrollRefused) as error:
        parse_table(data)
    return error.value


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"), ("gbk", "gb18030")],
)
def test_a_table_is_read_in_the_encodings_that_spreadsheets_write(
    encoding: str, found: str
) -> None:
    table = parse_table(f"{CHINESE}\r\n{LINE}\r\n".encode(encoding))
    [row] = table.rows
    assert (table.encoding, row.line, row.get("name")) == (found, 2, "张甲")
    assert table.ignored == ()


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_commas_tabs_and_semicolons_part_the_cells(delimiter: str) -> None:
    text = f"{CHINESE}\n{LINE}\n".replace(",", delimiter)
    assert parse_table(text.encode()).rows[0].get("photo") == "0.jpg"


def test_headers_are_known_in_chinese_and_english_in_any_case_and_order() -> None:
    header = " Consented_At ,PHOTO,姓 名,ID_number,告知书版本,consent,科室"
    text = f"{header}\n2025-11-03,0.jpg,张甲,1,2,x,内科\n"
    table = parse_table(text.encode())
    assert table.rows[0].cells == {
        "consented_at": "2025-11-03",
        "photo": "0.jpg",
        "name": "张甲",
        "number": "1",
        "notice_version": "2",
        "consent": "x",
    }
    assert table.ignored == ("科室",)


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    text = f'{CHINESE}\n\n{LINE}\n"1","两\n行",a,b,c,d\n,,,,,\n{LINE}\n'
    assert [row.line for row in parse_table(text.encode()).rows] == [3, 4, 7]


def test_quotes_hold_commas_and_quotes() -> None:
    text = f'{CHINESE}\n1,"张,""甲""",a,b,c,d\n'
    assert parse_table(text.encode()).rows[0].get("name") == '张,"甲"'


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "table.empty", ""),
        (b"\r\n\r\n", "table.empty", ""),
        (f"{CHINESE}\r\n".encode(), "table.empty", ""),
        (f"{CHINESE}\n{LINE}\n1,2,3\n".encode(), "table.broken", "line 3"),
        (f"{CHINESE}\n{LINE},more\n".encode(), "table.broken", "line 2"),
        (f'{CHINESE}\n{LINE}\n1,"张甲,a,b,c,d\n'.encode(), "table.broken", "line 3"),
        (f'{CHINESE}\n1,"张"甲,a,b,c,d\n'.encode(), "table.broken", "line 2"),
        (f"{CHINESE}\n1,{'x' * 5000},a,b,c,d\n".encode(), "table.broken", "line 2"),
        (f"{CHINESE}\n{LINE}\n".encode("utf-16"), "table.encoding", ""),
        (f"{CHINESE}\n{LINE}\n".encode() + b"\xff\xff,\n", "table.encoding", "line 3"),
        (b"\x00\x01\x02", "table.encoding", ""),
        (b"number,name\n1,2\n", "table.columns_missing", ""),
        (f"{CHINESE},number\n{LINE},1\n".encode(), "table.column_twice", ""),
    ],
)
def test_a_broken_table_is_refused_and_the_line_is_named(data: bytes, code: str, line: str) -> None:
    error = refused(data)
    assert error.code == code
    assert line in str(error)
    assert "张" not in str(error)


def test_a_refusal_of_a_table_carries_the_line_and_the_columns() -> None:
    long = refused(f"{CHINESE}\n{LINE}\n1,{'x' * 5000},a,b,c,d\n".encode())
    assert (long.line, long.columns) == (3, ("name",))
    assert "line 3, column name (姓名)," in str(long)
    lacks = refused(b"number,name,photo\n1,2,3\n")
    assert (lacks.line, lacks.columns) == (1, ("consent", "notice_version", "consented_at"))
    assert refused(f"{CHINESE}\n{LINE}\n1,2\n".encode()).line == 3


def test_missing_columns_are_named_in_both_languages() -> None:
    message = str(refused(b"number,name,photo\n1,2,3\n"))
    assert "consent (同意方式)" in message
    assert "notice_version (告知版本)" in message
    assert "consented_at (同意时间)" in message


def test_a_table_that_is_absent_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EnrollRefused) as error:
        read_table(tmp_path / "absent.csv")
    assert error.value.code == "table.unreadable"
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(65 * 1024 * 1024)
    with pytest.raises(EnrollRefused) as error:
        read_table(large)
    assert error.value.code == "table.too_large"


def test_a_row_does_not_show_its_cells() -> None:
    [row] = parse_table(f"{CHINESE}\n{LINE}\n".encode()).rows
    assert repr(row) == "Row(line=2)"


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_typed_refusal(data: bytes) -> None:
    try:
        parse_table(data)
    except EnrollRefused as error:
        assert error.code.startswith("table.")  # noqa: PT017


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda cell: cell == cell.strip()
)


@settings(deadline=None)
@given(st.lists(st.lists(cells, min_size=6, max_size=6), min_size=1, max_size=5))
def test_what_was_written_is_read(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([list(REQUIRED), *rows])
    for encoding in ("utf-8", "utf-8-sig"):
        table = parse_table(text.getvalue().encode(encoding))
        assert [[row.get(name) for name in REQUIRED] for row in table.rows] == rows
    assert set(REQUIRED) <= set(COLUMNS)
