"""Insured people who do not exist, and what the platform would know of them."""

import hashlib
import random
from dataclasses import dataclass
from datetime import date, timedelta

from codes import id_number
from codes.errors import InvalidCode
from codes.regions import UNASSIGNED_REGION

_SURNAMES = ["赵", "钱", "孙", "李", "周", "吴", "郑", "王", "冯", "陈", "欧阳", "上官"]
_GIVEN = ["沙盒", "演示", "试码", "样例", "虚构", "甲", "乙", "丙", "丁"]


class NotInvented(ValueError):
    """The number could be somebody's. Code: `sandbox.not_invented`."""

    code = "sandbox.not_invented"


@dataclass(frozen=True)
class Insured:
    """An invented person of region 990101, which no province has."""

    name: str
    number: str

    def __post_init__(self) -> None:
        """Raises `NotInvented` for any other region or a number that breaks GB 11643."""
        try:
            region = id_number.parse(self.number).region
        except InvalidCode as error:
            raise NotInvented(error.code) from None
        if region != UNASSIGNED_REGION:
            raise NotInvented(f"only people of region {UNASSIGNED_REGION} are invented")

    @property
    def index(self) -> str:
        """`ecIndexNo`, `psn_no`: always the same for one person; 32 capitals and digits."""
        return hashlib.sha256(self.number.encode()).hexdigest()[:32].upper()


def invented(index: int) -> Insured:
    """Person number `index`, always the same."""
    dice = random.Random(index)
    birth = date(1950, 1, 1) + timedelta(days=dice.randrange(50 * 365))
    first17 = f"{UNASSIGNED_REGION}{birth:%Y%m%d}{index % 1000:03}"
    name = dice.choice(_SURNAMES) + dice.choice(_GIVEN)
    return Insured(name, first17 + id_number.check_digit(first17))
