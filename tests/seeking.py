"""How a value may stand somewhere, for tests that look for what must not be there."""

import base64
import re
from collections.abc import Iterable, Iterator

_SKIPPED = (0, 2, 3)
"""Characters of base64 that bytes before the value have a part in, by how many stand before."""

SHORTEST = 6
"""Bytes: a shorter form stands in any large file by chance."""


def forms(value: str) -> Iterator[bytes]:
    """In the encodings of this land, as bytes, as hexadecimal, and as base64 wherever it begins."""
    raws = {value.encode(), value.encode("utf-16-le"), value.encode("gb18030")}
    if not value.isascii():
        yield value.encode("unicode_escape")  # as JSON has it
    for raw in raws:
        yield raw
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        for before, skipped in enumerate(_SKIPPED):
            whole = raw[: len(raw) - (len(raw) + before) % 3]
            for encode in (base64.b64encode, base64.urlsafe_b64encode):
                yield encode(b"\0" * before + whole)[skipped:]


def any_of(values: Iterable[str]) -> re.Pattern[bytes]:
    """One pattern for every form of every value: one pass over the bytes."""
    found = {form for value in values for form in forms(value) if len(form) >= SHORTEST}
    return re.compile(b"|".join(re.escape(form) for form in sorted(found, key=len, reverse=True)))
