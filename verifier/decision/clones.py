"""That a terminal's key was copied, told from its claims.

Every claim names the last recorded one and carries a counter that only grows. Two holders of one
key and one state both go on from the same claim; whoever comes second does not follow what is
recorded by then. Which of the two is the thief cannot be known, so neither gets anything more.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from verifier import ledger
from verifier.protocol.claim import Claim
from verifier.protocol.errors import Refused, refusal
from verifier.trust import alarms, terminal_states
from verifier.trust.alarms import Cause
from verifier.trust.terminal_states import State

from . import records
from .challenges import Spent
from .exchange import within
from .records import Judged

SUSPECTED = "terminal.clone_suspected"

_LOCKED = """
SELECT state, last_counter, last_claim FROM terminals WHERE id = %(terminal)s FOR NO KEY UPDATE
"""


def refuse_a_fork(claim: Claim, spent: Spent) -> None:
    """Raise `Refused` with `terminal.clone_suspected` unless the claim follows the last recorded
    one. Before every other check: each stores a result that would move the chain.
    """
    if not _follows(claim, spent.last_counter, spent.last_claim):
        raise refusal(SUSPECTED, note="an old counter, or not after the last recorded claim")


def store(conn: Connection, judged: Judged, at: datetime, crops: Sequence[str]) -> Refused:
    """Store what a claim out of order gets, and suspend its terminal, in the caller's transaction.

    `terminal.suspended` where nothing more is to be suspected: the claim is in order and its
    terminal was suspended while it was judged, or the terminal is out of use for good already.
    """
    claim = judged.claim
    row = within(conn, _LOCKED, {"terminal": claim.terminal})
    if row is None:
        raise refusal("terminal.unknown")
    suspected = not _follows(claim, row[1], row[2]) and row[0] in (State.ACTIVE, State.SUSPENDED)
    refused = refusal(SUSPECTED if suspected else "terminal.suspended")
    records.write_refusal(conn, judged, refused, at, crops)
    if suspected:
        terminal_states.move(conn, claim.terminal, State.CLONE_SUSPECTED)
        ledger.append(conn, judged.institution, SUSPECTED, _facts(judged, row[1], row[2]))
        alarms.sound(conn, judged.institution, Cause.CLONE, claim.terminal, at)
    return refused


def _follows(claim: Claim, last_counter: int, last_claim: str | None) -> bool:
    if last_counter == 0:  # never claimed here: it may come with a history from elsewhere
        return True
    return claim.counter > last_counter and claim.previous == last_claim


def _facts(judged: Judged, last_counter: int, last_claim: str | None) -> dict[str, Any]:
    claim = judged.claim
    return {
        "terminal": claim.terminal,
        "claim": judged.claim_digest,
        "challenge": claim.challenge,
        "counter": claim.counter,
        "previous": claim.previous,
        "last_counter": last_counter,
        "last_claim": last_claim,
    }
