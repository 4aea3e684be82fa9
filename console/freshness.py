"""How fresh is what a HIS told: for any page that shows something which rests on it.

A handler passes `freshness(site, kinds)` to its template, which says it by the macro `updated` of
`his_parts.html`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from verifier.api.site import Site
from verifier.his import expected
from verifier.protocol.his import FeedState, Kind

OLD = timedelta(minutes=30)
"""Staff are told where nothing was heard for so long."""


@dataclass(frozen=True)
class Fresh:
    """数据更新于. `heard_at` is None where nothing was ever heard.

    Attributes:
        now: the verifier's time, to which the other is compared.
    """

    heard_at: datetime | None
    now: datetime

    @property
    def old(self) -> bool:
        """Whether staff should ask for the interface before they trust the list."""
        return self.heard_at is None or self.now - self.heard_at > OLD


def freshness(site: Site, kinds: Iterable[Kind] = tuple(Kind)) -> Fresh:
    """Of these kinds together: as old as the oldest that was ever heard of. Asks the store."""
    wanted, at = set(kinds), site.parts.clock()
    with site.parts.engine.connect() as conn:
        found = expected.states(conn, site.parts.institution, at)
    return of_states([each for each in found if each.kind in wanted], at)


def of_states(states: Sequence[FeedState], at: datetime) -> Fresh:
    """The same of states that were read already."""
    heard = [each.heard_at for each in states if each.heard_at is not None]
    return Fresh(min(heard, default=None), at)
