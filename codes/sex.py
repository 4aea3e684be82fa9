"""Sex as one digit (GB/T 2261.1)."""

from enum import StrEnum

from .errors import InvalidCode


class Sex(StrEnum):
    """The words that readings and records use."""

    UNKNOWN = "unknown"
    MALE = "male"
    FEMALE = "female"
    NOT_STATED = "not_stated"


_BY_DIGIT = {"0": Sex.UNKNOWN, "1": Sex.MALE, "2": Sex.FEMALE, "9": Sex.NOT_STATED}
_DIGITS = {sex: digit for digit, sex in _BY_DIGIT.items()}


def from_digit(digit: str) -> Sex:
    """`1` male 男, `2` female 女, `0` unknown 未知, `9` not stated 未说明.

    Raises `InvalidCode` (`sex.unknown_digit`) for anything else.
    """
    try:
        return _BY_DIGIT[digit]
    except KeyError:
        raise InvalidCode("sex.unknown_digit", "sex is one of 0, 1, 2, 9") from None


def to_digit(sex: Sex) -> str:
    """The digit of GB/T 2261.1."""
    return _DIGITS[sex]
