"""What a hospital decides about its counter."""

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from verifier.protocol.values import Code

Referred = Literal["refer", "rejected", "retry"]


class CounterRules(BaseModel):
    """The policy's table `[counter]`. How long a purpose may wait stands with the purpose.

    Attributes:
        queue: outcomes of a terminal that put a visit into the counter's queue.
        undo_min: minutes in which what the counter decided may be taken back.
        later_h: hours in which an emergency's identity is to be verified afterwards (补核验).
        emergency_purpose: under which purpose an emergency is recorded.
        entered_h: how many hours ago a visit may have been that is entered afterwards (断网补录).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    queue: tuple[Referred, ...] = ("refer", "rejected")
    undo_min: int = Field(default=10, ge=0, le=120)
    later_h: int = Field(default=24, ge=1, le=168)
    emergency_purpose: Code = "outpatient_registration"
    entered_h: int = Field(default=72, ge=1, le=720)

    @property
    def undo(self) -> timedelta:
        """After a decision of the counter."""
        return timedelta(minutes=self.undo_min)

    @property
    def later(self) -> timedelta:
        """After an emergency came."""
        return timedelta(hours=self.later_h)

    @property
    def entered(self) -> timedelta:
        """Before it is entered."""
        return timedelta(hours=self.entered_h)
