"""`GET /v1/terminals` and `POST /v1/terminals/{id}/state`: staff see terminals and stop them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict

from verifier.trust.accounts.roles import Permission
from verifier.trust.accounts.sessions import SignedIn
from verifier.trust.terminal_states import Listed, State

from .. import terminal_changes
from ..access import STAFF_REFUSALS, Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, staff

router = APIRouter(tags=["terminals"])

TerminalId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{22}$", description="Its id.")]
Reader = Annotated[SignedIn, staff(Permission.TERMINALS_READ)]
Manager = Annotated[SignedIn, staff(Permission.TERMINALS_MANAGE, again=True)]


class Terminals(BaseModel):
    """By site and label."""

    terminals: list[Listed]


class NewState(BaseModel):
    """`revoked` is for good: the key is never trusted again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: Literal["active", "suspended", "revoked"]


@router.get(
    "/v1/terminals",
    response_model=Terminals,
    responses=refusals("auth.missing", *STAFF_REFUSALS),
    openapi_extra=extra(Access.STAFF, Permission.TERMINALS_READ),
)
async def list_terminals(_: Reader, site: Here) -> Response:
    """The institution's terminals: what each may do, its state, when it was last seen."""
    found = await site.small.take(terminal_changes.listed, site)
    return Response(Terminals(terminals=found).model_dump_json(), media_type="application/json")


@router.post(
    "/v1/terminals/{terminal_id}/state",
    status_code=204,
    response_class=Response,
    responses=refusals(
        "auth.missing",
        *STAFF_REFUSALS,
        "account.prove_again",
        "request.not_found",
        "terminal.for_good",
        "request.malformed",
        "request.too_large",
    ),
    openapi_extra=extra(
        Access.STAFF, Permission.TERMINALS_MANAGE, again=True, requestBody=described(NewState)
    ),
)
async def change_a_terminal(
    terminal_id: TerminalId, request: Request, by: Manager, site: Here
) -> Response:
    """Suspend, revoke or reinstate: it holds from the terminal's next request on."""
    asked = parsed(NewState, await request.body())
    state = State(asked.state)
    await site.small.take(terminal_changes.change_state, site, terminal_id, state, by)
    return Response(status_code=204)
