"""Tickets: a small stock of signed, sequenced stand-ins for challenges, for while the verifier
cannot be reached.

A terminal asks for its stock while it can, uses the tickets in their order, and sends the claims
later. Whether a purpose takes them, and for how many days, the policy says; as shipped none does.
"""

from pydantic import Field, ValidationError

from . import jose
from .claim import Message
from .errors import refusal
from .values import Code, Id, UtcTime

STOCK = 12
"""Tickets that a terminal may hold unspent."""


class Ticket(Message):
    """What the verifier signs: whose it is, its place in the order, its dates."""

    ticket: Id = Field(description="Stands where a challenge's id stands in a claim.")
    institution: str = Field(max_length=32)
    terminal: Id
    sequence: int = Field(ge=1, lt=2**53)
    not_before: UtcTime
    expires_at: UtcTime


class TicketBatch(Message):
    """The terminal's unspent tickets, and what else its claims need meanwhile."""

    tickets: list[str] = Field(max_length=STOCK, description="Compact JWS each, by sequence.")
    purposes: list[Code] = Field(description="For which the policy takes a ticket.")
    notice_version: str
    seal_key: dict[str, str]
    pack: str
    pack_digest: str
    liveness_required: bool = Field(
        default=False, description="A face is not offered where the terminal cannot show liveness."
    )


def sign(ticket: Ticket, key: jose.SigningKey) -> str:
    """Compact JWS by the verifier's ticket key."""
    return jose.sign(jose.TICKET, key.kid or "", ticket.model_dump_json().encode(), key)


def check(compact: str, key: jose.SigningKey) -> Ticket:
    """The ticket of a compact JWS. Raises `Refused` with `ticket.invalid`."""
    try:
        payload = jose.verify(jose.TICKET, compact, {key.kid or "": key}.get)
        return Ticket.model_validate_json(payload)
    except (jose.BadSignature, ValidationError) as error:
        raise refusal("ticket.invalid", note=type(error).__name__) from None


def peek(compact: str) -> Ticket:
    """The ticket unverified, for the terminal that got it from its verifier over TLS.

    Raises `Refused` with `ticket.invalid`.
    """
    try:
        return Ticket.model_validate_json(jose.payload_of(compact))
    except (jose.BadSignature, ValidationError) as error:
        raise refusal("ticket.invalid", note=type(error).__name__) from None
