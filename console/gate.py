"""The one way in to every page: who may, from where, with which form; and every refusal a page."""

import asyncio
import ipaddress

from starlette.requests import Request
from starlette.responses import Response

from verifier.api.deps import check_allowed
from verifier.api.problems import refusal_of
from verifier.protocol.errors import Refused, refusal
from verifier.trust.accounts.roles import Permission

from . import alarms, binding, cookies, modes
from .forms import TOKEN_FIELD, read_form
from .headers import headers
from .local import filled, to
from .pages import PASSWORD, PROOF, SIGN_IN, Page
from .refusals import refused
from .rendering import redirect, refuse
from .visitor import (
    Visitor,
    enter,
    grounds_of,
    language_of,
    real_site_of,
    site_of,
    staff_of,
    visitor_of,
)

ALARMS_READ = Permission.ALARMS_READ


async def answer(request: Request, page: Page) -> Response:
    """What the page answers, or a page that says why not. Raises nothing."""
    request.state.visitor = Visitor(language=language_of(request), fresh=False)
    try:
        response = await _answer(request, page)
    except Exception as error:
        told = refusal_of(error)
        site_of(request).note(request, told, error)
        response = refuse(request, told)
    for name, value in headers(page.devices).items():
        response.headers[name] = value
    return response


async def _answer(request: Request, page: Page) -> Response:
    _refuse_open_network(request)
    _refuse_nul(request)
    visitor = request.state.visitor = await enter(request, real_site_of(request))
    if page.method == "POST":
        _refuse_foreign(request)
    if not page.open:
        try:
            _check(request, page)
        except Refused as told:
            return _other_way(request, page, told)
        await _go_to_ground(request, page)
        await _count(request, page)
    if page.method == "POST":
        visitor.form = await read_form(request, page.upload)
        _check_form(visitor, page)
    try:
        return await page.handler(request)
    except Refused:
        raise
    except Exception:
        if visitor.ground is not None and not grounds_of(request).has(visitor.ground):
            raise refused("training.begun_anew") from None
        raise


async def _go_to_ground(request: Request, page: Page) -> None:
    """In training a page acts on the invented institution, or not at all.

    Raises `Refused`: `training.not_here`, `training.unavailable`.
    """
    visitor, staff, grounds = visitor_of(request), staff_of(request), grounds_of(request)
    if not staff.in_training or modes.is_shared(page):
        return
    if not modes.is_practised(page):
        raise refused("training.not_here")
    known = grounds.known(staff)
    visitor.ground = known or await asyncio.to_thread(grounds.enter, staff)


def _check_form(visitor: Visitor, page: Page) -> None:
    """Raises `Refused`: `form.stale`; `form.other_mode` for a form that a page of training sends
    into real work, or the other way round; and what `modes.refuse_mixed` does.
    """
    given, training = visitor.form.raw(TOKEN_FIELD), visitor.in_training
    if not binding.is_form_token(visitor.bound, given, training=training):
        of_other = binding.is_form_token(visitor.bound, given, training=not training)
        if not of_other:
            raise refused("form.stale", "its token")
        if page.path not in modes.EITHER:
            raise refused("form.other_mode")
    if modes.is_practised(page):
        modes.refuse_mixed(visitor.form, training=training)


def _check(request: Request, page: Page) -> None:
    """Raises `Refused` unless this visitor may open this page now."""
    staff = visitor_of(request).staff
    if staff is None:
        raise refusal("account.session_ended")
    if not page.expired:
        check_allowed(staff, site_of(request), page.permission, again=page.again)


async def _count(request: Request, page: Page) -> None:
    """What waits for this person, for the navigation of a page to look at."""
    visitor, site = visitor_of(request), site_of(request)
    staff = None if visitor.in_training else visitor.staff
    if page.method == "GET" and staff and ALARMS_READ in staff.permissions:
        visitor.badges[alarms.ALARMS] = await site.small.take(alarms.count, site)


def _other_way(request: Request, page: Page, told: Refused) -> Response:
    """On to the page that helps, and from there back; raises the refusal where none does."""
    looked = page.method == "GET"
    here = to(request.url.path) + (f"?{request.url.query}" if request.url.query else "")
    match told.code:
        case "account.session_ended" if looked:
            response = redirect(request, to(SIGN_IN, back=here))
            cookies.drop(request, response, cookies.SESSION)
            return response
        case "account.password_expired":
            return redirect(request, PASSWORD)
        case "account.prove_again":
            back = here if looked else filled(page.back, request.path_params)
            return redirect(request, to(PROOF, back=back))
        case _:
            raise told


def _refuse_nul(request: Request) -> None:
    """No id has one, and the store takes none; filters are each page's own, and forms are looked at
    as they are read. Raises `Refused`.
    """
    if any("\0" in str(each) for each in request.path_params.values()):
        raise refusal("request.not_found")


def _refuse_open_network(request: Request) -> None:
    """No password crosses a network in the clear."""
    host = request.client.host if request.client else ""
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if request.url.scheme != "https" and not here:
        raise refused("console.needs_tls")


def _refuse_foreign(request: Request) -> None:
    """A form of another site.

    Under `no-referrer` a browser calls the origin of a form `null`, even its own, and says in
    `Sec-Fetch-Site` whether it is; an older one says the origin alone.
    """
    site, origin = (request.headers.get(name) for name in ("sec-fetch-site", "origin"))
    own = f"{request.url.scheme}://{request.url.netloc}"
    same = site == "same-origin" if site is not None else origin == own
    if not same or origin not in (None, "null", own):
        raise refused("form.stale", "from another site")
