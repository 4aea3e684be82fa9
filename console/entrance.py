"""In and out: taking up an account, signing in, signing out, and the language."""

from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from verifier.api import signing_in
from verifier.protocol.errors import Refused
from verifier.trust.accounts.passwords import SHORTEST

from . import binding, cookies
from .local import local
from .pages import SIGN_IN, Page
from .qr import drawing
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, visitor_of

ACTIVATION = "/console/activation"


async def show_sign_in(request: Request) -> Response:
    """The form for both factors; who is signed in goes on."""
    back = local(request.query_params.get("back", ""))
    if visitor_of(request).staff is not None:
        return redirect(request, back)
    return render(request, "sign_in.html", back=back, login="", said="")


async def sign_in(request: Request) -> Response:
    """A session for work number, password and code of the telephone."""
    form = form_of(request)
    login, back = form.text("login"), local(form.text("back"))
    said = (login, form.raw("password"), form.text("totp"))
    try:
        token = await signing_in.sign_in(request, site_of(request), *said)
    except Refused as refused:
        return form_again(request, "sign_in.html", refused, back=back, login=login)
    response = redirect(request, back)
    cookies.put(request, response, cookies.SESSION, token)
    return response


async def sign_out(request: Request) -> Response:
    """The session's end."""
    site, token, browser = site_of(request), visitor_of(request).token, binding.new_token()
    await site.small.take(site.doors.sign_out, token)
    response = redirect(request, SIGN_IN, "console.flash.signed_out", bound=browser)
    cookies.drop(request, response, cookies.SESSION)
    cookies.put(request, response, cookies.BROWSER, browser)
    return response


async def switch_language(request: Request) -> Response:
    """The other language, on the same page."""
    form = form_of(request)
    language = "en" if form.text("language") == "en" else "zh"
    response = redirect(request, local(form.text("back")))
    cookies.put(request, response, cookies.LANGUAGE, language)
    return response


async def show_activation(request: Request) -> Response:
    """The form for the code that an administrator handed over, and a password."""
    return render(request, "activation.html", said="", shortest=SHORTEST)


async def take_up(request: Request) -> Response:
    """The password is set; the second factor is shown, once."""
    form, site = form_of(request), site_of(request)
    code, password = form.text("code"), form.raw("password")
    try:
        taken = await signing_in.take_up(request, site, code, password)
    except Refused as refused:
        return form_again(request, "activation.html", refused, shortest=SHORTEST)
    return render(
        request,
        "second_factor.html",
        code=code,
        login=taken.login,
        drawing=drawing(taken.uri),
        secret=_in_fours(parse_qs(urlsplit(taken.uri).query)["secret"][0]),
        said="",
        can_switch=False,
    )


async def confirm(request: Request) -> Response:
    """The second factor's first code ends the taking up."""
    form, site = form_of(request), site_of(request)
    code = form.text("code")
    try:
        await signing_in.confirm(request, site, code, form.text("totp"))
    except Refused as refused:
        return form_again(request, "second_factor.html", refused, code=code, drawing=None)
    return redirect(request, SIGN_IN, "console.flash.taken_up")


def _in_fours(text: str) -> str:
    """As people type it."""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


pages = [
    Page(SIGN_IN, "GET", None, show_sign_in, open=True),
    Page(SIGN_IN, "POST", None, sign_in, open=True),
    Page("/console/sign-out", "POST", None, sign_out, expired=True),
    Page("/console/language", "POST", None, switch_language, open=True),
    Page(ACTIVATION, "GET", None, show_activation, open=True),
    Page(ACTIVATION, "POST", None, take_up, open=True),
    Page(f"{ACTIVATION}/confirmation", "POST", None, confirm, open=True),
]
