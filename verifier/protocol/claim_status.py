"""What became of a claim: a terminal asks after a crash or a lost answer, and goes on from it."""

from enum import StrEnum

from pydantic import Field

from .claim import Message
from .decision import ClaimAnswer
from .errors import Problem
from .values import Digest


class ClaimState(StrEnum):
    """How far a claim came."""

    RECORDED = "recorded"
    """It has a result, and is what the terminal's next claim names."""
    IN_PROGRESS = "in_progress"
    """Somebody decides; ask again."""
    UNDECIDED = "undecided"
    """It spent its challenge and who decided died: it will never have a result."""
    UNKNOWN = "unknown"
    """It spent no challenge. Once a newer challenge was opened it never will."""


class ClaimStatus(Message):
    """Answer of `GET /v1/claims/{claim_digest}`."""

    claim_digest: Digest
    state: ClaimState
    answer: ClaimAnswer | None = Field(
        default=None, description="Of a decided claim, without the greeting."
    )
    refusal: Problem | None = Field(default=None, description="Of a refused one.")
