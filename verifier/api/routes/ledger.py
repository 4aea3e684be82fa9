"""`/v1/ledger/…`: the newest checkpoint, and proofs under it. Nothing readable stands in them."""

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import text

from verifier.ledger import proving
from verifier.protocol.errors import refusal
from verifier.protocol.values import Digest
from verifier.trust.accounts.roles import Permission
from verifier.trust.accounts.sessions import SignedIn

from ..access import STAFF_REFUSALS, Access, extra, refusals
from ..deps import Here, LedgerReader, staff
from ..site import Site
from .operations import JwkSet, JwkSetResponse

router = APIRouter(tags=["ledger"])

MEDIA_TYPE = "application/jose"
Size = Annotated[int, Path(ge=1, lt=2**53)]
Leaf = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{43}$", description="As a receipt cites it.")]
Auditor = Annotated[SignedIn, staff(Permission.LEDGER_READ)]
After = Annotated[int, Query(ge=0, lt=2**53, description="The last `seq` that was read.")]
KindOf = Annotated[
    str | None,
    Query(pattern=r"^[a-z_]+(\.[a-z_]+)?$", max_length=64, description="Such as role.granted."),
]
Limit = Annotated[int, Query(ge=1, le=500)]
_ENTRIES = text(
    "SELECT seq, kind, at, body FROM ledger WHERE institution = :institution AND seq > :after "
    "AND (CAST(:kind AS text) IS NULL OR kind = :kind) ORDER BY seq LIMIT :limit"
)
_REFUSED = refusals(
    "auth.missing",
    "auth.invalid",
    "auth.forbidden",
    *STAFF_REFUSALS,
    "terminal.unknown",
    "terminal.suspended",
    "ledger.unknown",
    "request.malformed",
)


class Consistency(BaseModel):
    """RFC 9162 §2.1.4: hashes in base64url."""

    first: int
    second: int
    proof: list[Digest] = Field(max_length=64)


class Inclusion(BaseModel):
    """RFC 9162 §2.1.3, under the checkpoint's root: hashes in base64url."""

    index: int
    size: int
    proof: list[Digest] = Field(max_length=64)
    checkpoint: str


class Entry(BaseModel):
    """What happened: ids, codes, times. Names and numbers stand in no entry."""

    seq: int
    kind: str
    at: datetime
    body: dict[str, Any]


class Entries(BaseModel):
    """In their order; `next` is `after` of the next page, or null at the end."""

    entries: list[Entry]
    next: int | None


@router.get(
    "/v1/ledger/entries",
    response_model=Entries,
    responses=refusals("auth.missing", *STAFF_REFUSALS, "request.malformed"),
    openapi_extra=extra(Access.STAFF, Permission.LEDGER_READ),
)
async def read_entries(
    _: Auditor, site: Here, after: After = 0, kind: KindOf = None, limit: Limit = 100
) -> Response:
    """Entries behind a number, oldest first, of one kind or all: what an auditor reads."""
    found = await site.small.take(_entries, site, after, kind, limit)
    return Response(found.model_dump_json(), media_type="application/json")


@router.get(
    "/.well-known/checkpoint-jwks.json",
    response_model=JwkSet,
    response_class=JwkSetResponse,
    openapi_extra=extra(Access.ANYONE),
)
async def checkpoint_keys(site: Here) -> Response:
    """The public key that the ledger's checkpoints are signed with."""
    return JwkSetResponse(json.dumps(site.parts.keyring.checkpoint_jwks()))


@router.get(
    "/v1/ledger/checkpoint",
    response_class=Response,
    responses={
        200: {
            "description": "Compact JWS, Ed25519.",
            "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        },
        **_REFUSED,
    },
    openapi_extra=extra(Access.READER, Permission.LEDGER_READ),
)
async def newest_checkpoint(_: LedgerReader, site: Here) -> Response:
    """The newest one; a client needs `ledger:read`."""
    if site.sealer.newest is None:
        raise refusal("ledger.unknown", note="nothing is sealed yet")
    return Response(site.sealer.newest, media_type=MEDIA_TYPE)


@router.get(
    "/v1/ledger/consistency/{first}/{second}",
    responses=_REFUSED,
    openapi_extra=extra(Access.READER, Permission.LEDGER_READ),
)
async def consistency(first: Size, second: Size, _: LedgerReader, site: Here) -> Consistency:
    """That the tree of `first` entries is the beginning of the one of `second`."""
    proof = await site.small.take(_consistency, site, first, second)
    if proof is None:
        raise refusal("ledger.unknown", note="not so many entries are sealed")
    return Consistency(first=first, second=second, proof=proof)


@router.get(
    "/v1/ledger/inclusion/{leaf}",
    responses=_REFUSED,
    openapi_extra=extra(Access.READER, Permission.LEDGER_READ),
)
async def inclusion(leaf: Leaf, _: LedgerReader, site: Here) -> Inclusion:
    """That the entry with this leaf, as a receipt cites it, stands under the newest checkpoint."""
    found = await site.small.take(_inclusion, site, leaf)
    if found is None:
        raise refusal("ledger.unknown", note="no such leaf is sealed yet")
    return Inclusion(
        index=found.index, size=found.size, proof=found.proof, checkpoint=found.checkpoint
    )


def _consistency(site: Site, first: int, second: int) -> list[str] | None:
    with site.parts.engine.connect() as conn:
        return proving.consistency(conn, site.parts.institution, first, second)


def _inclusion(site: Site, leaf: str) -> proving.Included | None:
    with site.parts.engine.connect() as conn:
        return proving.inclusion(conn, site.parts.institution, leaf)


def _entries(site: Site, after: int, kind: str | None, limit: int) -> Entries:
    bound = {
        "institution": site.parts.institution,
        "after": after,
        "kind": kind,
        "limit": limit,
    }
    with site.parts.engine.connect() as conn:
        rows = conn.execute(_ENTRIES, bound).mappings().all()
    found = [Entry.model_validate(dict(row)) for row in rows]
    return Entries(entries=found, next=found[-1].seq if len(found) == limit else None)
