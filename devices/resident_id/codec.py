"""Frames of the resident-ID reader's security module (SAM_A / SAM_V; GA 450, GA 467 family).

Both directions: `AA AA AA 96 69 | length 2, big-endian | payload | check`. The length counts
payload and check; the check is the XOR of everything from the length to the payload's end. Nothing
is escaped, and photos hold any byte, so a receiver that is inside a frame counts and never
searches.

Pure and total: any bytes give frames or `BadFrame`, in bounded memory.
"""

from dataclasses import dataclass, field
from functools import reduce
from operator import xor

from devices.errors import BadFrame

PREAMBLE = bytes.fromhex("AAAAAA9669")
MAX_LENGTH = 0x090A
"""The longest answer that the field knows: text, photo and two fingerprints."""
BASE_TEXT_BYTES = 256
BASE_PHOTO_BYTES = 1024
BASE_READ_BYTES = 4 + BASE_TEXT_BYTES + BASE_PHOTO_BYTES
"""Data of a base read: two lengths, text, photo."""

CLONE_TIMEOUT = PREAMBLE + bytes.fromhex("0005050505")
"""What some clones send for «time-out»: a frame that is shorter than it says."""


@dataclass(frozen=True)
class Command:
    """What the host asks: command, parameter, data."""

    code: int
    parameter: int
    data: bytes = b""

    def encode(self) -> bytes:
        """The whole frame."""
        return encode_frame(bytes((self.code, self.parameter)) + self.data)

    @classmethod
    def decode(cls, payload: bytes) -> "Command":
        """From a frame's payload. Raises `BadFrame` if it is too short."""
        if len(payload) < 2:
            raise BadFrame(note="a command has two bytes or more")
        return cls(payload[0], payload[1], payload[2:])


@dataclass(frozen=True)
class Reply:
    """What the reader answers: three status bytes and data, which `repr` hides."""

    sw1: int
    sw2: int
    sw3: int
    data: bytes = field(default=b"", repr=False)

    def encode(self) -> bytes:
        """The whole frame."""
        return encode_frame(bytes((self.sw1, self.sw2, self.sw3)) + self.data)

    @classmethod
    def decode(cls, payload: bytes) -> "Reply":
        """From a frame's payload. Raises `BadFrame` if it is too short."""
        if len(payload) < 3:
            raise BadFrame(note="a reply has three bytes or more")
        return cls(payload[0], payload[1], payload[2], payload[3:])


RESET = Command(0x10, 0xFF)
"""One public source; another header has 01 FF, so drivers take the code from their settings."""
SAM_STATUS = Command(0x11, 0xFF)
SAM_ID = Command(0x12, 0xFF)
FIND = Command(0x20, 0x01)
SELECT = Command(0x20, 0x02)
READ_BASE = Command(0x30, 0x01)
"""Text and photo.

There is no constant for the read that adds fingerprints: a hospital has no need of them.
"""
READ_APPENDED = Command(0x30, 0x03)
"""The newest appended address 追加地址."""

RATES = (115_200, 57_600, 38_400, 19_200, 9_600)
"""Bits a second that a reader knows; a rate's place is the parameter that sets it."""


def set_rate(baudrate: int) -> Command:
    """Change the line's rate (one public source). Raises `ValueError` for one that is not known."""
    return Command(0x60, RATES.index(baudrate))


@dataclass(frozen=True)
class BaseRead:
    """The body of a base read: 256 bytes of text, 1,024 bytes of photo (WLT, opaque)."""

    text: bytes = field(repr=False)
    photo: bytes = field(repr=False)

    def encode(self) -> bytes:
        """A reply's data."""
        lengths = len(self.text).to_bytes(2, "big") + len(self.photo).to_bytes(2, "big")
        return lengths + self.text + self.photo

    @classmethod
    def decode(cls, data: bytes) -> "BaseRead":
        """From a reply's data. Raises `BadFrame` if the two lengths are not the standard's."""
        expected = BASE_TEXT_BYTES.to_bytes(2, "big") + BASE_PHOTO_BYTES.to_bytes(2, "big")
        if data[:4] != expected or len(data) != BASE_READ_BYTES:
            raise BadFrame(note="a base read has 256 bytes of text and 1024 of photo")
        return cls(data[4 : 4 + BASE_TEXT_BYTES], data[4 + BASE_TEXT_BYTES :])


def encode_frame(payload: bytes) -> bytes:
    """Preamble, length, payload, check."""
    counted = (len(payload) + 1).to_bytes(2, "big") + payload
    return PREAMBLE + counted + bytes((checksum(counted),))


def checksum(counted: bytes) -> int:
    """XOR of all bytes from the length to the payload's end."""
    return reduce(xor, counted, 0)


class FrameBuffer:
    """Bytes in, payloads out, whatever the pieces in which the bytes come.

    Bytes before a preamble are noise and are dropped. A frame whose length is impossible, or whose
    check fails, is an error and not noise: the length is then all that is known of it, so the frame
    is skipped by its length. Holds at most one frame more than it is fed.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Take bytes as the line gave them."""
        self._buffer += data

    def pop(self) -> bytes | None:
        """The next payload, or None until more bytes come.

        Raises `BadFrame` for a frame that is damaged; the next call goes on behind it.
        """
        if not self._at_frame() or len(self._buffer) < 7:
            return None
        length = int.from_bytes(self._buffer[5:7], "big")
        if not 1 < length <= MAX_LENGTH:
            del self._buffer[:7]
            raise BadFrame(note=f"impossible length {length:04X}")
        if len(self._buffer) < 7 + length:
            return None
        counted, check = bytes(self._buffer[5 : 6 + length]), self._buffer[6 + length]
        del self._buffer[: 7 + length]
        if checksum(counted) != check:
            raise BadFrame(note="wrong checksum")
        return counted[2:]

    @property
    def partial(self) -> bytes:
        """What has come of a frame that is not complete; empty if nothing but noise came."""
        return bytes(self._buffer) if self._at_frame() else b""

    def _at_frame(self) -> bool:
        start = self._buffer.find(PREAMBLE)
        if start < 0:  # the preamble may be cut by the end of what came
            del self._buffer[: -len(PREAMBLE) + 1]
            return False
        del self._buffer[:start]
        return True
