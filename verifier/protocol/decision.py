"""What the verifier answers: outcome, reasons, assurance, next steps, and its error rates."""

from pydantic import Field

from .claim import Message
from .values import Assurance, Code, Digest, Id, Liveness, Outcome, UtcTime

NEXT_STEPS = (
    "proceed",
    "look_again",
    "show_fresh_code",
    "present_card",
    "enrol",
    "use_card_or_counter",
    "counter",
    "self_pay_or_treat_first",
)
"""What a screen offers. All but `accepted` name `counter` and `self_pay_or_treat_first`."""


class Comparison(Message):
    """A 1:1 comparison in error rates (ISO/IEC 19795-1)."""

    score: float = Field(ge=-1, le=1, description="Cosine of fused probe and fused template.")
    threshold: float = Field(ge=-1, le=1, description="Cosine at which the policy's FMR is met.")
    fmr: float = Field(
        gt=0, lt=1, description="False match rate at the threshold, by the pack's calibration."
    )
    extrapolated: bool = Field(
        description="True where the policy lies below the calibration's floor."
    )


class Identification(Message):
    """A 1:N search over a narrowed list."""

    answer: str = Field(pattern="^(match|no_match|ambiguous|not_searched)$")
    searched: int = Field(ge=0, description="People searched, N.")
    gallery: int = Field(ge=0, description="People enrolled in the whole gallery.")
    fpir: float = Field(ge=0, le=1, description="1 - (1 - FMR)^N.")
    max_fpir: float = Field(gt=0, le=1)
    narrowed_by: Code


class Decision(Message):
    """One stored decision, as the terminal and the receipt see it."""

    id: Id
    visit: Id
    purpose: Code
    outcome: Outcome
    reasons: list[Code]
    assurance: Assurance | None
    next_steps: list[Code]
    enrolment_offered: bool = False
    comparison: Comparison | None = None
    identification: Identification | None = None
    liveness: Liveness
    calibration: str = Field(
        description="Name and version of the calibration that the rates come from."
    )
    simulated: bool
    decided_at: UtcTime
    claim_digest: Digest


class Greeting(Message):
    """What the screen may show of a recognised person: surname and stars."""

    masked_name: str = Field(max_length=32)


class ClaimAnswer(Message):
    """Answer of `POST /v1/claims`: the decision, its signed receipt, and health of the terminal."""

    decision: Decision
    receipt: str = Field(description="Compact JWS, ES256.")
    receipt_id: Id
    greeting: Greeting | None = None
    health: list[Code] = Field(default_factory=list)
