"""`POST /v1/claims`: a terminal's signed claim is judged."""

import asyncio

import structlog
from fastapi import APIRouter, Request, Response

from verifier.protocol.decision import ClaimAnswer
from verifier.protocol.errors import refusal

from ..access import Access, extra, refusals
from ..deps import Here

router = APIRouter(tags=["claims"])
log = structlog.get_logger("verifier")

MEDIA_TYPE = "application/jose"
BODY_TIMEOUT_S = 15.0
"""A place among the judged is held while a body arrives, so a slow sender must not keep it."""


@router.post(
    "/v1/claims",
    response_model=ClaimAnswer,
    responses=refusals(
        "claim.signature_invalid",
        "claim.malformed",
        "claim.wrong_audience",
        "claim.mode_mismatch",
        "claim.in_progress",
        "claim.undecided",
        "challenge.unknown",
        "challenge.spent",
        "challenge.expired",
        "challenge.superseded",
        "challenge.mismatch",
        "ticket.invalid",
        "ticket.off",
        "terminal.suspended",
        "terminal.clone_suspected",
        "terminal.unknown",
        "purpose.unknown",
        "legal_basis.missing",
        "legal_basis.notice_unknown",
        "legal_basis.contradiction",
        "legal_basis.guardian_missing",
        "evidence.unreadable",
        "evidence.malformed",
        "evidence.empty",
        "evidence.simulated",
        "credential.token_used",
        "capture.undecodable",
        "capture.pack_mismatch",
        "capture.embedding_mismatch",
        "capture.injected",
        "request.media_type",
        "request.timeout",
        "request.too_large",
    ),
    openapi_extra=extra(
        Access.SIGNED_CLAIM,
        requestBody={
            "required": True,
            "description": "Compact JWS of a claim, signed by the terminal (docs/receipts.md).",
            "content": {
                MEDIA_TYPE: {
                    "schema": {"type": "string", "maxLength": 4 * 1024 * 1024},
                    "example": "eyJhbGciOiJFZDI1NTE5IiwidHlwIjoic2h1YWxpYW4tY2xhaW0randzIi…",
                }
            },
        },
    ),
)
async def judge_a_claim(request: Request, site: Here) -> Response:
    """The decision and its receipt. The same bytes again get the same answer, and no new effect."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise refusal("request.media_type")
    async with site.claims.place():
        answer, body = await site.claims.run(_judged, site, await compact_of(request))
    decision = answer.decision
    site.metrics.claims.labels(decision.purpose, decision.outcome.value).inc()
    log.info(
        "claim.answered",
        decision=decision.id,
        visit=decision.visit,
        outcome=decision.outcome.value,
        reasons=decision.reasons,
    )
    return Response(body, media_type="application/json")


async def compact_of(request: Request) -> str:
    """A claim's body as it came. Raises `Refused`: `request.timeout`, `claim.signature_invalid`."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            body = await request.body()
    except TimeoutError:
        raise refusal("request.timeout") from None
    try:
        return body.decode("ascii")
    except UnicodeDecodeError:
        raise refusal("claim.signature_invalid", note="not ASCII") from None


def _judged(site: "Here", compact: str) -> tuple[ClaimAnswer, str]:
    answer = site.judge.judge(compact)
    return answer, answer.model_dump_json()
