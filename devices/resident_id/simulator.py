"""A resident-ID reader that is none: the device's side of a line, at the line's rate.

Its module number is of the type that simulators own (`sam_id`), so every reading taken from it is
stamped `simulated`.
"""

from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from devices.errors import BadFrame

from . import codec
from .answers import Frames
from .card_reader_simulator import CardReaderSimulator
from .codec import Command, FrameBuffer, Reply
from .layout import CardData
from .status import Status
from .virtual import Fault, VirtualCard, VirtualSam


class ResidentIdSimulator(CardReaderSimulator):
    """A reader with a security module.

    On a pseudo-terminal it hears the rate that the host has set: at another than its own it hears
    noise, and so does the host.
    """

    _card_faults: ClassVar[dict[StrEnum, object]] = {
        Fault.PULLED_AFTER_FIND: codec.FIND,
        Fault.PULLED_AFTER_SELECT: codec.SELECT,
        Fault.PULLED_IN_READ: codec.READ_BASE,
        Fault.UNKNOWN_CERTIFICATE: codec.READ_BASE,
        Fault.CARD_NOT_ACCEPTED: codec.READ_BASE,
    }

    def __init__(
        self,
        card: CardData | VirtualCard | None = None,
        *,
        baudrate: int = 115_200,
        at: str | Path | None = None,
        serial: int = 0,
        lateness: float = 0.5,
        seed: int = 0,
        reset: Command = codec.RESET,
        reset_keeps_rate: bool = False,
    ) -> None:
        """As every simulator.

        Args:
            card: what lies on the reader at first.
            baudrate: the rate at which it starts.
            serial: the last part of the module's number, to tell several apart.
            reset: the command that it takes for a reset, since sources differ.
            reset_keeps_rate: whether it keeps its rate then; a power cycle never does.
        """
        super().__init__(baudrate=baudrate, at=at, lateness=lateness, seed=seed)
        self._sam, self._frames = VirtualSam(serial, reset), self._new_frames()
        self._reset_keeps_rate = reset_keeps_rate
        if card is not None:
            self.present(card)

    @property
    def baudrate(self) -> int:
        """The rate at which the reader is now."""
        return self._open_line().baudrate

    def power_cycle(self) -> None:
        """Lose power and start anew, at the first rate; the line stays. Returns when it is done."""
        self._on_thread(self._start_anew)

    def _start_anew(self) -> None:
        self._open_line().baudrate = self._baudrate
        self._frames = self._new_frames()
        with self._state:
            self._sam.restart()

    def _lay(self, card: VirtualCard | None) -> None:
        self._sam.present(card)

    def _lies(self) -> bool:
        return self._sam.card is not None

    def _new_frames(self) -> Frames:
        return FrameBuffer()

    def _received(self, data: bytes) -> None:
        super()._received(data if self._hears() else self._dice.randbytes(len(data)))

    def _send(self, frame: bytes, faults: frozenset[StrEnum] = frozenset()) -> None:
        super()._send(frame if self._hears() else self._dice.randbytes(len(frame)), faults)

    def _hears(self) -> bool:
        line = self._open_line()
        return line.host_baudrate in (None, line.baudrate)

    def _serve(self, content: bytes | BadFrame) -> None:
        try:
            request = Command.decode(_sound(content))
        except BadFrame:
            self._send(Reply(0, 0, Status.HOST_CHECKSUM).encode())
            return
        self._pace(len(request.encode()))
        with self._state:
            faults = self._faults_for(request)
            reply = self._sam.answer(request, faults)
        frame = reply.encode()
        if Fault.WRONG_CHECKSUM in faults:
            frame = frame[:-1] + bytes((frame[-1] ^ 0xFF,))
        self._send(frame, faults)
        if reply.sw3 == Status.SUCCESS and Fault.RATE_KEPT not in faults:
            self._change_rate(request)

    def _change_rate(self, request: Command) -> None:
        """After the answer, which still goes at the old rate (a hypothesis)."""
        if request == self._sam.reset and not self._reset_keeps_rate:
            self._open_line().baudrate = self._baudrate
        for rate in codec.RATES:
            if request == codec.set_rate(rate):
                self._open_line().baudrate = rate


def _sound(content: bytes | BadFrame) -> bytes:
    if isinstance(content, BadFrame):
        raise content
    return content
