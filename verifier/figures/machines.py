"""How the terminals are: seen when, how much they sent, and what went wrong by their own fault.

A machine is looked at, never who stood at it: a fixed terminal is nobody's, and phones, which are,
are left out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, text

from .asked import Asked
from .visits import bound

SKEW_S = 30.0
SILENT = timedelta(hours=24)
MANY, SHARE = 20, 0.05
"""From so many answers on a share of faults above this is told."""

OURS = ("challenge.expired", "credential.token_used", "legal_basis.guardian_missing")
"""Refusals that a person's pace, code or age brings about; every other is the machine's fault."""

Flag = Literal[
    "suspended", "clone_suspected", "revoked", "alarm", "skew", "faults", "silent", "never"
]

_MACHINES = text("""
SELECT t.id, t.label, t.site, t.state, t.last_seen_at AS seen_at, t.clock_skew_s AS skew_s,
  coalesce(d.answers, 0) AS answers, coalesce(d.faults, 0) AS faults,
  (SELECT count(*) FROM alarms AS a WHERE a.institution = :mine AND a.subject = t.id
     AND a.state <> 'done') AS open_alarms,
  (SELECT count(*) FROM alarms AS a WHERE a.institution = :mine AND a.subject = t.id
     AND a.last_at >= :since AND a.raised_at < :until) AS alarms
FROM terminals AS t
LEFT JOIN (
  SELECT terminal, count(*) AS answers,
    count(*) FILTER (WHERE outcome = 'refused' AND refusal_code <> ALL(:ours)) AS faults
  FROM decisions
  WHERE institution = :mine AND terminal IS NOT NULL AND purpose <> :check_in
    AND decided_at >= :since AND decided_at < :until
    AND (CAST(:purpose AS text) IS NULL OR purpose = :purpose)
  GROUP BY terminal
) AS d ON d.terminal = t.id
WHERE t.institution = :mine AND t.kind = 'fixed'
  AND (t.state <> 'revoked' OR d.answers > 0)
  AND (CAST(:terminal AS text) IS NULL OR t.id = :terminal)
  AND (CAST(:site AS text) IS NULL OR t.site = :site)
ORDER BY t.site, t.label, t.id
""")


@dataclass(frozen=True)
class Machine:
    """One fixed terminal. State, clock and open alarms are of now, the rest of the range.

    Attributes:
        skew_s: seconds by which its clock is ahead; None where it was never told.
        answers: decisions and refusals that it was given.
        faults: refusals of those by its own fault.
        alarms: raised or repeated in the range.
    """

    id: str
    label: str
    site: str
    state: str
    seen_at: datetime | None
    skew_s: float | None
    answers: int
    faults: int
    open_alarms: int
    alarms: int

    def flags(self, now: datetime) -> list[Flag]:
        """What somebody should look at; empty where nothing is."""
        found: list[Flag] = []
        if self.state in ("suspended", "clone_suspected", "revoked"):
            found.append(self.state)  # type: ignore[arg-type]
        if self.open_alarms:
            found.append("alarm")
        if abs(self.skew_s or 0.0) > SKEW_S:
            found.append("skew")
        if self.answers >= MANY and self.faults > SHARE * self.answers:
            found.append("faults")
        if self.state == "active" and self.seen_at is None:
            found.append("never")
        elif self.state == "active" and self.seen_at and now - self.seen_at > SILENT:
            found.append("silent")
        return found


def machines(conn: Connection, institution: str, asked: Asked) -> list[Machine]:
    """The fixed terminals that the filters name, by site and label; revoked ones where they still
    sent something in the range."""
    rows = conn.execute(_MACHINES, bound(asked, institution) | {"ours": list(OURS)})
    return [Machine(**row) for row in rows.mappings()]
