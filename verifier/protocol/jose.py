"""Signed and sealed forms.

Each kind of document has one `typ` and one `alg`, and a checker takes no other.

RFC 7515 (JWS), RFC 7516 (JWE), RFC 9864 (fully specified algorithms), RFC 8725 §3.1 and §3.11.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from .values import b64url, from_b64url

MAX_SIGNED_BYTES = 4 * 1024 * 1024
SIGNING_SUITE = "intl"

SigningKey = OKPKey | ECKey


@runtime_checkable
class Signer(Protocol):
    """A private key that stays where it is: in a chip (PKCS#11, TPM), or behind a process."""

    def sign(self, data: bytes) -> bytes:
        """The signature of these bytes by the kind's algorithm (64 bytes for Ed25519)."""


@dataclass(frozen=True)
class Kind:
    """One kind of signed document."""

    typ: str
    alg: str


CLAIM = Kind("shualian-claim+jws", "Ed25519")
KEY_PROOF = Kind("shualian-key+jws", "Ed25519")
REQUEST = Kind("shualian-request+jws", "Ed25519")
PHONE_KEY_PROOF = Kind("shualian-phone-key+jws", "ES256")
PHONE_REQUEST = Kind("shualian-phone-request+jws", "ES256")
PHONE_CLAIM = Kind("shualian-phone-claim+jws", "ES256")
"""A phone's browser signs with P-256, which every WebCrypto has, and a chip may keep."""
RECEIPT = Kind("shualian-receipt+jwt", "ES256")
CLIENT_ASSERTION = Kind("client-authentication+jwt", "ES256")
ACCESS = Kind("at+jwt", "Ed25519")
CHECKPOINT = Kind("shualian-checkpoint+jws", "Ed25519")
ERASURE = Kind("shualian-erasure+jws", "Ed25519")
BACKUP = Kind("shualian-backup+jws", "Ed25519")
TICKET = Kind("shualian-ticket+jws", "Ed25519")
PRACTICE = Kind("shualian-practice+jwt", "ES256")
WEBHOOK = Kind("shualian-webhook+jwt", "ES256")


class BadSignature(Exception):
    """The document is not of its kind, or its signature does not hold under the key."""


class BadSeal(Exception):
    """The sealed bytes cannot be opened with this key."""


class _Jws(jws.JWSRegistry):
    max_header_length = 2048
    max_payload_length = MAX_SIGNED_BYTES
    max_signature_length = 512


class _Jwe(jwe.JWERegistry):
    max_protected_header_length = 2048
    max_ciphertext_length = MAX_SIGNED_BYTES
    max_value_length = MAX_SIGNED_BYTES


_SEALING = _Jwe(algorithms=["ECDH-ES", "A256GCM"])
_SIGNING = {alg: _Jws(algorithms=[alg]) for alg in ("Ed25519", "ES256")}
"""One registry an algorithm, so that a checker knows no other."""


def sign(kind: Kind, kid: str, payload: bytes, key: SigningKey | Signer) -> str:
    """A compact JWS over `payload` with `typ`, `alg` and `kid` in its protected header."""
    header = {"alg": kind.alg, "typ": kind.typ, "kid": kid}
    if isinstance(key, Signer):
        signed = f"{b64url(json.dumps(header).encode())}.{b64url(payload)}"
        return f"{signed}.{b64url(key.sign(signed.encode()))}"
    return jws.serialize_compact(header, payload, key, registry=_SIGNING[kind.alg])


def protected_header(compact: str) -> Mapping[str, Any]:
    """The protected header, unverified: only to find the key. Raises `BadSignature`."""
    head, _, _ = compact[:4096].partition(".")
    try:
        header = json.loads(from_b64url(head))
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise BadSignature("unreadable header") from error
    if not isinstance(header, dict):
        raise BadSignature("unreadable header")
    return header


def payload_of(compact: str) -> bytes:
    """The payload, unverified: for who got it from its signer. Raises `BadSignature`."""
    parts = compact.split(".")
    try:
        if len(parts) != 3:
            raise ValueError
        return from_b64url(parts[1])
    except ValueError as error:
        raise BadSignature("no compact JWS") from error


def verify(kind: Kind, compact: str, find_key: Callable[[str], SigningKey | None]) -> bytes:
    """The payload of a document of this kind, its signature checked.

    `find_key` gets the header's `kid`. Raises `BadSignature` for any other `typ` or `alg`, an
    unknown key, a header with more than `alg`, `typ`, `kid`, a broken signature or a document over
    4 MiB.
    """
    if len(compact) > MAX_SIGNED_BYTES:
        raise BadSignature("too large")
    header = protected_header(compact)
    if set(header) != {"alg", "typ", "kid"} or (header["typ"], header["alg"]) != (
        kind.typ,
        kind.alg,
    ):
        raise BadSignature("not of this kind")
    kid = header["kid"]
    key = find_key(kid) if isinstance(kid, str) else None
    if key is None:
        raise BadSignature("unknown key")
    try:
        return jws.deserialize_compact(compact, key, registry=_SIGNING[kind.alg]).payload
    except (JoseError, ValueError) as error:
        raise BadSignature("signature does not hold") from error


def seal(plaintext: bytes, recipient: OKPKey) -> str:
    """A compact JWE (ECDH-ES over X25519, AES-256-GCM) that only the recipient opens."""
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": recipient.kid}
    return jwe.encrypt_compact(header, plaintext, recipient, registry=_SEALING)


def seal_for_phone(plaintext: bytes, recipient: ECKey) -> str:
    """The same over P-256, the one curve on which every WebCrypto agrees: what a phone seals."""
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": recipient.kid}
    return jwe.encrypt_compact(header, plaintext, recipient, registry=_SEALING)


def open_from_phone(compact: str, key: ECKey) -> bytes:
    """The plaintext of `seal_for_phone`. Raises `BadSeal`."""
    return _opened(compact, key)


def open_sealed(compact: str, key: OKPKey) -> bytes:
    """The plaintext of `seal`. Raises `BadSeal`."""
    return _opened(compact, key)


def _opened(compact: str, key: OKPKey | ECKey) -> bytes:
    try:
        plaintext = jwe.decrypt_compact(compact, key, registry=_SEALING).plaintext
    except (JoseError, ValueError, TypeError) as error:
        raise BadSeal("cannot be opened") from error
    if plaintext is None:
        raise BadSeal("empty")
    return plaintext
