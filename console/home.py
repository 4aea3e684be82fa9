"""The first page: who is signed in, and what they may do here."""

from starlette.requests import Request
from starlette.responses import Response

from .pages import HOME, Page
from .rendering import frame_of, navigation, render
from .visitor import staff_of


async def home(request: Request) -> Response:
    """What this person may do, as ways there."""
    staff = staff_of(request)
    ways = [each for each in navigation(frame_of(request), staff, "", {}) if each.path != HOME]
    return render(request, "home.html", ways=ways)


pages = [Page(HOME, "GET", None, home, nav="console.nav.home")]
