"""Registration with a one-time code: invited by an operator, used by one key, kept as a keyed hash.

80 random bits for 30 minutes: with the wrong codes that are let through (`verifier.api.attempts`)
nobody guesses one.
"""

import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from verifier import ledger
from verifier.protocol.registration import code_of, normalised
from verifier.protocol.values import b64url, now
from verifier.store.schema import Terminal
from verifier.store.terminal_tables import TerminalInvitation

from . import terminals
from .keys import KeyRing
from .terminal_states import State
from .terminals import KeyRefused

LIFETIME = timedelta(minutes=30)
KEPT = timedelta(days=1)
"""After its end, for a terminal that asks again with the same key."""


class CodeRefused(Exception):
    """No such code, or not any more; which, nobody is told."""


@dataclass(frozen=True)
class Invitation:
    """A code, to be typed at the terminal, and until when."""

    code: str
    expires_at: datetime


def invite(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    site: str,
    label: str,
    purposes: Iterable[str],
) -> Invitation:
    """A fresh code, with a ledger entry. The code itself is kept nowhere."""
    at = now()
    code = code_of(secrets.randbits(80))
    conn.execute(delete(TerminalInvitation).where(TerminalInvitation.expires_at < at - KEPT))
    wanted = sorted(set(purposes))
    values = {
        "code_key": _key_of(keyring, institution, code),
        "institution": institution,
        "site": site,
        "label": label,
        "purposes": wanted,
        "created_at": at,
        "expires_at": at + LIFETIME,
    }
    conn.execute(insert(TerminalInvitation).values(values))
    ledger.append(conn, institution, "terminal.invited", {"site": site, "purposes": wanted})
    return Invitation(code, at + LIFETIME)


def accept(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    code: str,
    public_jwk: Mapping[str, Any],
    at: datetime,
) -> str:
    """The id of the terminal that this key is from now on, with a ledger entry.

    The same key with the same code again gets the same id and has no second effect. Raises
    `CodeRefused`, and `KeyRefused` with `key.not_trusted` for a key that was stopped.
    """
    key = _key_of(keyring, institution, code)
    found = conn.execute(
        select(TerminalInvitation.__table__)
        .where(TerminalInvitation.code_key == key, TerminalInvitation.institution == institution)
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise CodeRefused
    if found.terminal is not None:
        return _again(conn, found.terminal, public_jwk)
    if at >= found.expires_at:
        raise CodeRefused
    terminal = terminals.register(
        conn, institution, found.site, found.label, public_jwk, found.purposes
    )
    if conn.scalar(select(Terminal.state).where(Terminal.id == terminal)) != State.ACTIVE:
        raise KeyRefused("key.not_trusted", "this key was stopped: make a new one")
    used = update(TerminalInvitation).where(TerminalInvitation.code_key == key)
    conn.execute(used.values(terminal=terminal))
    facts = {"terminal": terminal, "site": found.site, "purposes": found.purposes}
    ledger.append(conn, institution, "terminal.registered", facts)
    return terminal


def _again(conn: Connection, terminal: str, public_jwk: Mapping[str, Any]) -> str:
    known = conn.scalar(select(Terminal.public_jwk).where(Terminal.id == terminal))
    if known != dict(public_jwk):
        raise CodeRefused
    return terminal


def _key_of(keyring: KeyRing, institution: str, code: str) -> str:
    key = keyring.derive("terminal-invitation", institution)
    return b64url(hmac.digest(key, normalised(code).encode(), "sha256"))
