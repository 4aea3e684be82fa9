"""The numbers that the four layouts bear, each by its own rule."""

import re

from codes import id_number
from codes.errors import InvalidCode
from codes.regions import UNASSIGNED_REGION
from codes.sex import Sex
from devices.errors import Refused

from .card import CardData, DocumentKind
from .table import Certificate

_HK_MACAO_TAIWAN_REGIONS = ("810000", "820000", "830000", UNASSIGNED_REGION)
"""Hong Kong, Macao, Taiwan, and nobody."""
_FOREIGNER_2017 = re.compile(r"[A-Z]{3}[0-9]{12}")
_FOREIGNER_2023 = re.compile(r"9[0-9]{16}[0-9X]")


def check_number(certificate: Certificate, number: str) -> str:
    """The number as it is kept.

    Raises `Refused` (`resident_id.number_invalid`); its note names the rule and never the number.
    """
    match certificate:
        case Certificate.FOREIGNER_2017:
            fits = _FOREIGNER_2017.fullmatch(number)
            return _if(fits is not None, number, "three letters and twelve digits")
        case Certificate.FOREIGNER_2023:
            # Only the 9 in front and the check character are confirmed, so the birth date that the
            # number is said to hold refuses nobody.
            fits = _FOREIGNER_2023.fullmatch(number)
            good = fits is not None and id_number.check_digit(number[:17]) == number[17]
            return _if(good, number, "a 9, and a check character that fits")
        case _:
            return _citizens(certificate, number)


def check_agreement(card: CardData) -> None:
    """Raises `Refused` (`resident_id.inconsistent`) where fields contradict one another."""
    if card.document_kind is DocumentKind.RESIDENT_ID:
        number = id_number.parse(card.number)
        if number.birth != card.birth:
            raise Refused("resident_id.inconsistent", "birth date")
        if card.sex in (Sex.MALE, Sex.FEMALE) and card.sex is not number.sex:
            raise Refused("resident_id.inconsistent", "sex")
    if card.valid_to is not None and card.valid_to < card.valid_from:
        raise Refused("resident_id.inconsistent", "validity")


def _citizens(certificate: Certificate, number: str) -> str:
    try:
        parsed = id_number.parse(number)
    except InvalidCode as error:
        raise Refused("resident_id.number_invalid", error.code) from None
    permit = certificate is Certificate.HK_MACAO_TAIWAN
    known = not permit or parsed.region in _HK_MACAO_TAIWAN_REGIONS
    return _if(known, parsed.number, "region")


def _if(good: bool, number: str, rule: str) -> str:
    if not good:
        raise Refused("resident_id.number_invalid", rule)
    return number
