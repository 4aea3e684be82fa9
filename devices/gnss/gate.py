"""Whether a fix is good enough for a check-in (签到). Limits of engineering, not of a standard."""

from dataclasses import dataclass
from datetime import datetime

from .fix import Fix

_BEFORE_S = 0.5
"""How far a fix may lie after now: the host's clock is mended in small steps."""


@dataclass(frozen=True)
class GateLimits:
    """What a check-in asks of a fix."""

    qualities: frozenset[int] = frozenset({1, 2, 4, 5})
    """GGA's. Never estimated (6), manual (7) or simulator (8)."""
    min_satellites: int = 5
    max_hdop: float = 3.0
    max_age_s: float = 5.0
    max_disagreement_m: float = 10.0
    """Between the positions of GGA and RMC."""

    def __post_init__(self) -> None:
        if not self.qualities <= {1, 2, 3, 4, 5}:
            raise ValueError("a check-in takes measured qualities only: 1 to 5")


def gate(fix: Fix, now: datetime, limits: GateLimits | None = None) -> list[str]:
    """Codes of all reasons against a check-in with this fix at `now` (aware); empty if none.

    A fix after `now` has no age that can be known, and counts as stale. `simulated` and `doubts`
    are not asked here: whoever decides on the check-in knows whether it may be a demo's.
    """
    limits = limits or GateLimits()
    holds = {
        "gnss.quality": fix.quality in limits.qualities,
        "gnss.few_satellites": fix.satellites >= limits.min_satellites,
        "gnss.poor_geometry": fix.hdop <= limits.max_hdop,
        "gnss.stale": -_BEFORE_S <= fix.age_at(now) <= limits.max_age_s,
        "gnss.disagree": fix.disagreement_m <= limits.max_disagreement_m,
    }
    return [code for code, good in holds.items() if not good]
