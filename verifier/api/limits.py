"""How many bytes a body may have, by its address."""

from verifier.protocol.his import Kind
from verifier.protocol.jose import MAX_SIGNED_BYTES

LIMIT = 64 * 1024
"""Bytes of a body of which nothing else is said."""

UNCOUNTED = 1 << 40
"""In place of a limit where whoever reads the body counts it."""

ITEMS_LIMIT = 1024 * 1024
"""Of 1,000 items, a thousand bytes each."""

_EXACT = {
    "/v1/claims": MAX_SIGNED_BYTES,
    "/v1/practice/phone/claims": MAX_SIGNED_BYTES,
    **{f"/v1/his/{kind.value}": ITEMS_LIMIT for kind in Kind},
}


class BodyLimits:
    """Asked once a request, before its body is read."""

    def __init__(self) -> None:
        self._left: tuple[str, ...] = ()

    def leave(self, prefix: str) -> None:
        """Bodies to addresses that begin so are counted by who reads them, who can say more."""
        self._left += (prefix,)

    def of(self, path: str) -> int:
        """The most bytes at this address."""
        found = _EXACT.get(path)
        if found is not None:
            return found
        return UNCOUNTED if path.startswith(self._left) else LIMIT
