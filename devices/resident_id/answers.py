"""One question and its answer over a line, whichever frames the reader speaks."""

import logging
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from devices.errors import BadFrame, Timeout
from devices.serial_line import SerialLine

_log = logging.getLogger(__name__)
_FRAME_GAP = 0.2
"""Seconds of silence inside a frame after which it counts as cut off."""
_LONGEST = 4096
"""More bytes than any answer has; who still talks after them makes noise."""

T = TypeVar("T")


class Frames(Protocol):
    """A frame buffer of some codec."""

    def feed(self, data: bytes) -> None:
        """Take bytes as the line gave them."""

    def pop(self) -> bytes | None:
        """The next frame's content, or None. Raises `BadFrame`."""

    @property
    def partial(self) -> bytes:
        """What has come of a frame that is not complete."""


def exchange(
    line: SerialLine, request: bytes, frames: Frames, timeout: float, silence: bytes = b""
) -> bytes:
    """Send a request; the content of the next frame.

    Its first byte must come in `timeout` seconds after the request's last, the rest without a gap.
    `silence` is what a reader sends instead of nothing. Raises `Timeout`, `BadFrame`, `Unplugged`.
    """
    line.drop_waiting()
    line.write(request)
    until = time.monotonic() + timeout + line.wire_time(len(request))
    last = until + line.wire_time(_LONGEST) + _FRAME_GAP
    while data := line.read(min(until, last)):
        frames.feed(data)
        if (content := frames.pop()) is not None:
            return content
        now = time.monotonic()
        if frames.partial:
            until = now + _FRAME_GAP
        if now >= min(until, last):
            break
    if frames.partial and frames.partial != silence:
        raise BadFrame(note=f"cut off after {len(frames.partial)} bytes")
    raise Timeout(note="no answer")


def asked_again(line: SerialLine, tries: int, ask: Callable[[], T]) -> T:
    """What `ask` returns; it is called again after a damaged or missing answer.

    Raises the last of `BadFrame` and `Timeout`, and any other error at once.
    """
    for remaining in reversed(range(tries)):
        try:
            return ask()
        except (BadFrame, Timeout) as error:
            line.drop_until_quiet()
            if not remaining:
                raise
            _log.info("resident-ID reader: %s, asking again", error)
    raise AssertionError("unreachable: the last try returns or raises")
