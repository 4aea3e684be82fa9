"""A reader of family A that is none: one command, text and photo at once.

Every photo that it gives is marked (`simulated_mark`), so every reading taken from it is stamped
`simulated`.
"""

from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from devices.errors import BadFrame
from devices.framing import stx_etx

from . import simulated_mark
from .answers import Frames
from .card_reader_simulator import CardReaderSimulator
from .codec import BaseRead
from .family_a import READ_ALL, SUCCESS
from .layout import CardData
from .virtual import Fault, VirtualCard

NO_CARD = bytes.fromhex("0080")
FAILED = bytes.fromhex("0041")
UNKNOWN = bytes.fromhex("0021")
"""As a security module would say them; what real readers answer is not known."""


class FamilyASimulator(CardReaderSimulator):
    """A reader that is asked to read until it can."""

    _card_faults: ClassVar[dict[StrEnum, object]] = {
        Fault.PULLED_IN_READ: READ_ALL,
        Fault.UNKNOWN_CERTIFICATE: READ_ALL,
        Fault.CARD_NOT_ACCEPTED: READ_ALL,
    }

    def __init__(
        self,
        card: CardData | VirtualCard | None = None,
        *,
        baudrate: int = 115_200,
        at: str | Path | None = None,
        halved: bool = False,
        lateness: float = 0.5,
        seed: int = 0,
    ) -> None:
        """As every simulator; `halved` sends every byte in halves (A′)."""
        super().__init__(baudrate=baudrate, at=at, lateness=lateness, seed=seed)
        self._halved = halved
        self._card: VirtualCard | None = None
        self._frames = self._new_frames()
        if card is not None:
            self.present(card)

    def _lay(self, card: VirtualCard | None) -> None:
        if card is not None and not simulated_mark.is_simulated(card.photo):
            raise ValueError("a simulator's card has a marked photo")
        self._card = card

    def _lies(self) -> bool:
        return self._card is not None

    def _new_frames(self) -> Frames:
        return stx_etx.FrameBuffer(split=self._halved)

    def _serve(self, content: bytes | BadFrame) -> None:
        if isinstance(content, BadFrame):
            return  # whether such a reader answers a damaged command is not known
        self._pace(len(stx_etx.encode(content, split=self._halved)))
        with self._state:
            faults = self._faults_for(content)
            answer = self._answer(content, faults)
        frame = stx_etx.encode(answer, split=self._halved)
        if Fault.WRONG_CHECKSUM in faults:
            frame = frame[:-2] + bytes((frame[-2] ^ 1, frame[-1]))
        self._send(frame, faults)

    def _answer(self, request: bytes, faults: frozenset[StrEnum]) -> bytes:
        if request != READ_ALL:
            return UNKNOWN
        if Fault.PULLED_IN_READ in faults:
            self._card = None
        if self._card is None:
            return NO_CARD
        if Fault.CARD_NOT_ACCEPTED in faults:
            return FAILED
        card = self._card.of_type("Z") if Fault.UNKNOWN_CERTIFICATE in faults else self._card
        return SUCCESS + BaseRead(card.text, card.photo).encode()
