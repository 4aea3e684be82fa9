"""CCID's messages between host and reader (USB-IF CCID 1.1): ten bytes of header, then data.

`kind 1 | length 4, little-endian | slot 1 | sequence 1 | three bytes of the kind's own | data`.
Numbers are from memory of the standard and agree with the reference driver for serial readers, to
which the simulator of this package was held.

Pure and total.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from devices.errors import BadFrame, DeviceError, NoCard, Refused

HEADER_BYTES = 10
MAX_BYTES = 271
"""The longest message of the serial readers."""
MAX_DATA = MAX_BYTES - HEADER_BYTES


class Kind(IntEnum):
    """Message types; host to reader below 80, reader to host from there on."""

    SET_PARAMETERS = 0x61
    ICC_POWER_ON = 0x62
    ICC_POWER_OFF = 0x63
    GET_SLOT_STATUS = 0x65
    ESCAPE = 0x6B
    GET_PARAMETERS = 0x6C
    XFR_BLOCK = 0x6F
    DATA_BLOCK = 0x80
    SLOT_STATUS = 0x81
    PARAMETERS = 0x82
    ESCAPE_ANSWER = 0x83


class CardState(IntEnum):
    """Bits 0 and 1 of a reader's status byte."""

    ACTIVE = 0
    INACTIVE = 1
    ABSENT = 2


class Outcome(IntEnum):
    """Bits 6 and 7 of a reader's status byte."""

    DONE = 0
    FAILED = 1
    TIME_EXTENSION = 2
    """Not an answer yet: keep waiting."""


class ErrorCode(IntEnum):
    """Why a command failed."""

    UNSUPPORTED = 0x00
    MUTE = 0xFE
    PARITY = 0xFD
    OVERRUN = 0xFC
    HARDWARE = 0xFB
    BAD_ATR = 0xF8
    PROTOCOL = 0xF6


@dataclass(frozen=True)
class Message:
    """One message. `repr` hides the data, which may be the card's."""

    kind: int
    data: bytes = field(default=b"", repr=False)
    slot: int = 0
    sequence: int = 0
    own: bytes = bytes(3)
    """The three bytes whose meaning depends on the kind."""

    @property
    def from_host(self) -> bool:
        """Whether it is a command."""
        return self.kind < Kind.DATA_BLOCK

    @property
    def card_state(self) -> int:
        """Of a reader's message: `CardState`, or the reserved 3."""
        return self.own[0] & 0x03

    @property
    def outcome(self) -> int:
        """Of a reader's message: `Outcome`, or the reserved 3."""
        return self.own[0] >> 6

    def encode(self) -> bytes:
        """The message's bytes."""
        head = bytes((self.kind,)) + len(self.data).to_bytes(4, "little")
        return head + bytes((self.slot, self.sequence)) + self.own + self.data

    @classmethod
    def decode(cls, raw: bytes) -> "Message":
        """Raises `BadFrame` unless the length is what the header says."""
        if len(raw) < HEADER_BYTES or length_of(raw) != len(raw) - HEADER_BYTES:
            raise BadFrame(note="a CCID message of another length than its header says")
        return cls(raw[0], raw[HEADER_BYTES:], raw[5], raw[6], raw[7:HEADER_BYTES])


def length_of(head: bytes) -> int:
    """How many bytes of data a header of five bytes or more announces."""
    return int.from_bytes(head[1:5], "little")


def failure(answer: Message) -> DeviceError:
    """The typed error for a reader's message that says `FAILED`."""
    error = answer.own[1]
    note = f"status {answer.own[0]:02X} error {error:02X}"
    if answer.card_state == CardState.ABSENT:
        return NoCard("smartcard.no_card", note)
    if error in (ErrorCode.MUTE, ErrorCode.BAD_ATR, ErrorCode.PARITY):
        return Refused("smartcard.card_mute", note)
    if error == ErrorCode.UNSUPPORTED:
        return Refused("smartcard.command_unknown", note)
    return Refused("smartcard.reader_error", note)
