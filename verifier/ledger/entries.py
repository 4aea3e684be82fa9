"""Entries and their leaf hashes (RFC 9162 §2.1.1) over one canonical form (RFC 8785).

An entry holds ids, codes, times and salted commitments, never a name, a number or a face. Numbers
in it are
integers: a float has no one spelling on which two systems agree, so it is refused.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert

from verifier.protocol.values import b64url, now
from verifier.store.schema import LedgerEntry

_LEAF = b"\0"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MAX_SAFE = 2**53
_INSERT = insert(LedgerEntry)


class LedgerRefused(Exception):
    """A body that cannot be written in one canonical form."""

    code = "ledger.not_canonical"


def append(conn: Connection, institution: str, kind: str, body: Mapping[str, Any]) -> str:
    """Add an entry in the caller's transaction; its leaf hash. Raises `LedgerRefused`."""
    at = now()
    leaf = leaf_hash(institution, kind, at, body)
    conn.execute(
        _INSERT,
        {
            "institution": institution,
            "kind": kind,
            "at": at,
            "body": dict(body),
            "leaf": leaf,
        },
    )
    return leaf


def leaf_hash(institution: str, kind: str, at: datetime, body: Mapping[str, Any]) -> str:
    """SHA-256 over 0x00 and the canonical entry, base64url; the same for a row read back."""
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    entry = {"at": moment, "body": dict(body), "institution": institution, "kind": kind}
    return b64url(hashlib.sha256(_LEAF + canonical(entry)).digest())


def commitment(value: bytes, salt: bytes) -> str:
    """A salted commitment to a value that may not stand in the ledger (HMAC-SHA256, base64url).

    The salt (32 random bytes) stands aside under the person's data key: without it nobody can try
    values, and when it is erased the commitment says nothing, while the chain stays whole.
    """
    if len(salt) < 16:
        raise LedgerRefused("a commitment needs a salt of 16 bytes or more")
    return b64url(hmac.digest(salt, value, "sha256"))


def canonical(value: Mapping[str, Any]) -> bytes:
    """RFC 8785 for the values that entries hold. Raises `LedgerRefused` for any other."""
    _check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _check(value: object) -> None:
    """Names in ASCII, so that sorting by code point is RFC 8785's sorting by UTF-16 unit."""
    # The commonest first: every claim passes here some forty times.
    if isinstance(value, str):
        _check_text(value)
    elif value is None or isinstance(value, bool):
        return
    elif isinstance(value, int):
        if abs(value) >= _MAX_SAFE:
            raise LedgerRefused("an integer beyond 2^53")
    elif isinstance(value, list | tuple):
        for inner in value:
            _check(inner)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise LedgerRefused("a member's name is not a lower-case word")
            _check(inner)
    else:
        raise LedgerRefused(f"a {type(value).__name__} has no canonical form here")


def _check_text(value: str) -> None:
    if "\0" in value:
        raise LedgerRefused("text with NUL cannot be stored")
    if value.isascii():
        return
    try:
        value.encode()
    except UnicodeEncodeError:
        raise LedgerRefused("text with a lone surrogate") from None
