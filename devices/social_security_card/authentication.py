"""Whether a card is genuine: the port behind which an institution's keys stand.

Reading freely proves nothing, for a chip's free data can be copied. The official way (one public
source): the card's city and version choose the keys; a security module (PSAM) or a central one
checks INTERNAL AUTHENTICATE over two challenges of eight bytes; a card of version 3 also wants an
EXTERNAL AUTHENTICATE before it is read. No open product can hold these keys, so none is in here.
"""

from dataclasses import dataclass
from typing import Protocol

from devices.smartcard.connection import CardConnection


@dataclass(frozen=True)
class CardFacts:
    """What the keys depend on, read from the selected application before anything personal."""

    city: str
    """Region of issue, six digits."""
    version: str
    """规范版本, `1.00`; empty where the card does not say. A first character 3 means the flow of
    version 3.
    """
    card_id: str
    """卡识别码, 32 hexadecimal digits."""
    atr: bytes
    algorithm: int
    """Algorithm environment from the answer to SELECT."""


@dataclass(frozen=True)
class Proof:
    """That the card holds the keys."""

    method: str
    """What checked it, for the log and the reading, at most 64 characters; nothing personal."""


class CardAuthenticator(Protocol):
    """Proves a card genuine over an open connection, with the application SSSE selected."""

    def authenticate(self, connection: CardConnection, card: CardFacts) -> Proof:
        """Called once a reading, before the holder's data are read.

        Must leave SSSE selected. Raises `Refused` with `social_security_card.not_genuine`, which
        ends the reading, or `authenticator_unable` (the module lacks the algorithm or the key;
        −2202 and −2203 of the official interface), after which the card is read unauthenticated.
        """
