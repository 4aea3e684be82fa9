"""Who is calling, as types: a route that names one reads as a sentence."""

import ipaddress
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from verifier.protocol.errors import refusal
from verifier.trust.clients import ClientRecord
from verifier.trust.terminals import TerminalRecord

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
    compact = proofs.compact_proof(request.headers.get("authorization"))
    name = proofs.claimed_terminal(compact)
    body = await request.body()
    record = await _found(site, name)
    proof = proofs.check_proof(compact, record, request.method, request.url.path, body)
    if record.institution != site.parts.institution:
        raise refusal("auth.forbidden", note="a terminal of another institution")
    if not site.replays.first_time(record.id, proof.jti):
        raise refusal("auth.invalid", note="proof used before")
    known = site.directory.skew(record.id)
    before = record.clock_skew_s if known is None else known
    skew = proofs.clock_skew(proof, site.directory, site.parts.clock())
    site.metrics.skew.labels(record.id).set(skew)
    return Proven(record, skew, before, body)


ProvenTerminal = Annotated[Proven, Depends(proven_terminal)]


async def terminal_or_client(request: Request, site: Here) -> TerminalRecord | ClientRecord:
    """Who may read receipts. Raises as `proven_terminal` does, or for a bad token."""
    return await _terminal_or_scoped(request, site, tokens.READ_RECEIPTS)


ReceiptReader = Annotated[TerminalRecord | ClientRecord, Depends(terminal_or_client)]


async def ledger_reader(request: Request, site: Here) -> TerminalRecord | ClientRecord:
    """Who may ask for checkpoints and proofs. Raises as `terminal_or_client` does."""
    return await _terminal_or_scoped(request, site, tokens.READ_LEDGER)


LedgerReader = Annotated[TerminalRecord | ClientRecord, Depends(ledger_reader)]


async def _terminal_or_scoped(
    request: Request, site: Site, scope: str
) -> TerminalRecord | ClientRecord:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return (await proven_terminal(request, site)).terminal
    return await site.small.take(site.tokens.client_of, token, scope, site.parts.clock())


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
