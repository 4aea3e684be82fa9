"""The port behind which the key lies that wraps every gallery's key.

A ring in a file is the first adapter. A hospital's KMS or HSM is another: it wraps and unwraps 32
bytes and never gives its own key out, so whoever copies the server's disk has nothing. What a
gallery's key wraps in turn (data keys, templates) is unwrapped in memory, once a start.
"""

from collections.abc import Callable
from typing import Protocol

from .sealing import Secret, seal, unseal


class KeyStore(Protocol):
    """Wraps keys, each bound to its place. Values carry their suite (`sealing`)."""

    def wrap(self, key: Secret, place: str) -> bytes:
        """The key as a column holds it."""

    def unwrap(self, wrapped: bytes, place: str) -> Secret:
        """The key again. Raises `SealBroken` for another's, a changed or a moved one."""


class DerivedKeyStore:
    """Under a key for each place, derived from the ring's master secret."""

    def __init__(self, key_of: Callable[[str], Secret]) -> None:
        self._key_of = key_of

    def wrap(self, key: Secret, place: str) -> bytes:
        """See `KeyStore`."""
        return seal(self._key_of(place), key, place)

    def unwrap(self, wrapped: bytes, place: str) -> Secret:
        """See `KeyStore`."""
        return unseal(self._key_of(place), wrapped, place)
