"""`/v1/practice/phone/…`: a face from the holder's own phone, under a consent of its own."""

import structlog
from fastapi import APIRouter, Request, Response

from verifier.decision.challenges import open_challenge
from verifier.decision.exchange import connected
from verifier.practice import phone_face
from verifier.protocol.decision import ClaimAnswer
from verifier.protocol.errors import refusal
from verifier.protocol.phone_claim import PhoneChallenge, PhoneFaceConsent
from verifier.protocol.practice import PURPOSE, PhoneState
from verifier.protocol.values import new_id

from ..access import Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, Proven, ProvenPhone
from ..site import Site
from .claims import MEDIA_TYPE, compact_of
from .phone import BODY, PHONES, face_notice, holder, state_of_holder

router = APIRouter(tags=["phones"])
log = structlog.get_logger("verifier")

CLAIMS = (
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
    "terminal.suspended",
    "terminal.clone_suspected",
    "terminal.unknown",
    "purpose.unknown",
    "legal_basis.missing",
    "legal_basis.notice_unknown",
    "evidence.unreadable",
    "evidence.malformed",
    "capture.undecodable",
    "capture.not_one_face",
    "capture.injected",
    "request.media_type",
    "request.timeout",
    "request.too_large",
)


@router.post(
    "/v1/practice/phone/face-consents",
    response_model=PhoneState,
    responses=refusals(*PHONES, "legal_basis.notice_unknown", *BODY),
    openapi_extra=extra(Access.PHONE, requestBody=described(PhoneFaceConsent)),
)
async def agree_to_a_face(proven: ProvenPhone, site: Here) -> Response:
    """The holder agrees to a face from this phone, or takes that back: at once, and for it only."""
    asked = parsed(PhoneFaceConsent, proven.body)
    return _json(await site.small.take(_consented, site, proven, asked))


@router.post(
    "/v1/practice/phone/challenges",
    response_model=PhoneChallenge,
    responses=refusals(*PHONES, "legal_basis.missing"),
    openapi_extra=extra(Access.PHONE),
)
async def ask_for_a_phone_challenge(proven: ProvenPhone, site: Here) -> Response:
    """A fresh question for a face; only to a phone whose holder agreed."""
    return _json(await site.small.take(_opened, site, proven))


@router.post(
    "/v1/practice/phone/claims",
    response_model=ClaimAnswer,
    responses=refusals(*CLAIMS),
    openapi_extra=extra(
        Access.SIGNED_CLAIM,
        requestBody={
            "required": True,
            "description": "Compact JWS of a phone's claim, signed by the phone (docs/phone.md).",
            "content": {
                MEDIA_TYPE: {"schema": {"type": "string", "maxLength": 4 * 1024 * 1024}},
            },
        },
    ),
)
async def judge_a_phone_s_claim(request: Request, site: Here) -> Response:
    """Whether it is the holder's face. The same bytes again get the same answer."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise refusal("request.media_type")
    async with site.claims.place():
        answer = await site.claims.run(site.phone_judge.judge, await compact_of(request))
    decision = answer.decision
    site.metrics.claims.labels(decision.purpose, decision.outcome.value).inc()
    log.info(
        "claim.answered",
        decision=decision.id,
        visit=decision.visit,
        outcome=decision.outcome.value,
        reasons=decision.reasons,
    )
    return _json(answer)


def _consented(site: Site, proven: Proven, asked: PhoneFaceConsent) -> PhoneState:
    mine, at = site.parts.institution, site.parts.clock()
    with site.parts.engine.begin() as conn:
        known = holder(conn, site, proven)
        if not asked.agree:
            phone_face.disagree(conn, mine, known.person, at)
        elif asked.notice_version == face_notice(site):
            said = (proven.terminal.id, known.person, asked.notice_version)
            phone_face.agree(conn, mine, *said, at)
        else:
            raise refusal("legal_basis.notice_unknown")
        return state_of_holder(conn, site, proven, known)


def _opened(site: Site, proven: Proven) -> PhoneChallenge:
    parts, phone, visit = site.parts, proven.terminal.id, new_id()
    notice = face_notice(site)
    with parts.engine.begin() as conn:
        person = holder(conn, site, proven).person
        if notice is None or not phone_face.agreed(conn, person, notice):
            raise refusal("legal_basis.missing")
    life = site.rules.policy.challenge_lifetime_s
    with connected(parts.engine) as conn:
        opened = open_challenge(conn, phone, PURPOSE, visit, parts.clock(), life)
    return PhoneChallenge(
        institution=parts.institution,
        challenge=opened.id,
        visit=visit,
        expires_at=opened.expires_at,
        notice_version=notice,
        seal_key=site.phone_seal_key,
    )


def _json(answer: PhoneState | PhoneChallenge | ClaimAnswer) -> Response:
    return Response(answer.model_dump_json(), media_type="application/json")
