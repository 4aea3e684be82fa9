"""The verifier's single-use question, and the terminal's way to ask for it."""

import json
from typing import Annotated

from pydantic import Field, ValidationError

from . import jose
from .claim import Message, where
from .errors import refusal
from .values import Code, Id, UtcTime, new_id, now, sha256_b64url

AUTH_SCHEME = "Shualian"


class ChallengeRequest(Message):
    """Body of `POST /v1/challenges`."""

    purpose: Code
    visit: Id


class Notice(Message):
    """A notice in force (告知) and how long it has been."""

    version: str
    title: str
    digest: str


class Challenge(Message):
    """Answer of `POST /v1/challenges`. One is open per terminal; a newer one replaces it."""

    challenge: Id
    purpose: Code
    visit: Id
    issued_at: UtcTime
    expires_at: UtcTime
    notice_version: str
    seal_key: dict[str, str] = Field(description="Public JWK (X25519) to which evidence is sealed.")
    pack: str
    pack_digest: str
    liveness_required: bool
    liveness_script: Annotated[list[Code], Field(max_length=16)] = Field(default_factory=list)
    token_kinds: Annotated[list[Code], Field(max_length=8)] = Field(
        default_factory=list,
        description="Credentials that are a code and that somebody here resolves.",
    )
    checkpoint: str | None = Field(
        default=None,
        max_length=2048,
        description="The ledger's newest checkpoint, compact: kept by terminals, so that nobody "
        "can re-sign history unseen.",
    )
    health: list[Code] = Field(
        default_factory=list, description="What the verifier finds odd about this terminal."
    )


class RequestProof(Message):
    """What a terminal signs so that a request other than a claim is known to be its own.

    Carried as `Authorization: Shualian <compact JWS>`; `ath` binds the body. `jti` is single use.
    """

    terminal: Id
    method: str = Field(max_length=8)
    path: str = Field(max_length=256)
    body_digest: str = Field(max_length=43)
    jti: Id
    issued_at: UtcTime


def authorization(
    terminal: str,
    key: jose.SigningKey | jose.Signer,
    method: str,
    path: str,
    body: bytes,
    kind: jose.Kind = jose.REQUEST,
) -> str:
    """The header's value for one request; a phone's is of its own `kind`."""
    proof = RequestProof(
        terminal=terminal,
        method=method,
        path=path,
        body_digest=sha256_b64url(body),
        jti=new_id(),
        issued_at=now(),
    )
    return f"{AUTH_SCHEME} {jose.sign(kind, terminal, proof.model_dump_json().encode(), key)}"


def parse_proof(payload: bytes, method: str, path: str, body: bytes) -> RequestProof:
    """A verified payload's proof for just this request. Raises `Refused` with `auth.invalid`."""
    try:
        proof = RequestProof.model_validate_json(payload)
    except (ValidationError, json.JSONDecodeError) as error:
        note = where(error) if isinstance(error, ValidationError) else "not JSON"
        raise refusal("auth.invalid", note=note) from None
    if (proof.method, proof.path, proof.body_digest) != (method, path, sha256_b64url(body)):
        raise refusal("auth.invalid", note="proof is for another request")
    return proof
