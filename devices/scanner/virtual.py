"""What a simulated scanner sends for a code, as values."""

from enum import StrEnum

from .codec import MAX_MESSAGE, SIMULATED, SIMULATED_END

PIECE = 5
"""Bytes of a split message's pieces."""


class Ending(StrEnum):
    """What a scanner is set to send behind a payload."""

    CR = "cr"
    LF = "lf"
    CRLF = "crlf"
    NONE = "none"
    """Silence only."""

    @property
    def bytes(self) -> bytes:
        """As it stands on the wire."""
        return {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "none": b""}[self.value]


class Fault(StrEnum):
    """How a scanner's message can differ, beside what its line does to it (`LineFault`)."""

    AIM_PREFIX = "aim_prefix"
    """`]Q1` before the payload."""
    BYTE_ORDER_MARK = "byte_order_mark"
    """Of UTF-8, before the payload."""
    NO_ENDING = "no_ending"
    """Only silence ends it."""
    SPLIT = "split"
    """In pieces with short pauses, as USB converters deliver."""
    CONTROL_BYTES = "control_bytes"
    """Escape and function keys in the payload, as from a code made to type them."""
    OVER_LONG = "over_long"
    """More bytes than a code can hold."""


def message(payload: bytes, ending: Ending, faults: frozenset[StrEnum] = frozenset()) -> bytes:
    """The bytes of one scan, with the mark that simulators own."""
    if Fault.CONTROL_BYTES in faults:
        payload += b"\x1b[20~\x08\x00\x7f"
    if Fault.OVER_LONG in faults:
        payload = payload.ljust(MAX_MESSAGE + 1, b"0")
    if Fault.BYTE_ORDER_MARK in faults:
        payload = b"\xef\xbb\xbf" + payload
    if Fault.AIM_PREFIX in faults:
        payload = b"]Q1" + payload
    end = b"" if Fault.NO_ENDING in faults else ending.bytes
    return SIMULATED + payload + SIMULATED_END + end


def pieces(frame: bytes, faults: frozenset[StrEnum]) -> list[bytes]:
    """The frame as it is sent: whole, or split."""
    if Fault.SPLIT not in faults:
        return [frame]
    return [frame[offset : offset + PIECE] for offset in range(0, len(frame), PIECE)]
