"""GB 18030-2022 beside the editions before it, and what private-use characters in names stand for.

Old systems and cards write rare characters of names with code points of Unicode's private use area,
because Unicode did not have those characters when GBK (1995) or GB 18030-2000 was made. `assigned`
gives each the code point that it has now. Facts and how sure they are:

* 18 characters, ten vertical forms and eight ideographs, left the private area with the 2022
  edition, which swaps each pair's two byte codes. Sure: the recommendation of Unicode's technical
  committee, two browsers' tables and Java's agree.
* U+E7C7 `ḿ` left it with the 2005 edition, in the same way. Sure.
* Six ideographs have, beside a private code point with two bytes, one beyond the basic plane with
  four (since 2000). The 2022 edition keeps both codes and removes the glyph of the private one.
  The pairs are sure; that their two-byte codes still decode to the private code points is what
  the implementations do (the standard's text itself was not at hand).
* 81 more left it with the 2000 edition, GBK to GB 18030: 66 of row FE (`䶮` among them), `ǹ`, 13
  description characters, `€`. Sure: the codec below has their places, in GBK's order.
* The three user-defined areas (U+E000–U+E765) and the unassigned places after them mean what their
  owner says. Nothing public tells, so nothing is done: two such characters stay different.

Python's codec `gb18030` has the mapping of 2000. `decode` and `encode` have that of 2022, exactly:
all code points but surrogates go out and come back. A stream of an older edition that has the four
bytes of one of the 19 pairs decodes to its private code point, and `assigned` sets that right.
"""

from .errors import InvalidCode

_VERTICAL = (0xFE10, 0xFE12, 0xFE11, 0xFE13, 0xFE14, 0xFE15, 0xFE16, 0xFE17, 0xFE18, 0xFE19)
_MOVED = {
    0xE7C7: 0x1E3F,
    **{0xE78D + place: point for place, point in enumerate(_VERTICAL)},
    0xE81E: 0x9FB4,
    0xE826: 0x9FB5,
    0xE82B: 0x9FB6,
    0xE82C: 0x9FB7,
    0xE832: 0x9FB8,
    0xE843: 0x9FB9,
    0xE854: 0x9FBA,
    0xE864: 0x9FBB,
}
"""Private to assigned, 2005 (the first) and 2022."""

_DOUBLE = {
    0xE816: 0x20087,
    0xE817: 0x20089,
    0xE818: 0x200CC,
    0xE831: 0x215D7,
    0xE83B: 0x2298F,
    0xE855: 0x241FE,
}
"""Private to assigned, where both have a code of their own in every edition."""

_ROW_FE = (*range(0x50, 0x7F), *range(0x80, 0xA1))
"""Second bytes of GBK's last row in order; their private code points run on from U+E815."""

_OF_2000 = {
    0xE76C: 0x20AC,
    0xE7C8: 0x01F9,
    0xE7E7: 0x303E,
    **{0xE7E8 + place: 0x2FF0 + place for place in range(12)},
    **{
        0xE815 + place: ord(bytes((0xFE, second)).decode("gb18030"))
        for place, second in enumerate(_ROW_FE)
    },
}

ASSIGNED = {**_OF_2000, **_MOVED, **_DOUBLE}
"""Private code point to the one that the character has now, 106 of them."""

_SWAPPED = {
    point: other
    for private, assigned in _MOVED.items()
    if len(chr(private).encode("gb18030")) == 2  # so it is while Python's codec is that of 2000
    for point, other in ((private, assigned), (assigned, private))
}


def assigned(text: str) -> str:
    """The text with every private-use character that a standard explains written as assigned."""
    return text.translate(ASSIGNED)


def decode(data: bytes) -> str:
    """Text of GB 18030-2022 bytes; private code points stay, see `assigned`.

    Raises `InvalidCode` (`gb18030.malformed`), which holds none of the bytes.
    """
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        raise InvalidCode("gb18030.malformed", "the bytes are not GB 18030") from None
    return text.translate(_SWAPPED)


def encode(text: str) -> bytes:
    """GB 18030-2022 bytes of a text.

    Raises `InvalidCode` (`gb18030.surrogate`) where the text has half a surrogate pair.
    """
    try:
        return text.translate(_SWAPPED).encode("gb18030")
    except UnicodeEncodeError:
        raise InvalidCode("gb18030.surrogate", "half a surrogate pair is no character") from None
