"""The key ring apart from every back-up: sealed, and its sealing key in shares on paper.

The ring is sealed with a fresh key, and that key is split: two of three people together recover the
ring, one alone learns nothing. A share is 32 bytes, short enough to be typed from paper; the sealed
ring stands in every share's file and is worth nothing without two of them.

A share's file is text. What counts in it are three lines: `set`, `share`, `ring`.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .keys import KeyRing, KeysRefused
from .sealing import SealBroken, Secret, new_key, seal, unseal
from .splitting import join, split

_CHECK_BYTES = 3
_SET_BYTES = 6
_SET = re.compile(r"^set\s+([0-9a-f]{12})\s*$", re.MULTILINE)
_SHARE = re.compile(r"^share\s+([A-Z2-7][A-Z2-7 ]+?)\s*$", re.MULTILINE)
_RING = re.compile(r"^ring\s+([A-Za-z0-9+/=]+)\s*$", re.MULTILINE)
_BOUND = "keys.shares/"


class SharesRefused(Exception):
    """These shares do not do it.

    Codes: `shares.unreadable` (no share's file), `shares.damaged` (mistyped or altered),
    `shares.mixed` (of different exports), `shares.same_twice`, `shares.too_few`, `shares.broken`
    (they do not open the ring), `shares.other_ring` (they open another ring than the running one).
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Share:
    """One person's share of the key that opens the sealed ring."""

    set_id: str
    number: int
    needed: int
    value: Secret = field(repr=False)
    sealed_ring: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """Number, needed, value and a checksum in base32, in groups of four."""
        body = bytes((self.number, self.needed)) + self.value
        code = base64.b32encode(body + _checksum(self.set_id, body)).decode().rstrip("=")
        return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def export(ring: KeyRing, shares: int, needed: int) -> list[Share]:
    """Shares of a fresh sealing key, each with the ring sealed under it.

    Raises `ValueError` unless 2 <= needed <= shares <= 255.
    """
    key = new_key()
    set_id = hashlib.sha256(b"shualian:shares:" + new_key()).hexdigest()[: 2 * _SET_BYTES]
    sealed = seal(key, ring.document().encode(), _BOUND + set_id)
    parts = split(key, shares, needed)
    return [
        Share(set_id, number, needed, Secret(part), bytes(sealed)) for number, part in parts.items()
    ]


def recover(shares: Sequence[Share]) -> KeyRing:
    """The ring that these shares open. Raises `SharesRefused`."""
    if len({(share.set_id, share.needed, share.sealed_ring) for share in shares}) > 1:
        raise SharesRefused("shares.mixed", "these shares are of different exports")
    if len({share.number for share in shares}) < len(shares):
        raise SharesRefused("shares.same_twice", "the same share was given twice")
    if not shares or len(shares) < shares[0].needed:
        needed = shares[0].needed if shares else 2
        raise SharesRefused("shares.too_few", f"{needed} shares are needed, {len(shares)} given")
    first = shares[0]
    key = join({share.number: share.value for share in shares})
    try:
        document = unseal(key, first.sealed_ring, _BOUND + first.set_id)
        return KeyRing.parse(document.decode(), "the shares")
    except (SealBroken, KeysRefused, UnicodeDecodeError) as error:
        raise SharesRefused("shares.broken", "these shares do not open the ring") from error


def refuse_another(recovered: KeyRing, running: KeyRing) -> None:
    """Raise `SharesRefused` where the shares' ring is not the running one, as after a rotation."""
    if recovered.document() != running.document():
        raise SharesRefused(
            "shares.other_ring", "these shares are of another ring: export new ones, burn these"
        )


def page(share: Share, total: int, institution: str) -> str:
    """A share's file, to be printed and locked away."""
    ring = base64.b64encode(share.sealed_ring).decode()
    return f"""\
刷脸核验服务 主密钥份额 {share.number}/{total}          Shualian key share {share.number} of {total}
机构 institution  {institution}

本份额须单独封存，由专人保管，不与备份放在一起，也不与其他份额放在一起。
任意 {share.needed} 份可以恢复主密钥；不足 {share.needed} 份不能得到任何内容。
Keep this share sealed, with one named person, apart from back-ups and from the other shares.
Any {share.needed} shares recover the key ring; fewer say nothing of it.

演练 rehearse   shualian keys rehearse 份额文件 份额文件
恢复 recover    shualian keys recover 份额文件 份额文件

set    {share.set_id}
share  {share.text}
ring   {ring}
"""


def read(path: Path) -> Share:
    """A share from its file; spaces and case of the code do not matter. Raises `SharesRefused`."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SharesRefused("shares.unreadable", f"{path} cannot be read") from error
    found = [pattern.search(text) for pattern in (_SET, _SHARE, _RING)]
    if found[0] is None or found[1] is None or found[2] is None:
        raise SharesRefused("shares.unreadable", f"{path} has no lines set, share and ring")
    return _parsed(found[0][1], found[1][1].replace(" ", ""), found[2][1], path)


def _parsed(set_id: str, code: str, ring: str, path: Path) -> Share:
    try:
        raw = base64.b32decode(code + "=" * (-len(code) % 8))
        sealed = base64.b64decode(ring, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SharesRefused("shares.damaged", f"{path} was mistyped or altered") from error
    body, check = raw[:-_CHECK_BYTES], raw[-_CHECK_BYTES:]
    if len(body) != 2 + 32 or check != _checksum(set_id, body):
        raise SharesRefused("shares.damaged", f"{path} was mistyped or altered")
    return Share(set_id, body[0], body[1], Secret(body[2:]), sealed)


def _checksum(set_id: str, body: bytes) -> bytes:
    """Finds a mistyped character; no secret depends on it."""
    return hashlib.sha256(set_id.encode() + body).digest()[:_CHECK_BYTES]
