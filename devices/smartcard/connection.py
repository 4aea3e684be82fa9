"""What every reader of contact cards offers, whatever its wire."""

from typing import Protocol


class CardConnection(Protocol):
    """A reader with one slot. Used by one thread at a time.

    Every method raises `Unplugged`, `Timeout`, `BadFrame` or `Refused`; `NoCard` where a card is
    needed and none is there.
    """

    @property
    def device(self) -> str:
        """Which reader it is, printable, at most 64 characters."""

    @property
    def simulated(self) -> bool:
        """Whether the reader says of itself that it is a simulator; a card may say so too."""

    def is_card_present(self) -> bool:
        """Whether a card is in the slot."""

    def power_on(self) -> bytes:
        """Reset the card, cold; its answer to reset (ATR, ISO 7816-3)."""

    def transmit(self, apdu: bytes) -> bytes:
        """One short command APDU (ISO 7816-4); the card's data and two status bytes.

        Under T=0 the answer may ask for a GET RESPONSE or another Le: `apdu.exchange` does that.
        Not tried again: a command may have had its effect although its answer was lost.
        """

    def power_off(self) -> None:
        """Take the power from the card; harmless without one."""

    def rest(self, seconds: float) -> None:
        """Let time pass without a question. Raises `Unplugged` when the reader goes away."""

    def close(self) -> None:
        """Give the reader back."""
