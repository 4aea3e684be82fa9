"""Hints: a bed that was empty in two different half-days, to be read beside the hospital's record.

A hint says nothing of anybody. It goes by itself as soon as the person is met, and is closed with
what explains it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from verifier import ledger
from verifier.protocol.values import new_id

from . import rules
from .errors import PresenceRefused
from .stays import Entry, Lying

CAUSES = (
    "examination",
    "operation",
    "dialysis",
    "leave",
    "transfer",
    "discharged",
    "bed_changed",
    "system_behind",
    "in_the_record",
)
"""What may explain it; each is somebody's reading of the hospital's own record."""
BY_ITSELF = ("met", "undone")
"""The person was met since, or is known to be away; the entry that made it was taken back."""

_OPEN = text("""
SELECT id FROM presence_hints
WHERE institution = :mine AND stay = :stay AND closed_at IS NULL FOR UPDATE
""")
_LAST = text("""
SELECT max(closed_at) FROM presence_hints
WHERE institution = :mine AND stay = :stay AND cause NOT IN ('met', 'undone')
""")
_RAISE = text("""
INSERT INTO presence_hints (id, institution, stay, person, ward, bed, found_at)
VALUES (:id, :mine, :stay, :person, :ward, :bed, :at)
""")
_CLOSE = text("""
UPDATE presence_hints SET cause = :cause, closed_at = :at, closed_by = :by
WHERE institution = :mine AND id = :hint AND closed_at IS NULL
""")


def review(
    conn: Connection, institution: str, lying: Lying, own: Sequence[Entry], at: datetime
) -> None:
    """Raise or end the hint of a stay, as its looks in force say now."""
    bound = {"mine": institution, "stay": lying.stay}
    open_ = conn.scalar(_OPEN, bound)
    explained = conn.scalar(_LAST, bound) if open_ is None else None
    looks = [each.look for each in own if explained is None or each.at > explained]
    if open_ is not None and not rules.is_hint(looks):
        met = any(look.found in rules.SETTLED and look.at >= at for look in looks)
        _closed(conn, institution, open_, "met" if met else "undone", None, at)
    if open_ is None and rules.is_hint(looks):
        hint = new_id()
        said = {"id": hint, "person": lying.person, "ward": lying.ward, "bed": lying.bed, "at": at}
        conn.execute(_RAISE, bound | said)
        ledger.append(conn, institution, "presence.hint", {"hint": hint, "person": lying.person})


def explain(
    conn: Connection, institution: str, hint: str, cause: str, by: str, at: datetime
) -> None:
    """Close a hint with what explains it. Raises `PresenceRefused`: `presence.unknown`, also for a
    cause that is none, and `presence.closed`."""
    if cause not in CAUSES:
        raise PresenceRefused("presence.unknown")
    known = text("SELECT closed_at FROM presence_hints WHERE institution = :mine AND id = :hint")
    row = conn.execute(known, {"mine": institution, "hint": hint}).one_or_none()
    if row is None:
        raise PresenceRefused("presence.unknown")
    if not _closed(conn, institution, hint, cause, by, at):
        raise PresenceRefused("presence.closed")


def _closed(
    conn: Connection, institution: str, hint: str, cause: str, by: str | None, at: datetime
) -> bool:
    bound = {"mine": institution, "hint": hint, "cause": cause, "by": by, "at": at}
    done = conn.execute(_CLOSE, bound).rowcount
    if done:
        body = {"hint": hint, "cause": cause, "by": by}
        ledger.append(conn, institution, "presence.hint_closed", body)
    return bool(done)


@dataclass(frozen=True)
class Hint:
    """One hint, with what the HIS says of the stay now. No member of staff stands in it.

    Attributes:
        empty: when the bed was met empty, the oldest first.
        his_state: of the stay; None where the HIS tells nothing of it any more.
    """

    id: str
    person: str | None
    ward: str
    bed: str | None
    found_at: datetime
    cause: str | None
    closed_at: datetime | None
    empty: list[datetime]
    his_state: str | None
    his_ward: str | None
    his_bed: str | None
    since: datetime | None
    until: datetime | None
    heard_at: datetime | None


_LISTED = text("""
SELECT h.id, h.person, h.ward, h.bed, h.found_at, h.cause, h.closed_at, ARRAY(
    SELECT l.at FROM presence_looks AS l
    WHERE l.institution = :mine AND l.stay = h.stay AND l.found = 'empty' AND l.at <= h.found_at
    AND NOT EXISTS (SELECT 1 FROM presence_looks AS c WHERE c.instead_of = l.id)
    ORDER BY l.at DESC LIMIT 2
  ) AS empty,
  v.state AS his_state, v.ward AS his_ward, v.bed AS his_bed, v.valid_from AS since,
  v.valid_to AS until, v.heard_at
FROM presence_hints AS h LEFT JOIN expected_visits AS v
  ON v.institution = h.institution AND v.kind = 'inpatients' AND v.external_id = h.stay
WHERE h.institution = :mine AND (h.closed_at IS NULL OR h.closed_at > :since)
ORDER BY h.closed_at IS NOT NULL, h.found_at DESC, h.id LIMIT 200
""")


def listed(conn: Connection, institution: str, since: datetime) -> list[Hint]:
    """What is open, and what was closed after `since`, the newest first."""
    rows = conn.execute(_LISTED, {"mine": institution, "since": since}).mappings()
    return [Hint(**{**row, "empty": sorted(row["empty"])}) for row in rows]
