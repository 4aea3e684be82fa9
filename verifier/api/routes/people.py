"""`/v1/people/…`: a person's rights (PIPL Art. 15, 45, 47): a copy, withdrawal, erasure.

By whom the hospital names for it, who gives the password once more. A number travels in the body,
never in an address.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from sqlalchemy import Connection

from verifier.identity import erasure, people, subject
from verifier.identity.errors import IdentityRefused
from verifier.identity.galleries import Gallery
from verifier.identity.subject import Subject
from verifier.protocol.errors import refusal
from verifier.trust.accounts.roles import Permission
from verifier.trust.accounts.sessions import SignedIn

from ..access import STAFF_REFUSALS, Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, staff
from ..site import Site

router = APIRouter(tags=["people"])

Exporter = Annotated[SignedIn, staff(Permission.PEOPLE_EXPORT, again=True)]
Eraser = Annotated[SignedIn, staff(Permission.PEOPLE_ERASE, again=True)]

_ALL = (
    "auth.missing",
    *STAFF_REFUSALS,
    "account.prove_again",
    "person.unknown",
    "request.malformed",
    "request.too_large",
)


class Whom(BaseModel):
    """Somebody, by a number that they showed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    kind: str = Field(default="resident_id", pattern=r"^[a-z_]{1,32}$")
    number: SecretStr = Field(max_length=64)


class RightName(Whom):
    """Whose, and how it is written."""

    name: SecretStr = Field(max_length=128)


@router.post(
    "/v1/people/copy",
    response_model=Subject,
    responses=refusals(*_ALL),
    openapi_extra=extra(
        Access.STAFF, Permission.PEOPLE_EXPORT, again=True, requestBody=described(Whom)
    ),
)
async def copy_for_a_person(request: Request, by: Exporter, site: Here) -> Response:
    """Everything that is kept about a person, for that person. It is entered who took it."""
    asked = parsed(Whom, await request.body())
    made = await site.small.take(copy, site, asked.kind, asked.number.get_secret_value(), by)
    return Response(made.model_dump_json(), media_type="application/json")


@router.post(
    "/v1/people/correction",
    status_code=204,
    response_class=Response,
    responses=refusals(*_ALL, "person.name_empty", "person.erased"),
    openapi_extra=extra(
        Access.STAFF, Permission.PEOPLE_ERASE, again=True, requestBody=described(RightName)
    ),
)
async def correct_a_name(request: Request, by: Eraser, site: Here) -> Response:
    """Set a person's name right."""
    asked = parsed(RightName, await request.body())
    await site.small.take(correct, site, asked, by)
    return Response(status_code=204)


@router.post(
    "/v1/people/withdrawal",
    status_code=204,
    response_class=Response,
    responses=refusals(*_ALL),
    openapi_extra=extra(
        Access.STAFF, Permission.PEOPLE_ERASE, again=True, requestBody=described(Whom)
    ),
)
async def withdraw_a_consent(request: Request, by: Eraser, site: Here) -> Response:
    """A person takes the consent back: the face goes at once, cards serve as before."""
    asked = parsed(Whom, await request.body())
    number = asked.number.get_secret_value()
    await site.small.take(end, site, asked.kind, number, erasure.withdraw, by)
    return Response(status_code=204)


@router.post(
    "/v1/people/erasure",
    status_code=204,
    response_class=Response,
    responses=refusals(*_ALL),
    openapi_extra=extra(
        Access.STAFF, Permission.PEOPLE_ERASE, again=True, requestBody=described(Whom)
    ),
)
async def erase_a_person(request: Request, by: Eraser, site: Here) -> Response:
    """Name, numbers and face go, here and in back-ups restored later. It cannot be undone."""
    asked = parsed(Whom, await request.body())
    number = asked.number.get_secret_value()
    await site.small.take(end, site, asked.kind, number, erasure.erase, by)
    return Response(status_code=204)


def copy(site: Site, kind: str, number: str, by: SignedIn) -> Subject:
    """As the route does it. Raises `Refused` with `person.unknown`."""
    parts = site.parts
    try:
        with parts.engine.begin() as conn:
            person = _found(conn, site, kind, number)
            return subject.export(conn, parts.keyring, parts.institution, person, by.account)
    except IdentityRefused:
        raise refusal("person.unknown") from None


def correct(site: Site, asked: RightName, by: SignedIn) -> None:
    """As the route does it. Raises `Refused`: `person.unknown`, `person.name_empty`."""
    parts = site.parts
    try:
        with parts.engine.begin() as conn:
            person = _found(conn, site, asked.kind, asked.number.get_secret_value())
            name = asked.name.get_secret_value()
            people.correct_name(conn, parts.keyring, parts.institution, person, name, by.account)
    except IdentityRefused as refused:
        raise refusal(refused.code) from None


def end(
    site: Site,
    kind: str,
    number: str,
    how: Callable[[Connection, Gallery, str, str], object],
    by: SignedIn,
) -> None:
    """Withdraw or erase, by `erasure`'s function. Raises `Refused` with `person.unknown`."""
    try:
        with site.parts.engine.begin() as conn:
            how(conn, site.parts.gallery, _found(conn, site, kind, number), by.account)
    except IdentityRefused:
        raise refusal("person.unknown") from None


def _found(conn: Connection, site: Site, kind: str, number: str) -> str:
    parts = site.parts
    known = people.find_by_number(conn, parts.keyring, parts.institution, kind, number)
    if known is None:
        raise refusal("person.unknown")
    return known.id
