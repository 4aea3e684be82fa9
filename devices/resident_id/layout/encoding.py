"""From what a card says to its 256 bytes: for simulators, which lay such cards on a reader."""

from dataclasses import fields
from datetime import date

from codes import sex
from codes.sex import Sex
from devices.resident_id.codec import BASE_TEXT_BYTES

from . import texts
from .card import CardData
from .table import LETTERS, LONG_TERM, TABLE, TYPE_OFFSET, Certificate


def encode(card: CardData) -> bytes:
    """The 256 bytes of a card in its own layout.

    Raises `ValueError` naming the field that is too long for its place, or has none.
    """
    text = bytearray(texts.encode("text", "", BASE_TEXT_BYTES))
    for name, value in _values(card).items():
        places = TABLE[card.certificate].get(name)
        if places is None:
            raise ValueError(f"{name} has no place on a card of layout {card.certificate.value}")
        rest = texts.encode(name, value, sum(length for _, length in places))
        for at, length in places:
            text[at : at + length], rest = rest[:length], rest[length:]
    text[TYPE_OFFSET : TYPE_OFFSET + 2] = letter_of(card.certificate).encode(texts.ENCODING)
    return bytes(text)


def letter_of(certificate: Certificate) -> str:
    """The character at offset 248."""
    return next((letter for letter, one in LETTERS.items() if one is certificate), " ")


def _values(card: CardData) -> dict[str, str]:
    said = {one.name: getattr(card, one.name) for one in fields(card) if one.name != "certificate"}
    said["valid_to"] = card.valid_to or LONG_TERM
    return {name: _text(value) for name, value in said.items() if value is not None}


def _text(value: object) -> str:
    match value:
        case date():
            return f"{value:%Y%m%d}".rjust(8, "0")  # %Y gives fewer than four digits before 1000
        case Sex():
            return sex.to_digit(value)
        case _:
            return str(value)
