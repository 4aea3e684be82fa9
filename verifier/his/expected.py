"""Who is expected now: for a search by face alone, for a ward, and as counts with their freshness.

`StoredVisits` is the adapter at the port `verifier.decision.expected.ExpectedVisits`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from verifier.protocol.his import FeedState, Kind

OPEN_END = timedelta(days=31)
"""An inpatient without an end of whom nothing was heard for so long is expected no more."""

FOR_PURPOSE = {
    "outpatient_registration": (Kind.APPOINTMENTS,),
    "settlement": (Kind.APPOINTMENTS, Kind.DISPENSING, Kind.INPATIENTS),
    "dispensing": (Kind.DISPENSING,),
    "admission": (Kind.ADMISSION_ORDERS,),
}
"""What somebody is expected for who comes for a purpose; for any other one nobody is expected."""

NOW = (
    "{0}.state = 'planned' AND {0}.valid_from <= :at "
    "AND coalesce({0}.valid_to, {0}.heard_at + :open_end) > :at"
)
"""SQL: it counts at this moment."""

_PEOPLE = text(f"""
SELECT DISTINCT p.id FROM expected_visits AS v
JOIN identifiers AS i ON i.institution = v.institution AND i.value_key = v.person_key
JOIN people AS p ON p.id = i.person
WHERE v.institution = :institution AND v.kind = ANY(:kinds) AND {NOW.format("v")}
AND (CAST(:department AS text) IS NULL OR v.department = :department)
AND p.state = 'confirmed' AND EXISTS (SELECT 1 FROM templates AS t WHERE t.person = p.id)
ORDER BY p.id
""")  # noqa: S608

_WARD = text(f"""
SELECT v.external_id, v.department, v.ward, v.bed, v.valid_from, v.valid_to, i.person
FROM expected_visits AS v
LEFT JOIN identifiers AS i ON i.institution = v.institution AND i.value_key = v.person_key
WHERE v.institution = :institution AND v.kind = 'inpatients' AND v.ward = :ward
AND {NOW.format("v")} ORDER BY v.bed, v.external_id
""")  # noqa: S608

_STATES = text(f"""
SELECT k.kind, f.heard_at, f.changed_at, (
  SELECT count(*) FROM expected_visits AS v
  WHERE v.institution = :institution AND v.kind = k.kind AND {NOW.format("v")}
) AS current
FROM unnest(CAST(:kinds AS text[])) WITH ORDINALITY AS k(kind, place)
LEFT JOIN his_feeds AS f ON f.kind = k.kind AND f.institution = :institution ORDER BY k.place
""")  # noqa: S608

_BY_DEPARTMENT = text(f"""
SELECT v.kind, v.department, v.ward, count(*) AS count FROM expected_visits AS v
WHERE v.institution = :institution AND {NOW.format("v")}
GROUP BY v.kind, v.department, v.ward ORDER BY v.kind, v.department, v.ward
""")  # noqa: S608


class StoredVisits:
    """Expected visits as the HIS told them."""

    def people(
        self,
        conn: Connection,
        institution: str,
        purpose: str,
        at: datetime,
        department: str | None = None,
    ) -> list[str]:
        """See the port."""
        kinds = [kind.value for kind in FOR_PURPOSE.get(purpose, ())]
        bound = {"kinds": kinds, "department": department, **_bound(institution, at)}
        return list(conn.scalars(_PEOPLE, bound))


@dataclass(frozen=True)
class Inpatient:
    """Somebody who lies on a ward.

    Attributes:
        person: None where nobody is registered under the number.
        until: None for an open end.
    """

    external_id: str
    department: str
    ward: str
    bed: str | None
    since: datetime
    until: datetime | None
    person: str | None


def inpatients_of(conn: Connection, institution: str, ward: str, at: datetime) -> list[Inpatient]:
    """Who lies on this ward at this moment, by bed."""
    rows = conn.execute(_WARD, {"ward": ward, **_bound(institution, at)})
    return [Inpatient(*row) for row in rows]


def states(conn: Connection, institution: str, at: datetime) -> list[FeedState]:
    """Every kind: how much counts now, and when it was last heard of."""
    bound = {"kinds": [kind.value for kind in Kind], **_bound(institution, at)}
    return [FeedState(**row) for row in conn.execute(_STATES, bound).mappings()]


@dataclass(frozen=True)
class Line:
    """How many are expected now, of one kind at one department and ward."""

    kind: Kind
    department: str
    ward: str | None
    count: int


def lines(conn: Connection, institution: str, at: datetime) -> list[Line]:
    """Counts by kind, department and ward; nobody is named."""
    rows = conn.execute(_BY_DEPARTMENT, _bound(institution, at))
    return [Line(Kind(row.kind), row.department, row.ward, row[3]) for row in rows]


def _bound(institution: str, at: datetime) -> dict[str, object]:
    return {"institution": institution, "at": at, "open_end": OPEN_END}
