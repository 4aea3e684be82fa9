"""Readings of characters for a slip printer that cannot draw them (`codes.glyphs`).

Here and not in `codes`, which has the standard library only: the printer is where a missing glyph
is met, since its font is built in. A page draws with the terminal's fonts, which ship with it.
"""


def reading_of(character: str) -> str | None:
    """The most frequent reading with its tone, `yǎn`; None where the dictionary has none.

    A surname may have another than the most frequent. Loads its dictionary, about 57 MiB and a
    second (pypinyin 0.55), at the first character asked for; most terminals never need it.
    """
    from pypinyin import Style, pinyin

    found = pinyin(character, style=Style.TONE, errors="ignore")
    return found[0][0] if found else None
