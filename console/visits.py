"""Today's appointments and inpatients (今日预约与在院) for the counter: counts, and how fresh."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from verifier.api.site import Site
from verifier.his import expected
from verifier.his.expected import Line
from verifier.practice import sites
from verifier.protocol.his import FeedState, Kind
from verifier.trust.accounts.roles import Permission

from .freshness import Fresh, of_states
from .pages import Page
from .rendering import render
from .visitor import site_of

VISITS = "/console/visits"


@dataclass(frozen=True)
class Part:
    """One kind: how much of it counts now, where, and how fresh it is."""

    state: FeedState
    fresh: Fresh
    lines: list[Line]


@dataclass(frozen=True)
class Seen:
    """Every kind, for a template; departments by their names where they are registered."""

    at: datetime
    parts: list[Part]
    names: dict[str, str]


async def show_visits(request: Request) -> Response:
    """How many are expected now, by department and ward, and when the HIS last spoke."""
    site = site_of(request)
    return render(request, "visits.html", seen=await site.small.take(_read, site))


def _read(site: Site) -> Seen:
    mine, at = site.parts.institution, site.parts.clock()
    with site.parts.engine.connect() as conn:
        states = expected.states(conn, mine, at)
        lines = expected.lines(conn, mine, at)
        names = {ward.code: ward.name for ward in sites.departments(conn, mine)}
    return Seen(at, [_part(each, lines, at) for each in states], names)


def _part(state: FeedState, lines: list[Line], at: datetime) -> Part:
    mine = [line for line in lines if line.kind is Kind(state.kind)]
    return Part(state, of_states([state], at), mine)


pages = [
    Page(VISITS, "GET", Permission.EXPECTED_READ, show_visits, nav="console.nav.visits"),
]
