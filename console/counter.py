"""The counter's queue (人工窗口): one list of what terminals referred and why, and 急诊先救."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from verifier.api.site import Site
from verifier.counter import arriving, items
from verifier.counter.items import Item
from verifier.trust.accounts.roles import Permission

from .counter_calls import COUNTER, ITEM, done, shown_names, titles
from .pages import Page
from .rendering import redirect, render
from .visitor import site_of, staff_of

LATER = f"{COUNTER}/later"
DONE = timedelta(hours=2)
"""So long the list shows what was dealt with."""


@dataclass(frozen=True)
class Queue:
    """What waits, for a template; `names` are masked and by item."""

    at: datetime
    waiting: list[Item]
    mine: list[Item]
    others: list[Item]
    later: int
    ended: list[Item]
    names: dict[str, str]


@dataclass(frozen=True)
class Later:
    """Emergencies whose identity is still to be verified."""

    at: datetime
    items: list[Item]
    names: dict[str, str]


async def show_queue(request: Request) -> Response:
    """Who waits at the counter and why, what this clerk has taken, and 急诊先救."""
    return render(request, "counter.html", **await _queue(request))


async def show_fragment(request: Request) -> Response:
    """The queue without the frame, with which the page renews itself."""
    return render(request, "counter_part.html", **await _queue(request))


async def take(request: Request) -> Response:
    """Deal with a visit from now on; of two clerks at once one gets it."""
    site, account = site_of(request), staff_of(request).account
    item, mine = request.path_params["item"], site.parts.institution
    await done(request, lambda conn: items.take(conn, mine, item, account, site.parts.clock()))
    return redirect(request, ITEM.format(item=item))


async def begin_emergency(request: Request) -> Response:
    """One touch: a temporary number and a wristband; who it is, is verified afterwards."""
    site, account = site_of(request), staff_of(request).account
    parts, policy = site.parts, site.rules.policy
    item = await done(
        request,
        lambda conn: arriving.emergency(conn, parts.institution, policy, account, parts.clock()),
    )
    return redirect(request, f"{ITEM.format(item=item)}/wristband", "console.flash.emergency")


async def show_later(request: Request) -> Response:
    """Emergencies whose identity is to be verified afterwards, the soonest due first."""
    site = site_of(request)
    later = await site.small.take(_later, site)
    return render(request, "counter_later.html", later=later, titles=titles(request))


async def _queue(request: Request) -> dict[str, Any]:
    site = site_of(request)
    queue = await site.small.take(_read, site, staff_of(request).account)
    return {"queue": queue, "titles": titles(request)}


def _read(site: Site, account: str) -> Queue:
    mine, at = site.parts.institution, site.parts.clock()
    with site.parts.engine.connect() as conn:
        open_ = items.waiting(conn, mine, items.OPEN)
        ended = items.ended(conn, mine, at - DONE)
        names = shown_names(site, conn, [*open_, *ended])
    taken = [one for one in open_ if one.state == "taken"]
    return Queue(
        at=at,
        waiting=[one for one in open_ if one.state == "waiting"],
        mine=[one for one in taken if one.handler == account],
        others=[one for one in taken if one.handler != account],
        later=sum(one.emergency for one in open_),
        ended=ended,
        names=names,
    )


def _later(site: Site) -> Later:
    mine, at = site.parts.institution, site.parts.clock()
    with site.parts.engine.connect() as conn:
        found = [one for one in items.waiting(conn, mine, ("later", "taken")) if one.emergency]
        return Later(at, found, shown_names(site, conn, found))


_WORK = Permission.COUNTER_WORK
pages = [
    Page(COUNTER, "GET", _WORK, show_queue, nav="console.nav.counter"),
    Page(f"{COUNTER}/queue", "GET", _WORK, show_fragment),
    Page(LATER, "GET", _WORK, show_later, nav="console.nav.counter_later"),
    Page(f"{COUNTER}/emergency", "POST", _WORK, begin_emergency),
    Page(f"{ITEM}/taken", "POST", _WORK, take),
]
