"""Machine clients: an assertion signed by the client's key buys a short-lived access token.

RFC 7523 §2.2 (private_key_jwt), RFC 9068 (access tokens, `at+jwt`). The token is signed by a key
derived from the verifier's master secret and apart from the receipts' one, so that neither can pass
for the other.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc.jwk import ECKey, OKPKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Engine

from verifier.decision.exchange import alone, connected
from verifier.protocol import jose
from verifier.protocol.claim import where
from verifier.protocol.errors import refusal
from verifier.protocol.values import new_id
from verifier.receipts.issue import issuer_of
from verifier.trust import clients
from verifier.trust.clients import (
    DECLARE_PRACTICE,
    FEED_VISITS,
    IDENTIFY,
    READ_DECISIONS,
    READ_LEDGER,
    READ_PRACTICE,
    READ_RECEIPTS,
    READ_SUPERVISION,
    WRITE_RATINGS,
    ClientRecord,
)
from verifier.trust.keys import KeyRing

MOST_SEEN = 1000
"""Tokens whose signature is remembered; each lives five minutes."""
_CLIENT = f"SELECT {clients.COLUMNS} FROM clients WHERE id = %(client)s"  # noqa: S608

LONGEST_ASSERTION = timedelta(minutes=5)
TOKEN_LIFETIME = timedelta(minutes=5)
SLACK = timedelta(seconds=30)
_CLIENT_ID = re.compile(r"[!-~]{1,64}")
STEP_UP_LIFETIME = timedelta(seconds=60)


class Assertion(BaseModel):
    """What a client signs to authenticate (RFC 7523 §3). Times are seconds since the epoch."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    iss: str = Field(max_length=64)
    sub: str = Field(max_length=64)
    aud: str | list[str]
    jti: str = Field(pattern=r"^[!-~]{8,128}$")
    exp: int
    iat: int | None = None


class TokenAnswer(BaseModel):
    """RFC 6749 §5.1."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105  (the type's name, not a secret)
    expires_in: int
    scope: str


__all__ = [
    "DECLARE_PRACTICE",
    "FEED_VISITS",
    "IDENTIFY",
    "READ_DECISIONS",
    "READ_LEDGER",
    "READ_PRACTICE",
    "READ_RECEIPTS",
    "READ_SUPERVISION",
    "WRITE_RATINGS",
    "Tokens",
]


@dataclass(frozen=True)
class Tokens:
    """Takes assertions and gives tokens, for one institution."""

    engine: Engine
    keyring: KeyRing
    institution: str
    _seen: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)

    def grant(self, assertion: str, scope: str | None, now: datetime) -> TokenAnswer:
        """A token for who signed. Raises `Refused`: `auth.invalid`, `auth.forbidden`."""
        with self.engine.begin() as conn:
            client = self._client(clients.get(conn, _claimed_client(assertion)))
            said = self._checked(assertion, client, now)
            expires = datetime.fromtimestamp(said.exp, UTC)
            if not clients.use_assertion(conn, client.id, said.jti, expires):
                raise refusal("auth.invalid", note="assertion used before")
        granted = _scopes(client, scope)
        life = STEP_UP_LIFETIME if granted == IDENTIFY else TOKEN_LIFETIME
        return TokenAnswer(
            access_token=self._token(client.id, granted, now, life),
            expires_in=int(life.total_seconds()),
            scope=granted,
        )

    def client_of(self, token: str, scope: str, now: datetime) -> ClientRecord:
        """Whose token it is. Raises `Refused`: `auth.invalid`, `auth.forbidden`."""
        said = self._said(token)
        if said["aud"] != issuer_of(self.institution) or said["exp"] <= now.timestamp():
            raise refusal("auth.invalid", note="token expired or of another verifier")
        if scope not in said["scope"].split():
            raise refusal("auth.forbidden", note="scope")
        if scope != IDENTIFY:
            return self._state_of(said["sub"])
        with self.engine.begin() as conn:
            expires = datetime.fromtimestamp(said["exp"], UTC)
            if not clients.use_assertion(conn, said["sub"], said["jti"], expires):
                raise refusal("auth.invalid", note="token used before")
            return self._client(clients.get(conn, said["sub"]))

    def _said(self, token: str) -> dict[str, Any]:
        """What a token of ours says. Its signature is checked once; what can change, each time."""
        known = self._seen.get(token)
        if known is None:
            try:
                payload = jose.verify(jose.ACCESS, token, {"access": self._key()}.get)
                known = json.loads(payload)
            except (jose.BadSignature, ValueError) as error:
                raise refusal("auth.invalid", note=str(error)) from None
            if len(self._seen) >= MOST_SEEN:
                self._seen.clear()
            self._seen[token] = known
        return known

    def _state_of(self, client: str) -> ClientRecord:
        with connected(self.engine) as conn:
            row = alone(conn, _CLIENT, {"client": client})
        return self._client(None if row is None else clients.record(*row))

    def _client(self, client: ClientRecord | None) -> ClientRecord:
        if client is None or client.institution != self.institution:
            raise refusal("auth.invalid", note="unknown client")
        if not client.active:
            raise refusal("auth.forbidden", note="client suspended")
        return client

    def _checked(self, assertion: str, client: ClientRecord, now: datetime) -> Assertion:
        try:
            payload = jose.verify(_kind_of(client), assertion, {client.id: client.public_key}.get)
            said = Assertion.model_validate_json(payload)
        except jose.BadSignature as error:
            raise refusal("auth.invalid", note=str(error)) from None
        except ValidationError as error:
            raise refusal("auth.invalid", note=where(error)) from None
        audiences = [said.aud] if isinstance(said.aud, str) else said.aud
        left = said.exp - now.timestamp()
        if {said.iss, said.sub} != {client.id} or issuer_of(self.institution) not in audiences:
            raise refusal("auth.invalid", note="iss, sub or aud")
        if not 0 < left <= (LONGEST_ASSERTION + SLACK).total_seconds():
            raise refusal("auth.invalid", note="expired, or lives longer than five minutes")
        return said

    def _token(self, client: str, scope: str, now: datetime, life: timedelta) -> str:
        issued = int(now.timestamp())
        said = {
            "iss": issuer_of(self.institution),
            "aud": issuer_of(self.institution),
            "sub": client,
            "client_id": client,
            "scope": scope,
            "iat": issued,
            "exp": issued + int(life.total_seconds()),
            "jti": new_id(),
        }
        return jose.sign(jose.ACCESS, "access", json.dumps(said).encode(), self._key())

    def _key(self) -> OKPKey:
        return self.keyring.signing_key("access-token", self.institution)


def _claimed_client(assertion: str) -> str:
    try:
        name = str(jose.protected_header(assertion).get("kid", ""))
    except jose.BadSignature as error:
        raise refusal("auth.invalid", note=str(error)) from None
    if not _CLIENT_ID.fullmatch(name):
        raise refusal("auth.invalid", note="no client has such a name")
    return name


def _kind_of(client: ClientRecord) -> jose.Kind:
    """One algorithm for a client, by the key it registered."""
    if isinstance(client.public_key, ECKey):
        return jose.CLIENT_ASSERTION
    return jose.Kind(jose.CLIENT_ASSERTION.typ, "Ed25519")


def _scopes(client: ClientRecord, asked: str | None) -> str:
    wanted = client.scopes - {IDENTIFY} if not asked else set(asked.split())
    if not wanted or not wanted <= client.scopes:
        raise refusal("auth.forbidden", note="scope")
    if IDENTIFY in wanted and len(wanted) > 1:
        raise refusal("auth.forbidden", note="to see a person is asked for alone")
    return " ".join(sorted(wanted))
