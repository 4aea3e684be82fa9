"""What a registrar changes of one practitioner: registrations, and the payment qualification."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import cast, get_args

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from verifier.api.site import Site
from verifier.practice import intake_rows, listing, registry, sites
from verifier.practice.registry import HOSPITAL, Payment, Registration, RegistryRefused, Right
from verifier.protocol.errors import Refused, refusal
from verifier.trust.accounts.roles import Permission

from .forms import Form
from .pages import Page
from .practice_people import ONE, PEOPLE, person_page, person_pages
from .refusals import refused
from .rendering import redirect
from .visitor import form_of, site_of, staff_of

_SAID = (
    "practice.account_taken",
    "practice.account_unknown",
    "practice.registration_malformed",
    "practice.code_malformed",
    "practice.code_taken",
    "practice.login_taken",
)


async def register(request: Request) -> Response:
    """A registration with its days, basis and document."""
    form, by = form_of(request), staff_of(request).account

    def work(conn: Connection, site: Site, person: str) -> None:
        said = _registration(conn, site.parts.institution, form)
        institution, at = site.parts.institution, site.parts.clock()
        registry.register(conn, institution, person, said, at, by)

    return await _changed(request, work, "console.flash.registered")


async def end_registration(request: Request) -> Response:
    """A registration ends now, before its last day."""
    if form_of(request).text("sure") != "yes":
        raise refused("form.malformed", "not sure")
    registration, by = request.path_params["registration"], staff_of(request).account

    def work(conn: Connection, site: Site, person: str) -> None:
        held = listing.registrations(conn, site.parts.institution, person)
        if registration not in {one.id for one in held}:
            raise refusal("practice.unknown")
        registry.end(conn, site.parts.institution, registration, site.parts.clock(), by)

    return await _changed(request, work, "console.flash.registration_ended")


async def qualify(request: Request) -> Response:
    """The payment qualification from a day on, with where it is from."""
    form = form_of(request)
    state, source, day = form.text("state"), form.text("source"), _day(form, "since")
    if state not in get_args(Payment) or day is None or not 0 < len(source) <= 64:
        return await person_page(request, refused("practice.qualification_malformed"))
    since = datetime.combine(day, time(), HOSPITAL)

    def work(conn: Connection, site: Site, person: str) -> None:
        at, said = site.parts.clock(), cast("Payment", state)
        registry.qualify(conn, site.parts.institution, person, said, since, source, at)

    return await _changed(request, work, "console.flash.qualified")


async def link_account(request: Request) -> Response:
    """Which account is the practitioner's own, so that nobody reviews an own window under it."""
    staff, login = staff_of(request), form_of(request).text("account").lower() or None

    def work(conn: Connection, site: Site, person: str) -> None:
        institution = site.parts.institution
        held = registry.account_of(conn, institution, person)
        mine = registry.own(conn, institution, staff.account, staff.login)
        if staff.login in (login, held) or person in mine:
            raise refused("practice.account_own")  # or the link would be no guard
        registry.link(conn, institution, person, login, staff.account)

    return await _changed(request, work, "console.flash.account_linked")


async def _changed(
    request: Request, work: Callable[[Connection, Site, str], None], flash: str
) -> Response:
    site, person = site_of(request), request.path_params["person"]
    try:
        await site.small.take(_carried_out, site, person, work)
    except Refused as told:
        if not told.code.startswith("practice.") or told.code == "practice.unknown":
            raise
        return await person_page(request, told)
    return redirect(request, f"{PEOPLE}/{person}", flash)


def _carried_out(site: Site, person: str, work: Callable[[Connection, Site, str], None]) -> None:
    try:
        with site.parts.engine.begin() as conn:
            if registry.of_person(conn, site.parts.institution, person) is None:
                raise refusal("practice.unknown")
            work(conn, site, person)
    except RegistryRefused as told:
        known = refused if told.code in _SAID else refusal
        raise known(told.code, str(told)) from None


def _registration(conn: Connection, institution: str, form: Form) -> Registration:
    first, right = _day(form, "from"), form.text("right")
    document, last = form.text("document"), _day(form, "to")
    place = form.text("site")
    unread = bool(form.text("to")) and last is None
    nowhere = bool(place) and sites.get(conn, institution, place) is None
    if first is None or unread or nowhere or right not in get_args(Right) or len(document) > 64:
        raise refused("practice.registration_malformed")
    return Registration(
        right=cast("Right", right),
        from_day=first,
        to_day=last,
        site=place or None,
        basis=form.text("basis"),
        document=document,
        supervisor=_supervisor(conn, institution, form.text("supervisor").upper()),
    )


def _supervisor(conn: Connection, institution: str, code: str) -> str | None:
    if not code:
        return None
    known = registry.find(conn, institution, code)
    if known is None:
        raise refused("practice.supervisor_unknown")
    return known.person


def _day(form: Form, name: str) -> date | None:
    return intake_rows.day_of(form.text(name))


_REGISTER = Permission.PRACTICE_REGISTER
pages = [
    *person_pages,
    Page(f"{ONE}/registrations", "POST", _REGISTER, register, again=True, back=ONE),
    Page(
        f"{ONE}/registrations/{{registration}}/ended",
        "POST",
        _REGISTER,
        end_registration,
        again=True,
        back=ONE,
    ),
    Page(f"{ONE}/account", "POST", _REGISTER, link_account, again=True, back=ONE),
    Page(f"{ONE}/qualification", "POST", _REGISTER, qualify, again=True, back=ONE),
]
