"""A month that was looked at and not saved yet, as a field of the page that asks whether to.

So nothing of it is kept on the server. It is no secret and needs no seal: who sends another one may
plan that month anyway, and saving judges it as any other.
"""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from verifier.practice.roster_errors import refuse
from verifier.protocol.values import b64url, from_b64url
from verifier.shifts import Assignment, Month

MOST = 4_000_000
"""Bytes of a month's cells, unpacked."""


@dataclass(frozen=True)
class Draft:
    """A department's month: physician, day and code of each shift, and what it was made from."""

    department: str
    month: Month
    base: str
    cells: tuple[tuple[str, date, str], ...]


def packed(department: str, month: Month, base: str, planned: Iterable[Assignment]) -> str:
    """As a form's field holds it."""
    cells = [[one.physician, one.day.day, one.code] for one in planned]
    body = [department, month.year, month.month, base, cells]
    return b64url(zlib.compress(json.dumps(body, ensure_ascii=False).encode(), 9))


def unpacked(text: str) -> Draft:
    """What a form sent. Raises `RosterRefused` with `roster.cells_malformed`."""
    try:
        department, year, number, base, cells = json.loads(_inflated(from_b64url(text)))
        month = Month(int(year), int(number))
        read = tuple((_text(who), date(year, number, day), _text(code)) for who, day, code in cells)
        return Draft(_text(department), month, _text(base), read)
    except (ValueError, TypeError, RecursionError, zlib.error):
        raise refuse("roster.cells_malformed", "no draft") from None


def _inflated(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    body = stream.decompress(data, MOST)
    if not stream.eof:
        raise ValueError("cut off, or too large")
    return body


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 64 or "\0" in value:
        raise ValueError("no short text")
    return value
