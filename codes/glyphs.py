"""A name that a font or a printer cannot draw whole is still shown, and still prints.

A character without a glyph becomes □ with its pinyin, `张□(yǎn)`, so that a person recognises the
name and a clerk can say it. Nothing is refused, and nobody's name is replaced by another's.
"""

import unicodedata
from collections.abc import Callable
from typing import Literal

from .errors import InvalidCode
from .gb18030 import assigned, encode

HasGlyph = Callable[[str], bool]
"""Whether one character can be drawn. What asks knows its font or its printer's character set."""

Pinyin = Callable[[str], str | None]
"""One character's reading, `yǎn`; None where none is known. `devices.pinyin` has one."""

BOX = "□"
_NOT_DRAWN = ("Cc", "Cf", "Mn", "Me")


def drawable(text: str, has_glyph: HasGlyph, pinyin: Pinyin) -> str:
    """The text as it can be drawn.

    A private-use character that a standard explains counts as the assigned one. What has no width
    of its own (accents, variation selectors, format characters) goes if it has no glyph. The box
    itself is U+25A1, of GB 2312: what draws Chinese has it. Where the reading's own accents have no
    glyph, its plain letters stand.
    """
    composed = unicodedata.normalize("NFC", assigned(text))
    return "".join(_drawn(character, has_glyph, pinyin) for character in composed)


def in_font_of(charset: Literal["gb2312", "gbk"]) -> HasGlyph:
    """Characters that a printer's built-in font has, by the set that its manual names.

    Judged by the bytes that the printer gets, those of GB 18030: the two sets' codecs in Python
    differ in what A1 A4 is, which every printer draws as the dot in a name.
    """

    def has_glyph(character: str) -> bool:
        try:
            encode(character).decode(charset)
        except (InvalidCode, UnicodeDecodeError):
            return False
        return True

    return has_glyph


def _drawn(character: str, has_glyph: HasGlyph, pinyin: Pinyin) -> str:
    if has_glyph(character):
        return character
    if unicodedata.category(character) in _NOT_DRAWN:
        return ""
    reading = pinyin(character)
    return f"{BOX}({_plain(reading, has_glyph)})" if reading else BOX


def _plain(reading: str, has_glyph: HasGlyph) -> str:
    if all(map(has_glyph, reading)):
        return reading
    letters = unicodedata.normalize("NFD", reading)
    return "".join(c for c in letters if unicodedata.category(c) != "Mn")
