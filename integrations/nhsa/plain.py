"""Bytes that came back, as plain values. Total: anything is a value or a `ReplyMalformed`.

Public systems show what must be lived with: numbers as strings and strings as numbers, null or the
word `null` for nothing, JSON inside a JSON string, GB18030 where UTF-8 was promised.
"""

import json
from typing import Any, NoReturn


class ReplyMalformed(Exception):
    """A reply that cannot be understood. `rule` names what failed, never a value of the reply."""

    code = "nhsa.reply_malformed"

    def __init__(self, rule: str) -> None:
        super().__init__(f"{self.code}: {rule}")
        self.rule = rule


def document(raw: bytes) -> dict[str, Any]:
    """The JSON object of a reply's bytes. Raises `ReplyMalformed`."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return table(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise ReplyMalformed("neither UTF-8 nor GB18030")


def table(value: object) -> dict[str, Any]:
    """An object, or the object that a string holds. Raises `ReplyMalformed`."""
    if isinstance(value, str):
        value = _parsed(value)
    if not isinstance(value, dict):
        raise ReplyMalformed("no JSON object")
    return value


def text(value: object, most: int) -> str:
    """A string, or a whole number as one; nothing for null. Raises `ReplyMalformed`.

    Surrounding spaces go. More than `most` characters, or a control character, is refused.
    """
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        value = str(value)
    if not isinstance(value, str):
        raise ReplyMalformed("a field is no text")
    value = value.strip()
    if value == "null":
        return ""
    if len(value) > most or not all(c.isprintable() for c in value):
        raise ReplyMalformed("a field is too long or not printable")
    return value


def number(value: object) -> int:
    """A whole number, or a string of one. Raises `ReplyMalformed`."""
    said = text(value, 12)
    try:
        return int(said)
    except ValueError:
        raise ReplyMalformed("a field is no whole number") from None


def _parsed(said: str) -> Any:
    try:
        return json.loads(said, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise ReplyMalformed("no JSON") from None


def _no_number(_: str) -> NoReturn:
    raise ValueError("NaN and infinities are no JSON")
