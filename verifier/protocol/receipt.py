"""The signed decision that a hospital's own system checks from the verifier's public keys alone."""

from datetime import UTC, datetime
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from pydantic import Field, ValidationError

from . import jose
from .claim import Message, where
from .values import Assurance, Code, Digest, Id, Liveness, Outcome


class Receipt(Message):
    """Claims of a receipt (RFC 7519 names where they exist). Times are seconds since the epoch."""

    iss: str
    aud: str = Field(description="Institution code.")
    jti: Id
    iat: int
    exp: int
    sub: str | None = Field(
        default=None,
        description="Pairwise subject of this institution; left out where nobody was found.",
    )
    visit: Id
    his_visit: str | None = Field(
        default=None, max_length=64, description="The HIS's own visit number."
    )
    purpose: Code
    outcome: Outcome
    reasons: list[Code]
    assurance: Assurance | None
    liveness: Liveness
    fmr: float | None
    fpir: float | None
    calibration: str
    simulated: bool
    ledger_leaf: Digest
    suite: str = jose.SIGNING_SUITE

    def payload(self) -> bytes:
        """What is signed. A `sub` that is none is left out: RFC 7519 knows no null one."""
        return self.model_dump_json(exclude={"sub"} if self.sub is None else None).encode()


class ReceiptRefused(Exception):
    """A receipt that must not be relied on. `code` says why; codes are stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_receipt(
    compact: str,
    jwks: dict[str, Any],
    *,
    audience: str,
    visit: str | None = None,
    at: datetime | None = None,
    accept_simulated: bool = False,
) -> Receipt:
    """The receipt, if it says `accepted` for this institution and visit and is in force.

    Raises `ReceiptRefused` with `receipt.signature_invalid`, `receipt.malformed`,
    `receipt.wrong_audience`, `receipt.other_visit`, `receipt.expired`, `receipt.simulated` or
    `receipt.not_accepted`.
    """
    receipt = read_receipt(compact, jwks)
    moment = int((at or datetime.now(UTC)).timestamp())
    if receipt.aud != audience:
        raise ReceiptRefused("receipt.wrong_audience")
    if visit is not None and visit not in (receipt.visit, receipt.his_visit):
        raise ReceiptRefused("receipt.other_visit")
    if moment >= receipt.exp:
        raise ReceiptRefused("receipt.expired")
    if receipt.simulated and not accept_simulated:
        raise ReceiptRefused("receipt.simulated")
    if receipt.outcome is not Outcome.ACCEPTED:
        raise ReceiptRefused("receipt.not_accepted")
    return receipt


def read_receipt(compact: str, jwks: dict[str, Any]) -> Receipt:
    """The receipt whatever it says, its signature checked. Raises `ReceiptRefused`."""
    payload = signed_payload(jose.RECEIPT, compact, jwks)
    if payload is None:
        raise ReceiptRefused("receipt.signature_invalid")
    try:
        return Receipt.model_validate_json(payload)
    except ValidationError as error:
        raise ReceiptRefused("receipt.malformed") from ValueError(where(error))


def signed_payload(kind: jose.Kind, compact: str, jwks: dict[str, Any]) -> bytes | None:
    """What a document of this kind says, if a P-256 key of the set (RFC 7517) signed it."""
    try:
        ring = KeySet.import_key_set(jwks)  # type: ignore[arg-type]
        keys = {key.kid: key for key in ring.keys if isinstance(key, ECKey)}
        return jose.verify(kind, compact, keys.get)
    except (jose.BadSignature, JoseError, ValueError, KeyError):
        return None
