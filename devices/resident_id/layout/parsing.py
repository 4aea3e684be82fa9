"""From a card's 256 bytes to what they say."""

from collections.abc import Mapping
from datetime import date

from codes import sex
from codes.errors import InvalidCode
from codes.sex import Sex
from devices.errors import Refused
from devices.resident_id.codec import BASE_TEXT_BYTES

from . import texts
from .card import CardData
from .numbers import check_agreement, check_number
from .table import LETTERS, LONG_TERM, TABLE, TYPE_OFFSET, Certificate

_JUDGED = frozenset({"name", "sex", "nation", "birth", "number", "valid_from", "valid_to"})
"""Fields with a rule of their own; the others are taken as they stand."""


def parse(text: bytes) -> CardData:
    """A card from its text, 256 bytes, in any of the four layouts.

    Raises `Refused` with `resident_id.` and `certificate_unknown`, `text_malformed`,
    `name_malformed` (no name at all, too), `number_invalid` or `inconsistent` (the number's birth
    date or sex is not the field's, or the card ends before it begins).
    """
    certificate = certificate_of(text)
    raw = {
        name: texts.decode(name, b"".join(text[at : at + length] for at, length in places))
        for name, places in TABLE[certificate].items()
    }
    if not (raw["name"] or raw.get("english_name")):
        raise Refused("resident_id.name_malformed", "name is empty")
    card = CardData(
        certificate=certificate,
        name=raw["name"],
        sex=_sex(raw["sex"]),
        birth=_date(raw, "birth"),
        number=check_number(certificate, raw["number"]),
        valid_from=_date(raw, "valid_from"),
        valid_to=None if raw["valid_to"] == LONG_TERM else _date(raw, "valid_to"),
        nation=_nation(raw["nation"]) if "nation" in raw else None,
        **{name: value or None for name, value in raw.items() if name not in _JUDGED},
    )
    check_agreement(card)
    return card


def certificate_of(text: bytes) -> Certificate:
    """The layout of a card's text, 256 bytes.

    Whatever is no letter counts as the citizen's reserved space. Raises `Refused`
    (`resident_id.certificate_unknown`) for a letter that no published layout has, and
    (`resident_id.text_malformed`) for a text of another length.
    """
    if len(text) != BASE_TEXT_BYTES:
        raise Refused("resident_id.text_malformed", "the text has 256 bytes")
    mark = text[TYPE_OFFSET : TYPE_OFFSET + 2].decode(texts.ENCODING, "replace")
    if mark.isascii() and mark.isalpha() and mark not in LETTERS:
        raise Refused("resident_id.certificate_unknown", f"type {mark}")
    return LETTERS.get(mark, Certificate.CITIZEN)


def _sex(digit: str) -> Sex:
    try:
        return sex.from_digit(digit)
    except InvalidCode:
        raise Refused("resident_id.text_malformed", "sex is no digit of GB/T 2261.1") from None


def _nation(digits: str) -> str:
    if len(digits) != 2 or not (digits.isascii() and digits.isdigit()):
        raise Refused("resident_id.text_malformed", "nation is not two digits")
    return digits


def _date(raw: Mapping[str, str], name: str) -> date:
    digits = raw[name]
    if len(digits) == 8 and digits.isascii() and digits.isdigit():
        try:
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
        except ValueError:
            pass
    raise Refused("resident_id.text_malformed", f"{name} is no date")
