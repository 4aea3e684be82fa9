"""Machine clients (a HIS), known by public keys: `private_key_jwt` (OpenID Connect Core §9)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from verifier import ledger
from verifier.protocol.values import now, sha256_b64url
from verifier.store.schema import Client, UsedAssertion

from .terminals import KeyRefused, ed25519_public

READ_RECEIPTS = "receipts:read"
READ_LEDGER = "ledger:read"
READ_SUPERVISION = "supervision:read"
IDENTIFY = "supervision:identify"
"""To see a person behind a pseudonym: asked for alone, for a minute, for one use."""

READ_PRACTICE = "practice:read"
"""To ask whether somebody practised."""
DECLARE_PRACTICE = "practice:declare"
"""To declare operations, through which a window goes on."""
FEED_VISITS = "his:feed"
"""To say which visits are expected."""
READ_DECISIONS = "decisions:read"
"""To read the feed of decisions."""
WRITE_RATINGS = "ratings:write"
"""To hand in how a visit went, and matters that somebody brought."""

SCOPES = {
    "his": frozenset(
        {
            READ_RECEIPTS,
            READ_LEDGER,
            READ_PRACTICE,
            DECLARE_PRACTICE,
            FEED_VISITS,
            READ_DECISIONS,
            WRITE_RATINGS,
        }
    ),
    "supervisor": frozenset({READ_SUPERVISION, IDENTIFY, READ_LEDGER}),
}
"""What each kind of client may have."""


@dataclass(frozen=True)
class ClientRecord:
    """A client and what it may do."""

    id: str
    institution: str
    scopes: frozenset[str]
    state: str
    public_key: ECKey | OKPKey
    kind: str = "his"

    @property
    def active(self) -> bool:
        """False once it is suspended."""
        return self.state == "active"


def register(
    conn: Connection,
    client: str,
    institution: str,
    public_jwk: Mapping[str, Any],
    scopes: Iterable[str],
    kind: str = "his",
) -> None:
    """Register, or replace the key and scopes of a client of the same institution.

    Raises `KeyRefused` for scopes that are not of its kind (`client.scope`), unless the key is a
    public P-256 (ES256) or Ed25519 one, and where the id is another institution's.
    """
    wanted = sorted(set(scopes))
    if other := set(wanted) - SCOPES[kind]:
        raise KeyRefused(
            "client.scope", f"a client of kind {kind} has no {' '.join(sorted(other))}"
        )
    values: dict[str, Any] = {"public_jwk": _public(public_jwk), "scopes": wanted, "kind": kind}
    statement = insert(Client).values(
        id=client, institution=institution, state="active", created_at=now(), **values
    )
    done = conn.scalar(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={**values, "state": "active"},
            where=Client.institution == institution,
        ).returning(Client.id)
    )
    if done is None:
        raise KeyRefused("client.taken", "this client id is another institution's")
    print_of = sha256_b64url(str(values["public_jwk"]["x"]).encode())
    facts = {"client": client, "form": kind, "scopes": wanted, "key": print_of}
    ledger.append(conn, institution, "client.registered", facts)


def suspend(conn: Connection, client: str, institution: str) -> bool:
    """Let a client do nothing more until it is registered again; False where there is none."""
    mine = (Client.id == client, Client.institution == institution, Client.state == "active")
    done = conn.execute(update(Client).where(*mine).values(state="suspended"))
    if done.rowcount:
        ledger.append(conn, institution, "client.suspended", {"client": client})
    return bool(done.rowcount)


_GET = select(
    Client.id, Client.institution, Client.scopes, Client.state, Client.kind, Client.public_jwk
).where(Client.id == bindparam("client"))


def get(conn: Connection, client: str) -> ClientRecord | None:
    """The record, or None where no such client is registered."""
    row = conn.execute(_GET, {"client": client}).one_or_none()
    return None if row is None else record(*row)


COLUMNS = "id, institution, scopes, state, kind, public_jwk"


def record(
    name: str,
    institution: str,
    scopes: Iterable[str],
    state: str,
    kind: str,
    jwk: Mapping[str, str],
) -> ClientRecord:
    """The record of a row, its columns in the order of `COLUMNS`."""
    key = _key(tuple(sorted(jwk.items())))
    return ClientRecord(name, institution, frozenset(scopes), state, key, kind)


@lru_cache(maxsize=256)
def _key(jwk: tuple[tuple[str, str], ...]) -> ECKey | OKPKey:
    members: dict[str, Any] = dict(jwk)
    return ECKey.import_key(members) if members["kty"] == "EC" else OKPKey.import_key(members)


def use_assertion(conn: Connection, client: str, jti: str, expires_at: datetime) -> bool:
    """True for the first use of this `jti`; False for a replay. Forgets those that have expired."""
    conn.execute(
        delete(UsedAssertion).where(
            UsedAssertion.client == client, UsedAssertion.expires_at < func.now()
        )
    )
    first = conn.scalar(
        insert(UsedAssertion)
        .values(client=client, jti=jti, expires_at=expires_at)
        .on_conflict_do_nothing()
        .returning(UsedAssertion.jti)
    )
    return first is not None


def _public(jwk: Mapping[str, Any]) -> dict[str, Any]:
    if jwk.get("kty") == "OKP":
        return ed25519_public(jwk)
    if "d" in jwk:
        raise KeyRefused("key.private", "this is a private key; register the public one")
    members: dict[str, Any] = {name: str(jwk.get(name, "")) for name in ("kty", "crv", "x", "y")}
    if (members["kty"], members["crv"]) != ("EC", "P-256"):
        raise KeyRefused("key.unsuitable", "a client's key is a P-256 or an Ed25519 one")
    try:
        ECKey.import_key(members)
    except (JoseError, ValueError) as error:
        raise KeyRefused("key.unsuitable", "the key cannot be read") from error
    return members
