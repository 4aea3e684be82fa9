"""How a terminal becomes one: with a one-time code, and later with a new key for its old one.

Either can be broken off anywhere and done again. The key is on disk before it is shown to anybody,
and the verifier answers the same key the same.
"""

import ssl
from pathlib import Path

import httpx
from joserfc.jwk import OKPKey
from pydantic import BaseModel, ValidationError

from verifier.protocol.errors import Problem
from verifier.protocol.registration import (
    Registered,
    RegistrationRequest,
    about_code,
    bring,
)

from .errors import (
    IdentityMissing,
    IdentityUnreadable,
    VerifierConfused,
    VerifierRefused,
    VerifierUnreachable,
)
from .identity import TerminalIdentity
from .verifier_client import Patience, VerifierClient, refuse_plain_http

SECONDS = 10.0


def join(
    path: Path, verifier_url: str, code: str, *, context: ssl.SSLContext | bool = True
) -> TerminalIdentity:
    """Register this terminal's key, made now unless a key without an id is there already.

    Raises the errors of `TerminalIdentity`, `InsecureAddress`, `VerifierRefused`,
    `VerifierUnreachable`, `VerifierConfused`.
    """
    refuse_plain_http(verifier_url)
    try:
        key = TerminalIdentity.unregistered_key(path)
    except IdentityMissing:
        TerminalIdentity.create(path, "", verifier_url)
        key = TerminalIdentity.unregistered_key(path)
    brought = bring(key, about_code(code))
    asked = RegistrationRequest(**brought.model_dump(), code=code)
    registered = _post(f"{verifier_url.rstrip('/')}/v1/terminals", asked, context)
    return TerminalIdentity.register(
        path, registered.terminal, institution=registered.institution, verifier_url=verifier_url
    )


async def rotate(
    path: Path, *, patience: Patience | None = None, context: ssl.SSLContext | None = None
) -> TerminalIdentity:
    """A new key in place of the old one; a rotation that was broken off is finished.

    Raises as `join` does.
    """
    identity, coming = TerminalIdentity.load(path), TerminalIdentity.with_next(path)
    if not isinstance(coming.key, OKPKey):
        raise IdentityUnreadable("a module's key is rotated by the module, and registered anew")
    brought = bring(coming.key, identity.terminal)
    try:
        await _bring(identity, brought, patience, context)
    except VerifierRefused as refused:
        if refused.code != "auth.invalid":
            raise
        # The old key counts no more: the answer to an earlier try was lost.
        await _bring(coming, brought, patience, context)
    return TerminalIdentity.take_next(path)


async def finish_rotation(
    path: Path, *, patience: Patience | None = None, context: ssl.SSLContext | None = None
) -> TerminalIdentity:
    """The identity to work with, after finishing a rotation that was broken off."""
    if TerminalIdentity.has_next(path):
        return await rotate(path, patience=patience, context=context)
    return TerminalIdentity.load(path)


async def _bring(
    signer: TerminalIdentity,
    brought: BaseModel,
    patience: Patience | None,
    context: ssl.SSLContext | None,
) -> None:
    async with VerifierClient(signer, patience=patience, context=context) as client:
        await client.bring_key(brought.model_dump_json().encode())


def _post(url: str, body: BaseModel, context: ssl.SSLContext | bool) -> Registered:
    headers = {"content-type": "application/json"}
    try:
        with httpx.Client(timeout=SECONDS, verify=context, trust_env=False) as http:
            answer = http.post(url, content=body.model_dump_json(), headers=headers)
    except httpx.HTTPError as error:
        raise VerifierUnreachable(type(error).__name__) from None
    try:
        if not answer.is_success:
            raise VerifierRefused(Problem.model_validate_json(answer.content))
        return Registered.model_validate_json(answer.content)
    except ValidationError:
        raise VerifierConfused("no answer to a registration") from None
