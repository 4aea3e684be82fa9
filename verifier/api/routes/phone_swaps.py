"""`/v1/practice/phone/swaps`: shifts are exchanged between two phones, and nobody else's."""

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from verifier.practice import phone_swaps
from verifier.practice.registry import Known
from verifier.practice.roster_errors import ROSTER_KEPT
from verifier.protocol.swaps import SwapAnswer, SwapAsked, Swaps
from verifier.shifts import ROSTER

from ..access import Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, Proven, ProvenPhone
from ..site import Site
from .phone import BODY, PHONES, holder

router = APIRouter(tags=["phones"])

_SWAPS = [
    kind
    for code, kind in (ROSTER_KEPT | ROSTER).items()
    if code.startswith("roster.swap_") or code in ("roster.physician_not_listed",)
]
_CODE = ROSTER["roster.code_unknown"]


@router.get(
    "/v1/practice/phone/swaps",
    response_model=Swaps,
    responses=refusals(*PHONES),
    openapi_extra=extra(Access.PHONE),
)
async def read_swaps(proven: ProvenPhone, site: Here) -> Response:
    """Requests that wait for the holder or were asked by them, and whose shifts come."""
    return _json(await site.small.take(_done, site, proven, None))


@router.post(
    "/v1/practice/phone/swaps",
    response_model=Swaps,
    responses=refusals(*PHONES, *_SWAPS, _CODE, *BODY),
    openapi_extra=extra(Access.PHONE, requestBody=described(SwapAsked)),
)
async def ask_for_a_swap(proven: ProvenPhone, site: Here) -> Response:
    """A colleague of the department is asked to take a shift. The same again asks nobody twice."""
    return _json(await site.small.take(_done, site, proven, parsed(SwapAsked, proven.body)))


@router.post(
    "/v1/practice/phone/swap-answers",
    response_model=Swaps,
    responses=refusals(*PHONES, *_SWAPS, _CODE, *BODY),
    openapi_extra=extra(Access.PHONE, requestBody=described(SwapAnswer)),
)
async def answer_a_swap(proven: ProvenPhone, site: Here) -> Response:
    """The colleague's yes, with which the roster changes, or no; or the asker takes it back."""
    return _json(await site.small.take(_done, site, proven, parsed(SwapAnswer, proven.body)))


def _done(site: Site, proven: Proven, said: SwapAsked | SwapAnswer | None) -> Swaps:
    parts, at = site.parts, site.parts.clock()
    with parts.engine.begin() as conn:
        known = holder(conn, site, proven)
        _act(conn, site, known, said)
        codes = parts.shift_codes
        return phone_swaps.swaps_of(conn, parts.keyring, parts.institution, known, codes, at)


def _act(conn: Connection, site: Site, known: Known, said: SwapAsked | SwapAnswer | None) -> None:
    parts, at = site.parts, site.parts.clock()
    if isinstance(said, SwapAsked):
        phone_swaps.ask(conn, parts.institution, known, said, parts.shift_codes, at)
    elif isinstance(said, SwapAnswer):
        phone_swaps.answer(conn, parts.institution, known, said, parts.shift_codes, at)


def _json(swaps: Swaps) -> Response:
    return Response(swaps.model_dump_json(), media_type="application/json")
