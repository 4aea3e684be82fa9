"""The physician's phone: one page without a session, whose own key signs every request."""

from starlette.requests import Request
from starlette.responses import Response

from .pages import Page
from .rendering import render

PHONE = "/console/phone"


async def show_phone(request: Request) -> Response:
    """A practitioner's phone: enrolled here, then in and out; nobody is signed in."""
    return render(request, "phone.html")


pages = [Page(PHONE, "GET", None, show_phone, open=True, devices=("camera", "geolocation"))]
