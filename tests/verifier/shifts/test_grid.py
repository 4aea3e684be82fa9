"""The grid that departments keep, as they keep it, and everything in it that is not read."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifier.shifts import (
    Assignment,
    GridReport,
    Month,
    Physician,
    RosterRefused,
    read_grid,
    write_grid_csv,
    write_grid_xlsx,
)
from verifier.shifts.codes import clean
from verifier.shifts.people import Directory
from verifier.shifts.texts import codes as text_codes

from .invented import CHEN, CODES, DECEMBER, KNOWN, LIN, PEOPLE, PLACE, WEST, WU, shift, shifts

USUAL = f"""\
2026年12月 呼吸内科排班表,,,,,,
医师代码,工号,姓名,1,2,3,备注
,,,二,三,四,
{CHEN},00123,陈甲,门上/门下,夜班,下夜休,组长
{LIN},,林乙,休,,门上＋二线,
,,吴丙,值24,休,,
"""


def read(text: str | bytes, month: Month | None = None) -> GridReport:
    data = text.encode() if isinstance(text, str) else text
    return read_grid(data, PLACE, CODES, KNOWN, month)


def problems(text: str, month: Month | None = None) -> list[tuple[str, str, str]]:
    return [(one.address, one.code, one.value) for one in read(text, month).problems]


def refused(text: str | bytes, month: Month | None = None) -> str:
    with pytest.raises(RosterRefused) as error:
        read(text, month)
    return error.value.code


def tried(data: bytes) -> tuple[GridReport | None, str]:
    """What was read, or the code with which it was refused."""
    try:
        return read(data), "roster.grid_"
    except RosterRefused as error:
        return None, error.code


def one_row(header: str, cells: str = "门上", title: str = "2026年12月") -> str:
    return f"{title}\n姓名,{header}\n陈甲,{cells}\n"


def test_a_usual_grid_is_read_whole() -> None:
    report = read(USUAL)
    assert report.problems == ()
    assert report.month == DECEMBER
    assert report.physicians == (CHEN, LIN, WU)
    assert report.days == (date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3))
    assert report.ignored == ("G 备注",)
    assert report.accepted == (
        shift("门上", 1),
        shift("门下", 1),
        shift("夜班", 2),
        shift("下夜休", 3),
        shift("休", 1, LIN),
        shift("门上", 3, LIN),
        shift("二线", 3, LIN),
        shift("值24", 1, WU),
        shift("休", 2, WU),
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_encodings_and_delimiters_of_spreadsheets_are_read(encoding: str, delimiter: str) -> None:
    assert read(USUAL.replace(",", delimiter).encode(encoding)) == read(USUAL)


@pytest.mark.parametrize(
    "header",
    [
        "7", "07", "７", "7日", "7号", "7一", "7日 周一", "7\u3000（一）", "7 Mon", "12/7", "12-7",
        "12月7日", "2026-12-07", "2026/12/7", "2026.12.7", "2026年12月7日",
        "2026-12-07 00:00:00", "2026-12-07T00:00:00", "2026-12-07 Monday",
    ],
)  # fmt: skip
def test_a_day_is_read_as_people_head_it(header: str) -> None:
    report = read(one_row(header))
    assert (report.accepted, report.problems) == ((shift("门上", 7),), ())


@pytest.mark.parametrize(
    "text",
    [
        "排班表,,\n制表：2026年11月25日,,\n姓名,7\n陈甲,门上\n",
        "工号,7\n123,门上\n",
        "医师 代码,7\n" + f"{CHEN},门上\n",
        "Physician_Code,7\n" + f"{CHEN},门上\n",
        "Name,7\n陈甲,门上\n",
        "姓名\\日期,7\n陈甲,门上\n",
        "序号,姓名,日期\n,,7\n,,一\n1,陈甲,门上\n",
        "2026年12月\n姓名,7\n星期,一\n陈甲,门上\n",
        "\n\n姓名,7\n\n陈甲,门上\n\n",
        "姓名,7\n陈甲,'门上\n".replace("'", ""),
    ],
)
def test_headers_stand_where_people_put_them(text: str) -> None:
    report = read(text, DECEMBER)
    assert (report.accepted, report.problems) == ((shift("门上", 7),), ())


def test_a_month_is_given_or_read_from_the_title() -> None:
    assert read("姓名,7\n陈甲,门上", DECEMBER).month == DECEMBER
    assert read(one_row("7", title="排班 2026-12")).month == DECEMBER
    assert refused("姓名,7\n陈甲,门上") == "roster.grid_month_missing"
    assert refused(one_row("7", title="2026年11月,2026年12月")) == "roster.grid_month_missing"
    assert refused(one_row("7"), Month(2026, 11)) == "roster.grid_month_differs"


def test_full_dates_need_no_month() -> None:
    report = read("姓名,2026-12-31,2027-01-01\n陈甲,值24,休")
    assert report.month is None
    assert [one.day for one in report.accepted] == [date(2026, 12, 31), date(2027, 1, 1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (one_row("7", "上班"), [("B3", "roster.cell_unknown_code", "上班")]),
        (one_row("7,8", "门上/上班,休"), [("B3", "roster.cell_unknown_code", "上班")]),
        (one_row("7", "门上+门上"), [("B3", "roster.cell_code_twice", "门上+门上")]),
        (one_row("7,32", "休,门上"), [("C3", "roster.day_does_not_exist", "门上")]),
        (one_row("7,32", "休,"), []),
        (one_row("7,12/40", "休,休"), [("C3", "roster.day_does_not_exist", "休")]),
        (one_row("7,2027-01-01", "休,休"), [("C3", "roster.day_outside_month", "休")]),
        (one_row("7,7日", "休,门上"), [("C3", "roster.day_twice", "门上")]),
        (one_row("7,", "休,门上"), [("C3", "roster.column_without_header", "门上")]),
        (one_row("7", "休") + "无此人,休\n", [("A4", "roster.physician_unknown", "无此人")]),
        (one_row("7", "休") + "陈甲,休\n", [("A4", "roster.row_twice", "陈甲")]),
        (one_row("7", "休") + ",休\n", [("B4", "roster.row_without_physician", "休")]),
        (
            one_row("7", "休") + "注：休即休息\n",
            [("A4", "roster.physician_unknown", "注：休即休息")],
        ),
    ],
)
def test_what_is_not_read_is_reported_at_its_address(
    text: str, expected: list[tuple[str, str, str]]
) -> None:
    normal = [(a, c, v.replace("：", ":")) for a, c, v in expected]
    assert problems(text) == normal


def test_a_day_that_the_month_lacks_is_reported_only_where_something_stands() -> None:
    header = ",".join(map(str, range(1, 32)))
    february = f"2027年2月\n姓名,{header}\n陈甲,{',' * 28}门上,,\n林乙{',' * 31}\n"
    report = read(february)
    assert len(report.days) == 28
    assert [(one.address, one.code) for one in report.problems] == [
        ("AD3", "roster.day_does_not_exist")
    ]
    assert "门上" in report.problems[0].zh
    assert "门上" in report.problems[0].en


def test_an_ambiguous_name_is_a_problem_and_its_row_is_not_read() -> None:
    twins = Directory.of((*PEOPLE, Physician("D990101000019", "陈甲", frozenset({"呼吸内科"}))))
    report = read_grid(one_row("7").encode(), PLACE, CODES, twins)
    assert report.accepted == ()
    assert [one.code for one in report.problems] == ["roster.physician_ambiguous"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "roster.grid_no_header"),
        ("一,二\n三,四".encode(), "roster.grid_no_header"),
        ("姓名,备注\n陈甲,无".encode(), "roster.grid_no_days"),
        ("姓名,医师,7\n陈甲,陈甲,休".encode(), "roster.grid_column_twice"),
        ("姓名,7\n陈甲,休".encode("utf-16"), "roster.grid_encoding"),
        (b"\x81\xff\xff,7", "roster.grid_encoding"),
        ('姓名,7\n"陈甲,休'.encode(), "roster.grid_unreadable"),
        (b"PK\x03\x04 no workbook", "roster.grid_unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "roster.grid_unreadable"),
        (b"," * (2 * 1024 * 1024 + 1), "roster.grid_too_large"),
        (("姓名,7" + "," * 63 + "x\n").encode(), "roster.grid_too_large"),
        (("姓名,7\n" + "陈甲,休\n" * 5000).encode(), "roster.grid_too_large"),
        (("姓名,7\n" + "\n" * 5000 + "陈甲,休\n").encode(), "roster.grid_too_large"),
    ],
)
def test_a_file_that_is_no_grid_is_refused_by_its_code(data: bytes, code: str) -> None:
    assert refused(data, DECEMBER) == code


def test_blank_cells_and_rows_beyond_the_limits_are_no_reason_to_refuse() -> None:
    text = "姓名,7" + "," * 200 + "\n陈甲,休" + "," * 200 + "\n" * 9000
    assert read(text, DECEMBER).accepted == (shift("休", 7),)


def test_a_month_with_an_uncovered_holiday_is_read_with_a_hint() -> None:
    report = read("2026年10月\n姓名,1,2\n陈甲,休,值24\n")
    assert [one.day.day for one in report.hints if one.day] == [1, 3, 4, 5, 6, 7]


here = shifts().filter(lambda one: one.place == PLACE)


@settings(max_examples=40)
@given(st.sets(here, max_size=30))
def test_what_is_written_as_csv_is_read_again(roster: set[Assignment]) -> None:
    report = read(write_grid_csv(roster, DECEMBER, PLACE, PEOPLE, CODES))
    assert (set(report.accepted), report.problems) == (roster, ())
    assert len(report.accepted) == len(roster)
    assert (report.month, report.ignored) == (DECEMBER, ())


@settings(max_examples=10)
@given(st.sets(here, max_size=30))
def test_what_is_written_as_a_workbook_is_read_again(roster: set[Assignment]) -> None:
    report = read(write_grid_xlsx(roster, DECEMBER, PLACE, PEOPLE, CODES))
    assert (set(report.accepted), report.problems) == (roster, ())


@settings(max_examples=25)
@given(st.text(max_size=12), st.text(alphabet="=＝+-@'\t\r\"x", min_size=1, max_size=5))
def test_a_name_that_looks_like_a_formula_is_written_as_text(name: str, odd: str) -> None:
    person = Physician(CHEN, odd + name, frozenset({PLACE.department}))
    data = write_grid_csv([shift("门上")], DECEMBER, PLACE, [person], CODES)
    for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        assert not any(text.startswith(("=", "+", "-", "@", "＝", "\t", "\r")) for text in row)
    report = read_grid(data, PLACE, CODES, Directory.of([person]))
    assert report.accepted == (shift("门上"),)


@pytest.mark.parametrize("stray", [shift("门上", 7, "D990101000099"), shift("门上", place=WEST)])
def test_an_assignment_without_a_cell_is_not_left_out_silently(stray: Assignment) -> None:
    with pytest.raises(RosterRefused) as error:
        write_grid_csv([stray], DECEMBER, PLACE, PEOPLE, CODES)
    assert error.value.code == "roster.grid_not_writable"


CELLS = st.one_of(
    st.sampled_from([one.code for one in CODES]),
    st.sampled_from(["", "门上/门下", "门上+二线", "上班", "=1", "休/休", "，"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='",;'), max_size=6),
)


@settings(max_examples=80)
@given(st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=3))
def test_every_cell_is_accepted_or_reported(cells: list[list[str]]) -> None:
    names = ("陈甲", "林乙", "吴丙")
    rows = [",".join([name, *row]) for name, row in zip(names, cells, strict=False)]
    report = read("\n".join(["2026年12月", "姓名,1,2,3,4", *rows]))
    done = {(one.physician, one.day.day) for one in report.accepted}
    told = {(one.row, one.column) for one in report.problems}
    for r, row in enumerate(cells):
        for c, text in enumerate(row):
            read_here = (PEOPLE[r].code, c + 1) in done
            blank = not clean(text)
            assert [read_here, (r + 3, c + 2) in told, blank].count(True) == 1


@settings(max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(alphabet="姓名工号,;\t\n\"'0123日月年/=门上休", max_size=120).map(str.encode),
        st.binary(max_size=60).map(lambda tail: USUAL.encode() + tail),
    )
)
def test_whatever_the_bytes_are_they_are_read_or_refused(data: bytes) -> None:
    report, code = tried(data)
    assert code.startswith("roster.grid_")
    for one in report.problems if report else ():
        assert one.code in text_codes()
        assert all((one.zh, one.en, one.address))
