"""What operators and checkers of receipts ask: keys, health, readiness, metrics."""

import json
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel
from sqlalchemy import text

from verifier.protocol.errors import refusal

from ..access import Access, extra, refusals
from ..deps import Here, on_loopback
from ..site import Site

router = APIRouter(tags=["operations"])

MOST_BETWEEN_CLOCKS = timedelta(seconds=2)
"""Freshness is judged by this host's clock and swept by it, while rows of several verifiers meet in
one database: beyond this nobody can say what came first.
"""


class Health(BaseModel):
    """The process answers."""

    status: str = "ok"


class Readiness(BaseModel):
    """What a claim needs stands."""

    status: str = "ready"
    mode: str
    pack: str
    pack_digest: str
    calibration: str
    policy: str
    policy_digest: str
    liveness: str


class JwkSet(BaseModel):
    """RFC 7517."""

    keys: list[dict[str, Any]]


class JwkSetResponse(Response):
    """With the media type of RFC 7517."""

    media_type = "application/jwk-set+json"


@router.get(
    "/.well-known/jwks.json",
    response_model=JwkSet,
    response_class=JwkSetResponse,
    openapi_extra=extra(Access.ANYONE),
)
async def public_keys(site: Here) -> Response:
    """The public keys that receipts are signed with."""
    body = json.dumps(site.parts.keyring.jwks())
    headers = {"cache-control": "public, max-age=300"}
    return JwkSetResponse(body, headers=headers)


@router.get("/healthz", openapi_extra=extra(Access.ANYONE))
async def health() -> Health:
    """The process lives. Says nothing of the store."""
    return Health()


@router.get(
    "/readyz", responses=refusals("verifier.clock_differs"), openapi_extra=extra(Access.ANYONE)
)
async def readiness(site: Here) -> Readiness:
    """Whether a claim could be judged now: database and its clock, models and policy."""
    await site.small.take(_ask_store, site)
    parts, rules = site.parts, site.rules
    return Readiness(
        mode=parts.mode,
        pack=parts.embedder.pack.name,
        pack_digest=parts.embedder.pack.digest,
        calibration=rules.calibration,
        policy=rules.policy.name,
        policy_digest=rules.policy_digest,
        liveness="required" if rules.policy.liveness.required else "not judged",
    )


@router.get(
    "/metrics",
    dependencies=[Depends(on_loopback)],
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **refusals("auth.forbidden"),
    },
    openapi_extra=extra(Access.LOOPBACK),
)
async def metrics(site: Here) -> Response:
    """Prometheus text format, for this machine only."""
    site.metrics.enrolled.set(len(site.gallery))
    return Response(site.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


_STANDS = text("SELECT (SELECT count(*) FROM galleries WHERE id = :id), clock_timestamp()")


def _ask_store(site: Site) -> None:
    with site.parts.engine.connect() as conn:
        asked = site.parts.clock()
        galleries, their_time = conn.execute(_STANDS, {"id": site.parts.gallery.id}).one()
        answered = site.parts.clock()
    if galleries != 1:
        raise refusal("verifier.unavailable", note="the gallery is gone")
    apart = max(asked - their_time, their_time - answered, timedelta())
    site.metrics.store_clock.set(apart.total_seconds())
    if apart > MOST_BETWEEN_CLOCKS:
        raise refusal("verifier.clock_differs")
