"""Practitioners, shifts and windows of the demo hospital, for the pages of practice."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert

from tests.verifier.fixtures import INSTITUTION
from tests.verifier.practice import clinic
from tests.verifier.practice.clinic import Doctor
from tests.verifier.serving.hospital import Hospital
from verifier.identity import people
from verifier.practice import changes, locks, registry, sites
from verifier.practice.registry import Registration
from verifier.protocol.values import new_id
from verifier.store.practice_tables import PracticeWindow

HOUR = timedelta(hours=1)


class Ward:
    """What a test puts into the store around the hospital's present."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital
        self.now = hospital.clock()
        with hospital.database.app.begin() as conn:
            clinic.build(conn, INSTITUTION)

    def doctor(
        self, seed: int, name: str = "华佗", department: str = "cardiology", **said: Any
    ) -> Doctor:
        """Somebody registered since 2020; `login` is the work number."""
        login = said.pop("login", None)
        with self.hospital.database.app.begin() as conn:
            person = people.register_person(
                conn, self.hospital.keyring, INSTITUTION, number=None, name=name
            )
            made = Doctor(person, clinic.number(seed))
            registry.add(conn, INSTITUTION, person, made.code, department, self.now, login)
            if said.get("right") != "unregistered":
                rights = {"right": "independent", "from_day": clinic.date(2020, 1, 1)} | said
                registry.register(conn, INSTITUTION, person, Registration(**rights), self.now)
        return made

    def shift(self, who: Doctor, kind: str = "work", **said: Any) -> None:
        """Since an hour, for eight."""
        with self.hospital.database.app.begin() as conn:
            clinic.shift(conn, INSTITUTION, who, self.now - HOUR, 9, kind, **said)

    def window(self, who: Doctor, **said: Any) -> str:
        """Open since an hour, for two more, confirmed by face, unless told otherwise; its id."""
        with self.hospital.database.app.begin() as conn:
            return self._window(conn, who, said)

    def qualify(self, who: Doctor, state: Any) -> None:
        """Payment qualification since 2020."""
        since = clinic.datetime(2020, 1, 1, tzinfo=clinic.UTC)
        with self.hospital.database.app.begin() as conn:
            registry.qualify(conn, INSTITUTION, who.person, state, since, "test", self.now)

    def _window(self, conn: Connection, who: Doctor, said: dict[str, Any]) -> str:
        values: dict[str, Any] = {
            "id": new_id(),
            "institution": INSTITUTION,
            "practitioner": who.person,
            "site": "east",
            "department": "cardiology",
            "state": "confirmed",
            "opened_at": self.now - HOUR,
            "until": self.now + 2 * HOUR,
            "way": "face",
            "liveness": "not_assessed",
            "shift": "on_shift",
            "proof": "surveyed_terminal",
            "simulated": False,
            "leaf": "A" * 43,
        }
        values |= said
        if values["state"] in ("provisional", "deferred"):
            values.setdefault("review_by", values["opened_at"] + 72 * HOUR)
        conn.execute(insert(PracticeWindow).values(values))
        site = sites.get(conn, INSTITUTION, values["site"])
        assert site is not None
        key = locks.practitioner_key(self.hospital.keyring, None, INSTITUTION, who.code)
        if values["state"] != "deferred" and values.get("closed_at") is None:
            at, until = values["opened_at"], values["until"]
            locks.take(conn, key, values["id"], site.stand, at, until, move=True)
        changes.note(conn, INSTITUTION, who.person, "window.made", self.now, values["id"])
        return str(values["id"])

    def locked_elsewhere(self, who: Doctor) -> None:
        """Another institution of the region has the lock."""
        stand = locks.Stand("H99010100002", "北院", "wgs84", *clinic.WEST)
        key = locks.practitioner_key(self.hospital.keyring, None, INSTITUTION, who.code)
        with self.hospital.database.app.begin() as conn:
            locks.take(conn, key, new_id(), stand, self.now - HOUR, self.now + HOUR, move=True)


def populated(hospital: Hospital) -> tuple[Ward, dict[str, Doctor]]:
    """One practitioner of every status, by it."""
    ward = Ward(hospital)
    names = {
        "in": "张仲景",
        "other_way": "欧阳修远",
        "provisional": "李时珍",
        "on_call": "孙思邈",
        "not_in": "华佗",
        "elsewhere": "扁鹊",
        "deferred": "王叔和",
        "off": "葛洪",
    }
    made = {status: ward.doctor(seed, name) for seed, (status, name) in enumerate(names.items(), 1)}
    for status in ("in", "other_way", "not_in", "elsewhere"):
        ward.shift(made[status])
    ward.shift(made["on_call"], "on_call")
    ward.window(made["in"])
    ward.window(made["other_way"], way="other", state="approved")
    ward.window(made["provisional"], state="provisional", shift="unscheduled", reason="rescue")
    ward.window(made["deferred"], state="deferred", shift="unscheduled")
    ward.locked_elsewhere(made["elsewhere"])
    return ward, made
