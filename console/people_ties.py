"""Proxies (代办人) of a person and their standing authorisations (长期授权); newborns, 无名氏."""

import re
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from codes.names import masked
from enroll.desk import checked_name, checked_number
from verifier.api.site import Site
from verifier.identity import authorisations, desk_records, people, ties
from verifier.protocol.errors import Refused
from verifier.trust.accounts.roles import Permission

from . import people as files
from .enrolment import desk_of, done_at
from .pages import Page
from .people import ONE, PEOPLE, changed
from .refusals import refused
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, staff_of

WITHOUT = f"{PEOPLE}/without"
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


async def show_without(request: Request) -> Response:
    """Files for people without a number: a newborn under the mother, 无名氏; and who waits."""
    return await _without_page(request)


async def add_without(request: Request) -> Response:
    """A provisional file, without a face: nobody could agree to one."""
    try:
        person = await done_at(request, _add_without, request)
    except Refused as told:
        return await _without_page(request, told)
    return redirect(request, f"{PEOPLE}/{person}", "console.flash.enrol_provisional")


async def add_proxy(request: Request) -> Response:
    """Record a proxy by number and name; the proxy is registered without a face."""
    return await changed(request, _add_proxy, "console.flash.enrol_tied")


async def end_tie(request: Request) -> Response:
    """A proxy or guardian stands for the person no more; authorisations end with it."""
    return await changed(request, _end_tie, "console.flash.enrol_untied")


async def authorise(request: Request) -> Response:
    """What a proxy may do for the person: purposes, how often, until which day."""
    return await changed(request, _authorise, "console.flash.enrol_authorised")


async def revoke(request: Request) -> Response:
    """An authorisation ends now."""
    return await changed(request, _revoke, "console.flash.enrol_revoked")


async def _without_page(request: Request, told: Refused | None = None) -> Response:
    waiting = await done_at(request, _waiting, site_of(request))
    if told is not None:
        return form_again(request, "people_without.html", told, waiting=waiting)
    return render(request, "people_without.html", said="", waiting=waiting)


def _waiting(site: Site) -> list[tuple[str, str, datetime]]:
    """Id, masked name and time of each provisional file, the newest first."""
    parts = site.parts
    with parts.engine.connect() as conn:
        rows = people.provisional(conn, parts.institution)
        names = people.names_of(conn, parts.keyring, parts.institution, [r[0] for r in rows])
    return [(person, masked(names.get(person, "")), at) for person, at in rows]


def _add_without(request: Request) -> str:
    site, form, login = site_of(request), form_of(request), staff_of(request).login
    parts, mine, kind = site.parts, site.parts.institution, form.text("kind")
    if kind not in ("newborn", "unknown"):
        raise refused("form.malformed", "no such file")
    with parts.engine.begin() as conn:
        mother = None
        if kind == "newborn":
            number = checked_number(form.text("mother_number"))
            mother_name = checked_name(form.text("mother_name"))
            mother = people.register_person(
                conn, parts.keyring, mine, number=number.number, name=mother_name
            )
        name = checked_name(form.text("name"))
        person = people.register_person(conn, parts.keyring, mine, number=None, name=name)
        desk_records.record_enrolment(
            conn, parts.gallery, person, site="", way="none", samples=0, by=login
        )
        if mother is not None:
            ties.tie(conn, mine, person, mother, "mother", "parent", login)
    return person


def _add_proxy(request: Request) -> None:
    parts, form = site_of(request).parts, form_of(request)
    number, name = checked_number(form.text("number")), checked_name(form.text("name"))
    if number.age_on(desk_of(request).today()) < 18:
        raise refused("desk.guardian_unfit")
    with parts.engine.begin() as conn:
        proxy = people.register_person(
            conn, parts.keyring, parts.institution, number=number.number, name=name
        )
        ties.tie(
            conn,
            parts.institution,
            request.path_params["person"],
            proxy,
            "proxy",
            form.text("relation"),
            staff_of(request).login,
        )


def _end_tie(request: Request) -> None:
    parts = site_of(request).parts
    with parts.engine.begin() as conn:
        ties.untie(conn, parts.institution, _id(request, "tie"), staff_of(request).login)


def _authorise(request: Request) -> None:
    parts, form = site_of(request).parts, form_of(request)
    scope = form.many("scope")
    if not set(scope) <= set(files.proxy_purposes(site_of(request))):
        raise refused("form.malformed", "no such purpose")
    uses = form.text("uses")
    with parts.engine.begin() as conn:
        authorisations.give(
            conn,
            parts.institution,
            request.path_params["person"],
            _id(request, "proxy"),
            scope=scope,
            uses=int(uses) if uses.isascii() and uses.isdigit() and len(uses) < 5 else 0,
            expires_at=files.end_of_day(form.text("until"), "desk.authorisation.expiry"),
            by=staff_of(request).login,
        )


def _revoke(request: Request) -> None:
    parts = site_of(request).parts
    with parts.engine.begin() as conn:
        given = _id(request, "authorisation")
        authorisations.revoke(conn, parts.institution, given, staff_of(request).login)


def _id(request: Request, name: str) -> str:
    said = form_of(request).text(name)
    if not _ID.fullmatch(said):
        raise refused("form.malformed", name)
    return said


_ENROL = Permission.PEOPLE_ENROL
pages = [
    Page(WITHOUT, "GET", _ENROL, show_without),
    Page(WITHOUT, "POST", _ENROL, add_without),
    *files.person_pages,
    Page(f"{ONE}/proxies", "POST", _ENROL, add_proxy),
    Page(f"{ONE}/ties/ended", "POST", _ENROL, end_tie),
    Page(f"{ONE}/authorisations", "POST", _ENROL, authorise),
    Page(f"{ONE}/authorisations/revoked", "POST", _ENROL, revoke),
]
