"""What each ward is for. A ward of the HIS that nobody stated the kind of is never looked in on."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert

from verifier import ledger
from verifier.his.expected import NOW, OPEN_END
from verifier.store.presence_tables import PresenceWard

from .errors import PresenceRefused
from .rules import WardKind

MOST_NAME = 64

_WARDS = text(f"""
SELECT coalesce(w.code, v.ward) AS code, coalesce(w.name, v.ward) AS name, w.site, w.kind,
  coalesce(v.stays, 0) AS stays, w.changed_at
FROM (
  SELECT v.ward, count(*) AS stays FROM expected_visits AS v
  WHERE v.institution = :mine AND v.kind = 'inpatients' AND {NOW.format("v")} GROUP BY v.ward
) AS v
FULL JOIN (SELECT * FROM presence_wards WHERE institution = :mine) AS w ON w.code = v.ward
ORDER BY name, code
""")  # noqa: S608


@dataclass(frozen=True)
class Ward:
    """One ward.

    Attributes:
        code: as the HIS writes it.
        kind: None where nobody stated one.
        stays: how many lie there now, as the HIS tells it.
    """

    code: str
    name: str
    site: str | None
    kind: WardKind | None
    stays: int
    changed_at: datetime | None

    @property
    def looked_in_on(self) -> bool:
        """Whether anybody is asked to look into a camera there."""
        return self.kind is WardKind.ORDINARY


def listed(conn: Connection, institution: str, at: datetime) -> list[Ward]:
    """Every ward that was stated, and every other one in which the HIS has somebody now."""
    rows = conn.execute(_WARDS, {"mine": institution, "at": at, "open_end": OPEN_END})
    return [
        Ward(
            row.code,
            row.name,
            row.site,
            WardKind(row.kind) if row.kind else None,
            row.stays,
            row.changed_at,
        )
        for row in rows
    ]


def kind_of(conn: Connection, institution: str, ward: str) -> WardKind | None:
    """What it is for; None where nobody stated it."""
    row = conn.execute(
        text("SELECT kind FROM presence_wards WHERE institution = :mine AND code = :ward"),
        {"mine": institution, "ward": ward},
    ).one_or_none()
    return WardKind(row.kind) if row else None


def state(
    conn: Connection,
    institution: str,
    ward: str,
    kind: WardKind,
    by: str,
    at: datetime,
    name: str = "",
    site: str | None = None,
) -> None:
    """Say what a ward is for; it counts from now on. Raises `PresenceRefused`:
    `presence.name_malformed` for a code or a name that is empty, too long, or of other characters.
    """
    said = name.strip() or ward
    if not all(0 < len(each) <= MOST_NAME and each.isprintable() for each in (ward, said)):
        raise PresenceRefused("presence.name_malformed")
    values = {
        "name": said,
        "site": site or None,
        "kind": kind.value,
        "changed_at": at,
        "changed_by": by,
    }
    made = insert(PresenceWard).values(institution=institution, code=ward, **values)
    key = [PresenceWard.institution, PresenceWard.code]
    conn.execute(made.on_conflict_do_update(index_elements=key, set_=values))
    body = {"ward": ward, "ward_kind": kind.value, "by": by}
    ledger.append(conn, institution, "presence.ward", body)
