"""What the freely read records of a social-security card say (社会保障卡, LD/T 32 family).

The standard's text was not at hand: items, tags, lengths and forms are as three or more public
sources have them, unless said otherwise.

Pure and total: any bytes give a card or a `Refused`. What identifies the person or the card must be
there and well formed; any other item that is missing or malformed is left out, since cards of
twenty years and many cities are in use.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

from codes import id_number
from codes.errors import InvalidCode
from codes.nations import NATIONS
from codes.sex import Sex, from_digit, to_digit
from devices.errors import Refused

from . import forms


class Tag(IntEnum):
    """A record's identifier; EF05 holds the first seven, EF06 the rest."""

    CARD_ID = 0x01
    """卡的识别码: region of issue, RID, and what is the card's own."""
    CARD_CLASS = 0x02
    """卡的类别."""
    VERSION = 0x03
    """规范版本, `1.00`, `2.00`, `3.00`."""
    ISSUER = 0x04
    """初始化机构编号."""
    ISSUED = 0x05
    """发卡日期."""
    VALID_TO = 0x06
    """卡有效期."""
    CARD_NUMBER = 0x07
    """卡号, as printed on the card."""
    NUMBER = 0x08
    """社会保障号码, which is the citizen's number."""
    NAME = 0x09
    NAME_REST = 0x4E
    """姓名扩展: how a name goes on that does not end in 30 bytes; old cards lack it."""
    SEX = 0x0A
    NATION = 0x0B
    BIRTHPLACE = 0x0C
    """出生地."""
    BIRTH = 0x0D


LENGTHS: Mapping[Tag, int] = {
    Tag.CARD_ID: 16,
    Tag.CARD_CLASS: 1,
    Tag.VERSION: 4,
    Tag.ISSUER: 12,
    Tag.ISSUED: 4,
    Tag.VALID_TO: 4,
    Tag.CARD_NUMBER: 9,
    Tag.NUMBER: 18,
    Tag.NAME: 30,
    Tag.NAME_REST: 20,
    Tag.SEX: 1,
    Tag.NATION: 1,
    Tag.BIRTHPLACE: 3,
    Tag.BIRTH: 4,
}
"""Bytes of each value, in the order in which they are read. EF07 (fingerprint), EF08 (photo) and
the bank's application are never read.
"""

REQUIRED = frozenset({Tag.CARD_ID, Tag.NUMBER, Tag.NAME})


@dataclass(frozen=True)
class SocialSecurityCard:
    """What a card says of itself and its holder. `repr` shows nothing personal."""

    card_id: str = field(repr=False)
    """卡识别码, 32 hexadecimal digits."""
    number: str = field(repr=False)
    name: str = field(repr=False)
    sex: Sex = field(repr=False)
    birth: date = field(repr=False)
    """These two follow from the number where the card lacks them."""
    card_number: str | None = field(default=None, repr=False)
    card_class: str | None = field(default=None, repr=False)
    version: str | None = None
    issuer: str | None = field(default=None, repr=False)
    issued: date | None = field(default=None, repr=False)
    valid_to: date | None = field(default=None, repr=False)
    """Last day of validity; None where the card does not say."""
    nation: str | None = field(default=None, repr=False)
    """Two digits of GB/T 3304."""
    birthplace: str | None = field(default=None, repr=False)

    @property
    def region(self) -> str:
        """Six digits: the region that issued the card, which is the region of insurance."""
        return self.card_id[:6]

    def is_valid_on(self, day: date) -> bool:
        """Whether `day` is not past the card's last day. A policy, not this package, refuses."""
        return self.valid_to is None or day <= self.valid_to

    def fields(self) -> dict[str, str]:
        """As a reading carries them, named as a resident ID card's; what the card lacks is left
        out. Dates are `YYYY-MM-DD`, sex is a word.
        """
        values = {
            "name": self.name,
            "number": self.number,
            "sex": self.sex.value,
            "nation": self.nation,
            "birth": self.birth.isoformat(),
            "birthplace": self.birthplace,
            "card_number": self.card_number,
            "card_id": self.card_id,
            "card_class": self.card_class,
            "region": self.region,
            "version": self.version,
            "issuer": self.issuer,
            "issued": self.issued.isoformat() if self.issued else None,
            "valid_to": self.valid_to.isoformat() if self.valid_to else None,
        }
        return {name: value for name, value in values.items() if value}


