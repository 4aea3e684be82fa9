"""The marks by which a simulator's card is known from the wire, and from nothing else.

Two, either of which is enough, in whatever reader the card is: 卡识别码 begins with a region of 99,
which no province has and which this project reserves for simulators; and the answer to reset
carries these historical bytes. Every card of this project's simulators has both. A card of an
unassigned region counts as simulated too, which is the safe side.
"""

from codes.regions import UNASSIGNED_REGION

HISTORY = b"SHUALIAN SIM."
"""13 historical bytes, as many as the one published sample has."""
_RESERVED = UNASSIGNED_REGION[:2]
_RID = "D156000005"
"""The registered application provider of social-security cards."""


def card_id(serial: int) -> str:
    """卡识别码 of simulated card `serial`, 32 hexadecimal digits."""
    return f"{UNASSIGNED_REGION}{_RID}{serial:016X}"


def is_simulated(card_identifier: str, history: bytes) -> bool:
    """Whether a card with this 卡识别码 and these historical bytes is a simulator's."""
    return card_identifier.startswith(_RESERVED) or history == HISTORY
