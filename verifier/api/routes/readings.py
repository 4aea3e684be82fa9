"""`/v1/readings…`: a desk's agent sends what its reader read; the clerk there takes it, once."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from joserfc.jwk import OKPKey

from models import images
from models.errors import ImageRefused
from verifier.protocol import jose
from verifier.protocol.claim import CredentialReading, Evidence
from verifier.protocol.desk import (
    CHIP_KINDS,
    DESK,
    MAX_PHOTO_BYTES,
    PHOTO_SIZE,
    SealKey,
    SentReading,
)
from verifier.protocol.errors import refusal
from verifier.trust.accounts.roles import Permission
from verifier.trust.accounts.sessions import SignedIn

from ..access import STAFF_REFUSALS, Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, Proven, ProvenTerminal, staff
from ..desk_readings import taken
from ..readings import Laid
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


@router.get(
    "/v1/readings/key",
    response_model=SealKey,
    responses=refusals(*_TERMINALS),
    openapi_extra=extra(Access.TERMINAL),
)
async def seal_key(proven: ProvenTerminal, site: Here) -> Response:
    """The key to which a desk's agent seals readings."""
    _refuse_others(proven)
    said = SealKey(seal_key=site.seal_key, chip_photos=_takes_photos(site))
    return Response(said.model_dump_json(), media_type="application/json")


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
    """One credential, kept in memory for the clerk of this desk, two minutes at most.

    With it may come the photo on the card's chip, for a clerk's eyes; it is kept no longer.
    """
    _refuse_others(proven)
    sent = parsed(SentReading, proven.body)
    if sent.chip_photo is not None and not _takes_photos(site):
        raise refusal("evidence.malformed", note="no chip's photo is taken here")
    laid = await site.small.take(_opened, sent, site.parts.keyring.seal_key, site.parts.demo)
    site.readings.put(proven.terminal.id, laid)
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


def _takes_photos(site: Site) -> bool:
    """Where scores alone leave a terminal, its cards' photos do not either."""
    return site.parts.mode == "central"


def _opened(sent: SentReading, key: OKPKey, demo: bool) -> Laid:
    evidence = Evidence.unseal(sent.evidence, key)
    if evidence.reading is None or evidence.capture is not None:
        raise refusal("evidence.empty", note="a desk sends a credential and no face")
    if evidence.reading.simulated and not demo:
        raise refusal("evidence.simulated")
    photo = b"" if sent.chip_photo is None else _photo(sent.chip_photo, key)
    if photo and evidence.reading.kind not in CHIP_KINDS:
        raise refusal("evidence.malformed", note="a photo of another credential")
    return Laid(evidence.reading, photo)


def _photo(sealed: str, key: OKPKey) -> bytes:
    """A PNG of a chip's size that can be decoded. Raises `Refused`."""
    try:
        data = jose.open_sealed(sealed, key)
        images.decode(data, max_bytes=MAX_PHOTO_BYTES, formats=("png",), size=PHOTO_SIZE)
    except jose.BadSeal as error:
        raise refusal("evidence.unreadable") from error
    except ImageRefused as error:
        raise refusal("evidence.malformed", note=error.code) from None
    return data
