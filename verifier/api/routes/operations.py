"""What operators and checkers of receipts ask: keys, health, readiness, metrics."""

import json
from typing import Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel
from sqlalchemy import text

from verifier.protocol.errors import refusal

from ..access import Access, extra, refusals
from ..deps import Here, on_loopback
from ..site import Site

router = APIRouter(tags=["operations"])


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


@router.get("/readyz", responses=refusals(), openapi_extra=extra(Access.ANYONE))
async def readiness(site: Here) -> Readiness:
    """Whether a claim could be judged now: database, models and policy."""
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


def _ask_store(site: Site) -> None:
    with site.parts.engine.connect() as conn:
        if conn.scalar(text("SELECT count(*) FROM galleries WHERE id = :id"), _gallery(site)) != 1:
            raise refusal("verifier.unavailable", note="the gallery is gone")


def _gallery(site: Site) -> dict[str, str]:
    return {"id": site.parts.gallery.id}
