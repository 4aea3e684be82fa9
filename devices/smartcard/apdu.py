"""Commands to a card and its answers (ISO 7816-4, short form), and T=0's two detours.

Pure and total but for `exchange`, which talks through the function that it is given.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntEnum

from devices.errors import BadFrame

MAX_LE = 256
_MAX_STEPS = 8
"""More GET RESPONSEs than any short answer needs."""
_GET_RESPONSE = 0xC0


class StatusWord(IntEnum):
    """SW1 SW2, the ones that a reader of free data meets."""

    SUCCESS = 0x9000
    END_OF_RECORD = 0x6282
    """Fewer bytes than Le; the data stand before it."""
    DEACTIVATED = 0x6283
    WRONG_LENGTH = 0x6700
    SECURITY_NOT_SATISFIED = 0x6982
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_CURRENT_FILE = 0x6986
    NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    RECORD_NOT_FOUND = 0x6A83
    WRONG_PARAMETERS = 0x6A86
    INSTRUCTION_UNKNOWN = 0x6D00
    CLASS_UNKNOWN = 0x6E00


@dataclass(frozen=True)
class CommandApdu:
    """Header, data, and how many bytes are expected (`le` 1…256, or None)."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(default=b"", repr=False)
    le: int | None = None

    def encode(self) -> bytes:
        """The APDU. Raises `ValueError` for more than the short form holds."""
        if len(self.data) > 255 or not (self.le is None or 1 <= self.le <= MAX_LE):
            raise ValueError("a short APDU has at most 255 bytes of data and Le 1 to 256")
        body = bytes((len(self.data),)) + self.data if self.data else b""
        tail = b"" if self.le is None else bytes((self.le % MAX_LE,))
        return bytes((self.cla, self.ins, self.p1, self.p2)) + body + tail

    def tpdu(self) -> bytes:
        """As T=0 carries it (ISO 7816-3, §12.2): always a fifth byte, and no Le behind data."""
        if self.data:
            return replace(self, le=None).encode()
        return self.encode() if self.le else self.encode() + b"\x00"

    @classmethod
    def decode(cls, apdu: bytes) -> "CommandApdu":
        """Raises `BadFrame` for what is no short APDU; five bytes are a command with Le."""
        if len(apdu) < 4:
            raise BadFrame("smartcard.response_malformed", "an APDU has four bytes or more")
        cla, ins, p1, p2, *_ = apdu
        rest = apdu[4:]
        if not rest:
            return cls(cla, ins, p1, p2)
        if len(rest) == 1:
            return cls(cla, ins, p1, p2, le=rest[0] or MAX_LE)
        data, tail = rest[1 : 1 + rest[0]], rest[1 + rest[0] :]
        if not data or len(data) != rest[0] or len(tail) > 1:
            raise BadFrame("smartcard.response_malformed", "Lc is not the data's length")
        return cls(cla, ins, p1, p2, data, (tail[0] or MAX_LE) if tail else None)


@dataclass(frozen=True)
class ResponseApdu:
    """Data, which `repr` hides, and the status word."""

    data: bytes = field(repr=False)
    status: int

    @property
    def ok(self) -> bool:
        """Whether the data are there: success, or fewer bytes than asked for."""
        return self.status in (StatusWord.SUCCESS, StatusWord.END_OF_RECORD)

    def encode(self) -> bytes:
        """Data, then two bytes."""
        return self.data + self.status.to_bytes(2, "big")

    @classmethod
    def decode(cls, answer: bytes) -> "ResponseApdu":
        """Raises `BadFrame` if it is too short or longer than a short answer."""
        if not 2 <= len(answer) <= MAX_LE + 2:
            raise BadFrame("smartcard.response_malformed", f"an answer of {len(answer)} bytes")
        return cls(answer[:-2], int.from_bytes(answer[-2:], "big"))


def exchange(transmit: Callable[[bytes], bytes], command: CommandApdu) -> ResponseApdu:
    """The final answer to a command.

    Fetches what `61xx` announces and repeats with the Le that `6Cxx` names. Raises `BadFrame` for
    a card that never comes to an end, and whatever `transmit` raises.
    """
    data = b""
    for _ in range(_MAX_STEPS):
        response = ResponseApdu.decode(transmit(command.encode()))
        sw1, sw2 = divmod(response.status, 256)
        if sw1 == 0x6C:
            command = replace(command, le=sw2 or MAX_LE)
        elif sw1 == 0x61:
            data += response.data
            command = CommandApdu(command.cla, _GET_RESPONSE, 0, 0, le=sw2 or MAX_LE)
        else:
            return replace(response, data=data + response.data)
    raise BadFrame("smartcard.response_malformed", "the answer does not end")
