"""What every simulated card reader has: a slot into which a card is put while it runs."""

from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from devices.simulation import LineFault, Simulator
from devices.simulation.faults import Knob

from .virtual import CardFault, Icc, Slot, concerns


class CardReaderSimulator(Simulator):
    """A reader of contact cards. A question is an `Asked` or a command's bytes."""

    FAULTS: ClassVar[tuple[type[StrEnum], ...]] = (LineFault, CardFault)

    def __init__(
        self,
        card: Icc | None = None,
        *,
        baudrate: int,
        at: str | Path | None = None,
        lateness: float = 0.5,
        seed: int = 0,
    ) -> None:
        """As every simulator; `card` is what is in the slot at first."""
        super().__init__(baudrate=baudrate, at=at, lateness=lateness, seed=seed)
        self._slot = Slot()
        self._slot.insert(card)

    def present(self, card: Icc | None) -> None:
        """Put a card in, in place of whatever is there; None takes it out."""
        with self._state:
            self._slot.insert(card)

    def remove(self) -> None:
        """Take the card out."""
        self.present(None)

    def _hits(self, knob: Knob, question: object) -> bool:
        return concerns(knob.fault, question) and super()._hits(knob, question)
