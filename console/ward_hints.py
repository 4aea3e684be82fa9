"""Hints of 在院核验: a bed empty in two half-days, beside what the HIS says. Never a finding."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from verifier.api.site import Site
from verifier.presence import hints
from verifier.presence.hints import CAUSES, Hint
from verifier.protocol.his import Kind
from verifier.trust.accounts.roles import Permission

from .freshness import Fresh, freshness
from .pages import Page
from .practice_names import shown_names
from .rendering import redirect, render
from .visitor import form_of, site_of, staff_of
from .ward_room import WARD, done

HINTS = f"{WARD}/hints"
CLOSED_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Seen:
    """Hints with masked names, for a template."""

    at: datetime
    fresh: Fresh
    open: list[tuple[Hint, str]]
    closed: list[tuple[Hint, str]]


async def show_hints(request: Request) -> Response:
    """Beds that were empty in two half-days, with what the HIS says of each stay now."""
    site = site_of(request)
    fresh = await site.small.take(freshness, site, (Kind.INPATIENTS,))
    seen = await done(request, lambda conn: _seen(site, conn, fresh))
    return render(request, "ward_hints.html", seen=seen, causes=CAUSES)


async def explain(request: Request) -> Response:
    """Close a hint with what the hospital's record explains it by."""
    site, hint, by = site_of(request), request.path_params["hint"], staff_of(request).account
    cause, at, mine = form_of(request).text("cause"), site.parts.clock(), site.parts.institution
    await done(request, lambda conn: hints.explain(conn, mine, hint, cause, by, at))
    return redirect(request, HINTS, "console.flash.ward_explained")


def _seen(site: Site, conn: Connection, fresh: Fresh) -> Seen:
    at = site.parts.clock()
    found = hints.listed(conn, site.parts.institution, at - CLOSED_FOR)
    people = [each.person for each in found if each.person]
    names = shown_names(site, conn, people, clear=False)
    lines = [(each, names.get(each.person or "", "")) for each in found]
    return Seen(
        at,
        fresh,
        [line for line in lines if line[0].closed_at is None],
        [line for line in lines if line[0].closed_at is not None],
    )


pages = [
    Page(HINTS, "GET", Permission.PRESENCE_READ, show_hints, nav="console.nav.ward_hints"),
    Page(f"{HINTS}/{{hint}}/explained", "POST", Permission.PRESENCE_EXPLAIN, explain),
]
