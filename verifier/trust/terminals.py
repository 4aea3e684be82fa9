"""Terminals: each is bound to one institution, a site and purposes, and known by its public key."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from verifier.protocol.values import new_id, now
from verifier.store.schema import Terminal

from .terminal_states import State

Kind = Literal["fixed", "phone"]
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


class KeyRefused(Exception):
    """A public key cannot be registered. Codes: `key.private`, `key.unsuitable`, `key.id_taken`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class TerminalRecord:
    """What a claim is judged against.

    Attributes:
        holder: whose phone it is, a person's id; None for a fixed terminal.
        public_key: checks signatures: Ed25519 of a fixed terminal, P-256 of a phone.
    """

    id: str
    institution: str
    site: str
    label: str
    purposes: frozenset[str]
    state: str
    last_counter: int
    last_claim: str | None
    clock_skew_s: float | None
    last_seen_at: datetime | None
    kind: Kind
    holder: str | None
    public_key: OKPKey | ECKey

    @property
    def active(self) -> bool:
        """False once it is suspended or revoked."""
        return self.state == State.ACTIVE


def register(
    conn: Connection,
    institution: str,
    site: str,
    label: str,
    public_jwk: Mapping[str, Any],
    purposes: Iterable[str],
) -> str:
    """The terminal's id: the key's `kid` where it is one of our ids, else a new one.

    The same key again keeps its id and takes the new site, label and purposes. Raises `KeyRefused`:
    unless the key is a public Ed25519 one, and where id and key are not each other's
    (`key.id_taken`).
    """
    jwk, wanted = ed25519_public(public_jwk), public_jwk.get("kid")
    values = {"site": site, "label": label, "purposes": sorted(set(purposes))}
    known: str | None = conn.scalar(
        update(Terminal)
        .where(Terminal.institution == institution, Terminal.public_jwk == jwk)
        .values(values)
        .returning(Terminal.id)
    )
    named = isinstance(wanted, str) and _ID.fullmatch(wanted) is not None
    terminal = str(wanted) if named else known or new_id()
    if known is None:
        statement = insert(Terminal).values(
            id=terminal, institution=institution, public_jwk=jwk, created_at=now(), **values
        )
        known = conn.scalar(statement.on_conflict_do_nothing().returning(Terminal.id))
    if known != terminal:
        raise KeyRefused("key.id_taken", "the id is another key's, or the key has another id")
    return terminal


_GET = select(Terminal.__table__).where(Terminal.id == bindparam("terminal"))


def get(conn: Connection, terminal: str) -> TerminalRecord | None:
    """The record, or None where no such terminal is registered."""
    row = conn.execute(_GET, {"terminal": terminal}).mappings().one_or_none()
    if row is None:
        return None
    imported = ECKey if row["kind"] == "phone" else OKPKey
    return TerminalRecord(
        public_key=imported.import_key(row["public_jwk"]),
        purposes=frozenset(row["purposes"]),
        **{
            name: row[name]
            for name in TerminalRecord.__dataclass_fields__
            if name not in ("public_key", "purposes")
        },
    )


def note_seen(conn: Connection, terminal: str, skew_s: float) -> None:
    """Record that it spoke now and how far its clock is off, in seconds (its own minus ours)."""
    conn.execute(
        update(Terminal)
        .where(Terminal.id == terminal)
        .values(last_seen_at=now(), clock_skew_s=skew_s)
    )


def ed25519_public(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """The key's public members alone. Raises `KeyRefused`."""
    if "d" in jwk:
        raise KeyRefused("key.private", "this is a private key; register the public one")
    members: dict[str, Any] = {name: str(jwk.get(name, "")) for name in ("kty", "crv", "x")}
    if (members["kty"], members["crv"]) != ("OKP", "Ed25519"):
        raise KeyRefused("key.unsuitable", "a terminal's key is an Ed25519 one")
    try:
        OKPKey.import_key(members)
    except (JoseError, ValueError) as error:
        raise KeyRefused("key.unsuitable", "the key cannot be read") from error
    return members


def p256_public(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """A phone's key, its public members alone. Raises `KeyRefused`."""
    if "d" in jwk:
        raise KeyRefused("key.private", "this is a private key; register the public one")
    members: dict[str, Any] = {name: str(jwk.get(name, "")) for name in ("kty", "crv", "x", "y")}
    if (members["kty"], members["crv"]) != ("EC", "P-256"):
        raise KeyRefused("key.unsuitable", "a phone's key is a P-256 one")
    try:
        ECKey.import_key(members).public_key  # noqa: B018  (a point off the curve is told here)
    except (JoseError, ValueError) as error:
        raise KeyRefused("key.unsuitable", "the key cannot be read") from error
    return members
