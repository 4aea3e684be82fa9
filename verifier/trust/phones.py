"""Phones of practitioners: enrolled with a one-time code, one at a time, stopped at once.

A code is bound to one practitioner. 80 random bits for ten minutes, and the wrong ones that are let
through are counted as a terminal's are: nobody guesses one.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select, update

from verifier import ledger
from verifier.protocol.registration import code_of, normalised
from verifier.protocol.values import b64url, new_id
from verifier.store.practice_tables import Practitioner
from verifier.store.schema import Terminal
from verifier.store.terminal_tables import PhoneInvitation

from . import terminal_states
from .invitations import CodeRefused, Invitation
from .keys import KeyRing
from .terminal_states import State
from .terminals import KeyRefused, p256_public

LIFETIME = timedelta(minutes=10)
KEPT = timedelta(days=1)
"""After its end, for a phone that asks again with the same key."""


@dataclass(frozen=True)
class Invited:
    """What a right code stands for. `phone` is who used it already."""

    key: str
    holder: str
    phone: str | None


@dataclass(frozen=True)
class Phone:
    """A phone as staff see it; `code` is its holder's at the insurance platform."""

    id: str
    holder: str
    code: str
    login: str | None
    site: str
    state: State
    last_seen_at: datetime | None
    created_at: datetime


def invite(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    holder: str,
    by: str,
    at: datetime,
    *,
    kind: Literal["account", "terminal"] = "account",
) -> Invitation:
    """A fresh code for this practitioner, with a ledger entry; an earlier one counts no more.

    `by`: the account of who saw the person, or the terminal that recognised the face (`kind`).
    """
    mine = PhoneInvitation.institution == institution
    unused = (PhoneInvitation.holder == holder) & PhoneInvitation.terminal.is_(None)
    conn.execute(delete(PhoneInvitation).where(mine, unused))
    conn.execute(delete(PhoneInvitation).where(mine, PhoneInvitation.expires_at < at - KEPT))
    code = code_of(secrets.randbits(80))
    values = {
        "code_key": _key_of(keyring, institution, code),
        "institution": institution,
        "holder": holder,
        "created_at": at,
        "expires_at": at + LIFETIME,
    }
    conn.execute(insert(PhoneInvitation).values(values))
    ledger.append(conn, institution, "phone.invited", {"person": holder, kind: by})
    return Invitation(code, at + LIFETIME)


def invited(
    conn: Connection, keyring: KeyRing, institution: str, code: str, at: datetime
) -> Invited:
    """Whose code this is, held until the transaction ends. Raises `CodeRefused`."""
    key = _key_of(keyring, institution, code)
    row = conn.execute(
        select(PhoneInvitation.__table__)
        .where(PhoneInvitation.code_key == key, PhoneInvitation.institution == institution)
        .with_for_update()
    ).one_or_none()
    if row is None or (row.terminal is None and at >= row.expires_at):
        raise CodeRefused
    return Invited(key, row.holder, row.terminal)


def enrol(
    conn: Connection,
    institution: str,
    who: Invited,
    public_jwk: Mapping[str, Any],
    site: str,
    at: datetime,
) -> str:
    """The phone's id, with ledger entries; the holder's earlier phone is revoked.

    The same key with the same code again gets the same id and has no second effect. Raises
    `CodeRefused`, and `KeyRefused`, also for a key that is some phone's already.
    """
    jwk = p256_public(public_jwk)
    if who.phone is not None:
        return _again(conn, who.phone, jwk)
    if conn.scalar(select(Terminal.id).where(Terminal.public_jwk == jwk)) is not None:
        raise KeyRefused("key.not_trusted", "this key was a phone's before: make a new one")
    _hold(conn, who.holder)
    for earlier in _kept(conn, institution, who.holder):
        terminal_states.change(conn, institution, earlier, State.REVOKED, "replaced")
    phone = _insert(conn, institution, who.holder, jwk, site, at)
    used = update(PhoneInvitation).where(PhoneInvitation.code_key == who.key)
    conn.execute(used.values(terminal=phone))
    facts = {"terminal": phone, "person": who.holder, "site": site}
    ledger.append(conn, institution, "phone.enrolled", facts)
    return phone


def holder_of(conn: Connection, institution: str, phone: str) -> str | None:
    """Whose phone it is, if it is active now; its state stays so until the transaction ends."""
    mine = (Terminal.id == phone, Terminal.institution == institution)
    good = (Terminal.kind == "phone", Terminal.state == State.ACTIVE)
    statement = select(Terminal.holder).where(*mine, *good)
    holder: str | None = conn.scalar(statement.with_for_update())
    return holder


def listed(conn: Connection, institution: str, most: int = 200) -> list[Phone]:
    """The institution's phones: those in use first, then the newest."""
    columns = (Practitioner.code, Practitioner.login)
    names = ("id", "holder", "site", "state", "last_seen_at", "created_at")
    rows = conn.execute(
        select(*(getattr(Terminal, name) for name in names), *columns)
        .join(Practitioner, Practitioner.person == Terminal.holder)
        .where(Terminal.institution == institution, Terminal.kind == "phone")
        .order_by(Terminal.state != State.ACTIVE, Terminal.created_at.desc(), Terminal.id)
        .limit(most)
    )
    return [Phone(**{**row, "state": State(row["state"])}) for row in rows.mappings()]


def _hold(conn: Connection, holder: str) -> None:
    """One enrolment of a practitioner at a time."""
    one = select(Practitioner.person).where(Practitioner.person == holder)
    conn.execute(one.with_for_update(key_share=True))


def _kept(conn: Connection, institution: str, holder: str) -> list[str]:
    mine = (Terminal.institution == institution, Terminal.holder == holder)
    kept = select(Terminal.id).where(*mine, Terminal.state != State.REVOKED)
    return list(conn.scalars(kept))


def _insert(
    conn: Connection, institution: str, holder: str, jwk: dict[str, Any], site: str, at: datetime
) -> str:
    phone = new_id()
    values = {
        "id": phone,
        "institution": institution,
        "site": site,
        "label": "phone",
        "public_jwk": jwk,
        "purposes": [],
        "kind": "phone",
        "holder": holder,
        "created_at": at,
    }
    conn.execute(insert(Terminal).values(values))
    return phone


def _again(conn: Connection, phone: str, jwk: dict[str, Any]) -> str:
    known = conn.execute(
        select(Terminal.public_jwk, Terminal.state).where(Terminal.id == phone)
    ).one()
    if known.public_jwk != jwk or known.state != State.ACTIVE:
        raise CodeRefused
    return phone


def _key_of(keyring: KeyRing, institution: str, code: str) -> str:
    key = keyring.derive("phone-invitation", institution)
    return b64url(hmac.digest(key, normalised(code).encode(), "sha256"))
