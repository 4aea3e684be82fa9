"""A card's answer to reset (卡复位信息, ISO 7816-3 §8). Pure and total."""

from dataclasses import dataclass, field

from devices.errors import BadFrame

MAX_BYTES = 33
_DIRECT, _INVERSE = 0x3B, 0x3F
_TA, _TB, _TC, _TD = 0x10, 0x20, 0x40, 0x80


@dataclass(frozen=True)
class Atr:
    """What a reader must know of an answer to reset."""

    raw: bytes
    inverse: bool
    protocols: tuple[int, ...]
    """Offered, in order; the first is spoken unless another is negotiated."""
    history: bytes
    """Historical bytes, at most 15."""
    interface: dict[str, int] = field(repr=False)
    """Interface bytes by name, `TA1` to `TC2` and on."""


def parse(raw: bytes) -> Atr:
    """Raises `BadFrame` (`smartcard.atr_malformed`).

    The check byte is left alone, as drivers in wide use leave it: cards get it wrong, and the
    reader's line has a check of its own.
    """
    if not 2 <= len(raw) <= MAX_BYTES or raw[0] not in (_DIRECT, _INVERSE):
        raise _malformed("no answer to reset")
    interface, protocols, place = _interface_bytes(raw)
    history = raw[place : place + (raw[1] & 0x0F)]
    if len(history) < raw[1] & 0x0F:
        raise _malformed("cut off")
    return Atr(raw, raw[0] == _INVERSE, protocols or (0,), history, interface)


def with_history(history: bytes) -> bytes:
    """The answer to reset of a plain T=0 card with these historical bytes, at most 15."""
    return bytes((_DIRECT, _TB | _TC | len(history), 0, 0)) + history


def _interface_bytes(raw: bytes) -> tuple[dict[str, int], tuple[int, ...], int]:
    found: dict[str, int] = {}
    protocols: list[int] = []
    mark, place, level = raw[1], 2, 1
    while True:
        for bit, name in ((_TA, "TA"), (_TB, "TB"), (_TC, "TC"), (_TD, "TD")):
            if mark & bit:
                if place >= len(raw):
                    raise _malformed("cut off")
                found[f"{name}{level}"] = raw[place]
                place += 1
        if not mark & _TD:
            return found, tuple(protocols), place
        mark = found[f"TD{level}"]
        level += 1
        if mark & 0x0F != 15:  # 15 names no protocol, but bytes for all of them
            protocols.append(mark & 0x0F)


def _malformed(note: str) -> BadFrame:
    return BadFrame("smartcard.atr_malformed", note)
