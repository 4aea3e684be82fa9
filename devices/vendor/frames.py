"""How a host program is spoken to: a length of four bytes, little-endian, then JSON in UTF-8.

Pure and total: any bytes give values or a `BadFrame`. `host/README.md` has every request.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devices.errors import BadFrame

PROTOCOL = 1
MAX_FRAME = 256 * 1024
"""Bytes of JSON at most, both ways."""
MAX_OUT = 128 * 1024
"""Bytes of all outputs of one call together, so that their base64 fits into a frame."""
_HEAD = 4


def garbled(note: str) -> BadFrame:
    """`vendor.garbled`; the note says what, and nothing of the content."""
    return BadFrame("vendor.garbled", note)


def encode(identity: int, operation: str, seconds: int, rest: Mapping[str, object]) -> bytes:
    """A request's frame. Raises `ValueError` for one that is too long or is not Unicode text."""
    request = {"id": identity, "op": operation, "seconds": seconds, **rest}
    body = json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) > MAX_FRAME:
        raise ValueError(f"a request has at most {MAX_FRAME} bytes")
    return len(body).to_bytes(_HEAD, "little") + body


def bytes_argument(content: bytes) -> dict[str, str]:
    """An argument of a call: these bytes, closed by NUL."""
    return {"bytes": base64.b64encode(content).decode("ascii")}


class FrameBuffer:
    """Bytes in as the pipe gave them, bodies of frames out. Holds a frame and a part at most."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> None:
        """Take bytes."""
        self._held += data

    def pop(self) -> bytes | None:
        """The next frame's body, or None. Raises `BadFrame` for a length that none has."""
        if len(self._held) < _HEAD:
            return None
        length = int.from_bytes(self._held[:_HEAD], "little")
        if length > MAX_FRAME:
            raise garbled("longer than a frame may be")
        if len(self._held) < _HEAD + length:
            return None
        body = bytes(self._held[_HEAD : _HEAD + length])
        del self._held[: _HEAD + length]
        return body


@dataclass(frozen=True)
class Failure:
    """The host's refusal: one of the protocol's words, and what it is about."""

    error: str
    note: str


@dataclass(frozen=True)
class Hello:
    """What a host says of itself."""

    protocol: int
    bitness: int
    pid: int


@dataclass(frozen=True)
class Result:
    """What a library's function gave. `repr` shows none of it, since it is personal."""

    returned: int | bytes = field(repr=False)
    outputs: Sequence[bytes] = field(repr=False)
    """Each output whole, as long as it was asked for."""


def parse(body: bytes, identity: int) -> Mapping[str, Any] | Failure:
    """An answer to the request of this identity. Raises `BadFrame`."""
    try:
        answer = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise garbled("no JSON") from None
    if not isinstance(answer, dict):
        raise garbled("no object")
    answered = answer.get("id")
    if "error" in answer and answered in (0, identity):
        error, note = answer["error"], answer.get("note", "")
        if isinstance(error, str) and isinstance(note, str):
            return Failure(error[:40], note[:200])
    if not _is_int(answered) or answered != identity:
        raise garbled("an answer to another request")
    return answer


def hello_of(answer: Mapping[str, Any]) -> Hello:
    """Raises `BadFrame`."""
    protocol, bitness, pid = (answer.get(name) for name in ("protocol", "bitness", "pid"))
    if not (_is_int(protocol) and _is_int(bitness) and _is_int(pid)):
        raise garbled("no hello")
    return Hello(protocol, bitness, pid)  # type: ignore[arg-type]


def result_of(answer: Mapping[str, Any], sizes: Sequence[int], *, text: bool) -> Result:
    """What a call gave that asked for outputs of these sizes. Raises `BadFrame`."""
    returned, outputs = answer.get("returned"), answer.get("outputs")
    if not isinstance(outputs, list) or len(outputs) != len(sizes):
        raise garbled("another number of outputs")
    contents = [_content(output) for output in outputs]
    if [len(content) for content in contents] != list(sizes):
        raise garbled("an output of another length")
    if text:
        return Result(_content(returned), contents)
    if not _is_int(returned):
        raise garbled("no number was returned")
    return Result(returned, contents)  # type: ignore[arg-type]


def _content(value: object) -> bytes:
    if not isinstance(value, str):
        raise garbled("no base64")
    try:
        return base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise garbled("no base64") from None


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
