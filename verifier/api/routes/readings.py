"""`/v1/readings…`: a desk's agent sends what its reader read; the clerk there takes it, once."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from joserfc.jwk import OKPKey
from sqlalchemy import text

from verifier import ledger
from verifier.protocol.claim import CredentialReading, Evidence
from verifier.protocol.desk import DESK, SealKey, SentReading
from verifier.protocol.errors import refusal
from verifier.trust.accounts.roles import Permission
from verifier.trust.accounts.sessions import SignedIn

from ..access import STAFF_REFUSALS, Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, Proven, ProvenTerminal, staff
from ..site import Site

router = APIRouter(tags=["desks"])

DeskId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{22}$", description="The desk's terminal.")]
Clerk = Annotated[SignedIn, staff(Permission.READINGS_TAKE)]
_TERMINALS = (
    "auth.missing",
    "auth.invalid",
    "auth.forbidden",
    "terminal.unknown",
    "terminal.suspended",
    "purpose.unknown",
)
_HERE = text("SELECT 1 FROM terminals WHERE id = :desk AND institution = :institution")


@router.get(
    "/v1/readings/key",
    response_model=SealKey,
    responses=refusals(*_TERMINALS),
    openapi_extra=extra(Access.TERMINAL),
)
async def seal_key(proven: ProvenTerminal, site: Here) -> Response:
    """The key to which a desk's agent seals readings."""
    _refuse_others(proven)
    return Response(
        SealKey(seal_key=site.seal_key).model_dump_json(), media_type="application/json"
    )


@router.post(
    "/v1/readings",
    status_code=204,
    response_class=Response,
    responses=refusals(
        *_TERMINALS,
        "evidence.unreadable",
        "evidence.malformed",
        "evidence.empty",
        "evidence.simulated",
        "request.malformed",
        "request.too_large",
    ),
    openapi_extra=extra(Access.TERMINAL, requestBody=described(SentReading)),
)
async def send_a_reading(proven: ProvenTerminal, site: Here) -> Response:
    """One credential, kept in memory for the clerk of this desk, two minutes at most."""
    _refuse_others(proven)
    sent = parsed(SentReading, proven.body)
    reading = await site.small.take(
        _opened, sent.evidence, site.parts.keyring.seal_key, site.parts.demo
    )
    site.readings.put(proven.terminal.id, reading)
    return Response(status_code=204)


@router.post(
    "/v1/readings/{desk_id}/taken",
    response_model=CredentialReading,
    responses=refusals("auth.missing", *STAFF_REFUSALS, "reading.none", "request.malformed"),
    openapi_extra=extra(Access.STAFF, Permission.READINGS_TAKE),
)
async def take_a_reading(desk_id: DeskId, clerk: Clerk, site: Here) -> Response:
    """The newest reading of a desk, once. That it was taken, and by whom, is an entry."""
    reading = await site.small.take(taken, site, desk_id, clerk)
    if reading is None:
        raise refusal("reading.none")
    return Response(reading.model_dump_json(), media_type="application/json")


def _refuse_others(proven: Proven) -> None:
    if DESK not in proven.terminal.purposes:
        raise refusal("purpose.unknown")


def _opened(sealed: str, key: OKPKey, demo: bool) -> CredentialReading:
    evidence = Evidence.unseal(sealed, key)
    if evidence.reading is None or evidence.capture is not None:
        raise refusal("evidence.empty", note="a desk sends a credential and no face")
    if evidence.reading.simulated and not demo:
        raise refusal("evidence.simulated")
    return evidence.reading


def taken(site: Site, desk: str, clerk: SignedIn) -> CredentialReading | None:
    """The newest reading of a desk of this institution, once, with an entry of who took it."""
    mine = site.parts.institution
    with site.parts.engine.begin() as conn:
        if conn.scalar(_HERE, {"desk": desk, "institution": mine}) is None:
            return None
        reading = site.readings.take(desk)
        if reading is not None:
            facts = {"terminal": desk, "account": clerk.account, "credential": reading.kind}
            ledger.append(conn, mine, "reading.taken", facts)
    return reading
