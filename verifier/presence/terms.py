"""What a hospital decides about looking in: the policy's table `[presence]`. It narrows only."""

from datetime import time, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .rules import Rules

PURPOSE = "ward_presence"
"""The purpose in the policy, with its own notice and its own consent."""


class PresenceTerms(BaseModel):
    """Hours and minutes, all in the hospital's time.

    Attributes:
        first_h: hours after admission in which the first check is due.
        undo_min: minutes in which a nurse may take back what was entered.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    earliest_h: int = Field(default=7, ge=7, le=20)
    latest_h: int = Field(default=21, ge=8, le=21)
    first_h: int = Field(default=24, ge=1, le=24)
    undo_min: int = Field(default=5, ge=1, le=15)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.earliest_h >= self.latest_h:
            raise ValueError("earliest_h lies before latest_h")
        return self

    @property
    def rules(self) -> Rules:
        """As the pure rules take them."""
        return Rules(time(self.earliest_h), time(self.latest_h), timedelta(hours=self.first_h))

    @property
    def undo(self) -> timedelta:
        """How long an entry may be taken back."""
        return timedelta(minutes=self.undo_min)
