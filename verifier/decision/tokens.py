"""Tokens that were used: a keyed hash of each, for as long as its platform might take it again."""

import hmac
from datetime import datetime

from sqlalchemy import Connection

from verifier.protocol.errors import refusal
from verifier.protocol.values import b64url
from verifier.trust.keys import KeyRing

from .exchange import alone, within

_IS_USED = "SELECT 1 FROM used_tokens WHERE token_key = %(key)s AND expires_at > %(now)s"

# A row whose life is over and that nobody swept yet is taken over; a living one gives no row back.
_USE = """
INSERT INTO used_tokens AS u (token_key, used_at, expires_at)
VALUES (%(key)s, %(now)s, %(expires_at)s)
ON CONFLICT (token_key) DO UPDATE
SET used_at = excluded.used_at, expires_at = excluded.expires_at WHERE u.expires_at <= %(now)s
RETURNING 1
"""


def key_of(keyring: KeyRing, institution: str, kind: str, token: str) -> str:
    """HMAC-SHA256 by which a token is known again, 43 characters; another for each institution."""
    text = f"{kind}\0{token}".encode()
    return b64url(hmac.digest(keyring.token_key(institution), text, "sha256"))


def refuse_used(conn: Connection, key: str, now: datetime) -> None:
    """Raise `Refused` with `credential.token_used` for a token that is known. One statement."""
    if alone(conn, _IS_USED, {"key": key, "now": now}) is not None:
        raise refusal("credential.token_used", note="known before the platform was asked")


def use(conn: Connection, key: str, now: datetime, expires_at: datetime) -> None:
    """Note the token as used, in the caller's transaction.

    Raises `Refused` with `credential.token_used` where another claim was first. The caller's
    transaction must then be rolled back.
    """
    if within(conn, _USE, {"key": key, "now": now, "expires_at": expires_at}) is None:
        raise refusal("credential.token_used", note="another claim was first")
