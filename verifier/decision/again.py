"""What stands under a challenge that is not open any more: the same bytes get the same answer."""

from sqlalchemy import Connection

from verifier.protocol.claim import Evidence
from verifier.protocol.decision import ClaimAnswer, Decision, Greeting
from verifier.protocol.errors import Problem, Refused, refusal

from . import challenges, records
from .bench import Bench, health
from .challenges import StoredResult
from .greeting import greet
from .records import Judged

ASK_AGAIN_S = 0.2


def answer_again(bench: Bench, conn: Connection, judged: Judged) -> ClaimAnswer:
    """The stored answer for these bytes.

    Raises `Refused`: the stored refusal; `terminal.suspended` for anything else where it is;
    `claim.in_progress` while somebody decides; `claim.undecided` where who decided died;
    `challenge.…` where other bytes spent it, or none.
    """
    return _stored_answer(bench, conn, judged, stored_under(conn, judged))


def stored_under(conn: Connection, judged: Judged) -> StoredResult:
    """The stored decision for these bytes. Raises as `answer_again`."""
    claim = judged.claim
    stored = challenges.result_under(conn, claim.terminal, claim.challenge)
    if stored is None:
        raise refusal("terminal.unknown")
    same = stored.claim_digest == judged.claim_digest
    if not stored.terminal_active and not (same and stored.outcome == records.REFUSED):
        raise refusal("terminal.suspended")
    if stored.state is None:
        raise refusal("challenge.unknown")
    if not same:
        raise refusal(f"challenge.{'superseded' if stored.state == 'superseded' else 'spent'}")
    if stored.outcome is None:
        stored = _after_waiting(conn, judged)
    if stored.outcome == records.REFUSED:
        raise _stored_refusal(stored)
    return stored


def _after_waiting(conn: Connection, judged: Judged) -> StoredResult:
    claim = judged.claim
    if challenges.is_being_decided(conn, claim.challenge):
        raise refusal("claim.in_progress", retry_after=ASK_AGAIN_S)
    # The decider may have finished between the two looks.
    stored = challenges.result_under(conn, claim.terminal, claim.challenge)
    if stored is None or stored.outcome is None:
        raise refusal("claim.undecided")
    return stored


def _stored_answer(
    bench: Bench, conn: Connection, judged: Judged, stored: StoredResult
) -> ClaimAnswer:
    decision = Decision.model_validate(stored.body)
    return ClaimAnswer(
        decision=decision,
        receipt=str(stored.receipt),
        receipt_id=str(stored.receipt_id),
        greeting=_greeting(bench, conn, judged, decision, stored.person),
        health=health(judged.skew_s),
    )


def _greeting(
    bench: Bench, conn: Connection, judged: Judged, decision: Decision, person: str | None
) -> Greeting | None:
    """The name is stored nowhere beside the decision, so the evidence is opened once more."""
    evidence = Evidence.unseal(judged.claim.evidence, bench.keyring.seal_key)
    with conn.begin():
        return greet(conn, bench.keyring, decision.outcome, evidence, person)


def _stored_refusal(stored: StoredResult) -> Refused:
    problem = Problem.model_validate(stored.body)
    return refusal(problem.code, note="stored", retry_after=problem.retry_after)
