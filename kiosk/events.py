"""What can happen to a visit (a person's touch, a device, the verifier, time) and what a visit asks
for.
"""

from dataclasses import dataclass, field
from datetime import datetime

from verifier.protocol.claim import Capture, CredentialReading, Crop, LegalBasis
from verifier.protocol.practice import CheckedIn, Reason

from .states import Act, Door, Exchange, Language, PhoneCode, ShownCode, SlipState


@dataclass(frozen=True)
class Started:
    """开始 was touched, or a practitioner's 签到 or 签退 (`act`); `visit` is a new id."""

    visit: str
    act: Act | None = None


@dataclass(frozen=True)
class Agreed:
    """同意刷脸 was touched on the notice of this version."""

    notice: str
    at: datetime


@dataclass(frozen=True)
class Declined:
    """不刷脸 was touched on the notice of this version."""

    notice: str
    at: datetime


@dataclass(frozen=True)
class DoorChosen:
    """One of the equal doors was touched."""

    door: Door


@dataclass(frozen=True)
class KeyPressed:
    """A key of the touch keypad: 0 to 9, or X as the fourth."""

    key: str


@dataclass(frozen=True)
class KeyErased:
    """The last typed character is taken back."""


@dataclass(frozen=True)
class DigitsConfirmed:
    """The typed four characters stand."""


@dataclass(frozen=True)
class OldEnough:
    """已满14周岁 was touched."""


@dataclass(frozen=True)
class FaceSkipped:
    """The person goes on without a face; from now on none is captured in this visit."""

    at: datetime


@dataclass(frozen=True)
class LookAgain:
    """The person wants to try the camera once more."""


@dataclass(frozen=True)
class CardInstead:
    """The person presents a card after an answer that offers it."""


@dataclass(frozen=True)
class Back:
    """换一种方式: to the doors."""


@dataclass(frozen=True)
class CounterChosen:
    """人工窗口 was touched."""


@dataclass(frozen=True)
class Ended:
    """结束 was touched."""


@dataclass(frozen=True)
class StillHere:
    """继续 was touched when the screen asked whether somebody is there."""


@dataclass(frozen=True)
class LanguageChosen:
    """The screen's language for this person."""

    language: Language


@dataclass(frozen=True)
class ReachChosen:
    """♿: all controls in the lower half, or not."""

    low: bool


@dataclass(frozen=True)
class SlipWanted:
    """打印凭条 was touched."""


@dataclass(frozen=True)
class ReasonGiven:
    """One of the five reasons for a check-in outside the own shift was touched."""

    reason: Reason


@dataclass(frozen=True)
class MoveConfirmed:
    """在这里签到 was touched by somebody who practises elsewhere."""


@dataclass(frozen=True)
class OfflineWanted:
    """离线登记 was touched."""


@dataclass(frozen=True)
class PhoneWanted:
    """绑定手机 was touched."""


@dataclass(frozen=True)
class SiteCodeWanted:
    """院区码 was touched."""


@dataclass(frozen=True)
class CardRead:
    """A credential was read whole. `minor` is true for a person under 14, None where it does not
    tell an age.
    """

    serial: int
    reading: CredentialReading
    minor: bool | None
    chip: Crop | None = field(default=None, repr=False)
    """The face of the photo on the chip, where the person agreed to theirs and it was readable."""


@dataclass(frozen=True)
class CardTrouble:
    """The reader finds something difficult, as a code, or no longer does."""

    serial: int
    trouble: str | None


@dataclass(frozen=True)
class Looking:
    """What the camera sees: what to do better, and how far the good run is, 0 to 1."""

    serial: int
    hints: tuple[str, ...]
    progress: float


@dataclass(frozen=True)
class Captured:
    """A run of good frames gave a best one."""

    serial: int
    capture: Capture


@dataclass(frozen=True)
class FaceNotFound:
    """No run of good frames within the time (failure to acquire, FTA)."""

    serial: int


@dataclass(frozen=True)
class CameraFailed:
    """The camera gives no picture."""

    serial: int


@dataclass(frozen=True)
class Opened:
    """The verifier is there: the notice in force, and whether a face can be used here now."""

    serial: int
    notice: str
    face_ready: bool
    identify: bool
    ready: frozenset[Door] = frozenset({Door.RESIDENT_ID})


@dataclass(frozen=True)
class OfflineOffered:
    """The verifier is away and a ticket is left: as `Opened`, by what the tickets came with."""

    serial: int
    notice: str
    face_ready: bool
    identify: bool
    ready: frozenset[Door] = frozenset({Door.RESIDENT_ID})


@dataclass(frozen=True)
class Kept:
    """A check-in is on this terminal's disk, sealed to the verifier's key."""

    serial: int


@dataclass(frozen=True)
class DoorsChanged:
    """Devices came or went: the doors that are open now."""

    ready: frozenset[Door]


@dataclass(frozen=True)
class PrinterChanged:
    """A printer stands ready, or none does any more."""

    ready: bool


