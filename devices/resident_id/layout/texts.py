"""One field's text: in and out of its fixed width."""

import unicodedata

from devices.errors import Refused

ENCODING = "utf-16-le"
_SPACE = " ".encode(ENCODING)
_NAMES = ("name", "english_name")


def decode(name: str, raw: bytes) -> str:
    """The field without its padding.

    Only spaces go, so that a NUL or another control character is seen and refused. Raises `Refused`
    (`resident_id.name_malformed`, `resident_id.text_malformed`).
    """
    code = f"resident_id.{'name' if name in _NAMES else 'text'}_malformed"
    try:
        value = raw.decode(ENCODING).strip(" ")
    except UnicodeDecodeError:
        raise Refused(code, f"{name} is not UTF-16") from None
    if any(unicodedata.category(c) == "Cc" for c in value):
        raise Refused(code, f"{name} holds a control character")
    return value


def encode(name: str, value: str, length: int) -> bytes:
    """The field padded to `length` bytes.

    Raises `ValueError` naming the field if it is too long.
    """
    encoded = value.encode(ENCODING)
    if len(encoded) > length:
        raise ValueError(f"{name} is longer than {length // 2} UTF-16 units")
    return encoded + _SPACE * ((length - len(encoded)) // 2)
