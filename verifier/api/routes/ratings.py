"""`/v1/ratings`, `/v1/intakes`: how a visit went, and what somebody brought."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from verifier.protocol.desk import DESK
from verifier.protocol.errors import refusal
from verifier.protocol.rating import IntakeBrought, IntakeTaken, Rating, RatingTaken
from verifier.ratings import taking
from verifier.ratings.taking import Sender
from verifier.trust.clients import ClientRecord

from .. import tokens
from ..access import Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, client_with, credential, proven_terminal
from ..rating import book_of
from ..site import Site

router = APIRouter(tags=["ratings"])

Writer = Annotated[ClientRecord, client_with(tokens.WRITE_RATINGS)]

_ANSWERS = (
    "auth.missing",
    "auth.invalid",
    "auth.forbidden",
    "request.malformed",
    "request.too_large",
    "rating.differs",
    "rating.place_unknown",
    "rating.simulated",
    "rating.time_outside",
    "rating.too_many",
)


async def _rating_sender(request: Request, site: Here) -> Sender:
    """A terminal or a client. Raises as `proven_terminal` does, or for a bad token."""
    scheme, token = credential(request)
    if scheme != "bearer":
        terminal = (await proven_terminal(request, site)).terminal
        if DESK in terminal.purposes:  # one clerk's place: it would be that clerk who is rated
            raise refusal("purpose.unknown")
        return Sender(terminal.id, terminal)
    now = site.parts.clock()
    client = await site.small.take(site.tokens.client_of, token, tokens.WRITE_RATINGS, now)
    return Sender(client.id)


@router.post(
    "/v1/ratings",
    response_model=RatingTaken,
    responses=refusals("terminal.unknown", "terminal.suspended", "purpose.unknown", *_ANSWERS),
    openapi_extra=extra(Access.SENDER, requestBody=described(Rating)),
)
async def take_rating(
    request: Request, sender: Annotated[Sender, Depends(_rating_sender)], site: Here
) -> Response:
    """How a visit went, by somebody who chose to say so: no name, no number, no worker.

    The same again changes nothing. A poor rating opens an intake and is told its number.
    """
    site.ratings.take(sender.name)
    said = parsed(Rating, await request.body())
    return _json(await site.small.take(_rating, site, sender, said))


@router.post(
    "/v1/intakes",
    response_model=IntakeTaken,
    responses=refusals(*_ANSWERS),
    openapi_extra=extra(Access.CLIENT, requestBody=described(IntakeBrought)),
)
async def take_intake(request: Request, client: Writer, site: Here) -> Response:
    """A matter that was brought elsewhere, with its number here and until when it is answered.

    The same again changes nothing and says where it stands.
    """
    site.ratings.take(client.id)
    said = parsed(IntakeBrought, await request.body())
    return _json(await site.small.take(_intake, site, Sender(client.id), said))


def _rating(site: Site, sender: Sender, said: Rating) -> RatingTaken:
    with site.parts.engine.begin() as conn:
        return taking.take_rating(conn, book_of(site), sender, said, site.parts.clock())


def _intake(site: Site, sender: Sender, said: IntakeBrought) -> IntakeTaken:
    with site.parts.engine.begin() as conn:
        return taking.take_intake(conn, book_of(site), sender, said, site.parts.clock())


def _json(model: BaseModel) -> Response:
    return Response(model.model_dump_json(), media_type="application/json")
