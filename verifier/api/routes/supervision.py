"""`/v1/supervision/…`: a regional supervisor reads decisions under pseudonyms."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from verifier.identity import supervision
from verifier.identity.errors import IdentityRefused
from verifier.identity.supervision import Identity, Seen
from verifier.protocol.errors import refusal
from verifier.protocol.values import Id, UtcTime
from verifier.trust.clients import ClientRecord

from .. import tokens
from ..access import Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, client_with
from ..site import Site

router = APIRouter(tags=["supervision"])

LONGEST = timedelta(days=31)
Reader = Annotated[ClientRecord, client_with(tokens.READ_SUPERVISION)]
Identifier = Annotated[ClientRecord, client_with(tokens.IDENTIFY)]
Moment = Annotated[datetime, Query(description="RFC 3339, with its offset.")]
Limit = Annotated[int, Query(ge=1, le=1000)]
_CLIENTS = ("auth.missing", "auth.invalid", "auth.forbidden", "supervision.off")


class Decisions(BaseModel):
    """Oldest first. A full page ends early: ask again from the last one's time on."""

    decisions: list[Seen]


class Asked(BaseModel):
    """For which case a person must be known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    decision: Id
    case: str = Field(
        pattern=r"^[0-9A-Za-z〔〕\[\]()_-]{4,64}$", description="The case's number, no text."
    )


@router.get(
    "/v1/supervision/decisions",
    response_model=Decisions,
    responses=refusals(*_CLIENTS, "request.malformed"),
    openapi_extra=extra(Access.CLIENT),
)
async def read_decisions(
    client: Reader, site: Here, start: Moment, end: Moment, limit: Limit = 500
) -> Response:
    """Decisions of at most 31 days, under pseudonyms that are the same in the whole region."""
    if start.tzinfo is None or end.tzinfo is None or not start < end <= start + LONGEST:
        raise refusal("request.malformed", note="a span of up to 31 days, with offsets")
    found = await site.small.take(_decisions, site, client, start, end, limit)
    return Response(Decisions(decisions=found).model_dump_json(), media_type="application/json")


@router.post(
    "/v1/supervision/identities",
    response_model=Identity,
    responses=refusals(*_CLIENTS, "supervision.nobody", "request.malformed", "request.too_large"),
    openapi_extra=extra(Access.CLIENT, requestBody=described(Asked)),
)
async def see_a_person(request: Request, client: Identifier, site: Here) -> Response:
    """Whose decision it was, for a numbered case. The token for it counts once, for a minute."""
    asked = parsed(Asked, await request.body())
    found = await site.small.take(_identified, site, client, asked)
    return Response(found.model_dump_json(), media_type="application/json")


def _region_key(site: Site) -> bytes:
    if site.parts.region_key is None:
        raise refusal("supervision.off")
    return site.parts.region_key


def _decisions(
    site: Site, client: ClientRecord, start: UtcTime, end: UtcTime, limit: int
) -> list[Seen]:
    del client
    parts, key = site.parts, _region_key(site)
    with parts.engine.connect() as conn:
        return supervision.decisions(conn, parts.keyring, parts.institution, key, start, end, limit)


def _identified(site: Site, client: ClientRecord, asked: Asked) -> Identity:
    parts = site.parts
    _region_key(site)
    try:
        with parts.engine.begin() as conn:
            return supervision.identify(
                conn, parts.keyring, parts.institution, asked.decision, asked.case, client.id
            )
    except IdentityRefused:
        raise refusal("supervision.nobody") from None
