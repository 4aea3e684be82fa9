"""`/v1/sessions…` and `/v1/activation…`: staff take up an account, sign in, stay, sign out."""

from datetime import datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from verifier.trust.accounts.passwords import LONGEST
from verifier.trust.accounts.roles import Permission, Role
from verifier.trust.accounts.sessions import SignedIn

from .. import signing_in
from ..access import Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, Staff, credential

router = APIRouter(tags=["sessions"])


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Activation(_Body):
    """A one-time code, and the password that the account is to have."""

    code: SecretStr = Field(max_length=64)
    password: SecretStr = Field(max_length=LONGEST)


class SecondFactor(BaseModel):
    """For the authenticator program: shown once, to the person alone."""

    login: str
    uri: str = Field(description="otpauth://…, to be shown as a QR code.")


class Confirmation(_Body):
    """The same one-time code, and the first code of the second factor."""

    code: SecretStr = Field(max_length=64)
    totp: SecretStr = Field(min_length=6, max_length=6)


class SignIn(_Body):
    """Both factors."""

    login: str = Field(max_length=32)
    password: SecretStr = Field(max_length=LONGEST)
    totp: SecretStr = Field(min_length=6, max_length=6)


class Token(BaseModel):
    """To be sent as `Authorization: Session …`; ends after 15 idle minutes, or 12 hours."""

    token: str


class Proof(_Body):
    """The password once more."""

    password: SecretStr = Field(max_length=LONGEST)


class Proven(BaseModel):
    """Until when the password need not be given again."""

    until: datetime


class NewPassword(_Body):
    """The present password, and the one that is to be."""

    old: SecretStr = Field(max_length=LONGEST)
    new: SecretStr = Field(max_length=LONGEST)


class Me(BaseModel):
    """Who is signed in, and what they may do."""

    account: str
    institution: str
    login: str
    roles: list[Role]
    permissions: list[Permission]
    must_change_password: bool


_TRIED = ("account.too_many", "request.malformed", "request.too_large")
_SIGNED_IN = ("auth.missing", "account.session_ended")


@router.post(
    "/v1/activation",
    response_model=SecondFactor,
    responses=refusals("account.code_invalid", "account.password_weak", *_TRIED),
    openapi_extra=extra(Access.ACCOUNT_CODE, requestBody=described(Activation)),
)
async def take_up_an_account(request: Request, site: Here) -> Response:
    """Set the password and get a second factor, which counts once it was confirmed."""
    asked = parsed(Activation, await request.body())
    code, password = asked.code.get_secret_value(), asked.password.get_secret_value()
    taken = await signing_in.take_up(request, site, code, password)
    return _json(SecondFactor(login=taken.login, uri=taken.uri))


@router.post(
    "/v1/activation/confirmation",
    status_code=204,
    response_class=Response,
    responses=refusals("account.code_invalid", *_TRIED),
    openapi_extra=extra(Access.ACCOUNT_CODE, requestBody=described(Confirmation)),
)
async def confirm_a_second_factor(request: Request, site: Here) -> Response:
    """The person's authenticator shows the right code: the account can sign in from now on."""
    asked = parsed(Confirmation, await request.body())
    code, totp = asked.code.get_secret_value(), asked.totp.get_secret_value()
    await signing_in.confirm(request, site, code, totp)
    return Response(status_code=204)


@router.post(
    "/v1/sessions",
    response_model=Token,
    responses=refusals("account.sign_in_failed", *_TRIED),
    openapi_extra=extra(Access.SIGN_IN, requestBody=described(SignIn)),
)
async def sign_in(request: Request, site: Here) -> Response:
    """A session for both factors. Five wrong attempts lock the account for 15 minutes."""
    asked = parsed(SignIn, await request.body(), zero_bytes=True)
    said = (asked.login, asked.password.get_secret_value(), asked.totp.get_secret_value())
    return _json(Token(token=await signing_in.sign_in(request, site, *said)))


@router.get(
    "/v1/sessions/self",
    response_model=Me,
    responses=refusals(*_SIGNED_IN),
    openapi_extra=extra(Access.STAFF),
)
async def who_am_i(me: Staff) -> Response:
    """Who is signed in, with roles and permissions."""
    return _json(_me(me))


@router.delete(
    "/v1/sessions/self",
    status_code=204,
    response_class=Response,
    responses=refusals(*_SIGNED_IN),
    openapi_extra=extra(Access.STAFF),
)
async def sign_out(request: Request, _: Staff, site: Here) -> Response:
    """End this session."""
    await site.small.take(site.doors.sign_out, credential(request)[1])
    return Response(status_code=204)


@router.post(
    "/v1/sessions/self/proof",
    response_model=Proven,
    responses=refusals(*_SIGNED_IN, "account.sign_in_failed", *_TRIED),
    openapi_extra=extra(Access.STAFF, requestBody=described(Proof)),
)
async def prove_again(request: Request, _: Staff, site: Here) -> Response:
    """The password once more: for five minutes what asks for it is allowed."""
    asked = parsed(Proof, await request.body())
    said = (credential(request)[1], asked.password.get_secret_value())
    return _json(Proven(until=await signing_in.prove_again(request, site, *said)))


@router.post(
    "/v1/sessions/self/password",
    status_code=204,
    response_class=Response,
    responses=refusals(*_SIGNED_IN, "account.sign_in_failed", "account.password_weak", *_TRIED),
    openapi_extra=extra(Access.STAFF, requestBody=described(NewPassword)),
)
async def change_the_password(request: Request, _: Staff, site: Here) -> Response:
    """Another password. Every other session of this account ends."""
    asked = parsed(NewPassword, await request.body())
    said = (
        credential(request)[1],
        asked.old.get_secret_value(),
        asked.new.get_secret_value(),
    )
    await signing_in.change_password(request, site, *said)
    return Response(status_code=204)


def _me(me: SignedIn) -> Me:
    return Me(
        account=me.account,
        institution=me.institution,
        login=me.login,
        roles=sorted(me.roles),
        permissions=sorted(me.permissions),
        must_change_password=me.must_change,
    )


def _json(model: BaseModel) -> Response:
    return Response(model.model_dump_json(), media_type="application/json")
