"""Visits by when they came and how they stand; reasons that were given.

A visit is counted once, at the hour in which it first came to a terminal or to the counter, so that
a curve shows how patients arrive and never how fast somebody dealt with them. Its outcome is the
best that it has: proved once is proved. What the counter took back does not count.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, text

from verifier.protocol.practice import PURPOSE as CHECK_IN

from .asked import Asked
from .spans import laid_out, step_s, unit_of

Outcome = Literal["accepted", "counter", "rejected", "refer", "retry", "refused"]
OUTCOMES: tuple[Outcome, ...] = ("accepted", "counter", "rejected", "refer", "retry", "refused")
"""The one that counts first. `counter` was settled by a person, `refer` waits there or left it."""

REFUSALS = (
    "capture.embedding_mismatch",
    "capture.injected",
    "capture.not_one_face",
    "capture.pack_mismatch",
    "capture.undecodable",
    "challenge.expired",
    "challenge.mismatch",
    "claim.mode_mismatch",
    "claim.wrong_audience",
    "credential.token_used",
    "evidence.empty",
    "evidence.malformed",
    "evidence.simulated",
    "evidence.unreadable",
    "legal_basis.contradiction",
    "legal_basis.guardian_missing",
    "legal_basis.missing",
    "legal_basis.notice_unknown",
    "purpose.unknown",
    "terminal.clone_suspected",
    "terminal.suspended",
    "ticket.invalid",
    "ticket.off",
)
"""With which a terminal's claim can be refused so that it is recorded; a text stands for each."""

FILTERED = """
  AND purpose <> :check_in
  AND (CAST(:purpose AS text) IS NULL OR purpose = :purpose)
  AND (CAST(:terminal AS text) IS NULL OR terminal = :terminal)
  AND (CAST(:site AS text) IS NULL OR terminal IN
    (SELECT id FROM terminals WHERE institution = :mine AND site = :site))
"""

_TOLD = f"""
SELECT visit, decided_at AS at, CASE outcome WHEN 'accepted' THEN 0 WHEN 'rejected' THEN 2
  WHEN 'refer' THEN 3 WHEN 'retry' THEN 4 ELSE 5 END AS rank
FROM decisions WHERE institution = :mine AND terminal IS NOT NULL
  AND decided_at >= :since AND decided_at < :until {FILTERED}
UNION ALL
SELECT i.visit, i.happened_at, CASE WHEN r.decision IS NULL THEN 3 ELSE 1 END
FROM counter_items AS i
LEFT JOIN counter_results AS r ON r.item = i.id AND r.reversed_at IS NULL
WHERE i.institution = :mine AND i.happened_at >= :since AND i.happened_at < :until {FILTERED}
"""  # noqa: S608  (constants of this module)
_VISITS = text(f"""
SELECT floor(extract(epoch FROM first - :since) / :step)::int AS place, rank, count(*) AS visits
FROM (SELECT min(at) AS first, min(rank) AS rank FROM ({_TOLD}) AS told GROUP BY visit) AS visits
GROUP BY place, rank
""")  # noqa: S608

_REASONS = text(f"""
SELECT outcome, coalesce(refusal_code, '') AS refused, reasons, count(*) AS times FROM (
  SELECT outcome, refusal_code, (body->'reasons')::text AS reasons FROM decisions
  WHERE institution = :mine AND terminal IS NOT NULL
    AND decided_at >= :since AND decided_at < :until {FILTERED}
) AS told GROUP BY outcome, refusal_code, reasons
""")  # noqa: S608


@dataclass(frozen=True)
class Visits:
    """For each outcome one count a span of the range."""

    counts: Mapping[Outcome, list[int]]

    @property
    def totals(self) -> dict[Outcome, int]:
        """Of the whole range."""
        return {outcome: sum(found) for outcome, found in self.counts.items()}

    @property
    def total(self) -> int:
        """Every visit."""
        return sum(self.totals.values())


@dataclass(frozen=True)
class Reason:
    """How often terminals' answers gave it. Of a refusal `code` is the refusal's.

    Attributes:
        accepted: so often with an accepted answer.
        other: so often with any other.
    """

    code: str
    refused: bool
    accepted: int
    other: int


def bound(asked: Asked, institution: str) -> dict[str, object]:
    """What statements of this package are given."""
    return {
        "mine": institution,
        "since": asked.since,
        "until": asked.until,
        "purpose": asked.purpose,
        "site": asked.site,
        "terminal": asked.terminal,
        "check_in": CHECK_IN,
    }


def visits(conn: Connection, institution: str, asked: Asked) -> Visits:
    """Each visit once."""
    groups: dict[Outcome, dict[int, int]] = {outcome: {} for outcome in OUTCOMES}
    step = {"step": step_s(unit_of(asked))}
    for place, rank, count in conn.execute(_VISITS, bound(asked, institution) | step):
        groups[OUTCOMES[rank]][place] = count
    return Visits({outcome: laid_out(asked, found) for outcome, found in groups.items()})


def reasons(conn: Connection, institution: str, asked: Asked) -> list[Reason]:
    """Every reason of terminals' answers, the commonest of those not accepted first."""
    found: dict[tuple[str, bool], list[int]] = {}
    for outcome, refused, said, times in conn.execute(_REASONS, bound(asked, institution)):
        codes = [refused] if refused else json.loads(said or "[]")
        for code in codes:
            one = found.setdefault((code, bool(refused)), [0, 0])
            one[outcome != "accepted"] += times
    made = [Reason(code, refused, *counts) for (code, refused), counts in found.items()]
    return sorted(made, key=lambda each: (-each.other, -each.accepted, each.code))
