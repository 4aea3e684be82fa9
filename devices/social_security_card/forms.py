"""The forms that values on a social-security card have: AN, CN, dates, names.

AN is text filled with 00 on the right, CN is BCD filled with the nibble F (one public source).
Fields never written hold 00 or FF throughout. Pure and total.
"""

import unicodedata
from datetime import date

from devices.errors import Refused

_BLANK = b"\x00\xff"


def text(value: bytes) -> str | None:
    """AN: printable ASCII without its filling; None where it is empty or something else."""
    plain = value.rstrip(_BLANK).strip(b" ")
    if not plain or not plain.isascii():
        return None
    decoded = plain.decode("ascii")
    return decoded if decoded.isprintable() else None


def bcd(value: bytes) -> str | None:
    """CN: the digits without their filling; None where it is empty or something else."""
    digits = value.hex().upper().rstrip("F")
    return digits if digits.isdigit() else None


def bcd_date(value: bytes) -> date | None:
    """YYYYMMDD in four bytes of BCD; None where it is no date of the calendar."""
    digits = bcd(value)
    if digits is None or len(digits) != 8:
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def from_date(day: date | None) -> bytes:
    """Four bytes of BCD; 00 throughout for None."""
    return bytes(4) if day is None else bytes.fromhex(f"{day:%Y%m%d}".rjust(8, "0"))


def hexadecimal(value: bytes) -> str | None:
    """Any bytes as hexadecimal digits; None where nothing was written."""
    return value.hex().upper() if value.strip(_BLANK) else None


def name(first: bytes, rest: bytes) -> str:
    """姓名 and 姓名扩展, joined as bytes and then decoded: byte 30 may cut a character in two.

    GB18030 holds no byte 00 or FF, so each part's filling goes first. Raises `Refused`
    (`social_security_card.name_malformed`) for one that is empty, is not GB18030 or holds a control
    character.
    """
    try:
        joined = (first.rstrip(_BLANK) + rest.rstrip(_BLANK)).decode("gb18030").strip(" ")
    except UnicodeDecodeError:
        raise Refused("social_security_card.name_malformed", "not GB18030") from None
    if not joined or any(unicodedata.category(c) == "Cc" for c in joined):
        raise Refused("social_security_card.name_malformed", "empty or a control character")
    return joined
