"""Standing authorisations (长期授权): a proxy 代办人 may act, for some purposes, so often, so long.

Whoever serves the proxy calls `use` in the transaction in which the act is done: a use that is not
counted is none, and two counters cannot both take the last one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from verifier.ledger import append
from verifier.protocol.values import new_id, now
from verifier.store.desk_tables import StandingAuthorisation

from . import ties
from .errors import IdentityRefused

MOST_USES = 100
LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Authorisation:
    """What a proxy was given."""

    id: str
    person: str
    proxy: str
    scope: tuple[str, ...]
    uses_max: int
    used: int
    given_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def state(self, at: datetime) -> str:
        """`active`, or why not: `revoked`, `expired`, `used_up`."""
        if self.revoked_at is not None:
            return "revoked"
        if at >= self.expires_at:
            return "expired"
        return "used_up" if self.used >= self.uses_max else "active"


def give(
    conn: Connection,
    institution: str,
    person: str,
    proxy: str,
    *,
    scope: Collection[str],
    uses: int,
    expires_at: datetime,
    by: str,
) -> str:
    """The person authorises a proxy; its id.

    Raises `IdentityRefused`: `authorisation.no_proxy` unless the proxy is one of the person's now,
    `authorisation.scope` for an empty one, `authorisation.uses`, `authorisation.expiry`.
    """
    at = now()
    if not ties.is_tied(conn, institution, person, proxy, "proxy"):
        raise IdentityRefused("authorisation.no_proxy", "the proxy is not recorded as one")
    if not scope:
        raise IdentityRefused("authorisation.scope", "it is for at least one purpose")
    if not 1 <= uses <= MOST_USES:
        raise IdentityRefused("authorisation.uses", f"from 1 to {MOST_USES} times")
    if not at < expires_at <= at + LONGEST:
        raise IdentityRefused("authorisation.expiry", "it ends within a year")
    made = new_id()
    conn.execute(
        insert(StandingAuthorisation).values(
            id=made,
            institution=institution,
            person=person,
            proxy=proxy,
            scope=sorted(set(scope)),
            uses_max=uses,
            given_at=at,
            expires_at=expires_at,
            by=by,
        )
    )
    body = {
        "authorisation": made,
        "person": person,
        "proxy": proxy,
        "scope": sorted(set(scope)),
        "uses": uses,
        "expires_at": expires_at.isoformat(),
        "by": by,
    }
    append(conn, institution, "authorisation.given", body)
    return made


def use(
    conn: Connection, institution: str, person: str, proxy: str, purpose: str, by: str
) -> Authorisation:
    """Count one use, of what ends first, and say what is left.

    Raises `IdentityRefused`: `authorisation.none`; or, of what there is, why it does not do:
    `authorisation.revoked`, `authorisation.expired`, `authorisation.used_up`,
    `authorisation.other_purpose`.
    """
    at = now()
    found = _of(conn, institution, person, proxy)
    fit = [one for one in found if purpose in one.scope and one.state(at) == "active"]
    if not fit:
        raise IdentityRefused(*_why_none(found, purpose, at))
    (chosen, *_) = fit
    conn.execute(
        update(StandingAuthorisation)
        .where(StandingAuthorisation.id == chosen.id)
        .values(used=chosen.used + 1)
    )
    body = {
        "authorisation": chosen.id,
        "person": person,
        "proxy": proxy,
        "purpose": purpose,
        "use": chosen.used + 1,
        "by": by,
    }
    append(conn, institution, "authorisation.used", body)
    return Authorisation(**{**vars(chosen), "used": chosen.used + 1})


def revoke(conn: Connection, institution: str, authorisation: str, by: str) -> None:
    """It ends now. Raises `IdentityRefused` (`authorisation.none`)."""
    person = conn.scalar(
        update(StandingAuthorisation)
        .filter_by(id=authorisation, institution=institution, revoked_at=None)
        .values(revoked_at=now())
        .returning(StandingAuthorisation.person)
    )
    if person is None:
        raise IdentityRefused("authorisation.none", "no such authorisation in force")
    body = {"authorisation": authorisation, "person": person, "by": by}
    append(conn, institution, "authorisation.revoked", body)


def of_person(conn: Connection, institution: str, person: str) -> list[Authorisation]:
    """All that the person gave, the newest first."""
    rows = conn.execute(
        select(*_COLUMNS)
        .filter_by(institution=institution, person=person)
        .order_by(StandingAuthorisation.given_at.desc())
    )
    return [_authorisation(row) for row in rows]


_COLUMNS = (
    StandingAuthorisation.id,
    StandingAuthorisation.person,
    StandingAuthorisation.proxy,
    StandingAuthorisation.scope,
    StandingAuthorisation.uses_max,
    StandingAuthorisation.used,
    StandingAuthorisation.given_at,
    StandingAuthorisation.expires_at,
    StandingAuthorisation.revoked_at,
)


def _of(conn: Connection, institution: str, person: str, proxy: str) -> list[Authorisation]:
    """Of one proxy, locked, so that a last use is taken once; what ends first stands first."""
    rows = conn.execute(
        select(*_COLUMNS)
        .filter_by(institution=institution, person=person, proxy=proxy)
        .order_by(StandingAuthorisation.expires_at, StandingAuthorisation.id)
        .with_for_update()
    )
    return [_authorisation(row) for row in rows]


def _authorisation(row: Any) -> Authorisation:
    made, person, proxy, scope, *rest = row
    return Authorisation(made, person, proxy, tuple(scope), *rest)


def _why_none(found: list[Authorisation], purpose: str, at: datetime) -> tuple[str, str]:
    if not found:
        return "authorisation.none", "the proxy was not authorised"
    fit = [one for one in found if purpose in one.scope]
    if not fit:
        return "authorisation.other_purpose", "the proxy was authorised for other purposes"
    newest = max(fit, key=lambda one: one.given_at)
    return f"authorisation.{newest.state(at)}", "the proxy's authorisation is over"
