"""What page and agent say to each other over the WebSocket, typed both ways."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from verifier.protocol.practice import Reason
from web.notice import NoticeText

from .states import Act, Door, Language, SlipState, Step


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Touch(_Message):
    """A touch that carries nothing else. `serial` is the screen's: a touch on an older screen is
    dropped.
    """

    type: Literal[
        "start",
        "erase",
        "confirm",
        "old_enough",
        "skip_face",
        "look_again",
        "card_instead",
        "back",
        "counter",
        "end",
        "here",
        "print",
        "check_in",
        "check_out",
        "move_here",
        "offline",
        "bind_phone",
        "site_code",
    ]
    serial: int


class Choose(_Message):
    """同意刷脸 or 不刷脸, on the notice of this version as it stood on the screen."""

    type: Literal["agree", "decline"]
    serial: int
    notice: str = Field(max_length=32)


class ChooseDoor(_Message):
    """One of the doors."""

    type: Literal["door"]
    serial: int
    door: Door


class GiveReason(_Message):
    """Why somebody checks in outside the own shift."""

    type: Literal["reason"]
    serial: int
    reason: Reason


class Key(_Message):
    """One key of the touch keypad."""

    type: Literal["key"]
    serial: int
    key: str = Field(pattern=r"^[0-9X]$")


class SetLanguage(_Message):
    """中文 or English."""

    type: Literal["language"]
    serial: int
    language: Language


class SetReach(_Message):
    """♿: controls in the lower half."""

    type: Literal["reach"]
    serial: int
    low: bool


Shown = Literal["resident_id", "social_security_card", "nhsa_qr", "e_social_card"]
"""What the demo's bar can hold to a device."""


class DemoCard(_Message):
    """Present one of a person's simulated credentials, or take away what lies there."""

    type: Literal["demo.card"]
    person: str | None = Field(max_length=64)
    credential: Shown = "resident_id"


class DemoStand(_Message):
    """Put a person in front of the simulated camera, or nobody."""

    type: Literal["demo.stand"]
    person: str | None = Field(max_length=64)


FromPage = Annotated[
    Touch | Choose | ChooseDoor | GiveReason | Key | SetLanguage | SetReach | DemoCard | DemoStand,
    Field(discriminator="type"),
]

FROM_PAGE: TypeAdapter[FromPage] = TypeAdapter(FromPage)


class DoorView(_Message):
    """One door and whether it opens now. All are drawn in one size."""

    door: Door
    state: Literal["open", "declined", "unavailable"]


class NoticeView(_Message):
    """The notice in the screen's language."""

    version: str
    text: NoticeText


class ResultView(_Message):
    """A decision as the person sees it. Amber at worst, never an accusation."""

    tone: Literal["good", "neutral"]
    sentence: str = Field(description="Key of the catalogue.")
    name: str | None
    checked: str | None = Field(description="What the identity rests on, as a key's last part.")
    offers: list[Literal["look_again", "card_instead"]]
    enrolment_offered: bool


class PartView(_Message):
    """One part of dual authentication: a sign and words, never colour alone."""

    part: Literal["identity", "place", "shift", "registration"]
    sign: Literal["good", "other", "open", "no"]
    words: str = Field(description="Last part of the catalogue's key.")


class ElsewhereView(_Message):
    """Where the person practises now."""

    site: str
    since: str = Field(description="Hours and minutes in China, and the day where not today.")


class PracticeView(_Message):
    """The answer to a check-in or check-out, part by part."""

    tone: Literal["good", "neutral"]
    name: str | None
    title: str = Field(description="Key of the catalogue, as are the sentences.")
    sentences: list[str]
    parts: list[PartView] = []
    until: str | None = Field(default=None, description="As `ElsewhereView.since`.")
    recheck_by: str | None = Field(
        default=None, description="Until when a random question is open; as `until`."
    )
    number: str | None = Field(default=None, description="Of a check-in that is kept here.")
    elsewhere: ElsewhereView | None = None
    asks: Literal["reason", "move"] | None = None
    reasons: list[Reason] = []
    offers: list[Literal["look_again", "card_instead"]] = []
    bind: bool = Field(default=False, description="Whether 绑定手机 is offered.")


class SiteCodeView(_Message):
    """The site's code. `path` draws the QR code in a square of `size` modules."""

    code: str
    size: int
    path: str
    left: float = Field(description="Seconds until the next one, when it came.")
    lasts: float = 30.0


class PhoneView(_Message):
    """A one-time code for the own phone; the square holds page, code and the site's code of now."""

    code: str
    site_code: str
    until: str
    size: int
    path: str


class Screen(_Message):
    """All that the page draws."""

    type: Literal["screen"] = "screen"
    step: Step
    serial: int
    language: Language
    low_reach: bool
    still_there: bool
    hospital: str
    face_ready: bool
    agreed: bool
    notice: NoticeView | None = None
    doors: list[DoorView] = []
    door: Door | None = None
    trouble: str | None = None
    typed: str = ""
    card_read: bool = False
    again: bool = False
    can_look_again: bool = False
    hint: str | None = None
    progress: float = 0.0
    result: ResultView | None = None
    reason: str | None = None
    visit_code: str | None = Field(default=None, description="Short, for the counter.")
    slip: SlipState | Literal["offered"] | None = Field(
        default=None, description="None where no slip can be had."
    )
    health: list[str] = []
    practice_offered: bool = False
    act: Act | None = None
    practice: PracticeView | None = None
    site_code: SiteCodeView | None = None
    phone: PhoneView | None = None


class DemoPersonView(_Message):
    """One of the bar's people."""

    id: str
    label: str
    enrolled: bool


class DemoView(_Message):
    """The demo's bar."""

    type: Literal["demo"] = "demo"
    people: list[DemoPersonView]
    credentials: list[Shown]
    card: str | None
    credential: Shown | None = None
    standing: str | None
    slips: int = Field(default=0, description="Printed so far; the newest is at /demo/slip.png.")
