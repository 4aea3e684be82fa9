"""`POST /v1/practice/phone-invitations`: 绑定手机 at a terminal that just recognised a face."""

from fastapi import APIRouter, Response

from verifier.practice import registry, sites
from verifier.practice.desk import CheckInRefused, Desk, identified
from verifier.protocol.errors import refusal
from verifier.protocol.practice import PURPOSE
from verifier.protocol.registration import PhoneAsked, PhoneInvited
from verifier.trust import phones

from ..access import Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, Proven, ProvenTerminal
from ..site import Site

router = APIRouter(tags=["phones"])


@router.post(
    "/v1/practice/phone-invitations",
    response_model=PhoneInvited,
    responses=refusals(
        "auth.missing",
        "auth.invalid",
        "auth.forbidden",
        "terminal.unknown",
        "terminal.suspended",
        "purpose.unknown",
        "practice.unknown",
        "practice.decision_unusable",
        "practice.face_needed",
        "practice.site_unknown",
        "request.malformed",
        "request.too_large",
    ),
    openapi_extra=extra(Access.TERMINAL, requestBody=described(PhoneAsked)),
)
async def invite_a_phone(proven: ProvenTerminal, site: Here) -> Response:
    """A one-time code, on a decision by face that this terminal just got. A card is not enough."""
    if PURPOSE not in proven.terminal.purposes:
        raise refusal("purpose.unknown")
    if not proven.terminal.active:
        raise refusal("terminal.suspended")
    asked = parsed(PhoneAsked, proven.body)
    made = await site.small.take(_invited, site, proven, asked)
    return Response(made.model_dump_json(), media_type="application/json")


def _invited(site: Site, proven: Proven, asked: PhoneAsked) -> PhoneInvited:
    parts, at = site.parts, site.parts.clock()
    try:
        with parts.engine.begin() as conn:
            who = identified(conn, _desk(site, proven), asked.receipt_id, at)
            if not (who.accepted and who.by_face) or who.deferred:
                raise refusal("practice.face_needed")
            known = registry.of_person(conn, parts.institution, who.person)
            if known is None:
                raise refusal("practice.unknown")
            if sites.get(conn, parts.institution, proven.terminal.site) is None:
                raise refusal("practice.site_unknown")
            said = (parts.institution, known.person, proven.terminal.id, at)
            made = phones.invite(conn, parts.keyring, *said, kind="terminal")
    except CheckInRefused as refused:
        raise refusal(refused.code, note=str(refused)) from None
    return PhoneInvited(code=made.code, expires_at=made.expires_at)


def _desk(site: Site, proven: Proven) -> Desk:
    parts = site.parts
    return Desk(
        keyring=parts.keyring,
        gallery=parts.gallery,
        institution=parts.institution,
        region_key=parts.region_key,
        rules=site.rules.policy.practice,
        demo=parts.demo,
        terminal=proven.terminal.id,
        site=proven.terminal.site,
        phone=False,
        address="",
    )
