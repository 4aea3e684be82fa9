"""Bytes of a 2-D scanner on a serial line: payloads, each with an ending that nothing announces.

A scanner sends what the code says and behind it what it is set to: CR, LF, both, or nothing, so
that only silence ends the message. (Factory settings differ; from memory, no manual confirmed.)

What may stand before the payload is taken off: an AIM identifier (`]Q1`; ISO/IEC 15424) and a byte
order mark. The text is UTF-8 where the bytes are valid UTF-8, otherwise GB 18030-2022; the bytes
are kept beside it, since a GB 18030 text can by chance be valid UTF-8. Control bytes are refused,
in codes of GS1 the group separator too.

Simulators own a mark that no scanner sends: `ESC SIM ESC` before all else and `ESC` before the
ending. So the driver learns from every single message that it is simulated, without ever writing to
the line: many scanners take single bytes for commands. One changed byte never makes a simulated
message look real, since one control byte is left. A printed code that holds the mark counts as
simulated, which is the safe side; a program that speaks like a scanner and leaves the mark out
cannot be told from one.

Pure and total: any bytes give payloads or typed errors, in bounded memory. Times come in as values.
"""

import hashlib
import re
import unicodedata
from collections import deque
from dataclasses import dataclass, field

from codes import gb18030
from codes.errors import InvalidCode
from devices.errors import BadFrame, DeviceError, Refused

MAX_MESSAGE = 4096
"""Bytes; more than the largest QR code holds (2,953)."""
SIMULATED, SIMULATED_END = b"\x1bSIM\x1b", b"\x1b"

_ENDING = re.compile(rb"[\r\n]")
_AIM = re.compile(rb"\]([A-Za-z][0-9A-Za-z])")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\x84\x31\x95\x33")
"""U+FEFF in UTF-8 and in GB 18030."""
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Scan:
    """One message. `repr` shows nothing of the payload."""

    payload: bytes = field(repr=False)
    text: str = field(repr=False)
    symbology: str | None
    """Letter and modifier of the AIM identifier, `Q1`; None if the scanner sends none."""
    simulated: bool


def parse(message: bytes, *, aim: bool = True) -> Scan:
    """What a whole message without its ending says; `aim`: take an AIM identifier off.

    Raises `BadFrame` (`scanner.control_bytes`, `.undecodable`, `.empty`).
    """
    body, simulated = _without_mark(message)
    body = _without_byte_order_mark(body)
    match = _AIM.match(body) if aim else None
    if match:
        body = _without_byte_order_mark(body[match.end() :])
    if _CONTROL.search(body):
        raise BadFrame("scanner.control_bytes", "control bytes in a message")
    if not body:
        raise BadFrame("scanner.empty", "a message without a payload")
    return Scan(body, _text(body), match[1].decode() if match else None, simulated)


