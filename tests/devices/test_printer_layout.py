"""A slip's lines: they fit, nothing is lost, nothing in them is obeyed."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codes.glyphs import drawable, in_font_of
from devices.pinyin import reading_of
from devices.printer import Field, Paragraph, PrinterSettings, Rule, Slip
from devices.printer.commands import pieces
from devices.printer.interpreter import (
    Coded,
    CutOff,
    Fed,
    Interpreter,
    Pictured,
    Printed,
    Reset,
    Step,
)
from devices.printer.layout import Align, Code, Item, Line, cells, lay_out, plain, wrapped

COLUMNS = st.sampled_from([32, 48])
TEXTS = st.text(max_size=120) | st.text("身份已确认，请。（）「」A-9 □ǎ", max_size=120)
ROWS = st.builds(Field, TEXTS, TEXTS) | st.builds(Paragraph, TEXTS) | st.just(Rule())
SLIPS = st.builds(
    Slip,
    TEXTS,
    TEXTS,
    st.lists(ROWS, max_size=6).map(tuple),
    st.none() | st.text("abc:123", min_size=1, max_size=40),
    st.lists(TEXTS, max_size=2).map(tuple),
)


def gbk(text: str) -> str:
    return drawable(text, in_font_of("gbk"), reading_of)


def steps(data: bytes) -> list[Step]:
    printer = Interpreter()
    printer.feed(data)
    return list(iter(printer.step, None))


@given(SLIPS, COLUMNS)
def test_every_line_fits_the_paper(slip: Slip, columns: int) -> None:
    for item in lay_out(slip, columns):
        if isinstance(item, Line):
            assert cells(item.text) * (2 if item.double else 1) <= columns


@given(TEXTS, st.integers(2, 48))
def test_nothing_but_space_is_lost_when_a_text_is_wrapped(text: str, columns: int) -> None:
    kept = "".join(wrapped(plain(text), columns))
    assert re.sub(r"\s", "", kept) == re.sub(r"\s", "", plain(text))


@given(st.text("身份确认，。、；：！？）", min_size=1, max_size=60))
def test_no_line_begins_with_a_closing_mark_while_something_stands_before_it(text: str) -> None:
    for line in wrapped("甲" + re.sub("[，。、；：！？）]+", "，", text), 8)[1:]:
        assert line[0] not in "，。、；：！？）"


def test_an_opening_mark_goes_to_the_next_line_with_what_it_opens() -> None:
    assert wrapped("请到人工窗口（一楼大厅）", 14) == ["请到人工窗口", "（一楼大厅）"]


def test_a_word_stays_whole_where_it_fits_and_is_cut_where_it_does_not() -> None:
    assert wrapped("please go to the counter", 14) == ["please go to", "the counter"]
    assert wrapped("abcdefgh", 5) == ["abcde", "fgh"]


def test_a_character_that_is_not_drawn_stays_with_its_reading() -> None:
    assert wrapped("张甲乙龚□(yǎn)", 12) == ["张甲乙龚", "□(yǎn)"]


def test_values_stand_in_one_column_and_a_long_one_goes_on_under_itself() -> None:
    slip = Slip("院", rows=(Field("时间", "09:30"), Field("记录编号", "一二三四五六七八九十百千")))
    lines = [item.text for item in lay_out(slip, 32)]
    assert lines[2:] == ["时间      09:30", "记录编号  一二三四五六七八九十百", " " * 10 + "千"]


def test_a_label_that_is_too_long_for_a_column_has_a_line_of_its_own() -> None:
    slip = Slip("院", rows=(Field("a label of many many words", "value"),))
    assert [item.text for item in lay_out(slip, 32)][2:] == [
        "a label of many many words",
        "  value",
    ]


@settings(deadline=None)  # the first rare character loads a dictionary
@given(SLIPS, st.sampled_from([58, 80]))
def test_what_a_printer_understands_is_what_the_slip_says(slip: Slip, width: int) -> None:
    paper = PrinterSettings(width=width)  # type: ignore[arg-type]
    items = lay_out(slip, paper.columns, gbk)
    done = steps(b"".join(pieces(items, paper)))
    assert isinstance(done[0], Reset)
    assert isinstance(done[-1], CutOff)
    heard = [step for step in done if isinstance(step, Printed | Coded)]
    assert [understood(step) for step in heard] == [meant(item) for item in items]


def understood(step: Printed | Coded) -> object:
    if isinstance(step, Coded):
        return step.data.decode()
    styles = {(run.style.bold, run.style.wide, run.style.high) for run in step.runs}
    return "".join(run.text for run in step.runs), step.align, styles


def meant(item: Item) -> object:
    if isinstance(item, Code):
        return item.text
    size = 2 if item.double else 1
    styles = {(item.bold, size, size)} if item.text else set()
    return item.text, int(item.align is Align.CENTRE), styles


@pytest.mark.parametrize("evil", ["\x1b@", "\x1dV\x00", "\x10\x04\x01", "\x10\x14\x08", "a\nb\r"])
def test_no_text_becomes_a_command(evil: str) -> None:
    said = f"甲{evil}乙"
    slip = Slip(said, said, (Field(said, said), Paragraph(said)), footer=(said,))
    done = steps(b"".join(pieces(lay_out(slip, 48, gbk), PrinterSettings())))
    kinds = [type(step).__name__ for step in done]
    assert kinds.count("Reset") == kinds.count("CutOff") == 1
    assert kinds.count("Printed") == len(lay_out(slip, 48, gbk))


@settings(deadline=None)
@given(SLIPS, st.integers(64, 400))
def test_pieces_are_no_longer_than_a_buffer_takes_and_split_no_command(
    slip: Slip, size: int
) -> None:
    items = lay_out(slip, 48, gbk)
    whole = pieces(items, PrinterSettings(piece=100_000))
    parts = pieces(items, PrinterSettings(piece=size))
    assert b"".join(parts) == b"".join(whole)
    assert all(len(part) <= max(size, 130) for part in parts)
    printer = Interpreter()
    for part in parts:
        printer.feed(part)
        list(iter(printer.step, None))
        assert printer.waiting == 0


def test_the_names_of_the_handbook_are_printed_as_it_says() -> None:
    page = (Path(__file__).parents[2] / "docs" / "names.md").read_text("utf-8")
    table = page.split("# How names are drawn")[1]
    rows = re.findall(r"^\| `(.+?)` \| `(.+?)` \|$", table, re.M)
    assert len(rows) >= 5
    for name, on_the_slip in rows:
        name = re.sub(r"\\u([0-9A-F]{4})", lambda m: chr(int(m[1], 16)), name)
        slip = Slip("院", rows=(Field("姓名", name),))
        draw = lambda text: drawable(text, in_font_of("gb2312"), reading_of)  # noqa: E731
        printed = steps(b"".join(pieces(lay_out(slip, 48, draw), PrinterSettings())))
        texts = ["".join(r.text for r in s.runs) for s in printed if isinstance(s, Printed)]
        assert f"姓名  {on_the_slip}" in texts


def test_a_slip_shows_nothing_of_what_it_says_in_its_repr() -> None:
    slip = Slip("示范医院", "凭条", (Field("姓名", "张*"),), "secret", ("脚注",))
    shown = repr((slip, slip.rows, lay_out(slip, 48)))
    for secret in ("张*", "secret", "脚注"):
        assert secret not in shown


@pytest.mark.parametrize("end", ["cut", "partial_cut", "tear"])
@pytest.mark.parametrize("qr", ["native", "raster"])
def test_a_slip_ends_and_shows_its_code_as_the_printer_can(end: str, qr: str) -> None:
    paper = PrinterSettings(end=end, qr=qr, size_by_fs=True)  # type: ignore[arg-type]
    items = lay_out(Slip("院", qr="a:b"), paper.columns)
    done = steps(b"".join(pieces(items, paper)))
    last = Fed(6) if end == "tear" else CutOff()
    assert done[-1] == last
    kind = Coded if qr == "native" else Pictured
    codes = [step for step in done if isinstance(step, Coded | Pictured)]
    assert codes
    assert {type(step) for step in codes} == {kind}
    assert {step.align for step in codes} == {1}


def test_a_code_that_no_printer_draws_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        pieces([Code("x" * 501)], PrinterSettings())
