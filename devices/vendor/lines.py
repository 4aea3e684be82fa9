"""`ReadCardBas` and `ReadSFZ`: a line of items from a library, and the card that it says.

The lines' items and their order are from one public source, and no source says how sex, people and
dates are written: so each is taken in every form in use. Pure and total: any bytes give a card or a
`Refused`. What a line must have, and which items may be malformed and are left out then, is as with
a card that is read without a library (`social_security_card.layout`, `resident_id.layout`).
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date

from codes import id_number
from codes.errors import InvalidCode
from codes.nations import NATIONS
from codes.regions import UNASSIGNED_REGION
from codes.sex import Sex, from_digit
from devices.errors import Refused
from devices.resident_id.layout import LONG_TERM, CardData, Certificate
from devices.resident_id.layout.numbers import check_agreement, check_number
from devices.social_security_card import layout, simulated

PLACES: Mapping[str, Mapping[str, int]] = {
    "social_security_card": {
        "region": 0,
        "number": 1,
        "card_number": 2,
        "card_id": 3,
        "name": 4,
        "atr_history": 5,
        "version": 6,
        "issued": 7,
        "valid_to": 8,
    },
    "resident_id": {
        "name": 0,
        "sex": 1,
        "nation": 2,
        "birth": 3,
        "address": 4,
        "number": 5,
        "valid_from": 6,
        "valid_to": 7,
        "authority": 8,
    },
}
"""Where `ReadCardBas` and `ReadSFZ` have their items (one public source)."""

_SEXES = {"男": Sex.MALE, "女": Sex.FEMALE, "未知": Sex.UNKNOWN, "未说明": Sex.NOT_STATED}
_NATION_CODES = {name: code for code, name in NATIONS.items()}
_DATE = re.compile(r"([0-9]{4})[-./年]?([0-9]{2})[-./月]?([0-9]{2})日?")
_MALFORMED = {
    "social_security_card": "social_security_card.record_malformed",
    "resident_id": "resident_id.text_malformed",
}


def items(
    kind: str, output: bytes, encoding: str, separator: str, places: Mapping[str, int]
) -> dict[str, str]:
    """The line's items by our field names; one that is empty or not there is left out.

    The line ends at the first NUL. Raises `Refused` where it is not of its encoding or holds a
    control character.
    """
    try:
        line = output.split(b"\0", 1)[0].decode(encoding).strip()
    except UnicodeDecodeError:
        raise Refused(_MALFORMED[kind], f"no text of {encoding}") from None
    if any(unicodedata.category(c) == "Cc" for c in line):
        raise Refused(_MALFORMED[kind], "a control character")
    parts = [part.strip() for part in line.split(separator)]
    return {name: parts[at] for name, at in places.items() if at < len(parts) and parts[at]}


def social_security_card(given: Mapping[str, str]) -> tuple[dict[str, str], bool]:
    """A reading's fields from the items of `ReadCardBas`, and whether the card is a simulator's.

    Raises `Refused` with `social_security_card.` and `incomplete`, `record_malformed` (卡识别码),
    `number_invalid` or `inconsistent`.
    """
    for name in ("number", "name", "card_id"):
        if name not in given:
            raise Refused("social_security_card.incomplete", f"no {name}")
    number = _number(given["number"])
    card = layout.SocialSecurityCard(
        card_id=layout.card_id_of(_hexadecimal(given["card_id"])),
        number=number.number,
        name=given["name"],
        sex=number.sex,
        birth=number.birth,
        card_number=given.get("card_number"),
        version=given.get("version"),
        issued=_date(given.get("issued", "")),
        valid_to=_date(given.get("valid_to", "")),
    )
    layout.check_agreement(card, number)
    history = _hexadecimal(given.get("atr_history", ""))
    fields = card.fields() | ({"atr_history": history.hex().upper()} if history else {})
    if re.fullmatch("[0-9]{6}", region := given.get("region", "")):
        fields["region"] = region
    mark = simulated.is_simulated(card.card_id, history)
    return fields, mark or _is_unassigned(number.number)


def resident_id(given: Mapping[str, str]) -> tuple[str, dict[str, str], bool]:
    """A reading's kind and fields from the items of `ReadSFZ`, and whether the card is invented.

    A citizen's sex and birth follow from the number where the line lacks them. Raises `Refused`
    with `resident_id.` and `text_malformed`, `name_malformed`, `number_invalid` or `inconsistent`.
    """
    if "name" not in given:
        raise Refused("resident_id.name_malformed", "no name")
    certificate = _certificate(given.get("number", ""))
    number = check_number(certificate, given.get("number", ""))
    foreign = certificate in (Certificate.FOREIGNER_2017, Certificate.FOREIGNER_2023)
    says = None if foreign else id_number.parse(number)
    has_nation = certificate is Certificate.CITIZEN and "nation" in given
    card = CardData(
        certificate=certificate,
        name=given["name"],
        sex=_sex(given.get("sex", "")) if "sex" in given or says is None else says.sex,
        birth=_needed(given, "birth") if "birth" in given or says is None else says.birth,
        number=number,
        valid_from=_needed(given, "valid_from"),
        valid_to=None if given.get("valid_to") == LONG_TERM else _needed(given, "valid_to"),
        nation=_nation(given["nation"]) if has_nation else None,
        address=given.get("address"),
        authority=given.get("authority"),
    )
    check_agreement(card)
    return card.document_kind.value, card.fields(), _is_unassigned(number)


def _certificate(number: str) -> Certificate:
    """The line does not say which card it was; its number does, as far as that is known.

    A 9 in front is a foreigner's of 2023, but for 99, which no province has and which invented
    people have.
    """
    if re.fullmatch("[A-Z]{3}[0-9]{12}", number):
        return Certificate.FOREIGNER_2017
    if number[:6] in ("810000", "820000", "830000"):
        return Certificate.HK_MACAO_TAIWAN
    if number.startswith("9") and not _is_unassigned(number):
        return Certificate.FOREIGNER_2023
    return Certificate.CITIZEN


def _is_unassigned(number: str) -> bool:
    """A number of a region that no province has counts as simulated: that is the safe side."""
    return number.startswith(UNASSIGNED_REGION[:2])


def _number(number: str) -> id_number.IdNumber:
    try:
        return id_number.parse(number)
    except InvalidCode as error:
        raise Refused("social_security_card.number_invalid", error.code) from None


def _hexadecimal(text: str) -> bytes:
    """Nothing where it is no hexadecimal: who needs it says so."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _sex(text: str) -> Sex:
    try:
        return _SEXES.get(text) or from_digit(text)
    except InvalidCode:
        raise Refused("resident_id.text_malformed", "sex is no word and no digit") from None


def _nation(text: str) -> str:
    """A code of GB/T 3304, a people's name, or its name with 族."""
    code = text if text in NATIONS else _NATION_CODES.get(text) or _NATION_CODES.get(text[:-1])
    if code is None:
        raise Refused("resident_id.text_malformed", "nation is no code and no name")
    return code


def _needed(given: Mapping[str, str], name: str) -> date:
    day = _date(given.get(name, ""))
    if day is None:
        raise Refused("resident_id.text_malformed", f"{name} is no date")
    return day


def _date(text: str) -> date | None:
    found = _DATE.fullmatch(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
