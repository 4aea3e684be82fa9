"""Withdrawals and erasures of a range, each with where it stands in the sealed ledger.

No line names anybody: a time, what was done, and the leaf by which an auditor finds the entry.
That nothing is left of them is looked up anew each time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, text

from .asked import Asked

MOST = 500
Kind = Literal["person.erased", "consent.withdrawn"]

_ERASURES = text("""
SELECT l.at, l.kind, l.leaf, coalesce((l.body->>'templates')::int, 0) AS templates,
  l.body->>'reason' = 'retention' AS by_time, s.position, c.size, c.sealed_at
FROM ledger AS l
LEFT JOIN ledger_leaves AS s ON s.seq = l.seq AND s.institution = l.institution
LEFT JOIN LATERAL (
  SELECT k.size, k.sealed_at FROM checkpoints AS k
  WHERE k.institution = l.institution AND k.size > s.position ORDER BY k.size LIMIT 1
) AS c ON true
WHERE l.institution = :mine AND l.kind IN ('person.erased', 'consent.withdrawn')
  AND l.at >= :since AND l.at < :until
ORDER BY l.seq DESC LIMIT :most
""")
_TOTALS = text("""
SELECT count(*) FILTER (WHERE l.kind = 'person.erased') AS erased,
  count(*) FILTER (WHERE l.kind = 'consent.withdrawn') AS withdrawn,
  count(*) FILTER (WHERE s.seq IS NOT NULL) AS placed,
  count(*) FILTER (WHERE CASE l.kind
    WHEN 'person.erased' THEN EXISTS (SELECT 1 FROM people AS p WHERE p.id = l.body->>'person'
        AND (p.data_key_sealed IS NOT NULL OR p.name_sealed IS NOT NULL))
      OR EXISTS (SELECT 1 FROM identifiers AS i WHERE i.person = l.body->>'person')
      OR EXISTS (SELECT 1 FROM templates AS t WHERE t.person = l.body->>'person')
    ELSE EXISTS (SELECT 1 FROM templates AS t WHERE t.person = l.body->>'person'
        AND t.created_at <= l.at) END) AS remaining
FROM ledger AS l
LEFT JOIN ledger_leaves AS s ON s.seq = l.seq AND s.institution = l.institution
WHERE l.institution = :mine AND l.kind IN ('person.erased', 'consent.withdrawn')
  AND l.at >= :since AND l.at < :until
""")
_LISTED = text("SELECT count(*) FROM erasure_lines WHERE institution = :mine")
_IS_ONE = text("""
SELECT 1 FROM ledger_leaves AS s JOIN ledger AS l ON l.seq = s.seq
WHERE s.institution = :mine AND s.leaf = :leaf
  AND l.kind IN ('person.erased', 'consent.withdrawn') LIMIT 1
""")


@dataclass(frozen=True)
class Erasure:
    """One entry.

    Attributes:
        templates: face templates that were deleted with it.
        by_time: its time was over; otherwise the person asked.
        position: in the tree; None while it is not sealed.
        size: leaves under the first checkpoint that holds it.
    """

    at: datetime
    kind: Kind
    leaf: str
    templates: int
    by_time: bool
    position: int | None
    size: int | None
    sealed_at: datetime | None


@dataclass(frozen=True)
class Erasures:
    """Of one range; `lines` are the newest.

    Attributes:
        placed: entries that stand in the sealed tree.
        remaining: of how many something can still be read, which is to be 0.
        listed: lines of the signed list of what is gone, in all.
    """

    erased: int
    withdrawn: int
    placed: int
    remaining: int
    listed: int
    lines: list[Erasure]

    @property
    def total(self) -> int:
        """Both kinds."""
        return self.erased + self.withdrawn


def erasures(conn: Connection, institution: str, asked: Asked) -> Erasures:
    """Of the whole hospital; a purpose, site or terminal narrows nothing here."""
    said = {"mine": institution, "since": asked.since, "until": asked.until}
    totals = conn.execute(_TOTALS, said).one()
    rows = conn.execute(_ERASURES, said | {"most": MOST}).mappings()
    lines = [Erasure(**{**row, "by_time": bool(row["by_time"])}) for row in rows]
    listed = conn.scalar(_LISTED, {"mine": institution}) or 0
    return Erasures(
        totals.erased, totals.withdrawn, totals.placed, totals.remaining, int(listed), lines
    )


def is_one(conn: Connection, institution: str, leaf: str) -> bool:
    """Whether a sealed leaf is an erasure's or a withdrawal's."""
    return conn.scalar(_IS_ONE, {"mine": institution, "leaf": leaf}) is not None
