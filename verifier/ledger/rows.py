"""Whether the rows that entries speak of are still what the entries committed to.

A decision's entry holds its ids, outcome and times, and a keyed commitment to all that the decision
says, so that a changed score is found without the score standing in the ledger. A receipt is
checked by its own signature and by the leaf that it cites; a consent by what its entry says.
Entries of versions before these commitments have none, and are held to what they do say.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Row, text

from verifier.protocol import jose
from verifier.protocol.decision import Decision
from verifier.protocol.receipt import Receipt
from verifier.protocol.values import b64url, sha256_b64url
from verifier.trust.keys import KeyRing

from .policies import KIND as POLICY
from .policies import check_policies

_BATCH = 2_000


@dataclass(frozen=True)
class RowFinding:
    """A row that is not as its entry says. Codes: `decision.…`, `receipt.…`, `consent.…`,
    `policy.…`, each `removed`, `changed` or `added`.
    """

    code: str
    position: int | None
    seq: int | None
    kind: str | None
    at: datetime | None


def commitment(keyring: KeyRing, institution: str, decision: Decision, person: str | None) -> str:
    """To all that a decision says and of whom (HMAC-SHA256, base64url).

    Keyed, so that who has the ledger alone can try no values.
    """
    key = keyring.derive("decision-commitment", institution)
    said = f"{decision.model_dump_json()}\0{person or ''}"
    return b64url(hmac.digest(key, said.encode(), hashlib.sha256))


def evidence_digest(consent: str, evidence: str) -> str:
    """By which a consent's entry names how it was given."""
    return sha256_b64url(f"{consent}\0{evidence}".encode())


_CLAIMS = text("""
SELECT s.position, l.seq, l.kind, l.at, l.leaf, l.body AS entry,
       d.id, d.institution, d.terminal, d.challenge, d.claim_digest, d.visit, d.purpose, d.outcome,
       d.refusal_code, d.assurance, d.person, d.decided_at, d.body,
       r.id AS receipt_id, r.compact
FROM ledger_leaves AS s JOIN ledger AS l ON l.seq = s.seq
LEFT JOIN decisions AS d ON d.challenge = l.body->>'challenge'
LEFT JOIN receipts AS r ON r.decision = d.id
WHERE s.institution = :institution AND l.kind IN ('claim.decided', 'claim.refused')
ORDER BY s.position
""")
_COUNTERS = text("""
SELECT s.position, l.seq, l.kind, l.at, l.leaf, l.body AS entry,
       d.id, d.institution, d.terminal, d.challenge, d.claim_digest, d.visit, d.purpose, d.outcome,
       d.refusal_code, d.assurance, d.person, d.decided_at, d.body,
       r.id AS receipt_id, r.compact
FROM ledger_leaves AS s JOIN ledger AS l ON l.seq = s.seq
LEFT JOIN decisions AS d ON d.id = l.body->>'decision'
LEFT JOIN receipts AS r ON r.decision = d.id
WHERE s.institution = :institution AND l.kind = 'counter.decided'
ORDER BY s.position
""")
_SWEPT = text("""
SELECT l.at, l.body->>'before', l.body->>'count'
FROM ledger_leaves AS s JOIN ledger AS l ON l.seq = s.seq
WHERE s.institution = :institution AND l.kind = 'retention.swept'
  AND l.body->>'what' = 'decisions'
""")
LEAST_LIFE = timedelta(days=1094)
"""Before that no decision's time is over (`verifier.identity.retention`)."""

_STRAY = text("""
SELECT d.decided_at FROM decisions AS d WHERE d.institution = :institution
AND d.challenge IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM ledger AS l
  WHERE l.institution = :institution AND l.body->>'challenge' = d.challenge
    AND l.kind IN ('claim.decided', 'claim.refused', 'terminal.clone_suspected')
) ORDER BY d.decided_at
""")
_STRAY_COUNTERS = text("""
SELECT d.decided_at FROM decisions AS d WHERE d.institution = :institution
AND d.challenge IS NULL AND NOT EXISTS (
  SELECT 1 FROM ledger AS l WHERE l.institution = :institution
    AND l.kind = 'counter.decided' AND l.body->>'decision' = d.id
) ORDER BY d.decided_at
""")
_CONSENTS = text("""
SELECT s.position, l.seq, l.kind, l.at, l.body AS entry, c.id, c.person, c.kind AS form,
       c.notice_version, c.given_at, c.evidence, c.withdrawn_at,
       (SELECT max(w.at) FROM ledger AS w WHERE w.institution = :institution
          AND w.kind = 'consent.withdrawn' AND w.body->>'person' = l.body->>'person') AS said
FROM ledger_leaves AS s JOIN ledger AS l ON l.seq = s.seq
LEFT JOIN consents AS c ON c.id = l.body->>'consent'
WHERE s.institution = :institution AND l.kind = 'consent.recorded'
ORDER BY s.position
""")
_STRAY_CONSENTS = text("""
SELECT c.given_at FROM consents AS c WHERE c.institution = :institution
AND NOT EXISTS (
  SELECT 1 FROM ledger AS l WHERE l.institution = :institution
    AND l.kind = 'consent.recorded' AND l.body->>'consent' = c.id
) ORDER BY c.given_at
""")


