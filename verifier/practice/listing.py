"""The registry as staff look through it: practitioners, and one with what is recorded of them."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select, text
from sqlalchemy.orm import aliased

from verifier.store.practice_tables import PracticeRegistration, Practitioner, Qualification

from .registry import HOSPITAL


@dataclass(frozen=True)
class Entry:
    """A practitioner in a list; `right` and `payment` as they are on the day asked for."""

    person: str
    code: str
    profession: str
    department: str
    login: str | None
    right: str | None
    payment: str | None


@dataclass(frozen=True)
class Held:
    """One registration, in force or not. `supervisor` is a practitioner's code."""

    id: str
    right: str
    site: str | None
    basis: str
    document: str
    supervisor: str | None
    from_day: date
    to_day: date | None
    ended_at: datetime | None

    def in_force(self, at: datetime) -> bool:
        """Whether it covers this moment's day and was not ended."""
        day = at.astimezone(HOSPITAL).date()
        if self.ended_at is not None and self.ended_at <= at:
            return False
        return self.from_day <= day and (self.to_day is None or self.to_day >= day)


@dataclass(frozen=True)
class Qualified:
    """The payment qualification (医保支付资格) from a moment on."""

    state: str
    since: datetime
    source: str


_ENTRIES = text("""
SELECT p.person, p.code, p.profession, p.department, p.login, r.practice_right, q.state
FROM practitioners AS p
LEFT JOIN LATERAL (
  SELECT practice_right FROM practice_registrations
  WHERE practitioner = p.person AND from_day <= :day AND (to_day IS NULL OR to_day >= :day)
    AND (ended_at IS NULL OR ended_at > :at)
  ORDER BY array_position(ARRAY['independent','granted','supervised','none'], practice_right), id
  LIMIT 1
) AS r ON true
LEFT JOIN LATERAL (
  SELECT state FROM qualifications WHERE practitioner = p.person AND since <= :at
  ORDER BY since DESC, recorded_at DESC LIMIT 1
) AS q ON true
WHERE p.institution = :institution ORDER BY p.code
""")


def entries(conn: Connection, institution: str, at: datetime) -> list[Entry]:
    """Every practitioner of the institution, by code."""
    bound = {"institution": institution, "at": at, "day": at.astimezone(HOSPITAL).date()}
    return [Entry(*row) for row in conn.execute(_ENTRIES, bound)]


def registrations(conn: Connection, institution: str, person: str) -> list[Held]:
    """All registrations of somebody, the newest first."""
    row, other = PracticeRegistration, aliased(Practitioner)
    columns = (row.id, row.practice_right, row.site, row.basis, row.document, other.code)
    found = conn.execute(
        select(*columns, row.from_day, row.to_day, row.ended_at)
        .outerjoin(other, other.person == row.supervisor)
        .where(row.institution == institution, row.practitioner == person)
        .order_by(row.from_day.desc(), row.recorded_at.desc(), row.id)
    )
    return [Held(*each) for each in found]


def qualifications(conn: Connection, institution: str, person: str) -> list[Qualified]:
    """What was recorded of the payment qualification, the newest first."""
    row = Qualification
    found = conn.execute(
        select(row.state, row.since, row.source)
        .where(row.institution == institution, row.practitioner == person)
        .order_by(row.since.desc(), row.recorded_at.desc())
    )
    return [Qualified(*each) for each in found]
