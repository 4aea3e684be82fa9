"""A terminal's new key in place of the old one, which counts no more from then on."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select, update

from verifier import ledger
from verifier.protocol.errors import refusal
from verifier.protocol.values import sha256_b64url
from verifier.store.schema import Terminal

from .terminal_states import State
from .terminals import ed25519_public


def rotate(
    conn: Connection, institution: str, terminal: str, old: str, public_jwk: Mapping[str, Any]
) -> None:
    """Put the new key in place of `old` (its `x`), with a ledger entry.

    Idempotent for the new key. Raises `Refused`: `terminal.suspended`; `auth.invalid` where `old`
    is not the terminal's key any more. Raises `KeyRefused` for an unsuitable key.
    """
    new = ed25519_public(public_jwk)
    row = conn.execute(
        select(Terminal.state, Terminal.public_jwk).where(Terminal.id == terminal).with_for_update()
    ).one()
    if row.state != State.ACTIVE:
        raise refusal("terminal.suspended")
    if row.public_jwk == new:
        return
    if row.public_jwk["x"] != old:
        raise refusal("auth.invalid", note="signed by a key that was rotated away")
    conn.execute(update(Terminal).where(Terminal.id == terminal).values(public_jwk=new))
    facts = {"terminal": terminal, "before": _print(old), "key": _print(new["x"])}
    ledger.append(conn, institution, "terminal.key_rotated", facts)


def _print(x: str) -> str:
    return sha256_b64url(x.encode())
