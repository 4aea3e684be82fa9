"""What the page of figures is made from, read in one go."""

from dataclasses import dataclass
from datetime import datetime

from verifier.api.site import Site
from verifier.figures import counters, enrolled, erasures, machines, scores, visits
from verifier.figures.asked import Asked
from verifier.figures.counters import AtCounter
from verifier.figures.enrolled import Enrolled
from verifier.figures.erasures import Erasures
from verifier.figures.machines import Machine
from verifier.figures.scores import InForce, Scores
from verifier.figures.spans import Span, Unit, spans, unit_of
from verifier.figures.visits import Reason, Visits


@dataclass(frozen=True)
class Read:
    """The figures of one range, as they were at `at`."""

    at: datetime
    asked: Asked
    unit: Unit
    spans: list[Span]
    visits: Visits
    reasons: list[Reason]
    scores: list[Scores]
    policies: list[InForce]
    machines: list[Machine]
    counter: AtCounter
    enrolled: Enrolled
    erasures: Erasures

    @property
    def proved(self) -> int:
        """Visits with a proof, at a terminal or at the counter."""
        return self.visits.totals["accepted"] + self.visits.totals["counter"]

    @property
    def flagged(self) -> list[Machine]:
        """Terminals that somebody should look at."""
        return [each for each in self.machines if each.flags(self.at)]


def read(site: Site, asked: Asked) -> Read:
    """Everything, in one connection and as of one moment."""
    mine, at = site.parts.institution, site.parts.clock()
    frozen = site.parts.engine.execution_options(isolation_level="REPEATABLE READ")
    with frozen.connect() as conn:
        return Read(
            at=at,
            asked=asked,
            unit=unit_of(asked),
            spans=spans(asked),
            visits=visits.visits(conn, mine, asked),
            reasons=visits.reasons(conn, mine, asked),
            scores=scores.scores(conn, mine, asked),
            policies=scores.policies(conn, mine, asked),
            machines=machines.machines(conn, mine, asked),
            counter=counters.at_counter(conn, mine, asked),
            enrolled=enrolled.enrolled(conn, mine, asked, at),
            erasures=erasures.erasures(conn, mine, asked),
        )
