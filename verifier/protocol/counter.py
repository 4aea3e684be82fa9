"""What a terminal tells the counter (人工窗口): that somebody is on the way there."""

from pydantic import Field

from .claim import Message
from .values import Code, Id


class AtCounter(Message):
    """Body of `POST /v1/counter/visits`: a visit of this terminal that ended at 人工窗口."""

    visit: Id
    purpose: Code
    reason: Code | None = Field(
        default=None, description="Why the terminal could not go on; null: the person chose it."
    )
