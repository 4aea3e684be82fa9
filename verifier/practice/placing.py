"""The answer on place for one check-in: terminal, site's code, network and position together."""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from verifier.place import (
    CheckLimits,
    Datum,
    Evidence,
    Kind,
    PlaceAnswer,
    PlaceRefused,
    Position,
    Sighting,
    Source,
    answer_on,
    checked,
    judge,
    matched_step,
    on_network,
    parse,
)
from verifier.protocol.practice import SaidPosition
from verifier.protocol.values import b64url
from verifier.trust.keys import KeyRing

from .sites import HospitalSite


@dataclass(frozen=True)
class Placing:
    """What is known of where one request is from.

    Attributes:
        fixed: whether it is a terminal that stands at the site, or a phone.
        address: whose network it came from.
        previous: the point of the last check-in, for the speed since.
        counts: whether a step of a site's code still counts for this person.
    """

    site: HospitalSite
    fixed: bool
    address: str
    said: SaidPosition | None
    site_code: str | None
    secret: bytes
    previous: Position | None = None
    counts: Callable[[int], bool] = bool


@dataclass(frozen=True)
class Placed:
    """The answer, the point to keep, and the step of the site's code that counted.

    Attributes:
        code: why a code that was given did not count: `practice.site_code_wrong`, which an old one
            is too, or `practice.site_code_used`.
    """

    answer: PlaceAnswer
    point: Position | None
    step: int | None
    code: str | None = None


def place(asked: Placing, at: datetime, *, demo: bool) -> Placed:
    """The answer. A malformed position or code proves nothing and is said as a reason."""
    said = _position(asked.said) if asked.said else None
    step, code = _step(asked, at)
    sightings = list(_sightings(asked, said, at, CheckLimits(allow_simulated=demo)))
    evidence = Evidence(
        kind=Kind.SURVEYED_TERMINAL if asked.fixed else Kind.PHONE,
        sightings=tuple(sightings),
        site_code=step is not None,
        site_network=on_network(asked.address, asked.site.networks),
    )
    kept = said or (asked.site.point(at) if asked.fixed else None)
    return Placed(answer_on(evidence), kept, step, code)


def _sightings(
    asked: Placing, said: Position | None, at: datetime, limits: CheckLimits
) -> Sequence[Sighting]:
    fence = asked.site.fence
    if fence is None:
        return ()
    found = []
    if asked.fixed:
        surveyed = asked.site.point(at)
        found.append(Sighting(Source.SURVEYED, judge(fence, surveyed)))
    if said is not None:
        reasons = checked(said, at, asked.previous, (), limits)
        found.append(Sighting(said.source, judge(fence, said), reasons))
    return found


def _step(asked: Placing, at: datetime) -> tuple[int | None, str | None]:
    if asked.site_code is None:
        return None, None
    try:
        code = parse(asked.site_code)
        step = matched_step(asked.secret, code.site, code.terminal, code.code, at)
    except PlaceRefused:
        step = None
    if step is None or code.site != asked.site.code:
        return None, "practice.site_code_wrong"
    return (step, None) if asked.counts(step) else (None, "practice.site_code_used")


def _position(said: SaidPosition) -> Position:
    return Position(
        latitude=said.latitude,
        longitude=said.longitude,
        datum=Datum(said.datum),
        accuracy_m=said.accuracy_m,
        source=Source(said.source),
        at=said.at,
        simulated=said.simulated,
    )


STEP_LIFE = timedelta(minutes=10)

_USED = text("SELECT 1 FROM used_tokens WHERE token_key = :key")
_USE = text(
    "INSERT INTO used_tokens (token_key, used_at, expires_at) VALUES (:key, :at, :expires) "
    "ON CONFLICT DO NOTHING"
)


def counter(
    conn: Connection, keyring: KeyRing, institution: str, person: str
) -> Callable[[int], bool]:
    """Whether a step of a site's code still counts for this person: each does once."""

    def counts(step: int) -> bool:
        bound = {"key": _step_key(keyring, institution, person, step)}
        return conn.scalar(_USED, bound) is None

    return counts


def use(
    conn: Connection, keyring: KeyRing, institution: str, person: str, step: int, at: datetime
) -> None:
    """Let a step count no more for this person."""
    key = _step_key(keyring, institution, person, step)
    conn.execute(_USE, {"key": key, "at": at, "expires": at + STEP_LIFE})


def _step_key(keyring: KeyRing, institution: str, person: str, step: int) -> str:
    said = f"site-code/{person}/{step}".encode()
    return b64url(hmac.digest(keyring.token_key(institution), said, "sha256"))
