"""What became of a claim, asked by its hash.

The terminal first opens a new challenge, which ends every older one, and then asks: what is unknown
now stays unknown, even if the claim is still on its way. The question writes the time at which the
terminal was seen. That write waits for the disk, and with it everything before it, so that not even
a crash of the store can bring an older challenge back.
"""

from sqlalchemy import Connection

from verifier.protocol.claim_status import ClaimState, ClaimStatus
from verifier.protocol.decision import ClaimAnswer, Decision
from verifier.protocol.errors import Problem, refusal
from verifier.protocol.values import now

from . import challenges, records
from .bench import health
from .exchange import Row, alone

_LOOK = """
WITH seen AS (
  UPDATE terminals SET last_seen_at = %(now)s WHERE id = %(terminal)s RETURNING state
)
SELECT seen.state = 'active', c.id, d.outcome, d.body, r.id, r.compact
FROM seen
LEFT JOIN challenges AS c ON c.terminal = %(terminal)s AND c.claim_digest = %(claim)s
LEFT JOIN decisions AS d ON d.challenge = c.id
LEFT JOIN receipts AS r ON r.decision = d.id
"""


def status_of(conn: Connection, terminal: str, claim: str, skew_s: float | None) -> ClaimStatus:
    """What became of this terminal's claim. Raises `Refused` with `terminal.suspended`."""
    row = _look(conn, terminal, claim)
    challenge, outcome = row[1], row[2]
    if challenge is None:
        return ClaimStatus(claim_digest=claim, state=ClaimState.UNKNOWN)
    if outcome is None:
        if challenges.is_being_decided(conn, challenge):
            return ClaimStatus(claim_digest=claim, state=ClaimState.IN_PROGRESS)
        row = _look(conn, terminal, claim)  # the decider may have finished between the two looks
    return _status(claim, row, skew_s)


def _look(conn: Connection, terminal: str, claim: str) -> Row:
    row = alone(conn, _LOOK, {"terminal": terminal, "claim": claim, "now": now()})
    if row is None:
        raise refusal("terminal.unknown")
    if not row[0]:
        raise refusal("terminal.suspended")
    return row


def _status(claim: str, row: Row, skew_s: float | None) -> ClaimStatus:
    _, _, outcome, body, receipt_id, receipt = row
    if outcome is None:
        return ClaimStatus(claim_digest=claim, state=ClaimState.UNDECIDED)
    if outcome == records.REFUSED:
        problem = Problem.model_validate(body)
        return ClaimStatus(claim_digest=claim, state=ClaimState.RECORDED, refusal=problem)
    answer = ClaimAnswer(
        decision=Decision.model_validate(body),
        receipt=str(receipt),
        receipt_id=str(receipt_id),
        health=health(skew_s),
    )
    return ClaimStatus(claim_digest=claim, state=ClaimState.RECORDED, answer=answer)
