"""`GET /v1/claims/{claim_digest}`: a terminal asks what became of its claim."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from verifier.decision.exchange import connected
from verifier.decision.lookup import status_of
from verifier.protocol.claim_status import ClaimStatus

from ..access import Access, extra, refusals
from ..deps import Here, Proven, ProvenTerminal
from ..site import Site

router = APIRouter(tags=["claims"])

ClaimDigest = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_-]{43}$", description="SHA-256 of the compact claim.")
]


@router.get(
    "/v1/claims/{claim_digest}",
    response_model=ClaimStatus,
    responses=refusals(
        "auth.missing",
        "auth.invalid",
        "auth.forbidden",
        "terminal.unknown",
        "terminal.suspended",
        "request.malformed",
    ),
    openapi_extra=extra(Access.TERMINAL),
)
async def what_became_of_a_claim(
    claim_digest: ClaimDigest, proven: ProvenTerminal, site: Here
) -> Response:
    """For the terminal that made it: after a crash or a lost answer, and after it has opened a new
    challenge, it goes on from what this says."""
    status = await site.small.take(_look, site, proven, claim_digest)
    return Response(status.model_dump_json(), media_type="application/json")


def _look(site: Site, proven: Proven, claim: str) -> ClaimStatus:
    with connected(site.parts.engine) as conn:
        return status_of(conn, proven.terminal.id, claim, proven.skew_s)