class ScanBuffer:
    """Bytes and moments in, messages out, whatever the pieces in which the bytes come.

    A gap ends a message only when somebody watched the line be silent and says so (`quiet`): bytes
    that were fetched late by a busy machine are not cut in two by it.

    Behind a damaged message all is dropped up to a gap, since its ending may be damage too. There
    is no checksum on such a line: a few bytes of noise can still look like an opaque payload.
    """

    def __init__(self, gap: float = 0.08, *, gap_ends: bool = True, aim: bool = True) -> None:
        """Nothing has come yet.

        Args:
            gap: seconds of silence that end a message.
            gap_ends: whether that is an ending as good as CR or LF; if not, what it ends is
                refused as cut off. For scanners known to send CR or LF.
            aim: whether an AIM identifier is taken off.
        """
        self._gap, self._gap_ends, self._aim = gap, gap_ends, aim
        self._open = bytearray()
        self._skipping = self._damaged = False
        self._last = 0.0
        self._done: deque[Scan | DeviceError] = deque()

    @property
    def open(self) -> bool:
        """Whether a message has begun and not ended."""
        return bool(self._open)

    @property
    def quiet_at(self) -> float | None:
        """When silence ends what is open or dropped; None if nothing is."""
        waiting = self._open or self._skipping or self._damaged
        return self._last + self._gap if waiting else None

    def feed(self, data: bytes, at: float) -> None:
        """Take bytes as the line gave them, at this moment (seconds, any clock that only rises)."""
        self._last = at
        *ended, rest = _ENDING.split(data)
        for part in ended:
            self._append(part)
            self._end()
        self._append(rest)

    def quiet(self, at: float) -> None:
        """Nothing came between the last bytes and this moment."""
        if (due := self.quiet_at) is None or at < due:
            return
        if self._open and not self._gap_ends:
            self._open.clear()
            self._done.append(BadFrame("scanner.cut_off", "a message without its ending"))
        self._end()
        self._damaged = False

    def skip(self, at: float) -> None:
        """Drop what is open, and all up to the next ending or gap: its beginning is not known."""
        self._open.clear()
        self._last, self._skipping = at, True

    def pop(self) -> Scan | None:
        """The next message, or None until more comes.

        Raises `Refused` (`scanner.too_long`) or `BadFrame` for one that is none; the next call goes
        on behind it.
        """
        if not self._done:
            return None
        found = self._done.popleft()
        if isinstance(found, DeviceError):
            raise found
        return found

    def _append(self, part: bytes) -> None:
        if self._skipping or self._damaged:
            return
        self._open += part
        if len(self._open) > MAX_MESSAGE:
            self._open.clear()
            self._skipping = True
            self._done.append(Refused("scanner.too_long", f"over {MAX_MESSAGE} bytes"))

    def _end(self) -> None:
        """An empty message is none: CR LF ends once, and so does an ending after a gap."""
        message = bytes(self._open)
        self._open.clear()
        self._skipping = False
        if message:
            self._take(message)

    def _take(self, message: bytes) -> None:
        try:
            self._done.append(parse(message, aim=self._aim))
        except BadFrame as error:
            self._done.append(error)
            self._damaged = True


class Repeats:
    """Whether the code before the scanner is still the one that was taken.

    Keeps a salted hash of the last payload and not the payload, so that no token stays in memory;
    of a short number the hash is no secret to one who has the salt.
    """

    def __init__(self, salt: bytes, window: float = 2.0) -> None:
        """`salt`, up to 64 random bytes; `window`, seconds after which a code is a new one."""
        self._salt, self._window = salt, window
        self._hash, self._seen = b"", 0.0

    def seen(self, payload: bytes, at: float) -> bool:
        """Whether it is the last one taken, seen again in time; a held code's time begins anew."""
        held = at - self._seen < self._window and self._is_last(payload)
        if held:
            self._seen = at
        return held

    def waited(self, payload: bytes, at: float) -> None:
        """It was seen at some moment that nobody knows, and counts as held until now if it is the
        last one: a phone that is left before the scanner is not the next person's.
        """
        if self._is_last(payload):
            self._seen = at

    def take(self, payload: bytes, at: float) -> None:
        """From now on this is the last one."""
        self._hash, self._seen = self._hash_of(payload), at

    def _is_last(self, payload: bytes) -> bool:
        return self._hash == self._hash_of(payload)

    def _hash_of(self, payload: bytes) -> bytes:
        return hashlib.blake2b(payload, key=self._salt, digest_size=16).digest()


def _without_mark(message: bytes) -> tuple[bytes, bool]:
    if message.startswith(SIMULATED) and message.endswith(SIMULATED_END):
        return message[len(SIMULATED) : -len(SIMULATED_END)], True
    return message, False


def _without_byte_order_mark(body: bytes) -> bytes:
    for mark in _BYTE_ORDER_MARKS:
        body = body.removeprefix(mark)
    return body


def _text(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = _gb18030(body)
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise BadFrame("scanner.control_bytes", "control characters in a message")
    return text


def _gb18030(body: bytes) -> str:
    try:
        return gb18030.decode(body)
    except InvalidCode:
        raise BadFrame("scanner.undecodable", "neither UTF-8 nor GB 18030") from None
