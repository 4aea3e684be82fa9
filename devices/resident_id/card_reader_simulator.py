"""What simulated card readers share, whichever language they speak: a card lies on them or not."""

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import ClassVar

from devices.errors import BadFrame
from devices.simulation import LineFault, Simulator
from devices.simulation.faults import Knob

from .answers import Frames
from .layout import CardData
from .virtual import Fault, VirtualCard


class CardReaderSimulator(Simulator, ABC):
    """A reader on a line; a card can be laid on it."""

    FAULTS = (LineFault, Fault)
    _card_faults: ClassVar[dict[StrEnum, object]]
    """Faults that only one question can meet, and only while a card is there."""

    def present(self, card: CardData | VirtualCard | None) -> None:
        """Lay a card on the reader in place of whatever lies there; None takes it away."""
        virtual = VirtualCard.of(card) if isinstance(card, CardData) else card
        with self._state:
            self._lay(virtual)

    def remove(self) -> None:
        """Take the card away."""
        self.present(None)

    @abstractmethod
    def _lay(self, card: VirtualCard | None) -> None:
        """The card's place has changed."""

    @abstractmethod
    def _lies(self) -> bool:
        """Whether a card is there."""

    @abstractmethod
    def _new_frames(self) -> Frames:
        """An empty buffer for what the host says."""

    @abstractmethod
    def _serve(self, content: bytes | BadFrame) -> None:
        """Answer one frame, or one that arrived damaged."""

    def _hung_up(self) -> None:
        self._frames = self._new_frames()

    def _received(self, data: bytes) -> None:
        self._frames.feed(data)
        while self._open_line().plugged_in and (content := _next(self._frames)) is not None:
            self._serve(content)

    def _pace(self, count: int) -> None:
        """Wait as long as the host's bytes need, which a pseudo-terminal gives at once."""
        self._stopping.wait(count * 10 / self._open_line().baudrate)

    def _hits(self, knob: Knob, question: object) -> bool:
        if knob.fault in self._card_faults:
            return question == self._card_faults[knob.fault] and self._lies()
        return super()._hits(knob, question)


def _next(frames: Frames) -> bytes | BadFrame | None:
    try:
        return frames.pop()
    except BadFrame as error:
        return error
