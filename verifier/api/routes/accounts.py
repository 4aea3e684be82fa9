"""`/v1/accounts…`: one administrator makes accounts, another gives them roles."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from verifier.trust.accounts.accounts import Listed, Made
from verifier.trust.accounts.roles import Permission, Role
from verifier.trust.accounts.sessions import SignedIn

from .. import account_changes
from ..access import STAFF_REFUSALS, Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, staff

router = APIRouter(tags=["accounts"])

AccountId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{22}$", description="Its id.")]
TheRole = Annotated[Role, Path(description="One of the roles.")]
Reader = Annotated[SignedIn, staff(Permission.ACCOUNTS_READ)]
Manager = Annotated[SignedIn, staff(Permission.ACCOUNTS_MANAGE, again=True)]
Granter = Annotated[SignedIn, staff(Permission.ROLES_GRANT, again=True)]

_ALL = ("auth.missing", *STAFF_REFUSALS)
_CHANGES = (
    *_ALL,
    "account.prove_again",
    "account.unknown",
    "account.oneself",
    "account.for_good",
    "request.malformed",
    "request.too_large",
)


class NewAccount(BaseModel):
    """Whose it will be: a work number, no name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    login: str = Field(max_length=32, description="3 to 32 of a-z, 0-9, dot, hyphen, underscore.")


class NewState(BaseModel):
    """`closed` is for good."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: Literal["active", "suspended", "closed"]


class Invited(BaseModel):
    """To be handed to the person, who takes the account up with it within a day."""

    account: str
    code: str
    expires_at: datetime


class Accounts(BaseModel):
    """By login."""

    accounts: list[Listed]


@router.get(
    "/v1/accounts",
    response_model=Accounts,
    responses=refusals(*_ALL),
    openapi_extra=extra(Access.STAFF, Permission.ACCOUNTS_READ),
)
async def list_accounts(_: Reader, site: Here) -> Response:
    """The institution's accounts with their roles."""
    found = await site.small.take(account_changes.listed, site)
    return _json(Accounts(accounts=found))


@router.post(
    "/v1/accounts",
    response_model=Invited,
    responses=refusals(
        *_ALL,
        "account.prove_again",
        "account.login_taken",
        "account.login_malformed",
        "request.malformed",
        "request.too_large",
    ),
    openapi_extra=extra(
        Access.STAFF, Permission.ACCOUNTS_MANAGE, again=True, requestBody=described(NewAccount)
    ),
)
async def make_an_account(request: Request, by: Manager, site: Here) -> Response:
    """An account without roles, and the one-time code with which its person takes it up."""
    asked = parsed(NewAccount, await request.body())
    return _invited(await site.small.take(account_changes.make, site, asked.login, by))


@router.post(
    "/v1/accounts/{account_id}/code",
    response_model=Invited,
    responses=refusals(*_CHANGES),
    openapi_extra=extra(Access.STAFF, Permission.ACCOUNTS_MANAGE, again=True),
)
async def renew_an_account(account_id: AccountId, by: Manager, site: Here) -> Response:
    """A new code for who lost password or telephone. Password, second factor and roles go."""
    return _invited(await site.small.take(account_changes.renew, site, account_id, by))


@router.post(
    "/v1/accounts/{account_id}/state",
    status_code=204,
    response_class=Response,
    responses=refusals(*_CHANGES, "account.not_taken_up"),
    openapi_extra=extra(
        Access.STAFF, Permission.ACCOUNTS_MANAGE, again=True, requestBody=described(NewState)
    ),
)
async def change_an_account(
    account_id: AccountId, request: Request, by: Manager, site: Here
) -> Response:
    """Suspend, open again, or close. Who is signed in is signed out with this request."""
    asked = parsed(NewState, await request.body())
    await site.small.take(account_changes.change_state, site, account_id, asked.state, by)
    return Response(status_code=204)


@router.put(
    "/v1/accounts/{account_id}/roles/{role}",
    status_code=204,
    response_class=Response,
    responses=refusals(*_CHANGES, "role.conflict"),
    openapi_extra=extra(Access.STAFF, Permission.ROLES_GRANT, again=True),
)
async def give_a_role(account_id: AccountId, role: TheRole, by: Granter, site: Here) -> Response:
    """Give a role. Harmless the second time."""
    await site.small.take(account_changes.grant, site, account_id, role, by)
    return Response(status_code=204)


@router.delete(
    "/v1/accounts/{account_id}/roles/{role}",
    status_code=204,
    response_class=Response,
    responses=refusals(*_CHANGES),
    openapi_extra=extra(Access.STAFF, Permission.ROLES_GRANT, again=True),
)
async def take_a_role_away(
    account_id: AccountId, role: TheRole, by: Granter, site: Here
) -> Response:
    """Take a role away, from the account's next request on. Harmless the second time."""
    await site.small.take(account_changes.take_away, site, account_id, role, by)
    return Response(status_code=204)


def _invited(made: Made) -> Response:
    return _json(Invited(account=made.account, code=made.code, expires_at=made.expires_at))


def _json(model: BaseModel) -> Response:
    return Response(model.model_dump_json(), media_type="application/json")
