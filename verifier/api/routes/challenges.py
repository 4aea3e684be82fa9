"""`POST /v1/challenges`: a terminal asks for a single-use question."""

from fastapi import APIRouter, Response

from verifier.decision.bench import health
from verifier.decision.challenges import OpenedChallenge, open_challenge
from verifier.decision.exchange import connected
from verifier.decision.terminals import refuse_unless_it_may
from verifier.decision.terms import today
from verifier.protocol.challenge import Challenge, ChallengeRequest
from verifier.protocol.errors import refusal
from verifier.trust import alarms, terminals
from verifier.trust.alarms import Cause

from ..access import Access, extra, refusals
from ..bodies import parsed
from ..deps import Here, Proven, ProvenTerminal
from ..site import Site

router = APIRouter(tags=["claims"])


@router.post(
    "/v1/challenges",
    response_model=Challenge,
    responses=refusals(
        "auth.missing",
        "auth.invalid",
        "auth.forbidden",
        "terminal.unknown",
        "terminal.suspended",
        "purpose.unknown",
        "request.malformed",
        "request.too_large",
    ),
    openapi_extra=extra(
        Access.TERMINAL,
        requestBody={
            "required": True,
            "content": {
                "application/json": {
                    "schema": ChallengeRequest.model_json_schema(),
                    "example": {"purpose": "settlement", "visit": "2mJ0cE9cQd6pG1lKz7yX4A"},
                }
            },
        },
    ),
)
async def ask_for_a_challenge(proven: ProvenTerminal, site: Here) -> Response:
    """A fresh challenge. It replaces the terminal's open one."""
    asked = parsed(ChallengeRequest, proven.body)
    refuse_unless_it_may(proven.terminal, site.parts.institution, asked.purpose)
    if asked.purpose not in site.rules.purposes:
        raise refusal("purpose.unknown", note="not in the policy")
    opened = await site.small.take(_open, site, proven, asked)
    answer = _answer(site, proven, asked, opened)
    return Response(answer.model_dump_json(), media_type="application/json")


def _open(site: Site, proven: Proven, asked: ChallengeRequest) -> OpenedChallenge:
    parts, terminal = site.parts, proven.terminal
    now = parts.clock()
    with connected(parts.engine) as conn:
        opened = open_challenge(
            conn,
            terminal.id,
            asked.purpose,
            asked.visit,
            now,
            site.rules.policy.challenge_lifetime_s,
        )
        if health(proven.skew_s) != health(proven.skew_before_s):
            with conn.begin():
                terminals.note_seen(conn, terminal.id, proven.skew_s)
                if health(proven.skew_s):
                    alarms.sound(conn, parts.institution, Cause.CLOCK, terminal.id, now)
    return opened


def _answer(
    site: Site, proven: Proven, asked: ChallengeRequest, opened: OpenedChallenge
) -> Challenge:
    pack = site.parts.embedder.pack
    return Challenge(
        challenge=opened.id,
        purpose=asked.purpose,
        visit=asked.visit,
        issued_at=opened.issued_at,
        expires_at=opened.expires_at,
        notice_version=site.rules.notice_for(asked.purpose, today(opened.issued_at)),
        seal_key=site.seal_key,
        pack=pack.name,
        pack_digest=pack.digest,
        liveness_required=site.rules.policy.liveness.required,
        token_kinds=site.token_kinds,
        checkpoint=site.sealer.newest,
        health=health(proven.skew_s),
    )
