"""换班 and 替班 between two physicians of a department, as their phones say it."""

from datetime import date
from typing import Literal

from pydantic import Field

from .claim import Message
from .values import Id, UtcTime


class SwapShift(Message):
    """One shift of somebody, by codes."""

    who: str = Field(max_length=32, description="The practitioner's code.")
    department: str = Field(max_length=64)
    site: str = Field(max_length=64)
    day: date
    shift: str = Field(max_length=16)


class SwapAsked(Message):
    """A colleague is asked to take a shift; for a swap they give one of theirs."""

    given: SwapShift
    accepter: str = Field(max_length=32)
    taken: SwapShift | None = Field(default=None, description="Null for a stand-in (替班).")


class SwapAnswer(Message):
    """The colleague's yes or no, or the asker's taking back."""

    request: Id
    answer: Literal["accept", "decline", "withdraw"]


class SwapRequest(Message):
    """An unanswered request of the phone's holder, or to them."""

    id: Id
    mine: bool = Field(description="Whether the holder asked.")
    accepter: str
    given: SwapShift
    taken: SwapShift | None
    expires_at: UtcTime


class Swaps(Message):
    """What a phone shows of it: the next three weeks of the holder's department."""

    names: dict[str, str] = Field(description="Of the department's practitioners, by code.")
    own: list[SwapShift]
    theirs: list[SwapShift]
    requests: list[SwapRequest]
