"""Who keeps which department's roster: medical affairs gives departments to schedulers."""

from starlette.requests import Request
from starlette.responses import Response

from verifier.api import roster_keeping
from verifier.protocol.errors import Refused
from verifier.trust.accounts.roles import Permission

from .pages import Page
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, staff_of

KEEPERS = "/console/roster/keepers"


async def show_keepers(request: Request) -> Response:
    """Which scheduler keeps which department."""
    known = await site_of(request).small.take(roster_keeping.keepers, site_of(request))
    return render(request, "roster_keepers.html", known=known, said="", login="")


async def give(request: Request) -> Response:
    """Give a department to a scheduler's account."""
    site, form = site_of(request), form_of(request)
    login, department = form.text("login"), form.text("department")
    try:
        await site.small.take(roster_keeping.give, site, staff_of(request), login, department)
    except Refused as told:
        known = await site.small.take(roster_keeping.keepers, site)
        return form_again(request, "roster_keepers.html", told, known=known, login=login)
    return redirect(request, KEEPERS, "console.flash.roster_given", login=login)


async def take(request: Request) -> Response:
    """Take a department away, from the account's next request on."""
    site, form = site_of(request), form_of(request)
    login, department = form.text("login"), form.text("department")
    await site.small.take(roster_keeping.take, site, staff_of(request), login, department)
    return redirect(request, KEEPERS, "console.flash.roster_taken", login=login)


_GIVE = Permission.PRACTICE_REGISTER
pages = [
    Page(KEEPERS, "GET", _GIVE, show_keepers),
    Page(KEEPERS, "POST", _GIVE, give, again=True, back=KEEPERS),
    Page(f"{KEEPERS}/taken", "POST", _GIVE, take, again=True, back=KEEPERS),
]
