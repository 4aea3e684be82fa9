"""Where each of the four layouts has its fields.

All are of fixed width, UTF-16LE, padded with spaces; the character at offset 248 says which layout
it is. The citizen's layout and the two permits of 2017 and for Hong Kong, Macao and Taiwan stand in
two public sources or more. That of 2023 rests on one header file: its dates, number and type lie
where the other layouts have theirs, the rest is not confirmed.
"""

from collections.abc import Mapping
from enum import StrEnum

LONG_TERM = "长期"
TYPE_OFFSET = 248


class Certificate(StrEnum):
    """证件类型, by the words that a reading's `layout` uses."""

    CITIZEN = "citizen"
    """居民身份证."""
    HK_MACAO_TAIWAN = "hk_macao_taiwan"
    """港澳台居民居住证."""
    FOREIGNER_2017 = "foreigner_2017"
    """外国人永久居留身份证, 2017."""
    FOREIGNER_2023 = "foreigner_2023"
    """外国人永久居留身份证, issued since December 2023."""


LETTERS = {
    "J": Certificate.HK_MACAO_TAIWAN,
    "I": Certificate.FOREIGNER_2017,
    "Y": Certificate.FOREIGNER_2023,
}
"""The type's letter; a citizen's card has a space in its place."""

Place = tuple[int, int]
"""Offset and length in bytes."""

_CITIZEN: dict[str, tuple[Place, ...]] = {
    "name": ((0, 30),),
    "sex": ((30, 2),),
    "nation": ((32, 4),),
    "birth": ((36, 16),),
    "address": ((52, 70),),
    "number": ((122, 36),),
    "authority": ((158, 30),),
    "valid_from": ((188, 16),),
    "valid_to": ((204, 16),),
}
_HK_MACAO_TAIWAN = {name: places for name, places in _CITIZEN.items() if name != "nation"} | {
    "pass_number": ((220, 18),),
    "issue_count": ((238, 4),),
}
_FOREIGNER_2017: dict[str, tuple[Place, ...]] = {
    "english_name": ((0, 120),),
    "sex": ((120, 2),),
    "number": ((122, 30),),
    "nationality": ((152, 6),),
    "name": ((158, 30),),
    "valid_from": ((188, 16),),
    "valid_to": ((204, 16),),
    "birth": ((220, 16),),
    "version": ((236, 4),),
    "authority": ((240, 8),),
}
_FOREIGNER_2023: dict[str, tuple[Place, ...]] = {
    "name": ((0, 30),),
    "sex": ((30, 2),),
    "issue_count": ((32, 4),),
    "birth": ((36, 16),),
    "english_name": ((52, 70), (220, 22)),
    "number": ((122, 36),),
    "valid_from": ((188, 16),),
    "valid_to": ((204, 16),),
    "nationality": ((242, 6),),
    "previous_number_link": ((250, 6),),
}

TABLE: Mapping[Certificate, Mapping[str, tuple[Place, ...]]] = {
    Certificate.CITIZEN: _CITIZEN,
    Certificate.HK_MACAO_TAIWAN: _HK_MACAO_TAIWAN,
    Certificate.FOREIGNER_2017: _FOREIGNER_2017,
    Certificate.FOREIGNER_2023: _FOREIGNER_2023,
}
"""A field's places in the text; its value is what stands in them, one after another."""
