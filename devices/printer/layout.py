"""From a slip to lines that fit the paper: pure, and counted in the printer's own columns.

A printer's font gives an ASCII character one column and every other, which it gets as two bytes,
two. Chinese breaks between any two characters, except that no line begins with closing punctuation
or ends with opening; Latin words stay whole while they fit (after GB/T 15834, 5.1).
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from codes.glyphs import BOX

from .slip import Field, Paragraph, Row, Slip

_OPENING = "（《〈「『【〔“‘["
_CLOSING = "，。、；：？！）》〉」』】〕”’…·,.;:?!)]%"
_UNIT = re.compile(
    rf"{BOX}\([^()\s]*\)[{re.escape(_CLOSING)}]*"  # a character that is not drawn, and its reading
    rf"|[{re.escape(_OPENING)}]*(?:[!-~]+|[^\s])[{re.escape(_CLOSING)}]*"
    r"|\s+"
)
_GAP = 2
"""Columns between a label and its value."""
_WIDEST_LABEL = 0.4
"""Of the paper: a longer label gets a line of its own."""

Drawable = Callable[[str], str]
"""A text as the printer can draw it (`codes.glyphs`)."""


class Align(StrEnum):
    """Where a line stands."""

    LEFT = "left"
    CENTRE = "center"


@dataclass(frozen=True)
class Line:
    """One printed line: at most as many columns as the paper has at its size."""

    text: str = field(repr=False)
    align: Align = Align.LEFT
    bold: bool = False
    double: bool = False
    """Twice as wide and as high."""


@dataclass(frozen=True)
class Code:
    """A QR code, in the middle."""

    text: str = field(repr=False)


Item = Line | Code
_BLANK = Line("")


def lay_out(slip: Slip, columns: int, drawable: Drawable = str) -> list[Item]:
    """The slip's lines, top to bottom, for paper of so many columns (48 on 80 mm, 32 on 58 mm).

    Nothing in the slip's texts can become a command: control characters are gone from the lines.
    """
    page = _Page(columns, lambda text: drawable(plain(text)))
    items: list[Item] = [*page.middle(slip.title, bold=True, double=True)]
    items += [*page.middle(slip.heading, bold=True), _BLANK]
    labels = [cells(page.draw(row.label)) for row in slip.rows if isinstance(row, Field)]
    indent = max((w for w in labels if w <= columns * _WIDEST_LABEL), default=0) + _GAP
    for row in slip.rows:
        items += page.row(row, indent)
    if slip.qr:
        items += [_BLANK, Code(slip.qr), _BLANK]
    for text in slip.footer:
        items += page.middle(text)
    return items


def cells(text: str) -> int:
    """Columns that a text takes."""
    return sum(1 if character.isascii() else 2 for character in text)


def plain(text: str) -> str:
    """The text without what a printer would obey: controls, format characters, half pairs.

    Line ends and tabs become spaces.
    """
    spaced = re.sub(r"[\t\n\v\f\r\x85\u2028\u2029]+", " ", text)
    return "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


def wrapped(text: str, columns: int) -> list[str]:
    """The text in lines of at most `columns` (two or more) columns; a blank text is no line."""
    lines, line = [], ""
    for unit in _units(text, columns):
        if cells(line) + cells(unit) <= columns:
            line += unit
        else:
            lines.append(line.rstrip())
            line = unit.lstrip()
    return [each for each in (*lines, line.rstrip()) if each]


def _units(text: str, columns: int) -> Iterator[str]:
    """What must not be broken; cut where it is wider than the paper."""
    for match in _UNIT.finditer(text.strip()):
        unit = " " if match[0].isspace() else match[0]
        while cells(unit) > columns:
            head = _fitting(unit, columns)
            yield head
            unit = unit[len(head) :]
        yield unit


def _fitting(text: str, columns: int) -> str:
    """The longest beginning that fits."""
    taken = 0
    for end, character in enumerate(text):
        taken += cells(character)
        if taken > columns:
            return text[:end]
    return text


class _Page:
    def __init__(self, columns: int, draw: Drawable) -> None:
        self.columns, self.draw = columns, draw

    def middle(self, text: str, *, bold: bool = False, double: bool = False) -> list[Line]:
        columns = self.columns // 2 if double else self.columns
        lines = wrapped(self.draw(text), columns)
        return [Line(each, Align.CENTRE, bold, double) for each in lines]

    def row(self, row: Row, indent: int) -> list[Line]:
        match row:
            case Paragraph():
                lines = wrapped(self.draw(row.text), self.columns)
                return [Line(each, bold=row.bold) for each in lines]
            case Field():
                return self._field(self.draw(row.label), self.draw(row.value), indent)
            case _:
                return [Line("-" * self.columns)]

    def _field(self, label: str, value: str, indent: int) -> list[Line]:
        """The value in a column of its own; under the label where that is too long for one."""
        values = wrapped(value, self.columns - indent)
        beside = " " * indent
        if cells(label) + _GAP > indent:
            heads = [Line(each) for each in wrapped(label, self.columns)]
            return heads + [Line(beside + each) for each in values]
        first, *rest = values or [""]
        head = Line((label + " " * (indent - cells(label)) + first).rstrip())
        return [head, *(Line(beside + each) for each in rest)]
