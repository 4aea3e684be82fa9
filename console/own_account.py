"""The own account: what it holds, another password, and the password once more."""

from starlette.requests import Request
from starlette.responses import Response

from verifier.api import signing_in
from verifier.protocol.errors import Refused
from verifier.trust.accounts.passwords import SHORTEST

from .local import local
from .pages import HOME, PASSWORD, PROOF, Page
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, staff_of, visitor_of

SELF = "/console/self"


async def show_self(request: Request) -> Response:
    """Work number, roles and permissions of who is signed in."""
    staff = staff_of(request)
    held, permissions = sorted(staff.roles), sorted(staff.permissions)
    return render(request, "self.html", held=held, permissions=permissions)


async def show_password(request: Request) -> Response:
    """The form for another password."""
    return render(request, "password.html", said="", shortest=SHORTEST)


async def change_password(request: Request) -> Response:
    """Another password; every other session of this account ends."""
    form, site, token = form_of(request), site_of(request), visitor_of(request).token
    said = (form.raw("old"), form.raw("new"))
    try:
        await signing_in.change_password(request, site, token, *said)
    except Refused as refused:
        return form_again(request, "password.html", refused, shortest=SHORTEST)
    return redirect(request, HOME, "console.flash.password_changed")


async def show_proof(request: Request) -> Response:
    """The form for the password once more."""
    back = local(request.query_params.get("back", ""))
    return render(request, "proof.html", back=back, said="")


async def prove(request: Request) -> Response:
    """For five minutes what asks for the password is allowed."""
    form, site, token = form_of(request), site_of(request), visitor_of(request).token
    back = local(form.text("back"))
    try:
        await signing_in.prove_again(request, site, token, form.raw("password"))
    except Refused as refused:
        return form_again(request, "proof.html", refused, back=back)
    return redirect(request, back, "console.flash.proven")


pages = [
    Page(SELF, "GET", None, show_self, nav="console.nav.self"),
    Page(PASSWORD, "GET", None, show_password, expired=True),
    Page(PASSWORD, "POST", None, change_password, expired=True),
    Page(PROOF, "GET", None, show_proof),
    Page(PROOF, "POST", None, prove),
]
