"""Takes ratings and matters as they come: each counts once, and what needs an answer is an intake.

Who sent it and its number there are kept as one keyed hash: neither tells a desk nor a clerk.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert

from verifier import ledger
from verifier.protocol.errors import refusal
from verifier.protocol.rating import (
    Door,
    IntakeBrought,
    IntakeTaken,
    Rating,
    RatingTaken,
)
from verifier.protocol.values import b64url, new_id
from verifier.store.practice_tables import Site
from verifier.store.rating_tables import Intake as IntakeRow
from verifier.store.rating_tables import Rating as RatingRow
from verifier.trust.keys import KeyRing
from verifier.trust.terminals import TerminalRecord

from .rules import CHINA, IntakeKind, RatingRules, there
from .sealed import closed, reach_place, said_place, text_place

BACK = timedelta(days=31)
"""How late a rating or a matter may be handed in."""
AHEAD = timedelta(minutes=5)
"""By how much a sender's clock may be fast."""


@dataclass(frozen=True)
class Book:
    """Where ratings and intakes of one institution are kept, and by which rules."""

    keyring: KeyRing
    institution: str
    rules: RatingRules
    purposes: frozenset[str]
    demo: bool


@dataclass(frozen=True)
class Sender:
    """Who hands it in: a machine client, or a fixed terminal."""

    name: str
    terminal: TerminalRecord | None = None


def number(year: int, serial: int) -> str:
    """An intake's number, as a person says it."""
    return f"{year}-{serial:05d}"


def take_rating(
    conn: Connection, book: Book, sender: Sender, said: Rating, at: datetime
) -> RatingTaken:
    """One rating, in the caller's transaction; a poor one, or one with a way to be reached, opens
    an intake.

    Raises `Refused`: `rating.differs`, `rating.place_unknown`, `rating.simulated`,
    `rating.time_outside`.
    """
    _check(conn, book, sender, said, said.rated_at, at)
    if said.purpose is not None and said.purpose not in book.purposes:
        raise refusal("rating.place_unknown", note="purpose")
    rating = new_id()
    values = {
        "id": rating,
        "external_key": _external_key(book, "rating", sender, said.external_id),
        "digest": _digest(book, said),
        "day": there(said.rated_at or at),
        "terminal": sender.terminal.id
        if sender.terminal is not None and said.door is Door.TERMINAL
        else None,
        "purpose": said.purpose,
        "grade": said.grade.value,
        "reasons": sorted({each.value for each in said.reasons}),
        "text_sealed": closed(book.keyring, book.institution, said.text, text_place(rating)),
        **_common(book, sender, said),
    }
    made = insert(RatingRow).values(values).on_conflict_do_nothing().returning(RatingRow.id)
    if conn.scalar(made) is None:
        return _rating_again(conn, book, values)
    if not said.grade.poor and not said.reach:
        return RatingTaken(result="created", intake=None, due_at=None)
    kind: IntakeKind = "poor_rating" if said.grade.poor else "reply"
    more = {"rating": rating, **_common(book, sender, said)}
    row = open_intake(conn, book, kind, _morning(values["day"]), more, said.reach)
    return RatingTaken(result="created", intake=row["number"], due_at=row["due_at"])


def take_intake(
    conn: Connection, book: Book, sender: Sender, said: IntakeBrought, at: datetime
) -> IntakeTaken:
    """One matter, in the caller's transaction; the same again says where it stands.

    Raises `Refused`: `rating.differs`, `rating.place_unknown`, `rating.simulated`,
    `rating.time_outside`.
    """
    _check(conn, book, sender, said, said.received_at, at)
    key, digest = _external_key(book, "intake", sender, said.external_id), _digest(book, said)
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
    conn.execute(lock, {"key": key})
    there_already = select(
        IntakeRow.digest, IntakeRow.year, IntakeRow.serial, IntakeRow.due_at, IntakeRow.state
    ).where(IntakeRow.institution == book.institution, IntakeRow.external_key == key)
    row = conn.execute(there_already).one_or_none()
    if row is None:
        more = {"external_key": key, "digest": digest, **_common(book, sender, said)}
        received = said.received_at or at
        made = open_intake(conn, book, said.kind.value, received, more, said.reach, said.said)
        return IntakeTaken(
            result="created", intake=made["number"], due_at=made["due_at"], state="received"
        )
    if row.digest != digest:
        raise refusal("rating.differs")
    found = number(row.year, row.serial)
    return IntakeTaken(result="unchanged", intake=found, due_at=row.due_at, state=row.state)


