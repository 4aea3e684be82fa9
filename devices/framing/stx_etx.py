"""Frames `02 · length · data · LRC · 03`, as many readers sold in China speak them ("family A").

The length has two bytes, big-endian, and counts the data; the LRC is the XOR of the data alone. By
convention data begin with two bytes, a command or in replies a status; this codec does not look at
them. Some readers split every byte between STX and ETX into two, `30 + high nibble` and `30 + low
nibble`, with length and LRC taken before the split ("A′"; one public source, not confirmed).

    frame = stx_etx.encode(bytes.fromhex("CA0100"))      # 02 0003 CA0100 CB 03
    frames = stx_etx.FrameBuffer()                       # FrameBuffer(split=True) for A′
    frames.feed(some_bytes)
    data = frames.pop()                                  # bytes, None for not yet, or BadFrame

Pure and total: any bytes give data or `BadFrame`, in bounded memory.
"""

from functools import reduce
from operator import xor

from devices.errors import BadFrame

STX, ETX = 0x02, 0x03
MAX_DATA = 2048
"""More than any answer that is asked for: an ID card's text and photo need 1,286 bytes."""

_AROUND = 3
"""Bytes that are counted neither in the data nor as STX and ETX: length and LRC."""


def encode(data: bytes, *, split: bool = False) -> bytes:
    """The whole frame. Raises `ValueError` for more data than its length can say."""
    if len(data) > 0xFFFF:
        raise ValueError("a frame holds at most 65535 bytes of data")
    body = len(data).to_bytes(2, "big") + data + bytes((lrc(data),))
    return bytes((STX,)) + (_split(body) if split else body) + bytes((ETX,))


def lrc(data: bytes) -> int:
    """XOR of all bytes of the data."""
    return reduce(xor, data, 0)


class FrameBuffer:
    """Bytes in, data out, whatever the pieces in which the bytes come.

    One byte is a weak mark, so an STX whose length is impossible was noise and is dropped without a
    word. A frame of a possible length that does not end with ETX, or holds what is no half of a
    byte, is an error of which only the STX is dropped; one with a wrong LRC is an error that is
    skipped whole. Holds at most one frame more than it is fed.
    """

    def __init__(self, *, split: bool = False, max_data: int = MAX_DATA) -> None:
        """Args: split: whether bytes come in halves (A′); max_data: the longest data expected."""
        self._buffer = bytearray()
        self._split, self._max_data = split, max_data
        self._unit = 2 if split else 1

    def feed(self, data: bytes) -> None:
        """Take bytes as the line gave them."""
        self._buffer += data

    def pop(self) -> bytes | None:
        """The next frame's data, at least one byte, or None until more bytes come.

        Raises `BadFrame` for a frame that is damaged; the next call goes on behind it.
        """
        length = self._length_at_frame()
        if length is None:
            return None
        size = 1 + self._unit * (length + _AROUND) + 1
        if len(self._buffer) < size:
            return None
        body = self._whole(self._buffer[1 : size - 1])
        if self._buffer[size - 1] != ETX or body is None:
            del self._buffer[:1]
            raise BadFrame(note="no frame where one began")
        del self._buffer[:size]
        if lrc(body[2:-1]) != body[-1]:
            raise BadFrame(note="wrong LRC")
        return body[2:-1]

    @property
    def partial(self) -> bytes:
        """What has come of a frame that is not complete; empty if nothing but noise came."""
        return bytes(self._buffer) if self._length_at_frame() is not None else b""

    def _length_at_frame(self) -> int | None:
        """Drop noise; the data's length of the frame that begins now, None if none does yet."""
        while (start := self._buffer.find(STX)) >= 0:
            del self._buffer[:start]
            if len(self._buffer) <= 2 * self._unit:
                return None
            field = self._whole(self._buffer[1 : 1 + 2 * self._unit])
            length = int.from_bytes(field, "big") if field else 0
            if 0 < length <= self._max_data:
                return length
            del self._buffer[:1]
        self._buffer.clear()
        return None

    def _whole(self, body: bytearray) -> bytes | None:
        """The body as it was before a split; None if that cannot be."""
        if not self._split:
            return bytes(body)
        if any(half >> 4 != 3 for half in body):
            return None
        pairs = zip(body[::2], body[1::2], strict=True)
        return bytes((high & 15) << 4 | low & 15 for high, low in pairs)


def _split(body: bytes) -> bytes:
    return bytes(half for byte in body for half in (0x30 | byte >> 4, 0x30 | byte & 15))
