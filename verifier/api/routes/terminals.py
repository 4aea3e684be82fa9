"""`POST /v1/terminals` and `POST /v1/terminals/self/key`: a terminal brings its key."""

from fastapi import APIRouter, Request, Response

from verifier.protocol.errors import refusal
from verifier.protocol.registration import (
    BroughtKey,
    Registered,
    RegistrationRequest,
    about_code,
    check_brought,
)
from verifier.trust import invitations, rotation, terminals
from verifier.trust.invitations import CodeRefused
from verifier.trust.terminals import KeyRefused

from ..access import Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, Proven, ProvenTerminal
from ..site import Site

router = APIRouter(tags=["terminals"])


@router.post(
    "/v1/terminals",
    response_model=Registered,
    responses=refusals(
        "auth.invalid",
        "registration.code_invalid",
        "registration.too_many",
        "registration.key_refused",
        "request.malformed",
        "request.too_large",
    ),
    openapi_extra=extra(Access.REGISTRATION_CODE, requestBody=described(RegistrationRequest)),
)
async def register_a_terminal(request: Request, site: Here) -> Response:
    """A one-time code and a key become a terminal. The same again is answered the same."""
    asked = parsed(RegistrationRequest, await request.body())
    source = request.client.host if request.client else "none"
    site.attempts.take(source)
    check_brought(asked, about_code(asked.code))
    registered = await site.small.take(_register, site, asked)
    site.attempts.give_back(source)
    return Response(registered.model_dump_json(), media_type="application/json")


@router.post(
    "/v1/terminals/self/key",
    response_model=Registered,
    responses=refusals(
        "auth.missing",
        "auth.invalid",
        "auth.forbidden",
        "terminal.unknown",
        "terminal.suspended",
        "registration.key_refused",
        "request.malformed",
        "request.too_large",
    ),
    openapi_extra=extra(Access.TERMINAL, requestBody=described(BroughtKey)),
)
async def rotate_a_key(proven: ProvenTerminal, site: Here) -> Response:
    """The terminal's new key, signed for by the old one, which counts no more after this."""
    asked = parsed(BroughtKey, proven.body)
    check_brought(asked, proven.terminal.id)
    registered = await site.small.take(_rotate, site, proven, asked)
    return Response(registered.model_dump_json(), media_type="application/json")


def _register(site: Site, asked: RegistrationRequest) -> Registered:
    parts = site.parts
    try:
        with parts.engine.begin() as conn:
            name = invitations.accept(
                conn, parts.keyring, parts.institution, asked.code, asked.public_jwk, parts.clock()
            )
    except CodeRefused:
        raise refusal("registration.code_invalid") from None
    except KeyRefused as refused:
        raise refusal("registration.key_refused", note=refused.code) from None
    return _registered(site, name)


def _rotate(site: Site, proven: Proven, asked: BroughtKey) -> Registered:
    terminal, parts = proven.terminal, site.parts
    old = str(terminal.public_key.as_dict(private=False)["x"])
    try:
        with parts.engine.begin() as conn:
            rotation.rotate(conn, parts.institution, terminal.id, old, asked.public_jwk)
    except KeyRefused as refused:
        raise refusal("registration.key_refused", note=refused.code) from None
    return _registered(site, terminal.id)


def _registered(site: Site, name: str) -> Registered:
    site.directory.forget(name)
    with site.parts.engine.connect() as conn:
        record = terminals.get(conn, name)
    if record is None:
        raise refusal("terminal.unknown")
    return Registered(
        terminal=record.id,
        institution=record.institution,
        site=record.site,
        label=record.label,
        purposes=sorted(record.purposes),
    )
