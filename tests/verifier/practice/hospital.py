"""An invented hospital: two departments at two sites, three physicians with registrations."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert

from verifier.identity import people
from verifier.protocol.values import new_id, now
from verifier.shifts import Assignment
from verifier.store.practice_tables import Department, PracticeRegistration, Practitioner, Site
from verifier.trust.keys import KeyRing

from ..shifts.invented import CHEN, LIN, WU

LUNG, EMERGENCY = "resp", "er"
EAST, WEST = "east", "west"
SITE_OF = {LUNG: EAST, EMERGENCY: WEST}
NAMES = {CHEN: ("陈甲", "00123"), LIN: ("林乙", "00124"), WU: ("吴丙", "A0125")}
FIRST_DAY = date(2026, 1, 1)


@dataclass(frozen=True)
class Hospital:
    """Its code, and the persons' ids by their platform's codes."""

    code: str
    ids: dict[str, str]


def open_hospital(conn: Connection, keyring: KeyRing, institution: str) -> Hospital:
    """Everything in the caller's transaction."""
    for code, name in ((EAST, "东院"), (WEST, "西院")):
        conn.execute(
            insert(Site).values(
                institution=institution, code=code, name=name, datum="wgs84",
                latitude=30.0, longitude=120.0, fences=[], networks=[],
            )
        )  # fmt: skip
    for code, name in ((LUNG, "呼吸内科"), (EMERGENCY, "急诊科")):
        values = {"institution": institution, "code": code, "name": name, "site": SITE_OF[code]}
        conn.execute(insert(Department).values(values))
    ids = {code: employ(conn, keyring, institution, code) for code in NAMES}
    return Hospital(institution, ids)


def employ(
    conn: Connection, keyring: KeyRing, institution: str, code: str, department: str = LUNG
) -> str:
    """A practitioner registered for every site since the year's beginning; the person's id."""
    name, login = NAMES.get(code, (f"医师{code[-3:]}", None))
    person = people.register_person(conn, keyring, institution, number=f"N{code}", name=name)
    conn.execute(
        insert(Practitioner).values(
            person=person, institution=institution, code=code, profession="physician",
            department=department, login=login, created_at=now(),
        )
    )  # fmt: skip
    register(conn, institution, person)
    return person


def register(conn: Connection, institution: str, person: str, site: str | None = None) -> None:
    """A registration without an end."""
    conn.execute(
        insert(PracticeRegistration).values(
            id=new_id(), institution=institution, practitioner=person, site=site,
            basis="registration", practice_right="independent", document="p",
            from_day=FIRST_DAY, recorded_at=now(),
        )
    )  # fmt: skip


def planned(
    code: str, day: int = 7, physician: str = CHEN, department: str = LUNG, month: int = 12
) -> Assignment:
    """A shift in December 2026."""
    day_of = date(2026, month, day)
    return Assignment(physician, department, SITE_OF[department], day_of, code)
