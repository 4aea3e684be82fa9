"""The second pair of eyes (双人复核): visits that a colleague asks to let pass."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from verifier.api.site import Site
from verifier.counter import items, resolving
from verifier.counter.items import Item
from verifier.trust.accounts.roles import Permission

from .counter_calls import COUNTER, counter_of, done, shown_names, titles
from .pages import Page
from .rendering import redirect, render
from .visitor import site_of, staff_of

SECOND = f"{COUNTER}/second"
ONE = f"{SECOND}/{{item}}"


@dataclass(frozen=True)
class Asked:
    """What waits for a second person, for a template; `account` is the reader's own."""

    at: datetime
    items: list[Item]
    names: dict[str, str]
    account: str


async def show_asked(request: Request) -> Response:
    """Visits that a clerk asks to let pass, for somebody else to agree."""
    site = site_of(request)
    asked = await site.small.take(_read, site, staff_of(request).account)
    return render(request, "counter_second.html", asked=asked, titles=titles(request))


async def agree(request: Request) -> Response:
    """A second person agrees: the visit is let pass, with both accounts on record."""
    return await _answered(request, agreed=True)


async def decline(request: Request) -> Response:
    """A second person does not agree: the clerk goes on with the visit in another way."""
    return await _answered(request, agreed=False)


async def _answered(request: Request, *, agreed: bool) -> Response:
    site, item = site_of(request), request.path_params["item"]
    account, at = staff_of(request).account, site.parts.clock()
    counter = counter_of(site, account)
    await done(
        request,
        lambda conn: resolving.second(conn, counter, item, account, at, agreed=agreed),
    )
    flash = "console.flash.counter_agreed" if agreed else "console.flash.counter_declined"
    return redirect(request, SECOND, flash)


def _read(site: Site, account: str) -> Asked:
    mine = site.parts.institution
    with site.parts.engine.connect() as conn:
        found = [one for one in items.waiting(conn, mine, ("taken",)) if one.pass_by]
        return Asked(site.parts.clock(), found, shown_names(site, conn, found), account)


_SECOND = Permission.COUNTER_SECOND
pages = [
    Page(SECOND, "GET", _SECOND, show_asked, nav="console.nav.counter_second"),
    Page(f"{ONE}/agreed", "POST", _SECOND, agree, again=True, back=SECOND),
    Page(f"{ONE}/declined", "POST", _SECOND, decline, again=True, back=SECOND),
]
