"""Practice (执业) on the wire: check-ins, signed practice receipts, and what a HIS asks.

A window says that somebody may practise at a site for insurance. It says nothing about attendance,
and no order ever waits for it (`docs/his.md`).
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, ValidationError

from . import jose
from .claim import Message, where
from .receipt import signed_payload
from .values import Code, Digest, Id, Liveness, UtcTime

PURPOSE = "practice_check_in"
"""Of the claim on whose decision a check-in rests."""

MOST_QUESTIONS = 500


class Part(StrEnum):
    """The answer of one part of dual authentication. Each part answers apart."""

    PROVED = "proved"
    OTHER_WAY = "other_way"
    """Proved, but not by face."""
    NOT_PROVED = "not_proved"
    REFUTED = "refuted"


class Outcome(StrEnum):
    """What a check-in led to."""

    CONFIRMED = "confirmed"
    PROVISIONAL = "provisional"
    """Open at once, reviewed within 72 hours."""
    DEFERRED = "deferred"
    """Made while the verifier was away: no window until somebody approves it."""
    ALREADY_IN = "already_in"
    RETRY = "retry"
    """No window yet: face or place is not proved, and there is another way."""
    DENIED = "denied"
    """No registration for this site and day, or practising elsewhere too far away."""
    CLOSED = "closed"
    NOT_IN = "not_in"


class Reason(StrEnum):
    """Why somebody checks in outside the own shift: one touch."""

    RESCUE = "rescue"
    """抢救"""
    URGENT_CONSULTATION = "urgent_consultation"
    """急会诊"""
    SUBSTITUTE = "substitute"
    """替班"""
    LONGER_OPERATION = "longer_operation"
    """手术延时"""
    EXTRA_HOURS = "extra_hours"
    """加班"""


class SaidPosition(Message):
    """Where a device says it is. A browser does not know its datum."""

    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)
    datum: Literal["wgs84", "gcj02", "bd09", "unknown"]
    accuracy_m: float = Field(gt=0, le=100_000, allow_inf_nan=False)
    source: Literal["gnss", "browser"]
    at: UtcTime
    simulated: bool = False


class CheckIn(Message):
    """A practitioner checks in or out, on a decision of this terminal, two minutes old at most."""

    receipt_id: Id = Field(description="Of the receipt over the claim that proved who it is.")
    act: Literal["in", "out"]
    reason: Reason | None = Field(default=None, description="Outside the own shift.")
    move: bool = Field(default=False, description="Ends a window elsewhere: the person said so.")
    site_code: str | None = Field(default=None, max_length=200)
    position: SaidPosition | None = None


Source = Literal["terminal", "phone"]


class PhoneCheckIn(Message):
    """A practitioner checks in or out on the own phone; `receipt_id` says with a face."""

    request: Id = Field(description="Made by the phone: the same again is answered the same.")
    act: Literal["in", "out"]
    window: Id | None = Field(default=None, description="Out: which one is to end.")
    reason: Reason | None = Field(default=None, description="Outside the own shift.")
    move: bool = Field(default=False, description="Ends a window elsewhere: the person said so.")
    site_code: str | None = Field(
        default=None, max_length=200, description="As a QR code says it, or its eight characters."
    )
    position: SaidPosition | None = None
    receipt_id: Id | None = Field(
        default=None, description="Of the decision on a face that this phone just took."
    )


class SaidOut(Message):
    """补签: when a forgotten window really ended, in the own word of who had it."""

    window: Id
    at: UtcTime


class Elsewhere(Message):
    """Where somebody practises now, as the screen may say it to that person."""

    site: str
    since: UtcTime
    here: bool = Field(description="Whether it is a site of this institution.")
    reachable: bool = Field(description="Whether the way can be made in the time.")


class CheckedIn(Message):
    """The answer: each part apart, then what follows."""

    outcome: Outcome
    identity: Part
    place: Part
    shift: Literal["on_shift", "on_call", "off", "unscheduled"]
    registration: Part
    reasons: list[Code]
    elsewhere: Elsewhere | None = None
    window: Id | None = None
    opened_at: UtcTime | None = None
    until: UtcTime | None = None
    receipt: str | None = Field(default=None, description="Practice receipt, compact JWS, ES256.")
    recheck: Literal["open", "answered"] | None = Field(
        default=None,
        description="Of a random question whether the person is here: still open, or answered now.",
    )
    recheck_by: UtcTime | None = Field(default=None, description="Until when it is open.")


class Stretch(Message):
    """One stretch of the own roster."""

    kind: Literal["work", "on_call", "off"]
    shift: str
    department: str
    site: str
    starts_at: UtcTime
    ends_at: UtcTime


class OpenWindow(Message):
    """The window that is open now. `until` is when it ends where nobody checks out."""

    id: Id
    site: str
    since: UtcTime
    until: UtcTime
    state: Literal["confirmed", "provisional", "approved"]
    way: Literal["face", "other"]
    source: Source
    review_by: UtcTime | None
    face_confirms: bool = Field(
        description="Whether a face at a terminal takes the place of the review."
    )
    recheck_by: UtcTime | None = Field(
        description="Until when a terminal is to recognise the person once more, where asked."
    )
    recheck_by_code: bool = Field(
        default=False, description="Whether a site's code on this phone answers that as well."
    )


class Forgotten(Message):
    """A window that its time ended, since nobody checked out."""

    window: Id
    site: str
    since: UtcTime
    ended_at: UtcTime
    suggested: UtcTime = Field(description="The end of that day's shift, where it is known.")


class Unanswered(Message):
    """A window that is over since its random question got no answer in time."""

    site: str
    ended_at: UtcTime


class PhoneFace(Message):
    """That a face from this phone may be taken here, and whether its holder agreed to it."""

    notice_version: str
    agreed: bool


class PhoneState(Message):
    """What a phone shows its holder. Names of sites and departments, no name of a person."""

    code: str
    at: UtcTime
    site: str = Field(description="Where the phone was enrolled.")
    shift: Literal["on_shift", "on_call", "off", "unscheduled"]
    today: list[Stretch]
    window: OpenWindow | None
    elsewhere: Elsewhere | None = Field(description="A window at another institution.")
    forgotten: Forgotten | None
    unanswered: Unanswered | None = Field(
        default=None, description="The last window, where it ended since nobody answered."
    )
    face: PhoneFace | None = Field(
        default=None, description="None where no face is taken by a phone, or none is enrolled."
    )


class PracticeReceipt(Message):
    """Claims of a practice receipt (`shualian-practice+jwt`). Times are seconds since the epoch."""

    iss: str
    aud: str = Field(description="Institution code.")
    jti: Id
    iat: int
    nbf: int
    exp: int
    sub: str = Field(description="Pairwise subject of this institution.")
    code: str = Field(max_length=32, description="As the insurance platform knows them.")
    window: Id
    site: str
    department: str
    state: Literal["confirmed", "provisional", "approved", "denied", "closed"]
    way: Literal["face", "other"]
    source: Source = Field(default="terminal", description="What the person checked in with.")
    liveness: Liveness
    proof: str
    simulated: bool
    ledger_leaf: Digest
    suite: str = jose.SIGNING_SUITE


class Question(Message):
    """May this practitioner's work be settled? By the code, and the moment of the work."""

    code: str = Field(min_length=1, max_length=32)
    at: UtcTime
    institution: str | None = Field(
        default=None, max_length=32, description="Own code, or that of one of its sites."
    )


