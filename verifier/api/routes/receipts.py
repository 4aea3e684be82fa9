"""`GET /v1/receipts/{id}`: a receipt as it was sent."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from verifier.protocol.errors import refusal
from verifier.receipts.read import read_receipt
from verifier.trust.accounts.roles import Permission
from verifier.trust.terminals import TerminalRecord

from ..access import STAFF_REFUSALS, Access, extra, refusals
from ..deps import Here, ReceiptReader
from ..site import Site

router = APIRouter(tags=["receipts"])

MEDIA_TYPE = "application/jose"
ReceiptId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{22}$", description="Its `jti`.")]


@router.get(
    "/v1/receipts/{receipt_id}",
    response_class=Response,
    responses={
        200: {
            "description": "Compact JWS, ES256, checked from the JWKS alone.",
            "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        },
        **refusals(
            "auth.missing",
            "auth.invalid",
            "auth.forbidden",
            *STAFF_REFUSALS,
            "terminal.unknown",
            "terminal.suspended",
            "receipt.unknown",
            "receipt.reversed",
            "request.malformed",
        ),
    },
    openapi_extra=extra(Access.READER, Permission.RECEIPTS_READ),
)
async def read_a_receipt(receipt_id: ReceiptId, reader: ReceiptReader, site: Here) -> Response:
    """For the terminal that made it, and for a client of its institution with `receipts:read`."""
    terminal = reader.id if isinstance(reader, TerminalRecord) else None
    compact = await site.small.take(_read, site, receipt_id, terminal)
    if compact is None:
        raise refusal("receipt.unknown")
    return Response(compact, media_type=MEDIA_TYPE)


def _read(site: Site, receipt: str, terminal: str | None) -> str | None:
    with site.parts.engine.connect() as conn:
        return read_receipt(conn, receipt, site.parts.institution, terminal)
