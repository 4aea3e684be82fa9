"""Training mode (练习): the way in, the way back, and a ground as it was at the beginning."""

import asyncio
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from verifier.api import training
from verifier.api.site import Site
from verifier.training import samples, switch
from verifier.training.invented import BY_KEY, PEOPLE
from verifier.trust.accounts.roles import Permission
from verifier.trust.accounts.sessions import SignedIn

from . import modes
from .ground import Ground, Grounds
from .modes import TRAINING
from .pages import HOME, Page
from .refusals import refused
from .rendering import frame_of, redirect, render
from .visitor import form_of, grounds_of, real_site_of, staff_of, visitor_of

LEFT = f"{TRAINING}/left"
_MANAGE = Permission.TRAINING_MANAGE


@dataclass(frozen=True)
class Standing:
    """Whether one may practise here, for a template.

    Attributes:
        on: the hospital lets its staff practise.
        available: this verifier can.
        rooms: this person has a room to practise in.
    """

    on: bool
    available: bool
    rooms: bool


async def show_training(request: Request) -> Response:
    """What training is, the way in, and while one practises whom one practises on."""
    site, grounds = real_site_of(request), grounds_of(request)
    on = await site.small.take(_is_on, site)
    standing = Standing(on, grounds.available, _has_rooms(request, staff_of(request)))
    return render(request, "training.html", standing=standing, invented=PEOPLE)


async def enter(request: Request) -> Response:
    """From now on whatever is done in this session is practice, on people who do not exist."""
    site, grounds, staff = real_site_of(request), grounds_of(request), staff_of(request)
    if not await site.small.take(_is_on, site):
        raise refused("training.off")
    if not _has_rooms(request, staff):
        raise refused("training.no_room")
    await asyncio.to_thread(grounds.enter, staff)
    await site.small.take(site.doors.train, visitor_of(request).token, on=True)
    return redirect(request, TRAINING, "console.flash.training_begun")


async def leave(request: Request) -> Response:
    """Back to real work, in one touch."""
    site = real_site_of(request)
    await site.small.take(site.doors.train, visitor_of(request).token, on=False)
    return redirect(request, HOME, "console.flash.training_ended")


async def reset(request: Request) -> Response:
    """Everything as it was at the beginning, for everybody who practises; faces are gone."""
    grounds, staff = grounds_of(request), staff_of(request)
    if not staff.in_training:
        raise refused("training.outside")

    def anew(grounds: Grounds) -> None:
        grounds.reset()
        grounds.enter(staff)

    await asyncio.to_thread(anew, grounds)
    return redirect(request, TRAINING, "console.flash.training_reset")


async def lay_card(request: Request) -> Response:
    """An invented person's card on the practice reader, for the desk or the counter to take."""
    somebody = BY_KEY.get(form_of(request).text("person"))
    if somebody is None:
        raise refused("form.malformed", "nobody of that name")
    ground = await _ground(request)
    await asyncio.to_thread(training.lay_card, ground.site, somebody)
    return redirect(request, TRAINING, "console.flash.training_laid", name=somebody.name)


async def send_sample(request: Request) -> Response:
    """The table, or the drawings, for practising a batch."""
    ground = await _ground(request)
    if request.path_params["what"] == "table.csv":
        data = samples.table(ground.desk.notice_version, ground.site.parts.clock())
        return _file(data, "training.csv", "text/csv; charset=utf-8")
    if request.path_params["what"] == "photos.zip":
        drawn = await asyncio.to_thread(samples.photos)
        return _file(drawn, "training.zip", "application/zip")
    raise refused("form.malformed", "no such file")


async def _ground(request: Request) -> Ground:
    """Where this person practises. Raises `Refused` with `training.outside`."""
    staff, grounds = staff_of(request), grounds_of(request)
    if not staff.in_training:
        raise refused("training.outside")
    known = grounds.known(staff)
    return known if known is not None else await asyncio.to_thread(grounds.enter, staff)


def _file(data: bytes, name: str, media_type: str) -> Response:
    named = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=media_type, headers=named)


async def switch_mode(request: Request) -> Response:
    """Whether staff may practise here; where they may not, everybody is back at real work."""
    site, grounds, by = real_site_of(request), grounds_of(request), staff_of(request).account
    on = form_of(request).text("on") == "yes"

    def said() -> None:
        with site.parts.engine.begin() as conn:
            switch.switch(conn, site.parts.institution, by, site.parts.clock(), on=on)

    await site.small.take(said)
    if not on:
        await asyncio.to_thread(grounds.end)
    flash = "console.flash.training_on" if on else "console.flash.training_off"
    return redirect(request, TRAINING, flash)


def _is_on(site: Site) -> bool:
    with site.parts.engine.connect() as conn:
        return switch.is_on(conn, site.parts.institution)


def _has_rooms(request: Request, staff: SignedIn) -> bool:
    return any(
        page.permission in staff.permissions
        for page in frame_of(request).pages
        if page.permission is not None and modes.is_practised(page)
    )


pages = [
    Page(TRAINING, "GET", None, show_training, nav="console.nav.training"),
    Page(f"{TRAINING}/entered", "POST", None, enter),
    Page(LEFT, "POST", None, leave),
    Page(f"{TRAINING}/reset", "POST", None, reset),
    Page(f"{TRAINING}/laid", "POST", None, lay_card),
    Page(f"{TRAINING}/files/{{what}}", "GET", Permission.PEOPLE_ENROL, send_sample),
    Page(f"{TRAINING}/switched", "POST", _MANAGE, switch_mode),
]