@dataclass(frozen=True)
class SlipDone:
    """What became of the slip that was asked for."""

    serial: int
    slip: SlipState


@dataclass(frozen=True)
class Decided:
    """A claim got its decision."""

    serial: int
    exchange: Exchange


@dataclass(frozen=True)
class CheckInAnswered:
    """A check-in or check-out was judged."""

    serial: int
    answer: CheckedIn


@dataclass(frozen=True)
class SiteCodeCame:
    """The site's code of these 30 seconds."""

    serial: int
    shown: ShownCode


@dataclass(frozen=True)
class PhoneInvited:
    """The verifier gave a one-time code for the person's phone."""

    serial: int
    given: PhoneCode


@dataclass(frozen=True)
class Unreachable:
    """The verifier cannot be reached, or what it says makes no sense."""

    serial: int
    reason: str


@dataclass(frozen=True)
class WasRefused:
    """The verifier refused with a code: no decision on identity."""

    serial: int
    code: str


@dataclass(frozen=True)
class TimeUp:
    """The state's time limit passed without a touch."""

    pulse: int


Event = (
    Started
    | Agreed
    | Declined
    | DoorChosen
    | KeyPressed
    | KeyErased
    | DigitsConfirmed
    | OldEnough
    | FaceSkipped
    | LookAgain
    | CardInstead
    | Back
    | CounterChosen
    | Ended
    | StillHere
    | LanguageChosen
    | ReachChosen
    | SlipWanted
    | ReasonGiven
    | MoveConfirmed
    | OfflineWanted
    | PhoneWanted
    | PhoneInvited
    | OfflineOffered
    | Kept
    | SiteCodeWanted
    | CheckInAnswered
    | SiteCodeCame
    | DoorsChanged
    | PrinterChanged
    | SlipDone
    | CardRead
    | CardTrouble
    | Looking
    | Captured
    | FaceNotFound
    | CameraFailed
    | Opened
    | Decided
    | Unreachable
    | WasRefused
    | TimeUp
)

TOUCHES = (
    Started,
    Agreed,
    Declined,
    DoorChosen,
    KeyPressed,
    KeyErased,
    DigitsConfirmed,
    OldEnough,
    FaceSkipped,
    LookAgain,
    CardInstead,
    Back,
    CounterChosen,
    Ended,
    StillHere,
    LanguageChosen,
    ReachChosen,
    SlipWanted,
    ReasonGiven,
    MoveConfirmed,
    OfflineWanted,
    PhoneWanted,
    SiteCodeWanted,
)
"""Events that a person's finger makes: each gives the screen its full time again."""


@dataclass(frozen=True)
class OpenVisit:
    """Ask the verifier for a challenge, which also tells the notice in force. Answer: `Opened`; and
    `PrinterChanged` at once.
    """

    serial: int
    visit: str
    practice: bool = False


@dataclass(frozen=True)
class Submit:
    """Build, sign and send a claim. Answer: `Decided`, `Unreachable` or `WasRefused`.

    `offline`: seal it and keep it. Answer: `Kept` or `Unreachable`.
    """

    serial: int
    visit: str
    basis: LegalBasis
    reading: CredentialReading | None
    last_four: str | None
    capture: Capture | None
    chip: Crop | None = None
    offline: bool = False


@dataclass(frozen=True)
class WriteJournal:
    """Note that this visit was referred to the counter without a decision."""

    visit: str
    reason: str
    practice: bool = False


@dataclass(frozen=True)
class TellCounter:
    """Tell the verifier that this visit is on its way to the counter, which then expects it. Where
    that is not heard the person is served all the same.
    """

    visit: str
    reason: str | None


@dataclass(frozen=True)
class SendCheckIn:
    """Check in or out on the decision of this receipt. The same again has one effect. Answer:
    `CheckInAnswered`, `Unreachable` or `WasRefused`.
    """

    serial: int
    receipt: str
    act: Act
    reason: Reason | None
    move: bool


@dataclass(frozen=True)
class ShowSiteCode:
    """Fetch the site's code, and each next one, while this screen stands. Answers: `SiteCodeCame`
    and `Unreachable`.
    """

    serial: int


@dataclass(frozen=True)
class InvitePhone:
    """Ask for a code for the phone of whom this receipt is about, and then for the site's codes.
    Answers: `PhoneInvited`, `SiteCodeCame`, `Unreachable` or `WasRefused`.
    """

    serial: int
    receipt: str


@dataclass(frozen=True)
class PrintSlip:
    """Print what this screen says. Answer: `SlipDone`."""

    serial: int


@dataclass(frozen=True)
class Forget:
    """Drop whatever is held of the person."""


Effect = (
    OpenVisit
    | Submit
    | SendCheckIn
    | ShowSiteCode
    | InvitePhone
    | WriteJournal
    | TellCounter
    | PrintSlip
    | Forget
)
