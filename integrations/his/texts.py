"""The bytes of a file as lines of text, whatever of the two encodings they are in. Pure.

A file is UTF-8 or GB18030. Lines that are neither are told by their number; the others are read.
"""

from dataclasses import dataclass

from codes import gb18030
from codes.errors import InvalidCode

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Lines:
    """Text by line, from 1 on; a line that cannot be read is empty and its number in `broken`."""

    encoding: str
    lines: list[str]
    broken: frozenset[int]


def lines_of(data: bytes) -> Lines:
    """The lines of a file. Total: every sequence of bytes has an answer.

    Chinese text in GB18030 is hardly ever valid UTF-8, so a file of which more lines with such text
    are valid UTF-8 than not is UTF-8 with a fault, and no GB18030.
    """
    raw = data.removeprefix(BOM).split(b"\n")
    utf8 = _read(raw, "utf-8")
    spoken = sum(1 for line in raw if not line.isascii())
    if not utf8.broken or spoken - len(utf8.broken) > len(utf8.broken):
        return utf8
    return _read(raw, "gb18030")


def _read(raw: list[bytes], encoding: str) -> Lines:
    decode = gb18030.decode if encoding == "gb18030" else bytes.decode
    lines, broken = [], set()
    for number, line in enumerate(raw, 1):
        try:
            lines.append(decode(line.removesuffix(b"\r")))
        except (UnicodeDecodeError, InvalidCode):
            lines.append("")
            broken.add(number)
    return Lines(encoding, lines, frozenset(broken))
