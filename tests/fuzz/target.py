"""What a fuzz target is, and what most of them do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from devices.errors import BadFrame


@dataclass(frozen=True)
class Target:
    """One codec. `run` raises for an input on which something does not hold."""

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    """Inputs to begin with: what the device really says."""
    longest: int = 512
    """Bytes of an input."""


def pieces(data: bytes) -> Iterator[bytes]:
    """The same bytes as a line would give them, 40 pieces at most; the first byte says in which."""
    step = (data[0] % 24 if data else 0) + 1 + len(data) // 40
    for offset in range(0, len(data), step):
        yield data[offset : offset + step]


def popped(buffer: Any) -> Iterator[object]:
    """What a buffer of frames gives until it wants more bytes; a damaged frame is one thing too."""
    while True:
        try:
            found = buffer.pop()
        except BadFrame as error:
            yield error.note
            continue
        if found is None:
            return
        yield found


def frames_of(make: Callable[[], Any], data: bytes, most: int) -> list[object]:
    """What a buffer finds in `data`, whole or in pieces; it never keeps more than `most` bytes."""
    whole, split = make(), make()
    whole.feed(data)
    found = list(popped(whole))
    again: list[object] = []
    for piece in pieces(data):
        split.feed(piece)
        again += popped(split)
        assert len(split._buffer) <= most
    assert found == again, "the pieces in which bytes come change what they say"
    return found
