"""The commands that read a card without a PIN and without keys, and what the card answers.

`SELECT` of the application SSSE, then `READ RECORD` by tag, whose answer is tag, length, value. The
bytes are as three or more public sources have them. What talks is the `Transmit` that is given.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from devices.errors import BadFrame, Refused
from devices.smartcard.apdu import MAX_LE, CommandApdu, ResponseApdu, StatusWord, exchange

from .layout import LENGTHS, REQUIRED, Tag

Transmit = Callable[[bytes], bytes]

SSSE = b"sx1.sh." + "社会保障".encode("gbk")
"""The application's name, 15 bytes."""
EF05_ISSUER_DATA, EF06_HOLDER_DATA = 0xEF05, 0xEF06
DEFAULT_ALGORITHM = 0x01
"""Where the answer to SELECT names no algorithm environment (one public source)."""


class Addressing(StrEnum):
    """How a record's file is named."""

    BY_SFI = "by_sfi"
    """In P2 of READ RECORD (28 for EF05, 30 for EF06): no SELECT of the file."""
    SELECT_FIRST = "select_first"
    """SELECT of the file, then P2 00."""


@dataclass(frozen=True)
class Dialect:
    """What differs between cards and readers."""

    addressing: Addressing = Addressing.BY_SFI
    select_file_p1: int = 0x02
    """00 works in the field too."""
    le_zero: bool = False
    """Ask for whatever there is (Le 00) in place of the value's length and two."""


def select_application() -> CommandApdu:
    """`00 A4 04 00 0F` and the name."""
    return CommandApdu(0x00, 0xA4, 0x04, 0x00, SSSE)


def select_file(file: int, dialect: Dialect) -> CommandApdu:
    """`00 A4 02 00 02 EF05`."""
    return CommandApdu(0x00, 0xA4, dialect.select_file_p1, 0x00, file.to_bytes(2, "big"))


def read_record(tag: Tag, dialect: Dialect) -> CommandApdu:
    """`00 B2 tag P2 Le`; the lowest three bits of P2 are 000, which means «by tag»."""
    p2 = (file_of(tag) & 0x1F) << 3 if dialect.addressing is Addressing.BY_SFI else 0x00
    le = MAX_LE if dialect.le_zero else LENGTHS[tag] + 2
    return CommandApdu(0x00, 0xB2, tag, p2, le=le)


def file_of(tag: Tag) -> int:
    """Which file holds the record."""
    return EF06_HOLDER_DATA if tag >= Tag.NUMBER else EF05_ISSUER_DATA


def select(transmit: Transmit) -> bytes:
    """Select the application; its file control information.

    Raises `Refused` with `social_security_card.not_this_card`, `blocked` or `card_error`.
    """
    response = exchange(transmit, select_application())
    if response.ok:
        return response.data
    raise _refusal(response, missing="social_security_card.not_this_card")


def read(transmit: Transmit, tags: Iterable[Tag], dialect: Dialect) -> dict[Tag, bytes]:
    """These records' values; what the card lacks is left out.

    Raises for a record that every card has: `Refused` with `social_security_card.incomplete`,
    `access_denied` or `card_error`, or `BadFrame` where another record is the answer.
    """
    values: dict[Tag, bytes] = {}
    current = 0
    for tag in tags:
        if dialect.addressing is Addressing.SELECT_FIRST and file_of(tag) != current:
            current = file_of(tag)
            _select_file(transmit, current, dialect)
        value = _value(transmit, tag, dialect)
        if value is not None:
            values[tag] = value
    return values


def value_of(tag: Tag, answer: bytes) -> bytes | None:
    """A record's value from `tag | length | value`, cut where the record is; None for another
    record. Whatever stands behind the length is left alone.
    """
    if len(answer) < 2 or answer[0] != tag:
        return None
    return answer[2 : 2 + answer[1]]


def algorithm_of(control_information: bytes) -> int:
    """Which algorithm environment the card's keys are for, from tag 9F0C (`86 01 xx`).

    One public source; what the numbers mean is not confirmed.
    """
    _, mark, rest = control_information.partition(b"\x9f\x0c\x03\x86\x01")
    return rest[0] if mark and rest else DEFAULT_ALGORITHM


def _select_file(transmit: Transmit, file: int, dialect: Dialect) -> None:
    response = exchange(transmit, select_file(file, dialect))
    if not response.ok:
        raise _refusal(response, missing="social_security_card.incomplete")


def _value(transmit: Transmit, tag: Tag, dialect: Dialect) -> bytes | None:
    response = exchange(transmit, read_record(tag, dialect))
    if response.ok:
        value = value_of(tag, response.data)
        if value is None and tag in REQUIRED:  # another answer than this question's
            raise BadFrame("smartcard.response_malformed", f"not record {tag:02X}")
        return value
    if tag in REQUIRED:
        raise _refusal(response, missing="social_security_card.incomplete")
    return None


def _refusal(response: ResponseApdu, missing: str) -> Refused:
    codes: dict[int, str] = {
        StatusWord.FILE_NOT_FOUND: missing,
        StatusWord.RECORD_NOT_FOUND: missing,
        StatusWord.DEACTIVATED: "social_security_card.blocked",
        StatusWord.SECURITY_NOT_SATISFIED: "social_security_card.access_denied",
    }
    code = codes.get(response.status, "social_security_card.card_error")
    return Refused(code, f"status {response.status:04X}")
