"""The phone's page as the edge shows it: the console's template, without a session."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

import web
from console import cookies
from console.headers import headers

PAGE, LANGUAGE = "/console/phone", "/console/language"
_TEMPLATES = Path(__file__).parent.parent / "templates"
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
)
# The page's macros are compiled with those for times, which it has none of.
_ENVIRONMENT.filters["moment"] = str
_MOST_FORM = 1024


def show(request: Request, hospital: str) -> Response:
    """The page in the language that the browser holds, Chinese first."""
    language = cookies.read(request, cookies.LANGUAGE)
    language = language if language in web.LANGUAGES else "zh"
    html = _ENVIRONMENT.get_template("phone.html").render(
        t=web.translator(language),
        language=language,
        hospital=hospital,
        here=PAGE,
        token_field="token",  # noqa: S106  (a field's name)
        form_token="",
    )
    return HTMLResponse(html, headers=headers(("camera", "geolocation")))


async def switch(request: Request) -> Response:
    """Hold the other language, and back to the page; any other word changes nothing."""
    body = b""
    async for part in request.stream():
        body = (body + part)[:_MOST_FORM]
    response = RedirectResponse(PAGE, 303, headers=headers())
    for language in web.LANGUAGES:
        if f"language={language}".encode() in body.split(b"&"):
            cookies.put(request, response, cookies.LANGUAGE, language)
    return response
