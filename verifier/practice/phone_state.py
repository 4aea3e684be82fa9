"""What a practitioner's phone shows: today's roster, the open window, a forgotten check-out.

Nothing of it counts or sums: no lateness, no hours.
"""

from datetime import datetime, time, timedelta

from sqlalchemy import Connection, text

from verifier.protocol.practice import (
    Elsewhere,
    Forgotten,
    OpenWindow,
    PhoneFace,
    PhoneState,
    Stretch,
    Unanswered,
)
from verifier.trust.keys import KeyRing

from . import locks, rechecks, sites, windows
from .registry import HOSPITAL, Known
from .rules import PracticeRules
from .shift_now import shift_at
from .windows import Window

LATE = timedelta(hours=48)
"""For so long somebody is asked when a forgotten window really ended."""

TOLD = timedelta(hours=12)
"""For so long the phone says that a window ended since a question was not answered."""

_SLOTS = text("""
SELECT r.kind, r.shift, coalesce(d.name, r.department) AS department, r.site,
       r.starts_at, r.ends_at
FROM roster_slots AS r
LEFT JOIN departments AS d ON d.institution = r.institution AND d.code = r.department
WHERE r.practitioner = :person AND r.starts_at < :end AND r.ends_at > :start
ORDER BY r.starts_at, r.id
""")


def state_of(
    conn: Connection,
    keyring: KeyRing,
    region_key: bytes | None,
    institution: str,
    known: Known,
    site: str,
    rules: PracticeRules,
    at: datetime,
    face: PhoneFace | None = None,
) -> PhoneState:
    """All of it at a moment; `site` is where the phone was enrolled, `face` from `phone_face`."""
    names = {one.code: one.name for one in sites.listed(conn, institution)}
    window = windows.last_before(conn, known.person, at)
    key = locks.practitioner_key(keyring, region_key, institution, known.code)
    return PhoneState(
        code=known.code,
        at=at,
        site=names.get(site, site),
        shift=shift_at(conn, known.person, None, at).status,
        today=_today(conn, known.person, names, at),
        window=_open(window, names, rules, at) if window and window.open_at(at) else None,
        elsewhere=_elsewhere(conn, key, institution, at),
        forgotten=_forgotten(conn, known.person, names, at),
        unanswered=_unanswered(window, names, at),
        face=face,
    )


def _today(conn: Connection, person: str, names: dict[str, str], at: datetime) -> list[Stretch]:
    day = at.astimezone(HOSPITAL).date()
    start = datetime.combine(day, time(), HOSPITAL)
    return _stretches(conn, person, names, start, start + timedelta(days=1))


def _stretches(
    conn: Connection, person: str, names: dict[str, str], start: datetime, end: datetime
) -> list[Stretch]:
    rows = conn.execute(_SLOTS, {"person": person, "start": start, "end": end}).mappings()
    return [Stretch(**{**row, "site": names.get(row["site"], row["site"])}) for row in rows]


def _open(window: Window, names: dict[str, str], rules: PracticeRules, at: datetime) -> OpenWindow:
    recheck_by = rechecks.open_question(window, at)
    said = {
        "id": window.id,
        "site": names.get(window.site, window.site),
        "since": window.opened_at,
        "until": window.ends_at,
        "state": window.state,
        "way": window.way,
        "source": window.source or "terminal",
        "review_by": window.review_by if window.state == "provisional" else None,
        "face_confirms": window.state == "provisional" and window.shift in ("on_shift", "on_call"),
        "recheck_by": recheck_by,
        "recheck_by_code": recheck_by is not None and rules.recheck_by_code,
    }
    return OpenWindow.model_validate(said)


def _unanswered(window: Window | None, names: dict[str, str], at: datetime) -> Unanswered | None:
    if window is None or not rechecks.ended_unanswered(window, at):
        return None
    if at - window.ends_at > TOLD:
        return None
    return Unanswered(site=names.get(window.site, window.site), ended_at=window.ends_at)


def _elsewhere(conn: Connection, key: str, institution: str, at: datetime) -> Elsewhere | None:
    live = locks.live(conn, key)
    if live is None or live.until <= at or live.stand.institution == institution:
        return None
    return Elsewhere(site=live.stand.site, since=live.since, here=False, reachable=True)


def _forgotten(
    conn: Connection, person: str, names: dict[str, str], at: datetime
) -> Forgotten | None:
    window = windows.forgotten(conn, person, at - LATE, at)
    if window is None:
        return None
    planned = [
        stretch.ends_at
        for stretch in _stretches(conn, person, names, window.opened_at, window.ends_at)
        if stretch.kind != "off" and stretch.ends_at <= window.ends_at
    ]
    return Forgotten(
        window=window.id,
        site=names.get(window.site, window.site),
        since=window.opened_at,
        ended_at=window.ends_at,
        suggested=max(planned, default=window.ends_at),
    )
