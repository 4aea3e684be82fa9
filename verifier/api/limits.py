"""How many bytes a body may have, by its address."""

import re

from starlette.routing import compile_path

from verifier.protocol.jose import MAX_SIGNED_BYTES

LIMIT = 64 * 1024
"""Bytes of a body of which nothing else is said."""


class BodyLimits:
    """Addresses whose bodies may be larger."""

    def __init__(self) -> None:
        self._exact = {"/v1/claims": MAX_SIGNED_BYTES}
        self._like: list[tuple[re.Pattern[str], int]] = []

    def allow(self, path: str, most: int) -> None:
        """Bodies of `most` bytes at this address, which may have `{parameters}`."""
        self._like.append((compile_path(path)[0], most))

    def of(self, path: str) -> int:
        """The most bytes at this address."""
        found = self._exact.get(path)
        if found is not None:
            return found
        return max((most for like, most in self._like if like.match(path)), default=LIMIT)
