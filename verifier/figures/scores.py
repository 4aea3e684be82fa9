"""Scores of 1:1 comparisons with an enrolled face, beside the thresholds that stood then.

Each decision says its own threshold, so a policy that changed within the range shows as it was.
Scores of different calibrations are of different models and are never laid over each other.
Comparisons with a card's own photo are left out: it may be twenty years old.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, text

from verifier.ledger.policies import KIND as IN_FORCE

from .asked import Asked
from .visits import FILTERED, bound

LOW, HIGH, BINS = -0.2, 1.0, 24
"""Cosines; what lies below is counted in the lowest bin."""

EDGES: tuple[float, ...] = tuple(
    round(LOW + (HIGH - LOW) * place / BINS, 4) for place in range(BINS + 1)
)

_SCORES = text(f"""
SELECT calibration, threshold, fmr, extrapolated, score >= threshold AS reached,
  least(greatest(floor((score - :low) / :width + 1e-9)::int, 0), :bins - 1) AS bin,
  count(*) AS times, min(decided_at) AS first, max(decided_at) AS last
FROM (
  SELECT decided_at, body->>'calibration' AS calibration,
    (body#>>'{{comparison,score}}')::float8 AS score,
    (body#>>'{{comparison,threshold}}')::float8 AS threshold,
    (body#>>'{{comparison,fmr}}')::float8 AS fmr,
    (body#>>'{{comparison,extrapolated}}')::boolean AS extrapolated
  FROM decisions
  WHERE institution = :mine AND terminal IS NOT NULL
    AND decided_at >= :since AND decided_at < :until
    AND jsonb_typeof(body->'comparison') = 'object' AND body->>'identification' IS NULL
    AND NOT body->'reasons' ? 'chip_photo_differs'
    AND assurance IS DISTINCT FROM 'card+chip_photo' {FILTERED}
) AS compared
GROUP BY calibration, threshold, fmr, extrapolated, reached, bin
ORDER BY calibration, min(decided_at)
""")  # noqa: S608  (constants of this module)

_POLICIES = text("""
SELECT l.at, l.body->>'policy' AS digest, p.said FROM ledger AS l
LEFT JOIN policies AS p ON p.institution = l.institution AND p.digest = l.body->>'policy'
WHERE l.institution = :mine AND l.kind = :kind AND l.at < :until ORDER BY l.seq
""")


@dataclass
class Limit:
    """One threshold: its false match rate, and when comparisons were held to it.

    Attributes:
        extrapolated: the rate lies below what the calibration's data can show.
        reached: comparisons at or above it, of `times`.
    """

    cosine: float
    fmr: float
    extrapolated: bool
    first: datetime
    last: datetime
    times: int = 0
    reached: int = 0


@dataclass
class Scores:
    """Of one calibration: counts a bin of those that reached their threshold, and the rest."""

    calibration: str
    reached: list[int] = field(default_factory=lambda: [0] * BINS)
    below: list[int] = field(default_factory=lambda: [0] * BINS)
    limits: list[Limit] = field(default_factory=list)

    @property
    def times(self) -> int:
        """Every comparison."""
        return sum(self.reached) + sum(self.below)


@dataclass(frozen=True)
class InForce:
    """A policy from `at` on until the next one; `name` is what its file says."""

    at: datetime
    digest: str
    name: str


def scores(conn: Connection, institution: str, asked: Asked) -> list[Scores]:
    """One for each calibration, the oldest threshold of each first."""
    cut = {"low": LOW, "width": (HIGH - LOW) / BINS, "bins": BINS}
    found: dict[str, Scores] = {}
    for row in conn.execute(_SCORES, bound(asked, institution) | cut).mappings():
        one = found.setdefault(row["calibration"] or "", Scores(row["calibration"] or ""))
        (one.reached if row["reached"] else one.below)[row["bin"]] += row["times"]
        limit = _limit(one, row["threshold"], row["fmr"])
        if limit is None:
            ends = (row["first"], row["last"])
            limit = Limit(row["threshold"], row["fmr"], bool(row["extrapolated"]), *ends)
            one.limits.append(limit)
        limit.first, limit.last = min(limit.first, row["first"]), max(limit.last, row["last"])
        limit.times += row["times"]
        limit.reached += row["times"] if row["reached"] else 0
    for one in found.values():
        one.limits.sort(key=lambda limit: (limit.first, limit.cosine))
    return list(found.values())


def policies(conn: Connection, institution: str, asked: Asked) -> list[InForce]:
    """Those in force at some time of the range, the oldest first."""
    said = {"mine": institution, "kind": IN_FORCE, "until": asked.until}
    rows = conn.execute(_POLICIES, said).all()
    return in_range([InForce(row.at, row.digest, _name(row.said)) for row in rows], asked)


def in_range(known: Sequence[InForce], asked: Asked) -> list[InForce]:
    """Without those that another one followed before the range began."""
    older = [place for place, each in enumerate(known) if each.at <= asked.since]
    return list(known[older[-1] if older else 0 :])


def _limit(one: Scores, cosine: float, fmr: float) -> Limit | None:
    return next((each for each in one.limits if (each.cosine, each.fmr) == (cosine, fmr)), None)


def _name(said: str | None) -> str:
    try:
        found = json.loads(said or "{}").get("name", "")
    except (ValueError, AttributeError):
        return ""
    return str(found)
