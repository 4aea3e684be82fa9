"""From a token to the credential it stands for, before anything is gathered.

The platform is asked while no transaction is open, since it may let us wait. What it says then
takes the reading's place, and is judged as an authenticated card is; where it says nothing, that is
a fact of its own, and the person is sent on, never rejected.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore

import structlog
from pydantic import ValidationError
from sqlalchemy import Connection

from verifier.identity.resolver import (
    TOKEN_KINDS,
    Asked,
    CodeExpired,
    CredentialResolver,
    DocumentUnknown,
    ForeignCode,
    PlatformConfused,
    PlatformDown,
    ResolvedIdentity,
    Unresolved,
)
from verifier.protocol.claim import Claim, CredentialReading, Evidence
from verifier.protocol.errors import Refused, refusal

from . import terms, tokens
from .bench import Bench
from .facts import Facts, Reason
from .gathering import Gathered, liveness_of

log = structlog.get_logger("verifier")

AT_ONCE = 3
"""Claims that may wait for a platform at the same time. Each keeps one of the few threads that
judge, and a platform that hangs must not keep them all from people with cards."""

PLACE_S = 1.0
"""How long one more waits for its turn before it is sent on."""

_TOKEN = "token"  # noqa: S105  (a field's name)
_REASONS: dict[type[Unresolved], Reason] = {
    CodeExpired: Reason.CODE_EXPIRED,
    ForeignCode: Reason.CODE_FOREIGN,
    DocumentUnknown: Reason.CREDENTIAL_UNAVAILABLE,
}


@dataclass(frozen=True)
class UsedToken:
    """A token that brought an identity, by its keyed hash."""

    key: str
    life: timedelta


@dataclass(frozen=True)
class Told:
    """The evidence as it is judged.

    Attributes:
        said: as the terminal sent it.
        evidence: the same, a token's reading replaced by the credential that it stands for.
        why_not: why a token stands for nobody; the face is then not looked at either.
        used: the token, where it brought an identity.
    """

    said: Evidence
    evidence: Evidence
    why_not: Reason | None = None
    used: UsedToken | None = None

    def gathered(self) -> Gathered | None:
        """The facts of a token that stands for nobody; None where there is somebody to look up."""
        if self.why_not is None:
            return None
        return Gathered(Facts(liveness_of(self.evidence), face=False, unresolved=self.why_not))


class Resolving:
    """Asks the resolver for what a claim shows, if it shows a token."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._places = BoundedSemaphore(AT_ONCE)

    def told(self, conn: Connection, claim: Claim, evidence: Evidence) -> Told:
        """What is judged. No transaction may be open on `conn`, and none is afterwards.

        Raises `Refused`: `evidence.malformed` for a reading that is not just a token,
        `credential.token_used`, and what the resolved evidence is refused for.
        """
        reading = evidence.reading
        if reading is None or reading.kind not in TOKEN_KINDS:
            return Told(evidence, evidence)
        token = _token_of(reading)
        key = tokens.key_of(self._bench.keyring, self._bench.institution, reading.kind, token)
        tokens.refuse_used(conn, key, self._bench.clock())
        try:
            found = self._asked(reading.kind, token, claim)
            shown = _shown(reading, found)
        except _NoDoor:
            return Told(evidence, evidence, why_not=Reason.CREDENTIAL_UNAVAILABLE)
        except Unresolved as why:
            log.warning("credential.unresolved", code=why.code, note=why.note, visit=claim.visit)
            return self._unresolved(claim, evidence, reading, why)
        resolved = evidence.model_copy(update={"reading": shown})
        self._refuse(claim, resolved)
        return Told(evidence, resolved, used=UsedToken(key, found.token_life))

    def _asked(self, kind: str, token: str, claim: Claim) -> ResolvedIdentity:
        resolver = _door(self._bench.resolver, kind)
        if not self._places.acquire(timeout=PLACE_S):
            raise PlatformDown("as many as may wait for it are waiting")
        try:
            return resolver.resolve(kind, token, Asked(claim.purpose, claim.terminal, claim.visit))
        finally:
            self._places.release()

    def _unresolved(
        self, claim: Claim, evidence: Evidence, reading: CredentialReading, why: Unresolved
    ) -> Told:
        simulated = reading.simulated or why.simulated
        marked = reading.model_copy(update={"simulated": simulated})
        told = evidence.model_copy(update={"reading": marked})
        self._refuse(claim, told)
        reason = _REASONS.get(type(why), Reason.PLATFORM_UNAVAILABLE)
        return Told(evidence, told, why_not=reason)

    def _refuse(self, claim: Claim, evidence: Evidence) -> None:
        """Once more, for what only the platform knows: the holder's age, and that it is none."""
        bench = self._bench
        terms.refuse_bad_evidence(claim, evidence, bench.rules, bench.demo, bench.clock())


def use(conn: Connection, told: Told, at: datetime) -> None:
    """Note the claim's token as used, in the deciding transaction. Raises as `tokens.use`."""
    if told.used is not None:
        tokens.use(conn, told.used.key, at, at + told.used.life)


class _NoDoor(Exception):
    """This institution does not take such credentials."""


def _door(resolver: CredentialResolver | None, kind: str) -> CredentialResolver:
    if resolver is None or not resolver.takes(kind):
        raise _NoDoor
    return resolver


def _token_of(reading: CredentialReading) -> str:
    """The token alone: whatever else stands beside it, a terminal would have made up."""
    token = reading.fields.get(_TOKEN, "")
    if not token or len(reading.fields) != 1:
        raise refusal("evidence.malformed", note="a code is carried as its token alone")
    return token


def _shown(reading: CredentialReading, found: ResolvedIdentity) -> CredentialReading:
    """The credential that the token stands for. Raises `PlatformConfused` where it is none."""
    try:
        shown = CredentialReading(
            kind=found.id_kind,
            fields={"name": found.name, "number": found.number},
            device=reading.device,
            read_at=reading.read_at,
            authenticated=True,
            simulated=reading.simulated or found.simulated,
        )
        terms.number_of(shown)
    except (ValidationError, Refused):
        raise PlatformConfused("no such number", simulated=found.simulated) from None
    return shown
