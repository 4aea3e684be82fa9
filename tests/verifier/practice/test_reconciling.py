"""Claims files: every line gets exactly one outcome, and none becomes a formula."""

import csv
import io
from contextlib import suppress
from datetime import UTC, date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import web
from verifier.practice import completeness, reconciling
from verifier.practice import reconciling_export as export
from verifier.practice.completeness import Tally
from verifier.practice.reconciling import WHYS, Judged, Line, ReconcilingRefused, Why
from verifier.protocol.practice import Introspection

from .clinic import NOON, number

T = web.translator("zh")


def answer(*reasons: str, active: bool = False) -> Introspection:
    return Introspection(
        active=active,
        code=number(1),
        at=NOON,
        window_state="none",
        practice_right="unknown",
        payment_qualification="unknown",
        reasons=list(reasons),
        iss="i",
        aud="a",
    )


def only_line(text: str) -> Line:
    (line,) = reconciling.read(f"code,time,institution,id\n{text}\n".encode())
    return line


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-27 12:00", NOON),
        ("2026-11-27T12:00:00+08:00", NOON),
        ("2026-11-27T04:00:00Z", NOON),
        ("2026/11/27 12:00:00", NOON),
        ("2026年11月27日 12:00", NOON),
        ("20261127120000", NOON),
        ("2026-11-27", None),
        ("20261127", None),
        ("12:00", None),
        ("2026-11-31 12:00", None),
        ("0001-01-01 00:00", None),
        ("", None),
    ],
)
def test_a_time_without_an_offset_is_the_hospitals_own(text: str, at: datetime | None) -> None:
    assert reconciling.moment_of(text) == at


@given(st.text(max_size=40))
def test_whatever_stands_for_a_time_is_read_or_not(text: str) -> None:
    found = reconciling.moment_of(text)
    assert found is None or found.tzinfo is not None


@given(st.binary(max_size=400))
def test_whatever_is_sent_is_lines_or_a_refusal(data: bytes) -> None:
    with suppress(ReconcilingRefused):
        assert reconciling.read(data)


def test_chinese_headers_other_separators_and_gb18030_are_read() -> None:
    text = "流水号;人员代码;时间\na1;d990101000001;2026-11-27 12:00\n\n"
    (line,) = reconciling.read(text.encode("gb18030"))
    assert (line.number, line.code, line.own_id) == (2, number(1), "a1")
    assert line.question is not None
    assert line.question.at == NOON.astimezone(UTC)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_header"),
        (b"name\nx\n", "no_header"),
        (b"code,time\n", "empty"),
        (b"\xff\xfec\0", "encoding"),
        (b'code,time\n"a', "unreadable"),
        (b"code,time\n" + b"x,y\n" * 20_001, "too_large"),
        (b"x" * (5 * 1024 * 1024 + 1), "too_large"),
    ],
)
def test_what_is_no_claims_file_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(ReconcilingRefused) as told:
        reconciling.read(data)
    assert told.value.code == f"reconcile.{code}"


@pytest.mark.parametrize(
    ("reasons", "why"),
    [
        (("practice.not_in",), "no_window"),
        (("practice.at_another_site",), "another_site"),
        (("practice.not_in", "practice.no_registration"), "no_registration"),
        (("practice.payment_suspended",), "payment_suspended"),
        (("practice.supervisor_not_in",), "supervisor_not_in"),
        (("practice.unknown",), "unknown_code"),
        (("practice.too_long_ago",), "too_long_ago"),
        (("practice.something_new",), "no_window"),
    ],
)
def test_a_line_without_a_match_says_why(reasons: tuple[str, ...], why: Why) -> None:
    found = reconciling.judged(only_line("D1,2026-11-27 12:00"), answer(*reasons))
    assert found.why == why
    assert len(found.also) == len(reasons) - 1


def test_payment_that_is_suspended_matches_nothing_though_the_window_is_there() -> None:
    line = only_line("D1,2026-11-27 12:00")
    assert reconciling.judged(line, answer(active=True)).why == "matched"
    suspended = answer("practice.payment_suspended", active=True)
    assert reconciling.judged(line, suspended).why == "payment_suspended"


@given(st.lists(st.booleans(), max_size=60))
def test_every_line_has_one_outcome_in_its_place(readable: list[bool]) -> None:
    rows = [f"D{n},{'2026-11-27 12:00' if ok else 'x'},," for n, ok in enumerate(readable)]
    if not rows:
        return
    lines = reconciling.read(("code,time\n" + "\n".join(rows)).encode())
    given_ = [answer("practice.not_in") for batch in reconciling.batches(lines) for _ in batch]
    found = reconciling.judge(lines, given_)
    assert [one.line for one in found] == lines
    assert [one.why == "unreadable" for one in found] == [not ok for ok in readable]
    assert sum(reconciling.counts(found).values()) == len(lines)


HOSTILE = ("=1+1", "+86", "-2", "@cmd", "\t=x", "＝1", "'=1", "a\x07b", "\ud800"[:0] + "x\ny")


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_was_sent_becomes_a_formula(text: str) -> None:
    line = Line(2, text, text, text, text, None)
    found = [Judged(line, "unreadable")]
    table = list(csv.reader(io.StringIO(export.write_csv(found, T).decode("utf-8-sig"))))
    book = openpyxl.load_workbook(io.BytesIO(export.write_xlsx(found, T)))
    cells = [*table[1], *(cell.value for cell in book.worksheets[0][2] if cell.value)]
    for cell in cells:
        assert not str(cell).startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
        assert "\n" not in str(cell)
    assert all(cell.data_type != "f" for row in book.worksheets[0].iter_rows() for cell in row)


def test_an_export_has_a_row_a_line_and_the_words_of_its_language() -> None:
    line = only_line("D1,2026-11-27 12:00,,a1")
    found = [reconciling.judged(line, answer("practice.not_in"))] * 3
    table = list(csv.reader(io.StringIO(export.write_csv(found, T).decode("utf-8-sig"))))
    assert len(table) == 4
    assert table[0][:3] == ["行", "流水号", "人员代码"]
    assert table[1][5] == "未对上：当时没有执业时段"


def test_outcomes_are_counted_by_reason_alone() -> None:
    assert not {"person", "code", "practitioner"} & set(WHYS)


# Monthly completeness


def tally(department: str, person: int, end: str = "out", review: str | None = None) -> Tally:
    return Tally(department, f"p{person}", end, review)


def test_a_small_department_is_shown_with_the_other_small_ones() -> None:
    found = [tally("big", n) for n in range(5)]
    found += [tally("one", n) for n in (5, 6)] + [tally("two", n, "time") for n in (7, 8, 9)]
    big, small = completeness.totals(found)
    assert (big.department, big.ends["out"]) == ("big", 5)
    assert (small.department, small.ends) == (None, {"out": 2, "time": 3})


def test_too_few_people_together_are_not_shown_at_all() -> None:
    assert completeness.totals([tally("one", n % 4) for n in range(40)]) == []


def test_a_month_is_the_hospitals_own() -> None:
    start, end = completeness.bounds(date(2026, 12, 17))
    assert start.isoformat() == "2026-12-01T00:00:00+08:00"
    assert end.isoformat() == "2027-01-01T00:00:00+08:00"
