"""Issuing and spending tickets. A ticket is a challenge that waits in a third state.

Only an older sequence number than the last spent one is refused: tickets that were passed over are
void from then on, so that a copied terminal's stock and the true one's cannot both be used up.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from verifier.protocol import ticket as protocol
from verifier.protocol.claim import Claim
from verifier.protocol.errors import refusal
from verifier.protocol.ticket import STOCK, Ticket
from verifier.protocol.values import new_id
from verifier.trust.keys import KeyRing

from .challenges import Spent, lock_of, spent_of
from .exchange import alone

REASON = "by_ticket"
"""Stands among a decision's reasons: the claim was made while the verifier was away."""

_LOCKED = text("SELECT state FROM terminals WHERE id = :terminal FOR NO KEY UPDATE")
_VOID = text(
    "UPDATE challenges SET state = 'superseded' WHERE terminal = :terminal AND state = 'ticket' "
    "AND expires_at <= :soon"
)
_HELD = text(
    "SELECT id, sequence, issued_at, expires_at FROM challenges WHERE terminal = :terminal "
    "AND state = 'ticket' ORDER BY sequence"
)
_LAST = text("SELECT coalesce(max(sequence), 0) FROM challenges WHERE terminal = :terminal")
_ISSUE = text(
    "INSERT INTO challenges (id, terminal, purpose, visit, state, issued_at, expires_at, sequence) "
    "VALUES (:id, :terminal, '', '', 'ticket', :at, :expires, :sequence)"
)
_SPEND = """
WITH spent AS (
  UPDATE challenges AS c
  SET state = 'spent', spent_at = %(now)s, claim_digest = %(claim)s,
      purpose = %(purpose)s, visit = %(visit)s
  FROM terminals AS t
  WHERE c.id = %(challenge)s AND c.terminal = %(terminal)s AND c.state = 'ticket'
    AND t.id = c.terminal
  RETURNING c.sequence, c.purpose, c.visit, c.expires_at, t.state, t.purposes, t.last_counter,
            t.last_claim, t.clock_skew_s
), void AS (
  UPDATE challenges AS c SET state = 'superseded' FROM spent
  WHERE c.terminal = %(terminal)s AND c.state = 'ticket' AND c.sequence < spent.sequence
)
SELECT purpose, visit, expires_at, state, purposes, last_counter, last_claim, clock_skew_s,
       pg_try_advisory_lock(%(lock)s) FROM spent
"""


def stock(
    conn: Connection, keyring: KeyRing, institution: str, terminal: str, at: datetime, days: int
) -> list[str]:
    """The terminal's unspent tickets, filled up to `STOCK`; those that end within the day are
    replaced. In the caller's transaction. Raises `Refused` with `terminal.suspended`.
    """
    if conn.scalar(_LOCKED, {"terminal": terminal}) != "active":
        raise refusal("terminal.suspended")
    conn.execute(_VOID, {"terminal": terminal, "soon": at + timedelta(days=min(1, days - 1))})
    held = [tuple(row) for row in conn.execute(_HELD, {"terminal": terminal})]
    last = int(conn.scalar(_LAST, {"terminal": terminal}) or 0)
    for sequence in range(last + 1, last + 1 + STOCK - len(held)):
        fresh = (new_id(), sequence, at, at + timedelta(days=days))
        conn.execute(
            _ISSUE,
            {
                "id": fresh[0],
                "terminal": terminal,
                "sequence": sequence,
                "at": at,
                "expires": fresh[3],
            },
        )
        held.append(fresh)
    key = keyring.signing_key("ticket", institution)
    return [
        protocol.sign(
            Ticket(
                ticket=name,
                institution=institution,
                terminal=terminal,
                sequence=sequence,
                not_before=issued,
                expires_at=expires,
            ),
            key,
        )
        for name, sequence, issued, expires in held
    ]


def refuse_a_strange_one(claim: Claim, keyring: KeyRing, institution: str) -> None:
    """Before anything is spent. Raises `Refused` with `ticket.invalid`: not signed by this
    verifier, another terminal's, not the one that the claim names, or a claim not of its dates.
    """
    found = protocol.check(claim.ticket or "", keyring.signing_key("ticket", institution))
    same = (found.ticket, found.terminal, found.institution) == (
        claim.challenge,
        claim.terminal,
        institution,
    )
    if not same or not found.not_before <= claim.created_at + _SLACK:
        raise refusal("ticket.invalid", note="another terminal's, or not of its dates")
    if claim.created_at >= found.expires_at:
        raise refusal("ticket.invalid", note="made after its end")


_SLACK = timedelta(minutes=10)
"""A terminal's clock may be behind; the order of tickets does not hang on it."""


def spend(conn: Connection, claim: Claim, claim_digest: str, now: datetime) -> Spent | None:
    """Spend the ticket by this claim, committed, as `challenges.spend`; lower ones are void."""
    row = alone(
        conn,
        _SPEND,
        {
            "challenge": claim.challenge,
            "terminal": claim.terminal,
            "claim": claim_digest,
            "purpose": claim.purpose,
            "visit": claim.visit,
            "now": now,
            "lock": lock_of(claim.challenge),
        },
    )
    return spent_of(row)
