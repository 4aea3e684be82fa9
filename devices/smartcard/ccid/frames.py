"""CCID on a serial line, as readers of the GemPC Twin family frame it.

`03 (SYNC) | 06 (ACK) | message | LRC`, the LRC being the XOR of all bytes before it; `03 15 16` in
place of a frame refuses one. Outside frames two bytes `50 02` or `50 03` tell that a card went or
came, and a single byte 80…FF, under T=0, that the card needs more time. (One source: the reference
driver.)

Pure and total: any bytes give events or `BadFrame`, in bounded memory.
"""

from dataclasses import dataclass
from functools import reduce
from operator import xor

from devices.errors import BadFrame

from .messages import HEADER_BYTES, MAX_DATA, Message, length_of

SYNC, ACK, NAK = 0x03, 0x06, 0x15
NOTICE = 0x50
GONE, CAME = 0x02, 0x03
REFUSAL = bytes((SYNC, NAK, SYNC ^ NAK))
FIRST_TIME_REQUEST = 0x80
MAX_NOISE = 600
"""Bytes of nothing known after which a line counts as noisy: more than a command and its answer."""


@dataclass(frozen=True)
class Refusal:
    """The other side received a damaged frame."""


@dataclass(frozen=True)
class CardMoved:
    """A card came, or went."""

    present: bool

    def encode(self) -> bytes:
        """Two bytes."""
        return bytes((NOTICE, CAME if self.present else GONE))


@dataclass(frozen=True)
class TimeRequest:
    """The card needs more time."""


Event = Message | Refusal | CardMoved | TimeRequest


def encode_frame(message: Message) -> bytes:
    """SYNC, ACK, the message, the LRC."""
    framed = bytes((SYNC, ACK)) + message.encode()
    return framed + bytes((checksum(framed),))


def checksum(framed: bytes) -> int:
    """XOR of all bytes."""
    return reduce(xor, framed, 0)


class FrameBuffer:
    """Bytes in, events out, whatever the pieces in which the bytes come.

    Holds at most one frame more than it is fed.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._noise = 0

    def feed(self, data: bytes) -> None:
        """Take bytes as the line gave them."""
        self._buffer += data

    def pop(self) -> Event | None:
        """The next event, or None until more bytes come.

        Raises `BadFrame` for a damaged frame and for much noise; the next call goes on behind it.
        """
        while self._buffer:
            first = self._buffer[0]
            if first >= FIRST_TIME_REQUEST:
                del self._buffer[0]
                return TimeRequest()
            if first in (SYNC, NOTICE):
                if len(self._buffer) < 2:
                    return None
                known, event = self._marked(first, self._buffer[1])
                if known:
                    return event
            self._drop_noise()
        return None

    @property
    def partial(self) -> bool:
        """Whether something began that is not complete."""
        return bool(self._buffer)

    def _marked(self, first: int, second: int) -> tuple[bool, Event | None]:
        """Whether these two bytes begin something, and what, if all of it has come."""
        if first == NOTICE and second in (GONE, CAME):
            del self._buffer[:2]
            return True, CardMoved(second == CAME)
        if first == SYNC and second == ACK:
            return True, self._frame()
        if first == SYNC and second == NAK:
            return True, self._refusal()
        return False, None

    def _frame(self) -> Message | None:
        if len(self._buffer) < 2 + 5:
            return None
        length = length_of(bytes(self._buffer[2:7]))
        if length > MAX_DATA:
            del self._buffer[:2]
            raise BadFrame(note=f"impossible length {length:X}")
        end = 2 + HEADER_BYTES + length
        if len(self._buffer) <= end:
            return None
        framed, check = bytes(self._buffer[:end]), self._buffer[end]
        del self._buffer[: end + 1]
        if checksum(framed) != check:
            raise BadFrame(note="wrong checksum")
        return Message.decode(framed[2:])

    def _refusal(self) -> Refusal | None:
        if len(self._buffer) < len(REFUSAL):
            return None
        came = bytes(self._buffer[: len(REFUSAL)])
        del self._buffer[: len(REFUSAL)]
        if came != REFUSAL:
            raise BadFrame(note="wrong checksum")
        return Refusal()

    def _drop_noise(self) -> None:
        del self._buffer[0]
        self._noise += 1
        if self._noise > MAX_NOISE:
            self._noise = 0
            raise BadFrame(note="noise")