def check_rows(conn: Connection, institution: str, keyring: KeyRing) -> Iterator[RowFinding]:
    """Every decision, receipt and consent against the entries of one institution."""
    bound, streamed = {"institution": institution}, {"yield_per": _BATCH}
    ended, left = _ended(conn, institution)
    for statement in (_CLAIMS, _COUNTERS):
        for row in conn.execute(statement, bound, execution_options=streamed):
            if row.id is None and ended is not None and row.at < ended and left > 0:
                left -= 1
                continue
            if code := _claim(row, institution, keyring):
                yield RowFinding(code, row.position, row.seq, row.kind, row.at)
    for row in conn.execute(_CONSENTS, bound, execution_options=streamed):
        if code := _consent(row):
            yield RowFinding(code, row.position, row.seq, row.kind, row.at)
    for code, stray in (
        ("decision.added", _STRAY),
        ("decision.added", _STRAY_COUNTERS),
        ("consent.added", _STRAY_CONSENTS),
    ):
        for at in conn.scalars(stray, bound):
            yield RowFinding(code, None, None, None, at)
    for code, position, seq, when in check_policies(conn, institution):
        yield RowFinding(code, position, seq, POLICY if seq is not None else None, when)


def _ended(conn: Connection, institution: str) -> tuple[datetime | None, int]:
    """Until when decisions' time is over, as sealed entries say, and how many they say went.

    An entry that speaks of younger ones excuses nothing: nobody may remove them.
    """
    found = [
        (before, int(count))
        for at, said, count in conn.execute(_SWEPT, {"institution": institution})
        if (before := datetime.fromisoformat(said)) <= at - LEAST_LIFE
    ]
    return max((before for before, _ in found), default=None), sum(count for _, count in found)


def _claim(row: Row[Any], institution: str, keyring: KeyRing) -> str | None:
    if row.id is None:
        return "decision.removed"
    entry = row.entry
    same = (
        row.institution == institution
        and row.claim_digest == entry["claim"]
        and (row.terminal, row.visit, row.purpose)
        == (entry["terminal"], entry["visit"], entry["purpose"])
        and row.decided_at == row.at
    )
    if not same:
        return "decision.changed"
    if row.kind == "claim.refused":
        refused = (row.outcome, row.refusal_code) == ("refused", entry["refusal"])
        return None if refused and row.body.get("code") == entry["refusal"] else "decision.changed"
    if not _as_decided(row, entry, institution, keyring):
        return "decision.changed"
    if row.compact is None:
        return "receipt.removed"
    return None if _cites(row, keyring) else "receipt.changed"


def _as_decided(
    row: Row[Any], entry: Mapping[str, Any], institution: str, keyring: KeyRing
) -> bool:
    try:
        said = Decision.model_validate(row.body)
    except ValidationError:
        return False
    facts = (said.id, said.outcome.value, said.assurance and said.assurance.value)
    known = entry.get("commitment")
    return (
        facts == (row.id, row.outcome, row.assurance)
        and (row.id, row.outcome, row.assurance, row.person)
        == (entry["decision"], entry["outcome"], entry["assurance"], entry["person"])
        and known in (None, commitment(keyring, institution, said, row.person))
    )


def _cites(row: Row[Any], keyring: KeyRing) -> bool:
    key = keyring.receipt_key
    try:
        payload = jose.verify(jose.RECEIPT, row.compact, {str(key.kid): key}.get)
        receipt = Receipt.model_validate_json(payload)
    except (jose.BadSignature, ValidationError):
        return False
    return (receipt.jti, receipt.ledger_leaf, receipt.visit, receipt.outcome.value) == (
        row.receipt_id,
        row.leaf,
        row.visit,
        row.outcome,
    )


def _consent(row: Row[Any]) -> str | None:
    if row.id is None:
        return "consent.removed"
    entry = row.entry
    stands = {
        "person": row.person,
        "form": row.form,
        "notice": row.notice_version,
        "given_at": row.given_at.isoformat(),
        "evidence": evidence_digest(row.id, row.evidence),
    }
    same = (
        all(stands[name] == said for name, said in entry.items() if name in stands)
        # Withdrawn where, and only where, the ledger says so later.
        and (row.withdrawn_at is not None) == (row.said is not None and row.said > row.at)
    )
    return None if same else "consent.changed"
