"""What docs/names.md says is what the code does."""

import re
from pathlib import Path

import pytest

from codes import gb18030
from codes.glyphs import drawable, in_font_of
from codes.names import normalise
from devices.pinyin import reading_of

PAGE = (Path(__file__).parents[2] / "docs" / "names.md").read_text(encoding="utf-8")
_COMPARED, _DRAWN = PAGE.split("# How names are drawn")
COMPARED = re.findall(r"^\| `(.+?)` \| `(.+?)` \| (equal|different)\b", _COMPARED, re.MULTILINE)
DRAWN = re.findall(r"^\| `(.+?)` \| `(.+?)` \|$", _DRAWN, re.MULTILINE)


def text_of(cell: str) -> str:
    return re.sub(r"\\u([0-9A-F]{4})|\\U([0-9A-F]{8})", lambda m: chr(int(m[1] or m[2], 16)), cell)


@pytest.mark.parametrize(("one", "other", "verdict"), COMPARED)
def test_two_names_compare_as_the_page_says(one: str, other: str, verdict: str) -> None:
    assert text_of(one) != text_of(other)
    assert (normalise(text_of(one)) == normalise(text_of(other))) is (verdict == "equal")


@pytest.mark.parametrize(("name", "drawn"), DRAWN)
def test_a_name_is_drawn_as_the_page_says(name: str, drawn: str) -> None:
    assert drawable(text_of(name), in_font_of("gb2312"), reading_of) == drawn


def test_every_row_of_the_page_is_run() -> None:
    rows = [row for row in PAGE.splitlines() if row.startswith("| `")]
    assert len(COMPARED) + len(DRAWN) == len(rows) > 20


def test_the_page_counts_the_private_characters_as_the_table_does() -> None:
    counts = re.search(r"the (\d+) that left .*? the six .*? and (\d+) of the", PAGE, re.DOTALL)
    assert counts is not None
    assert int(counts[1]) + 6 + 1 + int(counts[2]) == len(gb18030.ASSIGNED)


def test_every_dot_that_the_page_lists_becomes_one_dot() -> None:
    (line,) = (line for line in PAGE.splitlines() if line.startswith("4. **Dots**"))
    dots = re.findall(r"`(.)`", line.split("become")[0])
    assert len(dots) == 9
    assert {normalise(f"甲{dot}{dot}乙") for dot in dots} == {"甲·乙"}
