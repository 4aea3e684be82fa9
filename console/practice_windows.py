"""One practitioner's windows (执业时段), and setting an earlier end of one.

A list of the last 31 days for settlement's questions. Nothing is added up.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from verifier.api.routes import practice as calls
from verifier.api.site import Site
from verifier.practice import registry, sites, windows
from verifier.practice.registry import HOSPITAL
from verifier.practice.windows import Window
from verifier.protocol.errors import Refused, refusal
from verifier.trust.accounts.roles import Permission
from verifier.trust.accounts.sessions import SignedIn

from .pages import Page
from .practice_names import sees_names, shown_names
from .practice_people import PEOPLE
from .refusals import refused
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, staff_of

WINDOWS = f"{PEOPLE}/{{person}}/windows"
ONE = f"{WINDOWS}/{{window}}"
BACK = timedelta(days=31)


@dataclass(frozen=True)
class Shown:
    """Windows of one person, for a template; `own` where the reader is that person."""

    at: datetime
    windows: list[Window]
    person: str
    code: str
    name: str | None
    site_names: dict[str, str]
    department_names: dict[str, str]
    own: bool


async def show_windows(request: Request) -> Response:
    """A practitioner's windows of the last 31 days, the newest first, without any sum."""
    site, person = site_of(request), request.path_params["person"]
    shown = await site.small.take(_of_person, site, person, *_reader(request))
    return render(request, "practice_windows.html", shown=shown)


async def show_window(request: Request) -> Response:
    """One window, and the form for an earlier end."""
    return render(request, "practice_window.html", said="", **await _one(request))


async def correct(request: Request) -> Response:
    """Another person sets when a window ended: earlier than it stands."""
    site, form = site_of(request), form_of(request)
    window = request.path_params["window"]
    try:
        ends_at = _moment(form.text("ends_at"))
        await site.small.take(calls.correct, site, window, ends_at, staff_of(request))
    except Refused as told:
        if told.code not in ("practice.time_outside", "practice.time_malformed"):
            raise
        return form_again(request, "practice_window.html", told, **await _one(request))
    person = request.path_params["person"]
    return redirect(request, f"{PEOPLE}/{person}/windows/{window}", "console.flash.corrected")


async def _one(request: Request) -> dict[str, Any]:
    site, ids = site_of(request), request.path_params
    named = (ids["person"], ids["window"])
    shown = await site.small.take(_of_window, site, *named, *_reader(request))
    return {"shown": shown, "window": shown.windows[0], "typed": form_of(request).text("ends_at")}


def _reader(request: Request) -> tuple[SignedIn, bool]:
    return staff_of(request), sees_names(request)


def _of_person(site: Site, person: str, reader: SignedIn, clear: bool) -> Shown:
    parts, at = site.parts, site.parts.clock()
    with parts.engine.connect() as conn:
        found = windows.between(conn, parts.institution, at - BACK, at, person)
    return _shown(site, person, found[::-1], reader, clear)


def _of_window(site: Site, person: str, window: str, reader: SignedIn, clear: bool) -> Shown:
    with site.parts.engine.connect() as conn:
        found = windows.get(conn, site.parts.institution, window)
    if found is None or found.practitioner != person:
        raise refusal("practice.window_unknown")
    return _shown(site, person, [found], reader, clear)


def _shown(site: Site, person: str, found: list[Window], reader: SignedIn, clear: bool) -> Shown:
    parts = site.parts
    with parts.engine.connect() as conn:
        known = registry.of_person(conn, parts.institution, person)
        if known is None:
            raise refusal("practice.unknown")
        wards = sites.departments(conn, parts.institution)
        return Shown(
            at=parts.clock(),
            windows=found,
            person=person,
            code=known.code,
            name=shown_names(site, conn, [person], clear=clear).get(person),
            site_names={one.code: one.name for one in sites.listed(conn, parts.institution)},
            department_names={ward.code: ward.name for ward in wards},
            own=person in registry.own(conn, parts.institution, reader.account, reader.login),
        )


def _moment(text: str) -> datetime:
    """As a browser's field for a local time gives it; the hospital's own time."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=HOSPITAL)
    except ValueError:
        raise refused("practice.time_malformed") from None


pages = [
    Page(WINDOWS, "GET", Permission.PRACTICE_READ, show_windows),
    Page(ONE, "GET", Permission.PRACTICE_READ, show_window),
    Page(f"{ONE}/correction", "POST", Permission.PRACTICE_REVIEW, correct),
]
