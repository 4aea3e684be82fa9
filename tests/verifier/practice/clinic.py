"""A hospital with sites, departments and practitioners, for tests of practice."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from verifier.identity import people
from verifier.place import Circle, Datum
from verifier.practice import registry, sites
from verifier.practice.registry import Registration
from verifier.protocol.values import Liveness, new_id
from verifier.store.practice_tables import RosterSlot
from verifier.trust.keys import KeyRing

EAST = (30.30, 120.30)
WEST = (30.36, 120.30)
"""Some 7 km from the other."""
NOON = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
"""Twelve o'clock in the hospital."""


def number(seed: int) -> str:
    """A practitioner's code of an unassigned region."""
    return f"D990101{seed:06d}"


def build(conn: Connection, institution: str) -> None:
    """Two sites with a fence each, and three departments."""
    for code, name, point in (("east", "东院区", EAST), ("west", "西院区", WEST)):
        fence = Circle(*point, 300.0, Datum.WGS84, name)
        sites.put(
            conn, institution, code, name=name, point=point, datum=Datum.WGS84, shapes=[fence]
        )
    sites.put_department(conn, institution, "cardiology", "心内科", "east")
    sites.put_department(conn, institution, "surgery", "外科", "east")
    sites.put_department(conn, institution, "paediatrics", "儿科", "west")


@dataclass(frozen=True)
class Doctor:
    """Somebody who may practise."""

    person: str
    code: str


def doctor(
    conn: Connection, keyring: KeyRing, institution: str, seed: int = 1, **registration: Any
) -> Doctor:
    """A physician of cardiology; registered independently unless told otherwise."""
    person = people.register_person(conn, keyring, institution, number=None, name="华佗")
    return practises(conn, institution, person, seed, **registration)


def practises(
    conn: Connection, institution: str, person: str, seed: int = 1, **registration: Any
) -> Doctor:
    """Somebody who is known already, as a physician of cardiology."""
    made = Doctor(person, number(seed))
    registry.add(conn, institution, person, made.code, "cardiology", NOON)
    said: dict[str, Any] = {"right": "independent", "from_day": date(2020, 1, 1)}
    if registration.get("right") != "unregistered":
        registry.register(conn, institution, person, Registration(**(said | registration)), NOON)
    return made


def shift(
    conn: Connection,
    institution: str,
    who: Doctor,
    starts_at: datetime,
    hours: float,
    kind: str = "work",
    site: str = "east",
) -> datetime:
    """A stretch of a shift; its end."""
    ends = starts_at + timedelta(hours=hours)
    values = {
        "id": new_id(),
        "institution": institution,
        "practitioner": who.person,
        "department": "cardiology",
        "site": site,
        "day": starts_at.astimezone(registry.HOSPITAL).date(),
        "shift": "门上",
        "kind": kind,
        "starts_at": starts_at,
        "ends_at": ends,
    }
    conn.execute(insert(RosterSlot).values(values))
    return ends


NOT_ASSESSED = Liveness.NOT_ASSESSED
