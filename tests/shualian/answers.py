"""Answers of a verifier, as rows carry them."""

from verifier.protocol.decision import ClaimAnswer, Comparison, Decision
from verifier.protocol.values import Liveness, Outcome, new_id, now


def compared(score: float, threshold: float) -> ClaimAnswer:
    """A decision that rests on this comparison."""
    decision = Decision(
        id=new_id(),
        visit=new_id(),
        purpose="outpatient_registration",
        outcome=Outcome.ACCEPTED if score >= threshold else Outcome.REJECTED,
        reasons=[],
        assurance=None,
        next_steps=[],
        comparison=Comparison(score=score, threshold=threshold, fmr=1e-4, extrapolated=False),
        liveness=Liveness.NOT_ASSESSED,
        calibration="tests",
        simulated=True,
        decided_at=now(),
        claim_digest="A" * 43,
    )
    return ClaimAnswer(decision=decision, receipt="a.b.c", receipt_id=new_id())
