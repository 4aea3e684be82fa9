"""What is written of a judged claim: one statement for all of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from verifier import ledger
from verifier.protocol.claim import Claim
from verifier.protocol.decision import Decision
from verifier.protocol.errors import Refused, refusal
from verifier.protocol.jose import SIGNING_SUITE
from verifier.protocol.values import new_id
from verifier.receipts.issue import IssuedReceipt

from .exchange import alone, within

REFUSED = "refused"


@dataclass(frozen=True)
class Judged:
    """The claim that a record is about, as it stood on the wire."""

    institution: str
    claim: Claim
    claim_digest: str
    skew_s: float | None


@dataclass(frozen=True)
class Entry:
    """A ledger entry with its leaf, made before it is written: the receipt cites the leaf."""

    kind: str
    at: datetime
    body: Mapping[str, Any]
    leaf: str

    def values(self) -> dict[str, Any]:
        """As its columns hold it."""
        body = json.dumps(self.body)
        return {"kind": self.kind, "entered_at": self.at, "entry": body, "leaf": self.leaf}


_DECISION = """
INSERT INTO decisions (id, institution, terminal, challenge, claim_digest, visit, purpose, outcome,
                       refusal_code, assurance, person, body, notice_version, consent, touched_at,
                       decided_at)
VALUES (%(id)s, %(institution)s, %(terminal)s, %(challenge)s, %(claim)s, %(visit)s, %(purpose)s,
        %(outcome)s, %(refusal_code)s, %(assurance)s, %(person)s, %(body)s, %(notice_version)s,
        %(consent)s, %(touched_at)s, %(decided_at)s)
"""

_LEDGER = """
INSERT INTO ledger (institution, kind, at, body, leaf)
VALUES (%(institution)s, %(kind)s, %(entered_at)s, %(entry)s, %(leaf)s)
"""

_CROPS = """
INSERT INTO seen_crops (crop_key, seen_at)
SELECT unnest(%(crops)s::text[]), %(decided_at)s ON CONFLICT DO NOTHING RETURNING 1
"""

# In order as `clones` has it: one that never claimed here may have a history from elsewhere.
_TERMINAL = """
UPDATE terminals
SET last_counter = %(counter)s, last_claim = %(claim)s, last_seen_at = %(decided_at)s,
    clock_skew_s = coalesce(%(skew)s::float8, clock_skew_s)
WHERE id = %(terminal)s
  AND (last_counter = 0 OR last_counter < %(counter)s
       AND last_claim IS NOT DISTINCT FROM %(previous)s::text)
"""

_RECEIPT = """
INSERT INTO receipts (id, institution, terminal, decision, suite, compact, expires_at)
VALUES (%(receipt)s, %(institution)s, %(terminal)s, %(id)s, %(suite)s, %(compact)s, %(expires_at)s)
"""

# Who is accepted after all need not be waited for at the counter any more.
_PASSED = """
UPDATE counter_items SET state = 'left', "end" = 'passed_at_terminal', ended_at = %(decided_at)s
WHERE institution = %(institution)s AND visit = %(visit)s AND state = 'waiting'
  AND %(outcome)s = 'accepted'
