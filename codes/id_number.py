"""公民身份号码, the citizen's number (GB 11643): region 6, birth 8, sequence 3, check 1.

The number of a foreigner's permanent residence card of 2023 has its birth date and its check
character in the same places, so it parses too; its `region` then is 9, a province and a country.
"""

import re
from dataclasses import dataclass, field
from datetime import date

from .errors import InvalidCode
from .sex import Sex

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"
_SHAPE = re.compile(r"[0-9]{17}[0-9X]")


@dataclass(frozen=True)
class IdNumber:
    """A valid number and what it says. Its `repr` shows nothing personal."""

    number: str = field(repr=False)
    birth: date = field(repr=False)
    sex: Sex = field(repr=False)
    region: str = field(repr=False)
    """Six digits of GB/T 2260, as given when the number was; many have since been withdrawn."""

    @property
    def last_four(self) -> str:
        """What a person without a card types to narrow a search."""
        return self.number[-4:]

    def age_on(self, day: date) -> int:
        """Whole years (周岁) on `day`; a person is a year older on the birthday itself."""
        had_birthday = (day.month, day.day) >= (self.birth.month, self.birth.day)
        return day.year - self.birth.year - (not had_birthday)


def parse(number: str) -> IdNumber:
    """The number's parts.

    Exactly 18 characters, without spaces or full-width digits. The check character is written as a
    capital X; a small `x`, which keyboards and old systems give, is taken for it in the last place
    only, and the result always carries the capital. The region need not be assigned: withdrawn
    codes stay on living people's cards.

    Raises `InvalidCode` with `id_number.length`, `.characters`, `.region`, `.birth_date` or
    `.check_digit`.
    """
    if len(number) != 18:
        raise InvalidCode("id_number.length", "an ID number has 18 characters")
    number = number[:17] + number[17].replace("x", "X")
    if not _SHAPE.fullmatch(number):
        raise InvalidCode("id_number.characters", "an ID number has 17 digits and a digit or X")
    if number[0] == "0":
        raise InvalidCode("id_number.region", "no region code begins with 0")
    birth = _birth(number[6:14])
    if check_digit(number[:17]) != number[17]:
        raise InvalidCode("id_number.check_digit", "the check character does not fit")
    sex = Sex.MALE if int(number[16]) % 2 else Sex.FEMALE
    return IdNumber(number, birth, sex, number[:6])


def check_digit(first17: str) -> str:
    """Check character of 17 digits: ISO 7064 MOD 11-2, `0`…`9` or `X`.

    Raises `InvalidCode` (`id_number.characters`) for anything but 17 ASCII digits.
    """
    if not re.fullmatch(r"[0-9]{17}", first17):
        raise InvalidCode("id_number.characters", "a check character is computed over 17 digits")
    total = sum(int(d) * w for d, w in zip(first17, _WEIGHTS, strict=True))
    return _CHECK_CHARACTERS[total % 11]


def _birth(digits: str) -> date:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise InvalidCode("id_number.birth_date", "the birth date is not in the calendar") from None
