"""Whether a card's loss was reported at this hospital (挂失): keyed hashes, asked at each claim.

The list is kept at the counter (`verifier.counter.lost`).
"""

import hmac

from sqlalchemy import Connection

from verifier.protocol.values import b64url
from verifier.trust.keys import KeyRing

from .people import canonical_number

CARDS = ("social_security_card", "resident_id", "hospital_number", "passport", "permit")
"""Cards that can be lost. Each by its own kind: a lost social security card leaves the ID card."""

_LIVE = (
    "SELECT 1 FROM lost_cards WHERE institution = %(institution)s AND card_key = %(card)s "
    "AND ended_at IS NULL"
)


def is_lost(conn: Connection, keyring: KeyRing, institution: str, kind: str, number: str) -> bool:
    """Whether this card is on the list now: one small statement on the bare driver."""
    if kind not in CARDS:
        return False
    bound = {"institution": institution, "card": card_key(keyring, institution, kind, number)}
    driver = conn.connection.driver_connection
    return driver.execute(_LIVE, bound).fetchone() is not None  # type: ignore[union-attr]


def card_key(keyring: KeyRing, institution: str, kind: str, number: str) -> str:
    """HMAC-SHA256 by which a card is found on the list, 43 characters."""
    return keyed(keyring, institution, f"card\0{kind}\0{canonical_number(number)}")


def keyed(keyring: KeyRing, institution: str, said: str) -> str:
    """A keyed hash of the list's own."""
    key = keyring.derive("lost-cards", institution)
    return b64url(hmac.digest(key, said.encode(), "sha256"))
