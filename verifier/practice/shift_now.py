"""What the roster says of a practitioner at one moment: exactly one of four."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, text

Status = Literal["on_shift", "on_call", "off", "unscheduled"]

_NOW = text("""
SELECT kind, department, site, max(ends_at) OVER (PARTITION BY kind) AS ends_at
FROM roster_slots
WHERE practitioner = :person AND starts_at <= :at AND ends_at > :at
  AND starts_at > CAST(:at AS timestamptz) - interval '24 hours' -- no stretch is longer
  AND (CAST(:site AS text) IS NULL OR site = :site)
ORDER BY array_position(ARRAY['work','on_call','off'], kind::text), starts_at, id LIMIT 1
""")
_STATUS: dict[str, Status] = {"work": "on_shift", "on_call": "on_call", "off": "off"}


@dataclass(frozen=True)
class ShiftNow:
    """The shift of a moment; where and until when, if there is one."""

    status: Status
    department: str | None = None
    site: str | None = None
    ends_at: datetime | None = None


def shift_at(conn: Connection, person: str, site: str | None, at: datetime) -> ShiftNow:
    """One statement. Work counts before on-call, on-call before a day off."""
    row = conn.execute(_NOW, {"person": person, "site": site, "at": at}).one_or_none()
    if row is None:
        return ShiftNow("unscheduled")
    return ShiftNow(_STATUS[row.kind], row.department, row.site, row.ends_at)
