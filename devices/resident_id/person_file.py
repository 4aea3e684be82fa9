"""The file of one person for the simulator: TOML or JSON, `name` and `number` required.

name = "赵演一"
number = "…"                 # GB 11643; sex and birth follow from it
nation = "01"                # and the rest, each with a default
address = "演示省演示市虚构路1号"
authority = "演示市公安局"
valid_from = "2020-01-01"
valid_to = "long_term"       # or a date
"""

import json
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from codes.errors import InvalidCode
from codes.nations import NATIONS

from . import layout
from .invented import card_for
from .layout import CardData

_REQUIRED = ("name", "number")
_TEXTS = ("nation", "address", "authority")
_DATES = ("valid_from", "valid_to")


class PersonFileError(ValueError):
    """The file cannot be used. The message names the field and never its value."""

    def __init__(self, code: str, rule: str) -> None:
        super().__init__(rule)
        self.code = code


def load(path: Path) -> CardData:
    """The person's card.

    Raises `PersonFileError` with `person_file.unreadable`, `person_file.malformed`, or the code of
    the number's broken rule.
    """
    person = _parse(path)
    if unknown := person.keys() - {*_REQUIRED, *_TEXTS, *_DATES}:
        raise PersonFileError("person_file.malformed", f"unknown field {sorted(unknown)[0]}")
    if not all(isinstance(person.get(name), str) and person[name].strip() for name in _REQUIRED):
        raise PersonFileError("person_file.malformed", "name and number are required texts")
    try:
        card = replace(card_for(person["name"], person["number"]), **_rest(person))
        layout.encode(card)
    except InvalidCode as error:
        raise PersonFileError(error.code, error.rule) from None
    except UnicodeEncodeError:
        raise PersonFileError("person_file.malformed", "a field is not Unicode text") from None
    except ValueError as error:
        raise PersonFileError("person_file.malformed", str(error)) from None
    return card


def _parse(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8-sig")
        person = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise PersonFileError("person_file.unreadable", error.strerror or "unreadable") from None
    except ValueError:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise PersonFileError("person_file.malformed", f"the file is not {kind} in UTF-8") from None
    if not isinstance(person, dict):
        raise PersonFileError("person_file.malformed", "the file holds no person")
    return person


def _rest(person: dict[str, Any]) -> dict[str, Any]:
    texts = {name: person[name] for name in _TEXTS if name in person}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("nation, address and authority are texts")
    if texts.get("nation", "01") not in NATIONS:
        raise ValueError("nation is no code of GB/T 3304")
    dates = {name: _date(name, person[name]) for name in _DATES if name in person}
    if "valid_from" in dates and dates["valid_from"] is None:
        raise ValueError("valid_from is a date")
    return texts | dates


def _date(name: str, value: object) -> date | None:
    if isinstance(value, date):  # TOML has dates of its own
        return date(value.year, value.month, value.day)
    if value == "long_term":
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{name} is no date YYYY-MM-DD") from None
