"""The practice lock (执业锁): in the whole region somebody practises at one site at a time.

A row holds a keyed hash, an institution, a site's name and point, and times; no name, no face. A
partial unique index holds that one is live for one practitioner, whatever two processes do at once.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from verifier.place import Datum, Position, Source, travel_possible
from verifier.protocol.values import b64url
from verifier.store.practice_tables import PracticeLock
from verifier.trust.keys import KeyRing

_REACH_M = 500.0
"""A site is as wide as this around its point, at most, where a way between two is judged."""

_TRIES = 20


@dataclass(frozen=True)
class Stand:
    """A site of an institution, as its lock says it."""

    institution: str
    site: str
    datum: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Live:
    """A live lock."""

    window: str
    stand: Stand
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Taken:
    """What became of a try.

    Attributes:
        ours: whether the lock is this window's now.
        other: the live lock that was in the way, or that was ended by this one.
        reachable: whether the way from there can be made in the time since that check-in.
        since: from when it is ours. Later than asked where another verifier's clock is ahead.
    """

    ours: bool
    since: datetime
    other: Live | None = None
    reachable: bool = True


def practitioner_key(
    keyring: KeyRing, region_key: bytes | None, institution: str, code: str
) -> str:
    """As which a practitioner is known in the region; within the institution without its key."""
    key = region_key or keyring.derive("practice-lock", institution)
    return b64url(hmac.digest(key, b"practice-lock\0" + code.encode(), "sha256"))


def take(
    conn: Connection,
    key: str,
    window: str,
    here: Stand,
    at: datetime,
    until: datetime,
    *,
    move: bool,
) -> Taken:
    """The lock for a new window, in the caller's transaction.

    A live one elsewhere is ended if the person says so (`move`) and the way can be made; a live one
    at the same site stays. One whose time is over is ended at that time.
    """
    for _ in range(_TRIES):
        other = live(conn, key, hold=True)
        since = max(at, _ended(conn, key) or at, other.since if other else at)
        if other is not None and other.until > since:
            reachable = _reachable(other, here, since)
            if other.stand == here or not (move and reachable):
                return Taken(False, since, other, reachable)
            _end(conn, other.window, since, here.institution)
        elif other is not None:
            _end(conn, other.window, other.until, None)
            other = None
        if _insert(conn, key, window, here, since, until):
            return Taken(True, since, other)
    raise TimeoutError("the lock changed hands too often")


def live(conn: Connection, key: str, *, hold: bool = False) -> Live | None:
    """The lock that is not ended, its time over or not; `hold` until the transaction ends."""
    mine = select(PracticeLock.__table__).where(
        PracticeLock.practitioner_key == key, PracticeLock.closed_at.is_(None)
    )
    row = conn.execute(mine.with_for_update() if hold else mine).one_or_none()
    if row is None:
        return None
    stand = Stand(row.institution, row.site, row.datum, row.latitude, row.longitude)
    return Live(row.practice_window, stand, row.since, row.until)


def elsewhere(conn: Connection, key: str, here: Stand, at: datetime) -> Taken | None:
    """Where somebody practises now, if that is another site; nothing is held or changed."""
    other = live(conn, key)
    if other is None or other.until <= at or other.stand == here:
        return None
    return Taken(False, at, other, _reachable(other, here, max(at, other.since)))


def release(conn: Connection, window: str, at: datetime) -> None:
    """End a window's lock; harmless where it is ended."""
    _end(conn, window, at, None)


def extend(conn: Connection, window: str, until: datetime) -> None:
    """Let a live lock last longer."""
    conn.execute(_of(window).values(until=until))


def _ended(conn: Connection, key: str) -> datetime | None:
    """When the last of the practitioner's stretches ended: no new one begins before it."""
    mine = select(func.max(PracticeLock.closed_at)).where(PracticeLock.practitioner_key == key)
    found: datetime | None = conn.scalar(mine)
    return found


def _end(conn: Connection, window: str, at: datetime, taken_by: str | None) -> None:
    conn.execute(_of(window).values(closed_at=at, taken_by=taken_by))


def _of(window: str):  # type: ignore[no-untyped-def]  # SQLAlchemy's Update of one table
    return update(PracticeLock).where(
        PracticeLock.practice_window == window, PracticeLock.closed_at.is_(None)
    )


def _insert(
    conn: Connection, key: str, window: str, here: Stand, at: datetime, until: datetime
) -> bool:
    values = {
        "practice_window": window,
        "practitioner_key": key,
        "institution": here.institution,
        "site": here.site,
        "datum": here.datum,
        "latitude": here.latitude,
        "longitude": here.longitude,
        "since": at,
        "until": until,
    }
    try:
        with conn.begin_nested():
            conn.execute(insert(PracticeLock).values(values))
    except IntegrityError:  # another was quicker: look at theirs
        return False
    return True


def _reachable(other: Live, here: Stand, at: datetime) -> bool:
    gone = (at - other.since).total_seconds()
    return travel_possible(_point(other.stand, at), _point(here, at), gone)


def _point(stand: Stand, at: datetime) -> Position:
    return Position(
        latitude=stand.latitude,
        longitude=stand.longitude,
        datum=Datum(stand.datum),
        accuracy_m=_REACH_M,
        source=Source.SURVEYED,
        at=at,
    )
