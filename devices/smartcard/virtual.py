"""A reader's slot and the card in it, as values: what every simulated reader shares."""

from enum import StrEnum
from typing import Protocol

READ_RECORD = 0xB2


class Icc(Protocol):
    """A virtual card: any card that answers commands."""

    @property
    def atr(self) -> bytes:
        """Its answer to reset."""

    def reset(self) -> None:
        """As after power-on."""

    def answer(self, apdu: bytes) -> bytes:
        """Data and status word; any bytes have an answer."""


class CardFault(StrEnum):
    """What a card and the hand that holds it can do to a read."""

    MUTE = "mute"
    """No answer to reset: inserted upside down, or a dirty contact."""
    PULLED_AT_POWER_ON = "pulled_at_power_on"
    PULLED_IN_READ = "pulled_in_read"


class Asked(StrEnum):
    """What a host asks of a reader; a command for the card counts as its own bytes."""

    NAME = "name"
    PRESENCE = "presence"
    POWER_ON = "power_on"
    POWER_OFF = "power_off"
    PARAMETERS = "parameters"
    OTHER = "other"


Question = Asked | bytes


def concerns(fault: StrEnum, question: object) -> bool:
    """Whether a fault can hit this question at all."""
    match fault:
        case CardFault.MUTE | CardFault.PULLED_AT_POWER_ON:
            return question == Asked.POWER_ON
        case CardFault.PULLED_IN_READ:
            return isinstance(question, bytes) and question[1:2] == bytes((READ_RECORD,))
        case _:
            return True


class Slot:
    """Which card is in, and whether it has power."""

    def __init__(self) -> None:
        self.card: Icc | None = None
        self.powered = False

    def insert(self, card: Icc | None) -> None:
        """Another card, or none."""
        self.card, self.powered = card, False

    def power_on(self, faults: frozenset[StrEnum] = frozenset()) -> bytes | None:
        """The answer to reset; None without a card, or from one that is mute."""
        if CardFault.PULLED_AT_POWER_ON in faults:
            self.insert(None)
        if self.card is None or CardFault.MUTE in faults:
            self.powered = False
            return None
        self.card.reset()
        self.powered = True
        return self.card.atr

    def power_off(self) -> None:
        """The card forgets what was selected when it is powered again."""
        self.powered = False

    def transmit(self, apdu: bytes, faults: frozenset[StrEnum] = frozenset()) -> bytes | None:
        """The card's answer; None without a card that has power."""
        if CardFault.PULLED_IN_READ in faults:
            self.insert(None)
        return self.card.answer(apdu) if self.card is not None and self.powered else None
