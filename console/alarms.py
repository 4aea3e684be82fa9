"""Alarms (告警): what was noticed of terminals, who looked at it, what was done."""

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from verifier.api.site import Site
from verifier.trust import alarms
from verifier.trust.accounts.roles import Permission
from verifier.trust.alarms import AlarmRefused, Raised

from .pages import Page
from .refusals import refused
from .rendering import redirect, render
from .visitor import form_of, site_of, staff_of

ALARMS = "/console/alarms"
ONE = f"{ALARMS}/{{alarm}}"


async def show_alarms(request: Request) -> Response:
    """What nobody has looked at, what is being dealt with, and what was done."""
    site = site_of(request)
    return render(request, "alarms.html", alarms=await site.small.take(_listed, site))


async def look(request: Request) -> Response:
    """Somebody has seen it and sees to it."""
    site, by = site_of(request), staff_of(request).account

    def work(conn: Connection) -> None:
        at = site.parts.clock()
        alarms.look(conn, site.parts.institution, request.path_params["alarm"], by, at)

    return await _changed(request, work, "console.flash.alarm_seen")


async def finish(request: Request) -> Response:
    """It is dealt with, with a note of what was done."""
    site, by, note = site_of(request), staff_of(request).account, form_of(request).text("note")
    if not 0 < len(note) <= alarms.MOST_NOTE:
        raise refused("alarm.note")

    def work(conn: Connection) -> None:
        at = site.parts.clock()
        alarms.finish(conn, site.parts.institution, request.path_params["alarm"], note, by, at)

    return await _changed(request, work, "console.flash.alarm_done")


def count(site: Site) -> int:
    """For the navigation's badge."""
    with site.parts.engine.connect() as conn:
        return alarms.count_new(conn, site.parts.institution)


async def _changed(request: Request, work: Callable[[Connection], None], flash: str) -> Response:
    await site_of(request).small.take(_carried_out, site_of(request), work)
    return redirect(request, ALARMS, flash)


def _carried_out(site: Site, work: Callable[[Connection], None]) -> None:
    try:
        with site.parts.engine.begin() as conn:
            work(conn)
    except AlarmRefused as told:
        raise refused(told.code) from None


def _listed(site: Site) -> list[Raised]:
    with site.parts.engine.connect() as conn:
        return alarms.listed(conn, site.parts.institution)


_READ, _HANDLE = Permission.ALARMS_READ, Permission.ALARMS_HANDLE
pages = [
    Page(ALARMS, "GET", _READ, show_alarms, nav="console.nav.alarms"),
    Page(f"{ONE}/seen", "POST", _HANDLE, look),
    Page(f"{ONE}/done", "POST", _HANDLE, finish),
]