def parse(records: Mapping[Tag, bytes]) -> SocialSecurityCard:
    """The card from its records' values.

    Raises `Refused` with `social_security_card.` and `incomplete` (its note names the tag),
    `record_malformed`, `name_malformed`, `number_invalid` (GB 11643) or `inconsistent` (the
    number's birth date or sex is not the record's, or the card ends before it was issued).
    """
    for tag in sorted(REQUIRED - records.keys()):
        raise Refused("social_security_card.incomplete", f"no record {tag:02X}")
    number = _number(records[Tag.NUMBER])
    read = {tag: value[: LENGTHS[tag]] for tag, value in records.items()}
    card = SocialSecurityCard(
        card_id=card_id_of(records[Tag.CARD_ID]),
        number=number.number,
        name=forms.name(read[Tag.NAME], read.get(Tag.NAME_REST, b"")),
        sex=_sex(read.get(Tag.SEX, b"")) or number.sex,
        birth=forms.bcd_date(read.get(Tag.BIRTH, b"")) or number.birth,
        card_number=forms.text(read.get(Tag.CARD_NUMBER, b"")),
        card_class=forms.text(read.get(Tag.CARD_CLASS, b"")),
        version=version_of(read.get(Tag.VERSION, b"")),
        issuer=forms.hexadecimal(read.get(Tag.ISSUER, b"")),
        issued=forms.bcd_date(read.get(Tag.ISSUED, b"")),
        valid_to=forms.bcd_date(read.get(Tag.VALID_TO, b"")),
        nation=_nation(read.get(Tag.NATION, b"")),
        birthplace=_region(read.get(Tag.BIRTHPLACE, b"")),
    )
    check_agreement(card, number)
    return card


def encode(card: SocialSecurityCard) -> dict[Tag, bytes]:
    """The records' values as a new card carries them, for simulators.

    Raises `ValueError` naming the item that is too long for its place.
    """
    name = card.name.encode("gb18030")
    room = LENGTHS[Tag.NAME] + LENGTHS[Tag.NAME_REST]
    if len(name) > room:
        raise ValueError(f"name is longer than {room} bytes of GB18030")
    name = name.ljust(room, b"\0")
    values = {
        Tag.CARD_ID: bytes.fromhex(card.card_id),
        Tag.CARD_CLASS: (card.card_class or "").encode("ascii"),
        Tag.VERSION: (card.version or "").encode("ascii"),
        Tag.ISSUER: bytes.fromhex(card.issuer or ""),
        Tag.ISSUED: forms.from_date(card.issued),
        Tag.VALID_TO: forms.from_date(card.valid_to),
        Tag.CARD_NUMBER: (card.card_number or "").encode("ascii"),
        Tag.NUMBER: card.number.encode("ascii"),
        Tag.NAME: name[: LENGTHS[Tag.NAME]],
        Tag.NAME_REST: name[LENGTHS[Tag.NAME] :],
        Tag.SEX: to_digit(card.sex).encode("ascii"),
        Tag.NATION: bytes.fromhex(card.nation or ""),
        Tag.BIRTHPLACE: bytes.fromhex(card.birthplace or ""),
        Tag.BIRTH: forms.from_date(card.birth),
    }
    for tag, value in values.items():
        if len(value) > LENGTHS[tag]:
            raise ValueError(f"{tag.name.lower()} is longer than {LENGTHS[tag]} bytes")
    return {tag: value.ljust(LENGTHS[tag], b"\0") for tag, value in values.items()}


def card_id_of(value: bytes) -> str:
    """卡识别码 as 32 hexadecimal digits.

    Raises `Refused` (`social_security_card.record_malformed`) unless it has 16 bytes or more and
    begins with a region in BCD.
    """
    value = value[: LENGTHS[Tag.CARD_ID]]
    if len(value) < LENGTHS[Tag.CARD_ID] or _region(value[:3]) is None:
        raise Refused("social_security_card.record_malformed", "card id")
    return value.hex().upper()


def version_of(value: bytes) -> str | None:
    """规范版本 as written on the card; None where it is no text."""
    return forms.text(value[: LENGTHS[Tag.VERSION]])


def check_agreement(card: SocialSecurityCard, number: id_number.IdNumber) -> None:
    """Raises `Refused` (`social_security_card.inconsistent`) where a card's items contradict its
    number or one another.
    """
    if card.birth != number.birth:
        raise Refused("social_security_card.inconsistent", "birth date")
    if card.sex in (Sex.MALE, Sex.FEMALE) and card.sex is not number.sex:
        raise Refused("social_security_card.inconsistent", "sex")
    if card.issued and card.valid_to and card.valid_to < card.issued:
        raise Refused("social_security_card.inconsistent", "validity")


def _number(value: bytes) -> id_number.IdNumber:
    try:
        return id_number.parse(forms.text(value[: LENGTHS[Tag.NUMBER]]) or "")
    except InvalidCode as error:
        raise Refused("social_security_card.number_invalid", error.code) from None


def _sex(value: bytes) -> Sex | None:
    try:
        return from_digit(forms.text(value) or "")
    except InvalidCode:
        return None


def _nation(value: bytes) -> str | None:
    digits = forms.bcd(value)
    return digits if digits in NATIONS else None


def _region(value: bytes) -> str | None:
    digits = forms.bcd(value)
    return digits if digits and len(digits) == 6 and digits.strip("0") else None
