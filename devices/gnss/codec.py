"""Bytes of a serial line to NMEA 0183 sentences: `$`, an address, fields, `*`, a checksum.

The checksum is the exclusive or of what stands between `$` and `*`. The standard leaves it out for
some sentences; here one without it is none, since a position is evidence. A sentence is complete
with its checksum: some receivers lose the CR LF behind it.

Pure and total: any bytes, in any pieces, give sentences or nothing, in bounded memory. Behind
damage the next `$` begins anew.
"""

import re
from dataclasses import dataclass
from functools import reduce
from operator import xor

MAX_SENTENCE = 120
"""Characters from `$` to the checksum. The standard has 82 with CR LF; receivers with many
satellites or own sentences send more."""

_BODY = rb"[\x20-\x23\x25-\x29\x2b-\x7e]"
"""Printable, neither `$` nor `*`."""
_WHOLE = re.compile(rb"\$(%b{1,%d})\*([0-9A-Fa-f]{2})" % (_BODY, MAX_SENTENCE - 4))
_BEGUN = re.compile(rb"\$%b{0,%d}(?:(?<!\$)\*[0-9A-Fa-f]?)?" % (_BODY, MAX_SENTENCE - 4))


@dataclass(frozen=True)
class Sentence:
    """One sentence whose checksum holds. `repr` leaves the text out: it says where somebody is."""

    text: str

    @property
    def address(self) -> str:
        """Talker and type, `GNGGA`; `P` and a maker for a proprietary one."""
        return self.text.partition(",")[0]

    def __repr__(self) -> str:
        return f"Sentence({self.address!r})"


class SentenceBuffer:
    """Bytes in, sentences out."""

    def __init__(self) -> None:
        self._held = bytearray()
        self.damaged = 0
        """Sentences that began and were cut off, garbled, too long or failed their checksum."""

    def feed(self, data: bytes) -> list[Sentence]:
        """The sentences that these bytes complete."""
        self._held += data
        found = []
        while self._at_start():
            if whole := _WHOLE.match(self._held):
                body, said = bytes(whole[1]), int(whole[2], 16)
                del self._held[: whole.end()]
                if checksum(body) == said:
                    found.append(Sentence(body.decode("ascii")))
                else:
                    self.damaged += 1
            elif _BEGUN.fullmatch(self._held):
                break
            else:
                self.damaged += 1
                del self._held[:1]
        return found

    def forget(self) -> None:
        """Drop what has begun: its other half did not come, or will not."""
        self._held.clear()

    def _at_start(self) -> bool:
        """Whether a `$` was found; what stands before it is dropped."""
        start = self._held.find(b"$")
        del self._held[: start if start >= 0 else len(self._held)]
        return start >= 0


def checksum(body: bytes) -> int:
    """Of what stands between `$` and `*`."""
    return reduce(xor, body, 0)


def encode(body: str) -> bytes:
    """A sentence as it stands on the wire."""
    data = body.encode("ascii")
    return b"$%b*%02X\r\n" % (data, checksum(data))
