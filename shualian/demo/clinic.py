"""Where and who practises in the demo hospital: three invented sites, two physicians and a nurse.

The sites lie in a desert where no hospital is. Two are a short walk apart, the third is more than
an hour away. Everything can be done again.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete, insert

from devices.gnss.virtual import NOWHERE
from verifier.identity import people
from verifier.place import Circle, Datum
from verifier.practice import registry, sites, windows
from verifier.practice.registry import HOSPITAL, Registration
from verifier.protocol.values import new_id
from verifier.store.practice_tables import RosterSlot
from verifier.trust.keys import KeyRing

from .sample import INVENTED, Invented

FENCE_M = 300.0
DEPARTMENT, INTERNAL = "emergency", "internal"
DEPARTMENTS = {DEPARTMENT: "急诊科", INTERNAL: "内科"}


@dataclass(frozen=True)
class DemoSite:
    """A site, by its code, the name on the screen, and its point (WGS-84)."""

    code: str
    name: str
    latitude: float
    longitude: float


EAST = DemoSite("east", "东院区", NOWHERE.latitude, NOWHERE.longitude)
WEST = DemoSite("west", "西院区", NOWHERE.latitude + 0.0075, NOWHERE.longitude)
"""Some 830 m from the other: one walks."""
FAR = DemoSite("far", "远郊院区", NOWHERE.latitude + 1.5, NOWHERE.longitude)
"""Some 170 km away."""
SITES = (EAST, WEST, FAR)


@dataclass(frozen=True)
class Physician:
    """One of the six who may practise here, under a code of a region that no province has."""

    invented: Invented
    code: str
    on_shift: bool
    """Whether the roster has today's shift at the east site."""


_BY_ID = {one.id: one for one in INVENTED}
PHYSICIANS = (
    Physician(_BY_ID["zhang"], "D990101000001", on_shift=True),
    Physician(_BY_ID["li"], "D990101000002", on_shift=False),
)
NURSE = Invented("wu", "吴庚", "19900214", "684", 0.0, enrolled=False)
"""Without a picture; the ward nurse's account is hers."""
NURSE_CODE, NURSE_LOGIN = "N990101000001", "ward-nurse"
NOBODY = "D990101000099"
"""A code that nobody has here."""


def record_sites(conn: Connection, institution: str) -> None:
    """See that sites and departments are there."""
    known = {one.code for one in sites.listed(conn, institution)}
    for site in SITES:
        if site.code in known:
            continue
        point = (site.latitude, site.longitude)
        fence = Circle(*point, FENCE_M, Datum.WGS84, site.name)
        said = {"name": site.name, "point": point, "datum": Datum.WGS84, "shapes": [fence]}
        sites.put(conn, institution, site.code, **said)  # type: ignore[arg-type]
    there = {one.code for one in sites.departments(conn, institution)}
    for code, name in DEPARTMENTS.items():
        if code not in there:
            sites.put_department(conn, institution, code, name, EAST.code)


def record_physicians(conn: Connection, keyring: KeyRing, institution: str, at: datetime) -> None:
    """See that they are registered, and that today's roster is around this moment."""
    for physician in PHYSICIANS:
        person = person_of(conn, keyring, institution, physician)
        if registry.of_person(conn, institution, person) is None:
            registry.add(conn, institution, person, physician.code, DEPARTMENT, at)
            said = Registration("independent", date(2020, 1, 1))
            registry.register(conn, institution, person, said, at)
        _put_on_shift(conn, institution, person, at, on_shift=physician.on_shift)


def record_nurse(conn: Connection, keyring: KeyRing, institution: str, at: datetime) -> None:
    """See that there is a nurse in the registry, whose code a first check in a ward asks for."""
    if registry.find(conn, institution, NURSE_CODE) is not None:
        return
    person = people.register_person(
        conn, keyring, institution, number=NURSE.number, name=NURSE.name
    )
    registry.add(conn, institution, person, NURSE_CODE, INTERNAL, at, NURSE_LOGIN)
    said = Registration("independent", date(2020, 1, 1))
    registry.register(conn, institution, person, said, at)


def person_of(conn: Connection, keyring: KeyRing, institution: str, physician: Physician) -> str:
    """The physician's person id. Raises `LookupError` where nobody enrolled them."""
    number = physician.invented.number
    found = people.find_by_number(conn, keyring, institution, "resident_id", number)
    if found is None:
        raise LookupError("the demo's physicians are enrolled first")
    return found.id


def end_open_windows(conn: Connection, keyring: KeyRing, institution: str, at: datetime) -> None:
    """Close what a demo before left open, so that a physician's day begins anew."""
    for physician in PHYSICIANS:
        person = person_of(conn, keyring, institution, physician)
        found = windows.last_before(conn, person, at)
        if found is not None and found.open_at(at):
            windows.close(conn, found, at, "out")


def a_time_off(
    conn: Connection, keyring: KeyRing, institution: str, physician: Physician, at: datetime
) -> datetime:
    """Yesterday, or before: a moment at which the physician did not practise."""
    person = person_of(conn, keyring, institution, physician)
    moment = at - timedelta(days=1)
    while windows.between(conn, institution, moment, moment + timedelta(seconds=1), person):
        moment -= timedelta(hours=1)
    return moment


def _put_on_shift(
    conn: Connection, institution: str, person: str, at: datetime, *, on_shift: bool
) -> None:
    """Two hours ago the shift began, in eight it ends; of those before nothing is left."""
    conn.execute(delete(RosterSlot).where(RosterSlot.practitioner == person))
    if not on_shift:
        return
    starts = at.replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    values = {
        "id": new_id(),
        "institution": institution,
        "practitioner": person,
        "department": DEPARTMENT,
        "site": EAST.code,
        "day": starts.astimezone(HOSPITAL).date(),
        "shift": "急白",
        "kind": "work",
        "starts_at": starts,
        "ends_at": starts + timedelta(hours=10),
    }
    conn.execute(insert(RosterSlot).values(values))
