"""Sealed values: a suite byte, a nonce and AES-256-GCM, bound to the place where they stand.

NIST SP 800-38D: 96-bit random nonce, 128-bit tag. A key here seals few values (a person's data key
seals a name, numbers and one template), far below the 2^32 messages that a random nonce allows.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SUITE_INTL = 1
"""AES-256-GCM. Other suites get other first bytes, so that a column may hold both."""

_NONCE_BYTES = 12
_TAG_BYTES = 16
KEY_BYTES = 32


class Secret(bytes):
    """Key material. Behaves as bytes, and never shows itself in a log, a traceback or a report."""

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)


class Sealed(bytes):
    """Ciphertext as a column holds it. Its repr tells the suite and the length only."""

    def __repr__(self) -> str:
        return f"Sealed(suite={self[0] if self else None}, {len(self)} bytes)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)


class SealBroken(Exception):
    """The value was altered, moved to another row, sealed with another key or unknown suite."""

    code = "seal.broken"


def new_key() -> Secret:
    """256 random bits."""
    return Secret(os.urandom(KEY_BYTES))


def seal(key: bytes, plaintext: bytes, bound_to: str) -> Sealed:
    """Ciphertext that opens only with `key` and only at the place that `bound_to` names.

    `bound_to` names table, column and row, such as `people.name/Zm9v…`; it is authenticated, not
    kept.
    """
    nonce = os.urandom(_NONCE_BYTES)
    ciphertext = AESGCM(key).encrypt(nonce, plaintext, _associated(bound_to))
    return Sealed(bytes([SUITE_INTL]) + nonce + ciphertext)


def unseal(key: bytes, sealed: bytes, bound_to: str) -> Secret:
    """The plaintext of `seal`. Raises `SealBroken`."""
    if len(sealed) < 1 + _NONCE_BYTES + _TAG_BYTES or sealed[0] != SUITE_INTL:
        raise SealBroken("unknown suite or too short")
    nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return Secret(AESGCM(key).decrypt(nonce, ciphertext, _associated(bound_to)))
    except InvalidTag:
        raise SealBroken(f"does not open at {bound_to.partition('/')[0]}") from None


def _associated(bound_to: str) -> bytes:
    return bytes([SUITE_INTL]) + b"shualian:" + bound_to.encode()
