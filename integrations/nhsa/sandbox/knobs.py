"""What can go wrong with a platform, and knobs that say how often."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Fault(StrEnum):
    """Each spoils one answer."""

    TIMEOUT = "timeout"
    """No answer while the other side waits."""
    DOWN = "down"
    """The line hangs up in the middle of the answer."""
    BUSY = "busy"
    """Status 503, as a gateway says it whose platform is away."""
    SLOW = "slow"
    """The answer comes late."""
    NUMBERS_AS_STRINGS = "numbers_as_strings"
    """`code` and `infcode` are strings, and what is a string is a number where it can be."""
    DATA_NOT_JSON = "data_not_json"
    """`data` and `output` are a string that is no JSON."""
    NOT_JSON = "not_json"
    """A page instead of an answer."""
    HUGE = "huge"
    """An answer of several megabytes."""
    GB18030 = "gb18030"
    """The right answer in the other encoding."""
    WRONG_MESSAGE = "wrong_message"
    """An unknown failure, whose message repeats what was asked."""
    OTHER_PERSON = "other_person"
    """Somebody else's number (1101)."""
    SIGN_IN_LOST = "sign_in_lost"
    """Every sign-in so far is forgotten before the answer."""


class Knob(BaseModel):
    """One fault that waits for its turn, as `POST /sandbox/knobs` takes it."""

    model_config = ConfigDict(extra="forbid")

    fault: Fault
    times: int | None = Field(1, ge=1, description="Answers to spoil; null for all until cleared.")
    on: str | None = Field(None, max_length=32, description="A transType or infno; null for any.")

    def takes(self, question: str) -> bool:
        """Whether it spoils the answer to this question; counts down if so."""
        if self.on not in (None, question) or self.times == 0:
            return False
        if self.times is not None:
            self.times -= 1
        return True