"""

_COUNTS = "SELECT (SELECT count(*) FROM crops), (SELECT count(*) FROM spoke)"

_WRITE_DECISION = (
    f"WITH entered AS ({_LEDGER}), decided AS ({_DECISION}), signed AS ({_RECEIPT}), "
    f"crops AS ({_CROPS}), passed AS ({_PASSED}), "
    f"spoke AS ({_TERMINAL} AND state = 'active' RETURNING 1) {_COUNTS}"
)
_WRITE_REFUSAL = (
    f"WITH entered AS ({_LEDGER}), decided AS ({_DECISION}), "
    f"crops AS ({_CROPS}), spoke AS ({_TERMINAL} RETURNING 1) {_COUNTS}"
)

_SEEN = "SELECT 1 FROM seen_crops WHERE crop_key = ANY(%(crops)s::text[]) LIMIT 1"


def write_decision(
    conn: Connection,
    judged: Judged,
    decision: Decision,
    person: str | None,
    entry: Entry,
    receipt: IssuedReceipt,
    crops: Sequence[str],
) -> None:
    """Ledger entry, decision, receipt, seen crops and the terminal's counter, in one statement of
    the caller's transaction.

    Raises `Refused` where another transaction was first: `capture.injected` for a crop,
    `terminal.clone_suspected` where the claim does not follow the last recorded one any more, or
    the terminal is suspended by now. The caller's transaction must then be rolled back.
    """
    values = _common(judged, crops) | entry.values()
    values |= {
        "id": decision.id,
        "outcome": decision.outcome.value,
        "refusal_code": None,
        "assurance": decision.assurance.value if decision.assurance else None,
        "person": person,
        "body": decision.model_dump_json(),
        "decided_at": decision.decided_at,
        "receipt": receipt.id,
        "suite": SIGNING_SUITE,
        "compact": receipt.compact,
        "expires_at": receipt.expires_at,
    }
    new_crops, spoke = within(conn, _WRITE_DECISION, values) or (0, 0)
    if new_crops != len(crops):
        raise refusal("capture.injected", note="seen before")
    if spoke != 1:
        raise refusal("terminal.clone_suspected", note="another claim was first")


def write_refusal(
    conn: Connection, judged: Judged, refused: Refused, at: datetime, crops: Sequence[str]
) -> bool:
    """A refusal as the final result of these bytes, with its ledger entry, in the caller's
    transaction.

    Crops that were judged stay seen. False where the claim does not follow the terminal's last
    recorded one, so that its chain stays where it is.
    """
    entry = entry_of(judged, "claim.refused", at, refusal=refused.code)
    values = _common(judged, crops) | entry.values()
    values |= {
        "id": new_id(),
        "outcome": REFUSED,
        "refusal_code": refused.code,
        "assurance": None,
        "person": None,
        "body": refused.problem().model_dump_json(),
        "decided_at": at,
    }
    _, spoke = within(conn, _WRITE_REFUSAL, values) or (0, 0)
    return bool(spoke)


def any_seen(conn: Connection, crops: Sequence[str]) -> bool:
    """Whether one of these crop keys was judged before."""
    return alone(conn, _SEEN, {"crops": list(crops)}) is not None


def entry_of(judged: Judged, kind: str, at: datetime, **facts: Any) -> Entry:
    """The entry of a judged claim: ids, codes and times. Numbers are integers (RFC 8785)."""
    claim, basis = judged.claim, judged.claim.legal_basis
    body = {
        "claim": judged.claim_digest,
        "previous": claim.previous,
        "challenge": claim.challenge,
        "terminal": claim.terminal,
        "visit": claim.visit,
        "purpose": claim.purpose,
        "counter": claim.counter,
        "terminal_time": claim.created_at.isoformat(),
        "skew_ms": None if judged.skew_s is None else round(judged.skew_s * 1000),
        "notice": basis.notice_version if basis else None,
        "consent": basis.consent.value if basis else None,
        "touched_at": basis.touched_at.isoformat() if basis else None,
        **facts,
    }
    return Entry(kind, at, body, ledger.leaf_hash(judged.institution, kind, at, body))


def _common(judged: Judged, crops: Sequence[str]) -> dict[str, Any]:
    claim, basis = judged.claim, judged.claim.legal_basis
    return {
        "institution": judged.institution,
        "terminal": claim.terminal,
        "challenge": claim.challenge,
        "claim": judged.claim_digest,
        "visit": claim.visit,
        "purpose": claim.purpose,
        "notice_version": basis.notice_version if basis else None,
        "consent": basis.consent.value if basis else None,
        "touched_at": basis.touched_at if basis else None,
        "counter": claim.counter,
        "previous": claim.previous,
        "skew": judged.skew_s,
        # In one order everywhere, so that two claims with the same crops wait and never deadlock.
        "crops": sorted(crops),
    }
