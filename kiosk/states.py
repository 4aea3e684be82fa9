"""What a visit is made of: its steps, the doors, and the one immutable value that is its state."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from verifier.protocol.challenge import Challenge
from verifier.protocol.claim import Capture, CredentialReading, Crop, LegalBasis
from verifier.protocol.decision import ClaimAnswer
from verifier.protocol.practice import CheckedIn, Reason
from verifier.protocol.values import Consent, visit_number

Language = Literal["zh", "en"]

Act = Literal["in", "out"]
"""签到 or 签退."""

SlipState = Literal["printing", "printed", "no_paper", "part", "failed"]
"""How far the slip of this screen is. `part`: it may stand on the paper in part, or not at all."""

MAX_LOOKS = 3
"""The first look and two more."""

MAX_CODES = 3
"""The first code and two fresh ones."""

TOKEN_KINDS = frozenset({"nhsa_qr", "e_social_card"})
"""Credentials that serve for one claim: a further one needs a fresh code."""


class Step(StrEnum):
    """One screen, one question."""

    ATTRACT = "attract"
    OPENING = "opening"
    NOTICE = "notice"
    DOORS = "doors"
    CARD = "card"
    AGE = "age"
    """A code does not tell whose it is: is the person old enough for the camera?"""
    DIGITS = "digits"
    FACE = "face"
    NO_FACE = "no_face"
    CHECKING = "checking"
    RESULT = "result"
    COUNTER = "counter"
    SIGNING = "signing"
    """The check-in (医护签到) is on its way to the verifier."""
    PRACTICE = "practice"
    """Its answer, part by part, and what is still asked."""
    OFFLINE = "offline"
    """The verifier is away, and a check-in can be kept here (离线登记) until it is back."""
    PHONE = "phone"
    """A code for the own phone (绑定手机), after a check-in by face."""
    SITE_CODE = "site_code"
    """The site's code (院区码) for a practitioner's phone."""


class Door(StrEnum):
    """The ways in, of equal size: 社保卡 · 身份证 · 医保码/电子社保卡 · 刷脸 · 人工窗口."""

    SOCIAL_SECURITY_CARD = "social_security_card"
    RESIDENT_ID = "resident_id"
    NHSA_QR = "nhsa_qr"
    FACE = "face"
    COUNTER = "counter"


@dataclass(frozen=True)
class Exchange:
    """One claim as it was sent, the challenge that it answers, and what the verifier said."""

    compact: str
    challenge: Challenge
    answer: ClaimAnswer


@dataclass(frozen=True)
class ShownCode:
    """A site's code as the screen shows it.

    Attributes:
        payload: what the QR code says.
        left: seconds until the next one, when it came.
    """

    payload: str
    code: str
    left: float


@dataclass(frozen=True)
class PhoneCode:
    """A one-time code, and the page at which a phone takes it."""

    address: str
    code: str = field(repr=False)
    until: datetime


@dataclass(frozen=True)
class Visit:
    """One person at the terminal, from the first touch to the return to start.

    `serial` grows with each screen and `pulse` with each screen or touch; both outlive a visit, so
    that a late answer or timer of an earlier screen is told apart. Nothing else does.
    """

    step: Step = Step.ATTRACT
    serial: int = 0
    pulse: int = 0
    language: Language = "zh"
    low_reach: bool = False
    still_there: bool = False
    """The screen asks whether somebody is still there."""
    id: str | None = None
    notice: str | None = None
    face_ready: bool = False
    identify: bool = False
    ready: frozenset[Door] = frozenset()
    """Doors whose device stands ready and whose credential is taken here."""
    basis: LegalBasis | None = None
    door: Door | None = None
    trouble: str | None = None
    """What the device in use finds difficult, as a code."""
    reading: CredentialReading | None = None
    chip: Crop | None = None
    """The face of the photo on the card's chip, dropped with the reading."""
    typed: str = ""
    last_four: str | None = None
    looks: int = 0
    codes: int = 0
    """Codes that were shown in vain: expired, of another platform, or used up by a look."""
    hints: tuple[str, ...] = ()
    progress: float = 0.0
    capture: Capture | None = None
    exchange: Exchange | None = None
    reason: str | None = None
    """Why the visit was referred to the counter, as a code."""
    can_print: bool = False
    """Whether a printer stands ready."""
    slip: SlipState | None = None
    act: Act | None = None
    """Of a practitioner's visit; None of a patient's."""
    why: Reason | None = None
    """Why somebody checks in outside the own shift, in one touch."""
    moves: bool = False
    """The person said that the window elsewhere shall end."""
    checked_in: CheckedIn | None = None
    site_code: ShownCode | None = None
    phone: PhoneCode | None = None
    offline: bool = False
    """The check-in is kept here and sent later."""
    kept: bool = False
    """It is on this terminal's disk; its number is the visit's."""

    @property
    def agreed(self) -> bool:
        """True after the face was chosen and consented to in this visit, and not taken back."""
        return self.basis is not None and self.basis.consent is Consent.SEPARATE

    @property
    def code(self) -> str | None:
        """The visit's number as the counter asks for it."""
        return visit_number(self.id) if self.id else None

    @property
    def by_code(self) -> bool:
        """Whether the credential in hand is a code."""
        return self.reading is not None and self.reading.kind in TOKEN_KINDS

    @property
    def looks_left(self) -> int:
        """How often the person may still look at the camera."""
        return MAX_LOOKS - self.looks


def camera_on(visit: Visit) -> bool:
    """Whether the camera is open in this state: the face was chosen, consented to, and it is time
    to look.
    """
    return visit.step is Step.FACE and visit.agreed


def reader_on(visit: Visit) -> bool:
    """Whether the readers of credentials are asked in this state."""
    return visit.step is Step.CARD


def start(visit: Visit) -> Visit:
    """The state before anybody touched: nothing of the last person is left."""
    return Visit(serial=visit.serial + 1, pulse=visit.pulse + 1)


def is_start(visit: Visit) -> bool:
    """Whether nothing but counters tells this state from a terminal that was just switched on."""
    return replace(visit, serial=0, pulse=0) == Visit()
