"""Who is calling, as types: a route that names one reads as a sentence."""

import ipaddress
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from verifier.protocol.errors import refusal
from verifier.trust.accounts.roles import Permission
from verifier.trust.accounts.sessions import SignedIn
from verifier.trust.clients import ClientRecord
from verifier.trust.terminals import Kind, TerminalRecord

from . import proofs, tokens
from .site import Site

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


async def the_site(request: Request) -> Site:
    """The running verifier."""
    site: Site = request.app.state.site
    return site


Here = Annotated[Site, Depends(the_site)]


@dataclass(frozen=True)
class Proven:
    """A terminal that signed this request.

    Attributes:
        skew_s: seconds by which its clock is ahead of ours.
        skew_before_s: what was known of that before this request.
    """

    terminal: TerminalRecord
    skew_s: float
    skew_before_s: float | None
    body: bytes


async def proven_terminal(request: Request, site: Here) -> Proven:
    """Raises `Refused`: `auth.missing`, `auth.invalid`, `auth.forbidden`, `terminal.…`."""
    proven = await _proven(request, site, "fixed")
    site.metrics.skew.labels(proven.terminal.id).set(proven.skew_s)
    return proven


ProvenTerminal = Annotated[Proven, Depends(proven_terminal)]


async def proven_phone(request: Request, site: Here) -> Proven:
    """A practitioner's phone. Raises as `proven_terminal` does."""
    return await _proven(request, site, "phone")


ProvenPhone = Annotated[Proven, Depends(proven_phone)]


async def _proven(request: Request, site: Site, kind: Kind) -> Proven:
    compact = proofs.compact_proof(request.headers.get("authorization"))
    name = proofs.claimed_terminal(compact)
    body = await request.body()
    record = await _found(site, name)
    proof = proofs.check_proof(compact, record, kind, request.method, request.url.path, body)
    if record.institution != site.parts.institution:
        raise refusal("auth.forbidden", note="a terminal of another institution")
    if not site.replays.first_time(record.id, proof.jti):
        raise refusal("auth.invalid", note="proof used before")
    known = site.directory.skew(record.id)
    before = record.clock_skew_s if known is None else known
    skew = proofs.clock_skew(proof, site.directory, site.parts.clock())
    return Proven(record, skew, before, body)


Reader = TerminalRecord | ClientRecord | SignedIn


async def receipt_reader(request: Request, site: Here) -> Reader:
    """Who may read receipts. Raises as `proven_terminal` and `signed_in` do, or for a bad token."""
    return await _reader(request, site, tokens.READ_RECEIPTS, Permission.RECEIPTS_READ)


ReceiptReader = Annotated[Reader, Depends(receipt_reader)]


async def ledger_reader(request: Request, site: Here) -> Reader:
    """Who may ask for checkpoints and proofs. Raises as `receipt_reader` does."""
    return await _reader(request, site, tokens.READ_LEDGER, Permission.LEDGER_READ)


LedgerReader = Annotated[Reader, Depends(ledger_reader)]


async def _reader(request: Request, site: Site, scope: str, permission: Permission) -> Reader:
    match credential(request):
        case ("bearer", token):
            return await site.small.take(site.tokens.client_of, token, scope, site.parts.clock())
        case ("session", _):
            return await allowed(request, site, permission)
        case _:
            return (await proven_terminal(request, site)).terminal


async def signed_in(request: Request, site: Here) -> SignedIn:
    """Who of the staff calls, whatever they may do. Raises `auth.missing`, `account.…`."""
    scheme, token = credential(request)
    if scheme != "session" or not token:
        raise refusal("auth.missing")
    found = await of_token(site, token)
    if found is None:
        raise refusal("account.session_ended")
    return found


async def of_token(site: Site, token: str) -> SignedIn | None:
    """Whose session this is; None where it ended."""
    return await site.small.take(site.doors.of_token, token, site.parts.clock())


Staff = Annotated[SignedIn, Depends(signed_in)]


async def allowed(
    request: Request, site: Site, permission: Permission, *, again: bool = False
) -> SignedIn:
    """Staff with this permission. Raises as `signed_in` does, and `account.forbidden`,
    `account.in_training`, `account.password_expired`, `account.prove_again`.
    """
    found = await signed_in(request, site)
    if found.in_training:
        raise refusal("account.in_training")
    check_allowed(found, site, permission, again=again)
    return found


def check_allowed(
    found: SignedIn, site: Site, permission: Permission | None, *, again: bool = False
) -> None:
    """Raises `Refused` unless this may be done in this session now; None asks for no permission."""
    if found.must_change:
        raise refusal("account.password_expired")
    if permission is not None and permission not in found.permissions:
        raise refusal("account.forbidden", note=permission)
    if again and site.parts.clock() >= found.proven_until:
        raise refusal("account.prove_again")


def staff(permission: Permission, *, again: bool = False) -> Any:
    """A dependency: staff with this permission, `again` with the password given just now."""

    async def dependency(request: Request, site: Here) -> SignedIn:
        return await allowed(request, site, permission, again=again)

    return Depends(dependency)


def client_with(scope: str) -> Any:
    """A dependency: a machine client whose token has this scope."""

    async def dependency(request: Request, site: Here) -> ClientRecord:
        scheme, token = credential(request)
        if scheme != "bearer" or not token:
            raise refusal("auth.missing")
        return await site.small.take(site.tokens.client_of, token, scope, site.parts.clock())

    return Depends(dependency)


def credential(request: Request) -> tuple[str, str]:
    """Scheme, in small letters, and what follows it."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    return scheme.lower(), rest


async def on_loopback(request: Request) -> None:
    """Raises `Refused` with `auth.forbidden` for other machines, and for requests passed on by a
    proxy, which come from loopback and are not from here."""
    host = request.client.host if request.client else ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if not here or any(name in request.headers for name in _FORWARDED):
        raise refusal("auth.forbidden", note="not from loopback")


async def _found(site: Site, name: str) -> TerminalRecord:
    record = site.directory.remembered(name) or await site.small.take(site.directory.find, name)
    if record is None:
        raise refusal("terminal.unknown")
    return record
