"""A reader of family A that is none. It knows the commands that its settings name."""

from enum import StrEnum
from pathlib import Path

from devices.errors import BadFrame
from devices.framing import stx_etx
from devices.framing.stx_etx import FrameBuffer
from devices.simulation import LineFault
from devices.smartcard.simulator import CardReaderSimulator
from devices.smartcard.virtual import Asked, CardFault, Icc, Question

from .driver import FamilyASettings

FAILED = bytes.fromhex("FFFF")
"""The simulator's own failing status: no public source gives the family's."""


class FamilyAFault(StrEnum):
    """What such a reader can do, beside what its line and its card can."""

    WRONG_CHECKSUM = "wrong_checksum"
    NO_END = "no_end"
    """Something else stands where the frame should end."""


class FamilyASimulator(CardReaderSimulator):
    """A reader with one slot."""

    FAULTS = (LineFault, CardFault, FamilyAFault)

    def __init__(
        self,
        card: Icc | None = None,
        *,
        settings: FamilyASettings,
        at: str | Path | None = None,
        lateness: float = 0.5,
        seed: int = 0,
    ) -> None:
        """As every simulated reader; `settings` are those of the driver that it shall answer."""
        super().__init__(card, baudrate=settings.baudrate, at=at, lateness=lateness, seed=seed)
        self._settings = settings
        self._heard_bytes = FrameBuffer(split=settings.split)

    def _hung_up(self) -> None:
        self._heard_bytes = FrameBuffer(split=self._settings.split)

    def _received(self, data: bytes) -> None:
        self._heard_bytes.feed(data)
        while self._open_line().plugged_in:
            try:
                command = self._heard_bytes.pop()
            except BadFrame:
                continue  # what such a reader says to a damaged command is not known
            if command is None:
                return
            self._serve(command)

    def _serve(self, command: bytes) -> None:
        split = self._settings.split
        self._stopping.wait(len(stx_etx.encode(command, split=split)) * 10 / self._baudrate)
        with self._state:
            faults = self._faults_for(self._question(command))
            reply = self._reply(command, faults)
        frame = stx_etx.encode(reply, split=split)
        if FamilyAFault.WRONG_CHECKSUM in faults:
            frame = frame[:-2] + bytes((frame[-2] ^ 0x01,)) + frame[-1:]
        if FamilyAFault.NO_END in faults:
            frame = frame[:-1] + b"\x3f"
        self._send(frame, faults)

    def _question(self, command: bytes) -> Question:
        code, rest = command[:2], command[2:]
        if code == self._settings.transmit:
            return rest
        if code == self._settings.power_on:
            return Asked.POWER_ON
        return Asked.POWER_OFF if code == self._settings.power_off else Asked.OTHER

    def _reply(self, command: bytes, faults: frozenset[StrEnum]) -> bytes:
        match self._question(command):
            case bytes() as apdu:
                answer = self._slot.transmit(apdu, faults)
            case Asked.POWER_ON:
                answer = self._slot.power_on(faults)
            case Asked.POWER_OFF:
                self._slot.power_off()
                answer = b""
            case _:
                answer = None
        return FAILED if answer is None else self._settings.success + answer
