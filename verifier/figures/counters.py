"""What became of visits at the counter, over the whole range and never by hour or by clerk.

No time of anybody's work is read: neither who took a visit nor how long it took.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import Connection, text

from .asked import Asked
from .visits import FILTERED, bound

Ended = Literal["document", "let_pass", "waiting", "later", "left", "passed"]
ENDED: tuple[Ended, ...] = ("document", "let_pass", "waiting", "later", "left", "passed")
"""By document, let pass, still there, an emergency to be verified later, left unresolved, and
passed at a terminal after all."""

_COUNTER = text(f"""
SELECT origin, CASE WHEN r.way IS NOT NULL THEN r.way
    WHEN state IN ('waiting','taken') THEN 'waiting' WHEN state = 'later' THEN 'later'
    WHEN "end" = 'passed_at_terminal' THEN 'passed' ELSE 'left' END AS ended, count(*) AS visits
FROM counter_items AS i
LEFT JOIN counter_results AS r ON r.item = i.id AND r.reversed_at IS NULL
WHERE i.institution = :mine AND i.happened_at >= :since AND i.happened_at < :until {FILTERED}
GROUP BY origin, ended
""")  # noqa: S608  (constants of this module)


@dataclass(frozen=True)
class AtCounter:
    """Visits by how they came and how they ended."""

    counts: Mapping[tuple[str, Ended], int] = field(default_factory=dict)

    @property
    def ended(self) -> dict[Ended, int]:
        """By how they ended."""
        found = dict.fromkeys(ENDED, 0)
        for (_, ended), count in self.counts.items():
            found[ended] += count
        return found

    @property
    def total(self) -> int:
        """Every visit."""
        return sum(self.counts.values())


def at_counter(conn: Connection, institution: str, asked: Asked) -> AtCounter:
    """Visits that came to the counter in the range."""
    rows = conn.execute(_COUNTER, bound(asked, institution))
    return AtCounter({(row.origin, row.ended): row.visits for row in rows})