def open_intake(
    conn: Connection,
    book: Book,
    kind: IntakeKind,
    received: datetime,
    more: dict[str, Any],
    reach: str | None,
    said: str | None = None,
) -> dict[str, Any]:
    """A new intake with the next number of its year; its row, and its `number`. Words were checked
    before."""
    intake, mine, year = new_id(), book.institution, there(received).year
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 1))")
    conn.execute(lock, {"key": f"{mine}/{year}"})
    last = "SELECT coalesce(max(serial), 0) FROM intakes WHERE institution = :mine AND year = :year"
    serial = int(conn.execute(text(last), {"mine": mine, "year": year}).scalar_one()) + 1
    values = {
        "id": intake,
        "institution": mine,
        "year": year,
        "serial": serial,
        "kind": kind,
        "received_at": received,
        "due_at": book.rules.due(kind, received),
        "state": "received",
        "said_sealed": closed(book.keyring, mine, said, said_place(intake)),
        "reach_sealed": closed(book.keyring, mine, reach, reach_place(intake)),
        **more,
    }
    conn.execute(insert(IntakeRow).values(values))
    ledger.append(conn, mine, "intake.received", {"intake": intake, "kind": kind})
    return values | {"number": number(year, serial)}


def _morning(day: date) -> datetime:
    """When a rating is said to have come: its time of day would tie it to whoever sat there."""
    return datetime.combine(day, time(), CHINA).astimezone(UTC)


def _check(
    conn: Connection,
    book: Book,
    sender: Sender,
    said: Rating | IntakeBrought,
    when: datetime | None,
    at: datetime,
) -> None:
    if said.simulated and not book.demo:
        raise refusal("rating.simulated")
    if when is not None and not at - BACK <= when <= at + AHEAD:
        raise refusal("rating.time_outside")
    if sender.terminal is not None and said.door is Door.PHONE:
        raise refusal("rating.place_unknown", note="door")
    own = sender.terminal.site if sender.terminal is not None else None
    if said.site is not None and said.site != own:
        known = select(Site.code).where(
            Site.institution == book.institution, Site.code == said.site
        )
        if conn.scalar(known) is None:
            raise refusal("rating.place_unknown", note="site")


def _common(book: Book, sender: Sender, said: Rating | IntakeBrought) -> dict[str, Any]:
    own = sender.terminal.site if sender.terminal is not None else None
    return {
        "institution": book.institution,
        "door": said.door.value,
        "site": said.site or own,
        "simulated": said.simulated,
    }


def _rating_again(conn: Connection, book: Book, values: dict[str, Any]) -> RatingTaken:
    held = text("""
        SELECT r.digest, i.year, i.serial, i.due_at
        FROM ratings AS r LEFT JOIN intakes AS i ON i.rating = r.id
        WHERE r.institution = :mine AND r.external_key = :key
    """)
    row = conn.execute(held, {"mine": book.institution, "key": values["external_key"]}).one()
    if row.digest != values["digest"]:
        raise refusal("rating.differs")
    found = None if row.serial is None else number(row.year, row.serial)
    return RatingTaken(result="unchanged", intake=found, due_at=row.due_at)


def _external_key(book: Book, what: str, sender: Sender, external_id: str) -> str:
    return _keyed(book, "rating-external-id", f"{what}\0{sender.name}\0{external_id}")


def _digest(book: Book, said: Rating | IntakeBrought) -> str:
    return _keyed(book, "rating-digest", said.model_dump_json())


def _keyed(book: Book, label: str, words: str) -> str:
    key = book.keyring.derive(label, book.institution)
    return b64url(hmac.digest(key, words.encode(), hashlib.sha256))
