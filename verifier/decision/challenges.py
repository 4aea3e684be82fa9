"""Opening and spending the single-use question.

Spending is its own committed statement, made before a claim is judged: whatever happens after it,
these bytes and no others belong to the challenge. The same statement takes an advisory lock that
lives as long as the decider's connection, so that a later look can tell «still being decided» from
«the decider died».
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.errors import UniqueViolation
from sqlalchemy import Connection

from verifier.protocol.errors import refusal
from verifier.protocol.values import from_b64url, new_id

from .exchange import alone, driver_of


@dataclass(frozen=True)
class OpenedChallenge:
    """A fresh question."""

    id: str
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Spent:
    """The challenge that a claim has just spent, and the state of its terminal at that moment."""

    purpose: str
    visit: str
    expires_at: datetime
    terminal_state: str
    terminal_purposes: frozenset[str]
    last_counter: int
    last_claim: str | None
    clock_skew_s: float | None


@dataclass(frozen=True)
class StoredResult:
    """What stands under a challenge that could not be spent.

    Attributes:
        claim_digest: the claim that spent it, if one did.
        body: the stored decision, or the stored problem where `outcome` is `refused`.
        terminal_active: whether its terminal may still do anything.
        state: None where this terminal has no such challenge.
    """

    terminal_active: bool
    state: str | None
    claim_digest: str | None
    outcome: str | None
    refusal_code: str | None
    body: dict[str, Any] | None
    person: str | None
    receipt_id: str | None
    receipt: str | None


# The INSERT reads the UPDATE's count so that the old question is closed first: the partial unique
# index allows one open challenge per terminal. It does not wait for the disk: an open question that
# a crash takes back was answered by nobody, the terminal asks anew, and spending one waits again.
_OPEN = """
WITH closed AS (
  UPDATE challenges SET state = 'superseded'
  WHERE terminal = %(terminal)s AND state = 'open' RETURNING 1
)
INSERT INTO challenges (id, terminal, purpose, visit, state, issued_at, expires_at)
SELECT %(id)s, %(terminal)s, %(purpose)s, %(visit)s, 'open', %(issued_at)s, %(expires_at)s
FROM (SELECT count(*) FROM closed) AS first, set_config('synchronous_commit', 'off', true),
     terminals AS t
WHERE t.id = %(terminal)s AND t.state = 'active'
RETURNING 1
"""

_SPEND = """
WITH spent AS (
  UPDATE challenges AS c
  SET state = 'spent', spent_at = %(now)s, claim_digest = %(claim)s
  FROM terminals AS t
  WHERE c.id = %(challenge)s AND c.terminal = %(terminal)s AND c.state = 'open'
    AND t.id = c.terminal
  RETURNING c.purpose, c.visit, c.expires_at, t.state, t.purposes, t.last_counter, t.last_claim,
            t.clock_skew_s
)
SELECT spent.*, pg_try_advisory_lock(%(lock)s) FROM spent
"""

_UNDER = """
SELECT t.state = 'active', c.state, c.claim_digest, d.outcome, d.refusal_code, d.body, d.person,
       r.id AS receipt_id, r.compact AS receipt
FROM terminals AS t
LEFT JOIN challenges AS c ON c.terminal = t.id AND c.id = %(challenge)s
LEFT JOIN decisions AS d ON d.challenge = c.id
LEFT JOIN receipts AS r ON r.decision = d.id
WHERE t.id = %(terminal)s
"""

_IS_DECIDED_NOW = "SELECT NOT pg_try_advisory_xact_lock_shared(%(lock)s)"
_UNLOCK = "SELECT pg_advisory_unlock(%(lock)s)"


def open_challenge(
    conn: Connection, terminal: str, purpose: str, visit: str, now: datetime, lifetime_s: int
) -> OpenedChallenge:
    """Replace the terminal's open challenge by a new one. One statement, committed.

    Two requests of one terminal at the same moment race for the only open place: the later one is
    tried once more and wins. Raises `Refused` with `terminal.suspended`, whatever is remembered of
    the terminal.
    """
    opened = OpenedChallenge(new_id(), now, now + timedelta(seconds=lifetime_s))
    values = {
        "id": opened.id,
        "terminal": terminal,
        "purpose": purpose,
        "visit": visit,
        "issued_at": opened.issued_at,
        "expires_at": opened.expires_at,
    }
    try:
        done = alone(conn, _OPEN, values)
    except UniqueViolation:
        done = alone(conn, _OPEN, values)
    if done is None:
        raise refusal("terminal.suspended")
    return opened


def spend(
    conn: Connection, terminal: str, challenge: str, claim_digest: str, now: datetime
) -> Spent | None:
    """Spend the challenge by this claim, committed, and hold its lock; None if it is not open."""
    row = alone(
        conn,
        _SPEND,
        {
            "challenge": challenge,
            "terminal": terminal,
            "claim": claim_digest,
            "now": now,
            "lock": lock_of(challenge),
        },
    )
    return spent_of(row)


def spent_of(row: tuple[Any, ...] | None) -> Spent | None:
    """What a spending statement gave back; None where it spent nothing."""
    if row is None:
        return None
    return Spent(row[0], row[1], row[2], row[3], frozenset(row[4]), row[5], row[6], row[7])


def commit_and_release(conn: Connection, challenge: str) -> None:
    """Commit the open transaction and give the lock back, in one exchange.

    The lock goes after the commit and never before: whoever finds it free finds the result too. A
    commit that fails raises and leaves the lock to `release`.
    """
    driver_of(conn).execute(f"COMMIT; SELECT pg_advisory_unlock({lock_of(challenge)})")


def release(conn: Connection, challenge: str) -> None:
    """Give the lock of `spend` back. A connection that cannot is thrown away with its lock."""
    try:
        conn.rollback()
        alone(conn, _UNLOCK, {"lock": lock_of(challenge)})
    except Exception:
        conn.invalidate()


def result_under(conn: Connection, terminal: str, challenge: str) -> StoredResult | None:
    """What stands under this terminal's challenge; None where there is no such terminal."""
    row = alone(conn, _UNDER, {"challenge": challenge, "terminal": terminal})
    return StoredResult(*row) if row is not None else None


def is_being_decided(conn: Connection, challenge: str) -> bool:
    """Whether some decider, on whatever machine, still holds the lock of `spend`."""
    row = alone(conn, _IS_DECIDED_NOW, {"lock": lock_of(challenge)})
    return row is not None and bool(row[0])


def lock_of(challenge: str) -> int:
    """The advisory lock's number: the id's first 64 bits, signed."""
    return int.from_bytes(from_b64url(challenge)[:8], "big", signed=True)