class Questions(Message):
    """Up to 500 questions, answered in their order."""

    questions: list[Question] = Field(min_length=1, max_length=MOST_QUESTIONS)


class Introspection(Message):
    """RFC 7662 §2.2: `active`, and what is known. Window, right and payment answer apart.

    `unknown` is said where the verifier cannot say; a HIS then uses its own copy, marks the line
    `unverified`, and never holds up an order.
    """

    active: bool
    code: str
    at: UtcTime
    window_state: Literal["confirmed", "provisional", "approved", "denied", "none", "unknown"]
    practice_right: Literal["independent", "supervised", "granted", "none", "unknown"]
    supervisor_in: bool | None = Field(
        default=None, description="Supervised: whether the supervisor is practising at that time."
    )
    payment_qualification: Literal["normal", "suspended", "ended", "unknown"]
    reasons: list[Code]
    iss: str
    aud: str
    sub: str | None = None
    nbf: int | None = None
    exp: int | None = None
    window: Id | None = None
    site: str | None = None
    department: str | None = None
    way: Literal["face", "other"] | None = None
    liveness: Liveness | None = None
    simulated: bool = False


class Introspections(Message):
    """The answers, in the order of the questions."""

    answers: list[Introspection]


class Change(Message):
    """That a window, a registration or a qualification of somebody changed."""

    kind: Code
    code: str
    at: UtcTime
    window: Id | None
    state: str | None
    opened_at: UtcTime | None
    ends_at: UtcTime | None
    site: str | None


class Changes(Message):
    """A page of changes in an order without gaps; ask again with `cursor`."""

    changes: list[Change]
    cursor: str


class Operation(Message):
    """An operation that was declared: the window goes on until it ends, and the grace."""

    code: str = Field(min_length=1, max_length=32)
    starts_at: UtcTime
    ends_at: UtcTime
    his_id: str = Field(min_length=1, max_length=64, description="The HIS's own number of it.")


class PracticeReceiptRefused(Exception):
    """A practice receipt that must not be relied on. `code` says why; codes are stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_practice_receipt(
    compact: str,
    jwks: dict[str, Any],
    *,
    audience: str,
    at: datetime | None = None,
    accept_simulated: bool = False,
) -> PracticeReceipt:
    """The receipt, if it was in force for this institution at this moment.

    Raises `PracticeReceiptRefused`: `receipt.signature_invalid`, `receipt.malformed`,
    `receipt.wrong_audience`, `receipt.expired`, `receipt.simulated`, `receipt.not_accepted`.
    """
    receipt = _read(compact, jwks)
    moment = int((at or datetime.now(UTC)).timestamp())
    if receipt.aud != audience:
        raise PracticeReceiptRefused("receipt.wrong_audience")
    if not receipt.nbf <= moment < receipt.exp:
        raise PracticeReceiptRefused("receipt.expired")
    if receipt.simulated and not accept_simulated:
        raise PracticeReceiptRefused("receipt.simulated")
    if receipt.state == "denied":
        raise PracticeReceiptRefused("receipt.not_accepted")
    return receipt


def _read(compact: str, jwks: dict[str, Any]) -> PracticeReceipt:
    payload = signed_payload(jose.PRACTICE, compact, jwks)
    if payload is None:
        raise PracticeReceiptRefused("receipt.signature_invalid")
    try:
        return PracticeReceipt.model_validate_json(payload)
    except ValidationError as error:
        raise PracticeReceiptRefused("receipt.malformed") from ValueError(where(error))
