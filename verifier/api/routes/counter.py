"""`/v1/counter/…`: a terminal tells that somebody was sent, or went, to the counter."""

from fastapi import APIRouter, Response
from sqlalchemy import text

from verifier.counter import arriving
from verifier.protocol.counter import AtCounter
from verifier.protocol.errors import refusal

from ..access import Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, Proven, ProvenTerminal
from ..site import Site

router = APIRouter(tags=["counter"])

_OPENED = text(
    "SELECT 1 FROM challenges WHERE terminal = :terminal AND visit = :visit "
    "AND purpose = :purpose LIMIT 1"
)


@router.post(
    "/v1/counter/visits",
    status_code=204,
    response_class=Response,
    responses=refusals(
        "auth.missing",
        "auth.invalid",
        "auth.forbidden",
        "terminal.unknown",
        "terminal.suspended",
        "purpose.unknown",
        "challenge.unknown",
        "request.malformed",
        "request.too_large",
    ),
    openapi_extra=extra(Access.TERMINAL, requestBody=described(AtCounter)),
)
async def tell_the_counter(proven: ProvenTerminal, site: Here) -> Response:
    """A visit of this terminal waits at the counter. The same again changes nothing."""
    said = parsed(AtCounter, proven.body)
    if said.purpose not in proven.terminal.purposes or said.purpose not in site.rules.purposes:
        raise refusal("purpose.unknown")
    await site.small.take(_told, site, proven, said)
    return Response(status_code=204)


def _told(site: Site, proven: Proven, said: AtCounter) -> None:
    parts, terminal = site.parts, proven.terminal.id
    bound = {"terminal": terminal, "visit": said.visit, "purpose": said.purpose}
    with parts.engine.begin() as conn:
        if conn.scalar(_OPENED, bound) is None:
            raise refusal("challenge.unknown", note="no visit of this terminal")
        arriving.press(
            conn,
            parts.institution,
            site.rules.policy,
            said.visit,
            said.purpose,
            terminal,
            said.reason,
            parts.clock(),
        )
