"""A serial CCID reader that is none, of the GemPC Twin's kind or without its echo."""

from enum import StrEnum
from pathlib import Path

from devices.errors import BadFrame
from devices.simulation import LineFault
from devices.smartcard.simulator import CardReaderSimulator
from devices.smartcard.virtual import Asked, CardFault, Icc, Question

from . import frames
from .driver import SIMULATED_FIRMWARE
from .frames import CardMoved, FrameBuffer
from .messages import CardState, ErrorCode, Kind, Message, Outcome

_BITS_A_BYTE = 11
"""A start bit, eight, two stop bits; the line's pace counts ten."""


class CcidFault(StrEnum):
    """What such a reader can do, beside what its line and its card can."""

    NAKED = "naked"
    """It says that the command arrived damaged."""
    ECHO_LOST = "echo_lost"
    TIME_REQUESTS = "time_requests"
    """Three single bytes, spread over the simulator's lateness, before the answer."""
    TIME_EXTENSION = "time_extension"
    """The same as CCID's message."""
    CARD_NOTICE = "card_notice"
    """`50 03` stands before the answer although no card came."""
    OLD_ANSWER = "old_answer"
    """The answer to an earlier command stands before the answer."""


class CcidSimulator(CardReaderSimulator):
    """A reader with one slot, for a card that speaks T=0."""

    FAULTS = (LineFault, CardFault, CcidFault)

    def __init__(
        self,
        card: Icc | None = None,
        *,
        echo: bool = True,
        baudrate: int = 115_200,
        at: str | Path | None = None,
        lateness: float = 0.5,
        seed: int = 0,
    ) -> None:
        """As every simulated reader; `echo` as the GemPC Twin does."""
        pace = baudrate * 10 // _BITS_A_BYTE
        super().__init__(card, baudrate=pace, at=at, lateness=lateness, seed=seed)
        self._echo = echo
        self._heard_bytes = FrameBuffer()
        self._notices: list[CardMoved] = []
        self._with_answers = False

    def present(self, card: Icc | None) -> None:
        """Put a card in or take it out, and tell the host, at once or with the next answer."""
        super().present(card)
        with self._state:
            self._notices.append(CardMoved(card is not None))
            at_once = self._line is not None and not self._with_answers
        if at_once:
            self._on_thread(self._tell)

    def _hung_up(self) -> None:
        self._heard_bytes = FrameBuffer()
        self._with_answers = False

    def _received(self, data: bytes) -> None:
        self._heard_bytes.feed(data)
        while self._open_line().plugged_in:
            try:
                event = self._heard_bytes.pop()
            except BadFrame:
                self._send(frames.REFUSAL)
                continue
            if event is None:
                return
            if isinstance(event, Message):
                self._serve(event)

    def _serve(self, command: Message) -> None:
        frame = frames.encode_frame(command)
        self._stopping.wait(len(frame) * 10 / self._baudrate)
        with self._state:
            faults = self._faults_for(_question(command))
            answer = self._answer(command, faults)
        if self._echo and CcidFault.ECHO_LOST not in faults:
            self._send(frame)
        self._tell()
        self._delay(command, faults)
        said = frames.REFUSAL if CcidFault.NAKED in faults else frames.encode_frame(answer)
        self._send(said, faults)

    def _tell(self) -> None:
        with self._state:
            notices, self._notices = self._notices, []
        for notice in notices:
            self._send(notice.encode())

    def _delay(self, command: Message, faults: frozenset[StrEnum]) -> None:
        if CcidFault.CARD_NOTICE in faults:
            self._send(CardMoved(True).encode())
        if CcidFault.OLD_ANSWER in faults:
            old = Message(Kind.DATA_BLOCK, b"\x90\x00", sequence=(command.sequence - 1) % 256)
            self._send(frames.encode_frame(old))
        for fault, sign in (
            (CcidFault.TIME_REQUESTS, b"\xff"),
            (CcidFault.TIME_EXTENSION, frames.encode_frame(_extension(command))),
        ):
            for _ in range(3 if fault in faults else 0):
                self._send(sign)
                self._stopping.wait(self._lateness / 3)

    def _answer(self, command: Message, faults: frozenset[StrEnum]) -> Message:
        match command.kind:
            case Kind.ESCAPE:
                return self._done(command, Kind.ESCAPE_ANSWER, self._escape(command.data))
            case Kind.GET_SLOT_STATUS:
                return self._done(command, Kind.SLOT_STATUS)
            case Kind.ICC_POWER_OFF:
                self._slot.power_off()
                return self._done(command, Kind.SLOT_STATUS)
            case Kind.ICC_POWER_ON:
                return self._carried(command, self._slot.power_on(faults))
            case Kind.XFR_BLOCK:
                return self._carried(command, self._slot.transmit(command.data, faults))
            case Kind.SET_PARAMETERS:
                return self._done(command, Kind.PARAMETERS, command.data, protocol=command.own[0])
            case _:
                return self._failed(command, Kind.SLOT_STATUS, ErrorCode.UNSUPPORTED)

    def _escape(self, data: bytes) -> bytes:
        if data == b"\x02":
            return SIMULATED_FIRMWARE
        self._with_answers = self._with_answers or data == b"\x01\x01\x01"
        return b""

    def _carried(self, command: Message, said: bytes | None) -> Message:
        if said is None:
            return self._failed(command, Kind.DATA_BLOCK, ErrorCode.MUTE)
        return self._done(command, Kind.DATA_BLOCK, said)

    def _done(self, command: Message, kind: Kind, data: bytes = b"", protocol: int = 0) -> Message:
        own = bytes((self._state_bits(), 0, protocol))
        return Message(kind, data, command.slot, command.sequence, own)

    def _failed(self, command: Message, kind: Kind, error: ErrorCode) -> Message:
        own = bytes((self._state_bits() | Outcome.FAILED << 6, error, 0))
        return Message(kind, b"", command.slot, command.sequence, own)

    def _state_bits(self) -> int:
        if self._slot.card is None:
            return CardState.ABSENT
        return CardState.ACTIVE if self._slot.powered else CardState.INACTIVE


def _extension(command: Message) -> Message:
    own = bytes((Outcome.TIME_EXTENSION << 6, 1, 0))
    return Message(Kind.DATA_BLOCK, b"", command.slot, command.sequence, own)


def _question(command: Message) -> Question:
    match command.kind:
        case Kind.XFR_BLOCK:
            return command.data
        case Kind.ESCAPE:
            return Asked.NAME if command.data == b"\x02" else Asked.OTHER
        case Kind.GET_SLOT_STATUS:
            return Asked.PRESENCE
        case Kind.ICC_POWER_ON:
            return Asked.POWER_ON
        case Kind.ICC_POWER_OFF:
            return Asked.POWER_OFF
        case Kind.SET_PARAMETERS | Kind.GET_PARAMETERS:
            return Asked.PARAMETERS
        case _:
            return Asked.OTHER
