"""Shift codes: the table that ships, a hospital's own, and what people write in a cell."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.shifts import RosterRefused, ShiftKind, load_codes, parse_codes
from verifier.shifts.codes import UnreadableCell

from .invented import CODES

ONE = """
[[codes]]
code = "晨"
meaning_zh = "早班"
meaning_en = "Early"
kind = "work"
intervals = ["06:00-14:00"]
"""


def test_the_shipped_table_has_the_codes_that_departments_write() -> None:
    kinds = {one.code: one.kind for one in CODES}
    assert {kinds[code] for code in ("门上", "门下", "夜门", "值24", "手术", "会诊")} == {"work"}
    assert {kinds[code] for code in ("二线", "听班")} == {ShiftKind.ON_CALL}
    assert {kinds[code] for code in ("下夜休", "休")} == {ShiftKind.OFF}


def test_a_shift_may_be_split_cross_midnight_or_last_a_day() -> None:
    assert CODES.get("门全").intervals == ((480, 720), (810, 1050))
    assert CODES.get("夜班").intervals == ((1050, 1920),)
    assert CODES.get("值24").intervals == ((480, 1920),)
    assert CODES.get("夜班").crosses_midnight
    assert not CODES.get("门全").crosses_midnight


def test_a_hospitals_own_file_replaces_the_table(tmp_path: Path) -> None:
    file = tmp_path / "codes.toml"
    file.write_text(ONE, encoding="utf-8")
    assert [one.code for one in load_codes(file)] == ["晨"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "codes = 3",
        "no toml at all",
        "codes = []",
        ONE + ONE,
        ONE.replace("work", "works"),
        ONE.replace("06:00-14:00", "6-14"),
        ONE.replace("06:00-14:00", "14:00-06:00"),
        ONE.replace("06:00-14:00", "24:00-26:00"),
        ONE.replace("06:00-14:00", "06:00-30:01"),
        ONE.replace('"06:00-14:00"', ""),
        ONE.replace('"06:00-14:00"', '"06:00-14:00", "13:00-15:00"'),
        ONE.replace("晨", "晨/晚"),
        ONE.replace("晨", "=晨"),
        ONE.replace("晨", "晨 班"),
        ONE.replace("晨", "Ａ"),
        ONE + "gives_way = true",
        ONE + 'colour = "red"',
        ONE + 'also = ["晨班"]\n' + ONE.replace("晨", "晨班"),
    ],
)
def test_a_malformed_table_is_refused_by_its_code(text: str) -> None:
    with pytest.raises(RosterRefused) as refused:
        parse_codes(text.encode())
    assert refused.value.code == "roster.codes_malformed"


def test_a_table_that_cannot_be_read_is_refused_likewise(tmp_path: Path) -> None:
    with pytest.raises(RosterRefused) as refused:
        load_codes(tmp_path / "nowhere.toml")
    assert refused.value.code == "roster.codes_malformed"
    assert "nowhere.toml" in refused.value.note


@given(st.binary(max_size=200))
def test_whatever_the_bytes_are_a_table_is_read_or_refused(data: bytes) -> None:
    with pytest.raises(RosterRefused):
        parse_codes(data)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("门上", ("门上",)),
        (" 门 上 ", ("门上",)),
        ("门上/门下", ("门上", "门下")),
        ("门上／门下", ("门上", "门下")),
        ("门上＋二线", ("门上", "二线")),
        ("门上、二线", ("门上", "二线")),
        ("门上\r\n二线", ("门上", "二线")),
        ("门上 二线", ("门上", "二线")),
        ("值２４", ("值24",)),
        ("24H", ("值24",)),
        ("上午门诊", ("门上",)),
        ("", ()),
        (" \u3000\u200b", ()),
    ],
)
def test_a_cell_is_read_as_people_write_it(text: str, codes: tuple[str, ...]) -> None:
    assert CODES.read_cell(text) == codes


@pytest.mark.parametrize(
    ("text", "code", "value"),
    [
        ("上班", "roster.cell_unknown_code", "上班"),
        ("门上/上班", "roster.cell_unknown_code", "上班"),
        ("/", "roster.cell_unknown_code", "/"),
        ("=1+1", "roster.cell_unknown_code", "=1"),
        ("门上/上午门诊", "roster.cell_code_twice", "门上/上午门诊"),
    ],
)
def test_a_cell_that_is_no_code_says_which_part(text: str, code: str, value: str) -> None:
    with pytest.raises(UnreadableCell) as error:
        CODES.read_cell(text)
    assert (error.value.code, error.value.value) == (code, value)


def test_an_unknown_code_is_refused_and_not_taken_for_free_time() -> None:
    with pytest.raises(RosterRefused) as refused:
        CODES.get("旧班")
    assert refused.value.code == "roster.code_unknown"
