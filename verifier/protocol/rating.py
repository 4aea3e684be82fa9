"""How a visit went (好差评), and a matter that somebody brought (受理), on the wire.

Grades as 国办发〔2019〕51号 has them. No field names a person or a worker: a service and a place
are rated, nobody's work.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .claim import Message
from .his import ExternalId
from .values import Code, UtcTime

MOST_TEXT = 200
"""Characters of a rating's free text."""
MOST_SAID = 500
"""Characters of a matter."""
MOST_REACH = 64
"""Characters of a way to be reached."""
MOST_REASONS = 5

_SPOKEN = r"^[^\x00-\x08\x0b-\x1f\x7f]+$"
Site = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=64)]
Reach = Annotated[
    str,
    StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=MOST_REACH, strip_whitespace=True),
]


class Grade(StrEnum):
    """The five grades; the last two are poor."""

    VERY_SATISFIED = "very_satisfied"
    """非常满意"""
    SATISFIED = "satisfied"
    """满意"""
    FAIRLY_SATISFIED = "fairly_satisfied"
    """基本满意"""
    DISSATISFIED = "dissatisfied"
    """不满意"""
    VERY_DISSATISFIED = "very_dissatisfied"
    """非常不满意"""

    @property
    def poor(self) -> bool:
        """差评: it opens an intake."""
        return self in (Grade.DISSATISFIED, Grade.VERY_DISSATISFIED)


class Door(StrEnum):
    """Where it was."""

    TERMINAL = "terminal"
    """终端"""
    COUNTER = "counter"
    """窗口"""
    PHONE = "phone"
    """手机或电话"""


class Because(StrEnum):
    """What may be touched as a reason: of the service and the place, never of somebody."""

    WAITING = "waiting"
    """等候"""
    SIGNS = "signs"
    """指引不清"""
    TOLD = "told"
    """没有一次说清"""
    PAPERS = "papers"
    """材料多"""
    STEPS = "steps"
    """环节多"""
    DEVICE = "device"
    """设备不好用"""
    FACE_URGED = "face_urged"
    """被要求刷脸"""
    HARD_TO_USE = "hard_to_use"
    """老年人或残疾人不便"""
    SURROUNDINGS = "surroundings"
    """环境"""
    OTHER = "other"
    """其他"""


class Rating(Message):
    """Body of `POST /v1/ratings`: one, from who chose to give one.

    Attributes:
        external_id: the sender's own number of it; the same again counts once.
        rated_at: only its day is kept; now where nothing is said.
        site: a site of ours; a terminal's own where nothing is said.
        purpose: what the visit was for, of the policy's purposes.
        text: in the person's words. Sealed, kept for 90 days.
        reach: how to reach who wants an answer; only where they chose to leave it.
        simulated: of a simulator; taken by the demo alone.
    """

    external_id: ExternalId
    grade: Grade
    door: Door
    rated_at: UtcTime | None = None
    site: Site | None = None
    purpose: Code | None = None
    reasons: Annotated[list[Because], Field(max_length=MOST_REASONS)] = Field(default=[])
    text: (
        Annotated[
            str, StringConstraints(pattern=_SPOKEN, max_length=MOST_TEXT, strip_whitespace=True)
        ]
        | None
    ) = Field(default=None, repr=False)
    reach: Reach | None = Field(default=None, repr=False)
    simulated: bool = False


class RatingTaken(Message):
    """Answer of `POST /v1/ratings`.

    Attributes:
        intake: the number under which somebody can ask, where the rating opened an intake.
        due_at: until when that is answered.
    """

    result: Literal["created", "unchanged"]
    intake: str | None
    due_at: UtcTime | None


class Matter(StrEnum):
    """What somebody may bring."""

    COMPLAINT = "complaint"
    """投诉"""
    REQUEST = "request"
    """申请、求助"""
    QUESTION = "question"
    """咨询"""
    CORRECTION = "correction"
    """更正个人信息"""


class IntakeBrought(Message):
    """Body of `POST /v1/intakes`: a matter that was brought elsewhere, by the hotline say.

    Attributes:
        said: the matter. Sealed, kept until 90 days after it is closed.
        reach: how to answer, where the person chose to leave it; kept until 7 days after that.
    """

    external_id: ExternalId
    kind: Matter
    door: Door
    said: Annotated[
        str,
        StringConstraints(
            pattern=_SPOKEN, min_length=1, max_length=MOST_SAID, strip_whitespace=True
        ),
    ] = Field(repr=False)
    received_at: UtcTime | None = None
    site: Site | None = None
    reach: Reach | None = Field(default=None, repr=False)
    simulated: bool = False


class IntakeTaken(Message):
    """Answer of `POST /v1/intakes`: its number, until when it is answered, where it stands now."""

    result: Literal["created", "unchanged"]
    intake: str
    due_at: UtcTime
    state: Literal["received", "in_hand", "answered", "closed"]
