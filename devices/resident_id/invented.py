"""Cards of people who do not exist, with valid numbers in a region that no province has."""

import random
from dataclasses import replace
from datetime import date, timedelta

from codes import id_number
from codes.regions import UNASSIGNED_REGION
from codes.sex import Sex

from .layout import CardData, Certificate

_SURNAMES = "赵 钱 孙 李 周 吴 郑 王 冯 陈 褚 卫 蒋 沈 韩 杨 朱 秦 尤 许 欧阳 上官 司马 诸葛"
_GIVEN = "演一 演二 演三 示例 样本 试读 模拟 虚构 甲 乙 丙 丁 戊 己"
_ENGLISH = "SPECIMEN ALEX, EXAMPLE JO, SAMPLE MARIA DEL VALLE, FICTION OLU, NOBODY JEAN-LUC"
_NOWHERE = "XXX"
"""No country: the code for an unspecified nationality."""
_FIRST_BIRTH, _BIRTH_DAYS = date(1940, 1, 1), 70 * 365


def invented_card(index: int, certificate: Certificate = Certificate.CITIZEN) -> CardData:
    """Person number `index`, always the same; below 1,000 no two have one number (below 100 on a
    foreigner's card of 2017).
    """
    dice = random.Random(index)
    birth = _FIRST_BIRTH + timedelta(days=dice.randrange(_BIRTH_DAYS))
    first17 = f"{UNASSIGNED_REGION}{birth:%Y%m%d}{index % 1000:03}"
    name = dice.choice(_SURNAMES.split()) + dice.choice(_GIVEN.split())
    card = card_for(name, first17 + id_number.check_digit(first17))
    return _as_permit(card, certificate, index)


def card_for(name: str, number: str) -> CardData:
    """A citizen's card with this name and number; the rest follows from the number or is plainly
    invented.

    Raises `codes.errors.InvalidCode` for a number that breaks GB 11643.
    """
    parsed = id_number.parse(number)
    return CardData(
        name=name,
        sex=Sex(parsed.sex),
        nation="01",
        birth=parsed.birth,
        address="演示省演示市虚构路1号",
        number=parsed.number,
        authority="演示市公安局",
        valid_from=date(2020, 1, 1),
        valid_to=None,
    )


def _as_permit(card: CardData, certificate: Certificate, index: int) -> CardData:
    """The same person with another kind of card."""
    foreigner = replace(
        card,
        certificate=certificate,
        english_name=_ENGLISH.split(", ")[index % 5],
        nationality=_NOWHERE,
        valid_to=date(2030, 1, 1),
        nation=None,
        address=None,
        authority=None,
    )
    match certificate:
        case Certificate.CITIZEN:
            return card
        case Certificate.HK_MACAO_TAIWAN:
            passed = f"H99{index % 1_000_000:06}"
            permit = replace(card, certificate=certificate, nation=None, valid_to=date(2030, 1, 1))
            return replace(permit, pass_number=passed, issue_count="01")
        case Certificate.FOREIGNER_2017:
            number = f"{_NOWHERE}{UNASSIGNED_REGION[:4]}{card.birth:%y%m%d}{index % 100:02}"
            return replace(foreigner, number=number, version="01", authority="9901")
        case Certificate.FOREIGNER_2023:
            return replace(foreigner, name="", issue_count="00", previous_number_link="000")
