"""What kind of code a scanner read, by its shape alone. Nothing is decoded: a platform does that.

How sure the shapes are:

* 医保码: 28 digits, `424`, 17 that are unique, 2 random, a province's 2, 4 more (three sources for
  the length, two for the parts).
* `ano` and 25 digits, an authorisation that a face check of the insurance platform gave (three
  samples); `opc` and 25 digits, a mini-program's code (one public source).
* 电子健康卡: 64 hexadecimal digits, a colon, a digit (one public source, not confirmed).
* 电子社保卡: no public format, so it cannot be told from any other opaque text. A hospital that
  knows how its region's look says so by a pattern.

Standard library only, so that the verifier can judge as the terminal does.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from .errors import InvalidCode
from .regions import PROVINCES, UNASSIGNED_REGION

MAX_PATTERN_TEXT = 128
"""Longer texts are not tried against a hospital's own patterns."""


class QrKind(StrEnum):
    """What a code is. The first three are kinds of a credential; the rest a desk must resolve."""

    NHSA_QR = "nhsa_qr"
    """医保码."""
    E_SOCIAL_CARD = "e_social_card"
    """电子社保卡, where the hospital gave a pattern for it."""
    HOSPITAL_NUMBER = "hospital_number"
    """A wristband's or a hospital card's number, by the hospital's pattern."""
    FACE_AUTHORISATION = "nhsa_face_authorisation"
    """authNo of the insurance platform."""
    MINI_PROGRAM = "nhsa_mini_program"
    HEALTH_CARD = "health_card"
    """电子健康卡."""
    RECEIPT = "receipt"
    """On this system's own slips: an institution and a receipt's id, nobody's credential."""
    OPAQUE = "opaque"
    """Anything else; 电子社保卡 too, where no pattern tells."""


@dataclass(frozen=True)
class QrPatterns:
    """A hospital's own shapes, as regular expressions for the whole text.

    A group named `number` in one of `hospital_number` tells which part is the number. Patterns of
    the insurance platform's codes come first, so none of these can take one for its own.
    """

    hospital_number: tuple[str, ...] = ()
    e_social_card: tuple[str, ...] = ()
    further_provinces: frozenset[str] = frozenset()
    """Two-digit prefixes that a platform uses beside GB/T 2260, such as 66 for the Xinjiang corps
    (from memory, not confirmed).
    """

    def __post_init__(self) -> None:
        """Raises `InvalidCode` (`qr_pattern.malformed`) for one that is no regular expression."""
        try:
            for pattern in (*self.hospital_number, *self.e_social_card):
                re.compile(pattern)
        except re.error as error:
            raise InvalidCode("qr_pattern.malformed", str(error)) from error


@dataclass(frozen=True)
class QrCode:
    """What a text's shape says. It does not hold the text, which is a secret while it lives."""

    kind: QrKind
    province: str | None = None
    """Two digits, of an insurance code."""
    number: str | None = field(default=None, repr=False)
    """Of a hospital number."""
    invented: bool = False
    """An insurance code of province 99, which nobody has: only simulators and sandboxes give it."""


_NHSA = re.compile(r"(424|ano|opc)[0-9]{17}[0-9]{2}([0-9]{2})[0-9]{4}")
_HEALTH_CARD = re.compile(r"[0-9A-Fa-f]{64}:[0-9]")
_RECEIPT = re.compile(r"shualian:receipt:[A-Z0-9]{1,32}:[A-Za-z0-9_-]{22}")
_KINDS = {
    "424": QrKind.NHSA_QR,
    "ano": QrKind.FACE_AUTHORISATION,
    "opc": QrKind.MINI_PROGRAM,
}
_INVENTED = UNASSIGNED_REGION[:2]


def classify(text: str, patterns: QrPatterns | None = None) -> QrCode:
    """The kind of a code's text; total.

    28 digits that begin with 424 are no 医保码 where their province is none: they are then judged
    like any other text. The other two kinds are known from fewer samples and taken with any.
    """
    if _RECEIPT.fullmatch(text):
        return QrCode(QrKind.RECEIPT)
    patterns = patterns or QrPatterns()
    return _insurance(text, patterns) or _local(text, patterns) or QrCode(QrKind.OPAQUE)


def _insurance(text: str, patterns: QrPatterns) -> QrCode | None:
    if _HEALTH_CARD.fullmatch(text):
        return QrCode(QrKind.HEALTH_CARD)
    if not (match := _NHSA.fullmatch(text)):
        return None
    kind, province = _KINDS[match[1]], match[2]
    known = province in PROVINCES or province in patterns.further_provinces
    if kind is QrKind.NHSA_QR and not known and province != _INVENTED:
        return None
    return QrCode(kind, province, invented=province == _INVENTED)


def _local(text: str, patterns: QrPatterns) -> QrCode | None:
    if len(text) > MAX_PATTERN_TEXT:
        return None
    for pattern in patterns.hospital_number:
        if match := re.fullmatch(pattern, text):
            number = match.groupdict().get("number") or match[0]
            return QrCode(QrKind.HOSPITAL_NUMBER, number=number)
    if any(re.fullmatch(pattern, text) for pattern in patterns.e_social_card):
        return QrCode(QrKind.E_SOCIAL_CARD)
    return None
