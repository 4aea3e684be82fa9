"""Entering a look: under one lock for a person, so that two nurses cannot both look in on one day.

What was entered is never changed. A correction is one more row that names the one it corrects.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import Connection, insert, text

from verifier import ledger
from verifier.protocol.values import new_id
from verifier.store.presence_tables import PresenceLook

from . import answers, attesting, hints, stays
from .attesting import Attested, Said
from .errors import Code, PresenceRefused
from .room import Room
from .rules import Away, Found, NotNow
from .stays import Entry, Lying

BY_HAND = (Found.WRISTBAND, Found.AWAY, Found.ASLEEP, Found.EMPTY)
"""What a nurse enters; whether a face is the person's only a comparison says."""


@dataclass(frozen=True)
class Entering:
    """What is to be entered. `evidence` is added to what the staff attest."""

    found: Found
    away: Away | None = None
    said: Said = field(default_factory=Said)
    evidence: Mapping[str, Any] = field(default_factory=dict)


_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('presence:' || :mine || :key, 0))")


@dataclass(frozen=True)
class Held:
    """A stay of which nobody else enters anything until the transaction ends."""

    lying: Lying
    all: list[Entry]
    bed: stays.Bed

    @property
    def own(self) -> list[Entry]:
        """Looks in force of this stay."""
        return [each for each in stays.in_force(self.all) if each.stay == self.lying.stay]


def held(conn: Connection, room: Room, stay: str, at: datetime) -> Held:
    """Lock the person's stays and read what is known. Raises `PresenceRefused`:
    `presence.unknown`."""
    before = stays.one(conn, room.institution, stay)
    conn.execute(_LOCK, {"mine": room.institution, "key": before.person_key})
    stays.hold_person(conn, before.person)
    lying = stays.one(conn, room.institution, stay)  # as it is now that nobody else writes
    found = stays.entries(conn, room.institution, [lying])
    return Held(lying, found, stays.bed_of(lying, stays.in_force(found), at, room.rules))


def enter(
    conn: Connection, room: Room, stay: str, entering: Entering, by: str, at: datetime
) -> str:
    """Enter what a nurse found; the look's id.

    After a face that was not brought together with its record the same nurse may enter wristband
    and identifiers for a few minutes: it is the same visit to the bed.

    Raises `PresenceRefused`: why nobody looks in now, `presence.unknown`, and what the staff have
    to attest.
    """
    if entering.found not in BY_HAND or (entering.found is Found.AWAY) != bool(entering.away):
        raise PresenceRefused("presence.unknown")
    now = held(conn, room, stay, at)
    corrected = _same_visit(now, entering.found, by, at, room)
    if corrected is not None:
        rest = [each for each in stays.in_force(now.all) if each.id != corrected]
        now = Held(now.lying, now.all, stays.bed_of(now.lying, rest, at, room.rules))
    # Where somebody is who was not in the bed may be learnt afterwards: it disturbs nobody.
    if not (entering.found is Found.AWAY and now.bed.not_now is NotNow.HALF_DAY):
        refuse_unless_now(now)
    attested = Attested()
    if entering.found is Found.WRISTBAND:
        attested = attesting.attested(
            conn, room.institution, now.lying, entering.said, first=now.bed.first, face=False
        )
    evidence = attested.body | dict(entering.evidence)
    return written(conn, room, now, entering, evidence, by, at, instead_of=corrected)


def refuse_unless_now(now: Held) -> None:
    """Raises `PresenceRefused` with why nobody looks in now."""
    if now.bed.not_now is not None:
        raise PresenceRefused(_WHY[now.bed.not_now])


def undo(conn: Connection, room: Room, look: str, by: str, at: datetime) -> None:
    """Take back what the same account entered a few minutes ago; both rows stay.

    Raises `PresenceRefused`: `presence.unknown`, `presence.undo_over`.
    """
    known = text("SELECT stay FROM presence_looks WHERE institution = :mine AND id = :look")
    row = conn.execute(known, {"mine": room.institution, "look": look}).one_or_none()
    if row is None:
        raise PresenceRefused("presence.unknown")
    now = held(conn, room, row.stay, at)
    last = now.own[-1] if now.own else None
    if last is None or last.id != look or not may_undo(room, last, by, at):
        raise PresenceRefused("presence.undo_over")
    _insert(conn, room, now.lying, "undone", None, {}, by, at, look)
    rest = [each for each in now.own if each.id != look]
    hints.review(conn, room.institution, now.lying, rest, at)


def may_undo(room: Room, entry: Entry, by: str, at: datetime) -> bool:
    """Whether this account may take it back now."""
    return entry.by == by and at - entry.at <= room.terms.undo


def written(
    conn: Connection,
    room: Room,
    now: Held,
    entering: Entering,
    evidence: Mapping[str, Any],
    by: str,
    at: datetime,
    instead_of: str | None = None,
) -> str:
    """Write a look of a held stay, with its ledger entry, and what follows from it; its id."""
    away = entering.away.value if entering.away else None
    lying, found = now.lying, entering.found.value
    look = _insert(conn, room, lying, found, away, evidence, by, at, instead_of)
    answers.used(conn, room.institution, lying.stay, at)
    made = Entry(look, lying.stay, lying.person, at, found, away, by, instead_of)
    rest = [each for each in now.own if each.id != instead_of]
    hints.review(conn, room.institution, lying, [*rest, made], at)
    return look


def _insert(
    conn: Connection,
    room: Room,
    lying: Lying,
    found: str,
    away: str | None,
    evidence: Mapping[str, Any],
    by: str,
    at: datetime,
    instead_of: str | None,
) -> str:
    look = new_id()
    values = {
        "id": look,
        "institution": room.institution,
        "stay": lying.stay,
        "person": lying.person,
        "ward": lying.ward,
        "bed": lying.bed,
        "at": at,
        "found": found,
        "away": away,
        "by": by,
        "instead_of": instead_of,
        "evidence": dict(evidence),
    }
    conn.execute(insert(PresenceLook).values(values))
    body = {"look": look, "person": lying.person, "found": found, "away": away, "by": by}
    ledger.append(conn, room.institution, "presence.looked", body | {"instead_of": instead_of})
    return look


def _same_visit(now: Held, found: Found, by: str, at: datetime, room: Room) -> str | None:
    """The look whose place a wristband takes, a moment after a face that was not told."""
    last = now.own[-1] if now.own else None
    fits = last is not None and last.found == Found.UNSURE and may_undo(room, last, by, at)
    return last.id if last is not None and fits and found is Found.WRISTBAND else None


_WHY: dict[NotNow, Code] = {
    why: code for why in NotNow for code in get_args(Code) if why.value == code
}
