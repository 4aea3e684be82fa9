"""`POST /v1/tickets`: a terminal asks for its stock of tickets while it can."""

from fastapi import APIRouter, Response

from verifier.decision import tickets
from verifier.decision.terms import today
from verifier.protocol.errors import refusal
from verifier.protocol.ticket import TicketBatch

from ..access import Access, extra, refusals
from ..deps import Here, Proven, ProvenTerminal
from ..site import Site

router = APIRouter(tags=["claims"])


@router.post(
    "/v1/tickets",
    response_model=TicketBatch,
    responses=refusals(
        "auth.missing",
        "auth.invalid",
        "auth.forbidden",
        "terminal.unknown",
        "terminal.suspended",
        "ticket.off",
    ),
    openapi_extra=extra(Access.TERMINAL),
)
async def ask_for_tickets(proven: ProvenTerminal, site: Here) -> Response:
    """The terminal's unspent tickets, filled up. For purposes whose policy takes them."""
    days = _days(site, proven)
    if not days:
        raise refusal("ticket.off")
    day = today(site.parts.clock())
    notice = site.rules.notice_for(min(days), day)  # one batch, one notice
    days = {name: n for name, n in days.items() if site.rules.notice_for(name, day) == notice}
    held = await site.small.take(_held, site, proven.terminal.id, min(days.values()))
    batch = TicketBatch(
        tickets=held,
        purposes=sorted(days),
        notice_version=notice,
        seal_key=site.seal_key,
        pack=site.parts.embedder.pack.name,
        pack_digest=site.parts.embedder.pack.digest,
        liveness_required=site.rules.policy.liveness.required,
    )
    return Response(batch.model_dump_json(), media_type="application/json")


def _days(site: Site, proven: Proven) -> dict[str, int]:
    """Purposes of this terminal that take tickets, and for how many days."""
    return {
        name: rules.purpose.ticket_days
        for name, rules in site.rules.purposes.items()
        if name in proven.terminal.purposes and rules.purpose.ticket_days
    }


def _held(site: Site, terminal: str, days: int) -> list[str]:
    parts = site.parts
    with parts.engine.begin() as conn:
        return tickets.stock(conn, parts.keyring, parts.institution, terminal, parts.clock(), days)
