"""社会保障卡 in a reader of contact cards: what it says freely, without PIN and keys."""

from devices import smartcard
from devices.smartcard import Transport

from .authentication import CardAuthenticator, CardFacts, Proof
from .bas import read_card_bas
from .commands import Addressing, Dialect
from .driver import ReaderSettings, SocialSecurityCardReader

__all__ = [
    "Addressing",
    "CardAuthenticator",
    "CardFacts",
    "Dialect",
    "Proof",
    "ReaderSettings",
    "SocialSecurityCardReader",
    "open",
    "read_card_bas",
]


def open(  # noqa: A001  the shape of every device: module.open(url)
    url: str,
    *,
    transport: Transport | None = None,
    settings: ReaderSettings | None = None,
    authenticator: CardAuthenticator | None = None,
) -> SocialSecurityCardReader:
    """The reader at `url`, as `smartcard.open` takes it, awake and known by its name.

    Raises `Unplugged`, `Timeout`, `BadFrame`, or `Refused` (port denied or busy, reader not well).
    """
    connection = smartcard.open(url, transport)
    return SocialSecurityCardReader(connection, settings, authenticator)
