"""Inpatients as a HIS tells of them, and nurses at their beds, for tests of ward presence."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from tests.verifier.fixtures import INSTITUTION
from verifier.identity import people
from verifier.matching import embedding
from verifier.practice import registry
from verifier.presence import faces, looks, stays, wards
from verifier.presence.attesting import Said
from verifier.presence.errors import PresenceRefused
from verifier.presence.faces import Probe
from verifier.presence.looks import Entering
from verifier.presence.room import Room
from verifier.presence.rules import Away, Found, WardKind
from verifier.presence.stays import Entry
from verifier.protocol.values import new_id
from verifier.shifts.month import CHINA
from verifier.trust.accounts import accounts

from .his_feed import Feeder, item
from .hospital import Face, Hospital, Person

WARD = "3A"
NURSE, PHYSICIAN = "N990101000001", "D990101000001"
NOTICE = "ward-2026-11"
TOMORROW = datetime.now(CHINA).date() + timedelta(days=1)
"""Read once: midnight may come while tests run."""


def at(hour: int, day: int = 0, minute: int = 0) -> datetime:
    """A moment in the hospital's time; day 0 is tomorrow, so that no test depends on the hour."""
    first = TOMORROW + timedelta(days=day)
    return datetime(first.year, first.month, first.day, hour, minute, tzinfo=CHINA).astimezone(UTC)


class Beds:
    """A ward of the demo hospital."""

    def __init__(self, hospital: Hospital, kind: WardKind | None = WardKind.ORDINARY) -> None:
        self.hospital = hospital
        self.feeder = Feeder(hospital)
        self.room = Room(hospital.keyring, hospital.gallery, hospital.site.rules)
        self.nurse = self.account("n0001")
        with hospital.database.app.begin() as conn:
            for code, name in ((NURSE, "南丁"), (PHYSICIAN, "华佗")):
                person = people.register_person(
                    conn, hospital.keyring, INSTITUTION, number=None, name=name
                )
                registry.add(conn, INSTITUTION, person, code, "cardiology", at(8))
            if kind is not None:
                wards.state(conn, INSTITUTION, WARD, kind, self.nurse, at(0), "心内科病区")

    def account(self, login: str) -> str:
        """An account's id."""
        hospital = self.hospital
        with hospital.database.app.begin() as conn:
            return accounts.create(
                conn, hospital.keyring, INSTITUTION, login, hospital.clock()
            ).account

    def admit(self, person: Person, stay: str, /, **changes: Any) -> None:
        """The HIS says that somebody lies here, since yesterday unless told otherwise."""
        said: dict[str, Any] = {
            "valid_from": (at(9) - timedelta(days=1)).isoformat(),
            "valid_to": None,
            "ward": WARD,
            "bed": "12",
        }
        (result,) = self.feeder.put("inpatients", item(person, stay, **(said | changes)))
        assert result in ("created", "changed"), result

    def enter(
        self,
        stay: str,
        found: Found,
        when: datetime,
        *,
        away: Away | None = None,
        said: Said | None = None,
        by: str = "",
    ) -> str:
        """Enter a look; its id."""
        entering = Entering(found, away, said or band(stay))
        with self.hospital.database.app.begin() as conn:
            return looks.enter(conn, self.room, stay, entering, by or self.nurse, when)

    def refused(self, stay: str, found: Found, when: datetime, **said: Any) -> str:
        """The code with which a look is refused."""
        try:
            self.enter(stay, found, when, **said)
        except PresenceRefused as refused:
            return refused.code
        raise AssertionError("was entered")

    def compare(self, stay: str, face: Face, when: datetime, **said: Any) -> Found:
        """Three fresh frames of a face before the phone."""
        with self.hospital.database.app.begin() as conn:
            return faces.compare(
                conn,
                self.room,
                stay,
                self.probe(face),
                said.get("said") or Said(stay, (), NURSE, PHYSICIAN),
                self.nurse,
                when,
            )

    def probe(self, face: Face) -> Probe:
        """As the frames of a camera become one vector."""
        crops = np.stack([face.crop() for _ in range(faces.FRAMES)])
        own = self.hospital.embedder.embed(crops)
        return Probe(embedding.probe_of(own), tuple(new_id() for _ in crops))

    def entries(self, stay: str) -> list[Entry]:
        """What counts of a stay."""
        with self.hospital.database.app.connect() as conn:
            found = stays.entries(conn, INSTITUTION, [stays.one(conn, INSTITUTION, stay)])
        return stays.in_force(found)

    def bed(self, stay: str, when: datetime) -> stays.Bed:
        """As the nurse's list shows it."""
        with self.hospital.database.app.connect() as conn:
            lying = stays.one(conn, INSTITUTION, stay)
        return stays.bed_of(lying, self.entries(stay), when, self.room.rules)


def band(stay: str, **changes: Any) -> Said:
    """Everything that a first check by wristband needs."""
    said: dict[str, Any] = {
        "wristband": stay,
        "identifiers": ("name", "birth"),
        "nurse": NURSE,
        "physician": PHYSICIAN,
    }
    return Said(**(said | changes))
