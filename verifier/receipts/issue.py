"""A decision becomes a receipt: a JWS (`ES256`) that anyone can check from the JWKS alone."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from verifier.protocol import jose
from verifier.protocol.decision import Decision
from verifier.protocol.receipt import Receipt
from verifier.protocol.values import b64url, new_id
from verifier.trust.keys import KeyRing


@dataclass(frozen=True)
class IssuedReceipt:
    """A receipt as it was sent. `id` is its `jti`."""

    id: str
    compact: str
    expires_at: datetime


def issuer_of(institution: str) -> str:
    """`iss` of receipts and access tokens, and `aud` of client assertions: the verifier's name."""
    return f"urn:shualian:verifier:{institution}"


def pairwise_subject(keyring: KeyRing, institution: str, person: str) -> str:
    """The person's name in this institution's receipts; others' never compare (HMAC-SHA256)."""
    key = keyring.pairwise_key(institution)
    return b64url(hmac.digest(key, person.encode(), hashlib.sha256))


def issue(
    keyring: KeyRing,
    institution: str,
    decision: Decision,
    person: str | None,
    ledger_leaf: str,
    lifetime_s: int,
) -> IssuedReceipt:
    """Sign what the decision says. The receipt lives `lifetime_s` seconds from the decision."""
    issued_at = int(decision.decided_at.timestamp())
    receipt = Receipt(
        iss=issuer_of(institution),
        aud=institution,
        jti=new_id(),
        iat=issued_at,
        exp=issued_at + lifetime_s,
        sub=pairwise_subject(keyring, institution, person) if person else None,
        visit=decision.visit,
        purpose=decision.purpose,
        outcome=decision.outcome,
        reasons=decision.reasons,
        assurance=decision.assurance,
        liveness=decision.liveness,
        fmr=decision.comparison.fmr if decision.comparison else None,
        fpir=decision.identification.fpir if decision.identification else None,
        calibration=decision.calibration,
        simulated=decision.simulated,
        ledger_leaf=ledger_leaf,
    )
    key = keyring.receipt_key
    compact = jose.sign(jose.RECEIPT, str(key.kid), receipt.payload(), key)
    expires_at = decision.decided_at.replace(microsecond=0) + timedelta(seconds=lifetime_s)
    return IssuedReceipt(receipt.jti, compact, expires_at)
