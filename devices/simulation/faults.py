"""What any line can suffer from, and knobs that say how often."""

import random
from dataclasses import dataclass
from enum import StrEnum


class LineFault(StrEnum):
    """Faults of the wire, the same for every device. Each spoils one answer or message."""

    BUSY = "busy"
    """No answer."""
    SLOW = "slow"
    """The answer comes late, by the simulator's `lateness`."""
    GARBLED = "garbled"
    """One byte arrives changed."""
    SHORT = "short"
    """The answer is cut off in the middle."""
    DOUBLED = "doubled"
    """Every byte arrives twice."""
    NOISE_BEFORE = "noise_before"
    """Random bytes stand before the answer."""
    ENDLESS_NOISE = "endless_noise"
    """Random bytes at the line's full rate, in place of the answer, until the faults are cleared.
    """
    UNPLUGGED = "unplugged"
    """The line hangs up in the middle of the answer."""


@dataclass
class Knob:
    """One fault that waits for its turn."""

    fault: StrEnum
    left: int | None
    """How many answers it still spoils; None for all until it is cleared."""
    on: object | None
    """The question whose answer it spoils; None for any."""


def spoiled(frame: bytes, faults: frozenset[StrEnum], dice: random.Random) -> bytes:
    """The bytes of one answer as they arrive under those faults that change bytes."""
    if LineFault.GARBLED in faults and frame:
        place = dice.randrange(len(frame))
        changed = frame[place] ^ dice.randrange(1, 256)
        frame = frame[:place] + bytes((changed,)) + frame[place + 1 :]
    if LineFault.SHORT in faults:
        frame = frame[: len(frame) // 2]
    if LineFault.DOUBLED in faults:
        frame = bytes(byte for byte in frame for _ in range(2))
    if LineFault.NOISE_BEFORE in faults:
        frame = dice.randbytes(40) + b"\xaa\xaa" + frame
    return frame
