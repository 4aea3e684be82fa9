"""`/v1/his/…`: a HIS says which visits are expected, and hears of decisions."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from verifier.his import decisions, expected, intake
from verifier.protocol.errors import refusal
from verifier.protocol.his import Decisions, Feeds, Items, Kind, RawItems, Results
from verifier.store import feeds
from verifier.store.feeds import CursorRefused
from verifier.trust.clients import ClientRecord

from .. import tokens
from ..access import Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, client_with
from ..site import Site

router = APIRouter(tags=["his"])

Feeder = Annotated[ClientRecord, client_with(tokens.FEED_VISITS)]
Reader = Annotated[ClientRecord, client_with(tokens.READ_DECISIONS)]
Cursor = Annotated[str | None, Query(max_length=40, description="Of the page before.")]
Limit = Annotated[int, Query(ge=1, le=decisions.MOST)]

_CLIENTS = ("auth.missing", "auth.invalid", "auth.forbidden")


@router.put(
    "/v1/his/{kind}",
    response_model=Results,
    responses=refusals(*_CLIENTS, "request.malformed", "request.too_large"),
    openapi_extra=extra(Access.CLIENT, requestBody=described(Items)),
)
async def take_items(kind: Kind, request: Request, client: Feeder, site: Here) -> Response:
    """What a HIS knows of expected visits, 1,000 at most, with a result for each.

    The same again changes nothing, an older version never overwrites a newer, and an item that is
    refused does not keep the others out.
    """
    asked = parsed(RawItems, await request.body())
    return _json(await site.small.take(_taken, site, kind, asked, client.id))


@router.get(
    "/v1/his/feeds",
    response_model=Feeds,
    responses=refusals(*_CLIENTS),
    openapi_extra=extra(Access.CLIENT),
)
async def read_feeds(client: Feeder, site: Here) -> Response:
    """How fresh each kind is, and how much of it counts now."""
    del client
    return _json(await site.small.take(_feeds, site, site.parts.clock()))


@router.get(
    "/v1/his/decisions",
    response_model=Decisions,
    responses=refusals(*_CLIENTS, "his.cursor_malformed", "request.malformed"),
    openapi_extra=extra(Access.CLIENT),
)
async def read_decisions(
    client: Reader, site: Here, cursor: Cursor = None, limit: Limit = decisions.MOST
) -> Response:
    """The decisions behind a cursor, oldest first and without gaps."""
    del client
    return _json(await site.small.take(_decisions, site, cursor, limit))


def _taken(site: Site, kind: Kind, asked: RawItems, client: str) -> Results:
    parts = site.parts
    said = (parts.keyring, parts.institution, kind, asked.items, client, parts.clock())
    with parts.engine.begin() as conn:
        return intake.take(conn, *said)


def _feeds(site: Site, at: datetime) -> Feeds:
    with site.parts.engine.connect() as conn:
        return Feeds(feeds=expected.states(conn, site.parts.institution, at))


def _decisions(site: Site, cursor: str | None, limit: int) -> Decisions:
    parts = site.parts
    try:
        start = feeds.parsed(cursor)
    except CursorRefused:
        raise refusal("his.cursor_malformed") from None
    with parts.engine.connect() as conn:
        page = decisions.after(conn, parts.keyring, parts.institution, start, limit)
    return Decisions(decisions=page.decisions, cursor=str(page.cursor))


def _json(model: BaseModel) -> Response:
    return Response(model.model_dump_json(), media_type="application/json")
