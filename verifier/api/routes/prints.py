"""`/v1/prints…`: a desk's agent asks for slips to print and says what became of them."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from verifier.protocol.desk import DESK, DeskAsks, JobDone, PrintJobs
from verifier.protocol.errors import refusal

from ..access import Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, Proven, ProvenTerminal

router = APIRouter(tags=["desks"])

JobId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{22}$", description="As it was handed out.")]
_TERMINALS = (
    "auth.missing",
    "auth.invalid",
    "auth.forbidden",
    "terminal.unknown",
    "terminal.suspended",
    "purpose.unknown",
    "request.malformed",
    "request.too_large",
)


@router.post(
    "/v1/prints",
    response_model=PrintJobs,
    responses=refusals(*_TERMINALS),
    openapi_extra=extra(Access.TERMINAL, requestBody=described(DeskAsks)),
)
async def ask_for_prints(proven: ProvenTerminal, site: Here) -> Response:
    """What is to be printed at this desk: temporary numbers and times, each handed out once."""
    _refuse_others(proven)
    asked = parsed(DeskAsks, proven.body)
    jobs = site.prints.ask(proven.terminal.id, asked.printer)
    return Response(PrintJobs(jobs=jobs).model_dump_json(), media_type="application/json")


@router.post(
    "/v1/prints/{job_id}",
    status_code=204,
    response_class=Response,
    responses=refusals(*_TERMINALS, "request.not_found"),
    openapi_extra=extra(Access.TERMINAL, requestBody=described(JobDone)),
)
async def tell_what_was_printed(job_id: JobId, proven: ProvenTerminal, site: Here) -> Response:
    """What became of a slip, for the clerk's page."""
    _refuse_others(proven)
    done = parsed(JobDone, proven.body)
    if not site.prints.done(proven.terminal.id, job_id, done.outcome):
        raise refusal("request.not_found")
    return Response(status_code=204)


def _refuse_others(proven: Proven) -> None:
    if DESK not in proven.terminal.purposes:
        raise refusal("purpose.unknown")
