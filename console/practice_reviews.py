"""Reviews (待复核): medical affairs says whether a provisional window counts."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from verifier.api.routes import practice as calls
from verifier.api.site import Site
from verifier.practice import registry, sites, windows
from verifier.practice.windows import Window
from verifier.trust.accounts.roles import Permission
from verifier.trust.accounts.sessions import SignedIn

from .pages import Page
from .practice_names import sees_names, shown_names
from .refusals import refused
from .rendering import redirect, render
from .visitor import form_of, site_of, staff_of

REVIEWS = "/console/practice/reviews"
ONE = f"{REVIEWS}/{{window}}"


@dataclass(frozen=True)
class Waiting:
    """What waits, for a template. `own` is who the reader is."""

    at: datetime
    windows: list[Window]
    names: dict[str, str]
    site_names: dict[str, str]
    department_names: dict[str, str]
    own: frozenset[str]


async def show_reviews(request: Request) -> Response:
    """Windows that wait for a review, the soonest due first."""
    site, staff = site_of(request), staff_of(request)
    waiting = await site.small.take(_read, site, staff, sees_names(request))
    return render(request, "practice_reviews.html", waiting=waiting)


async def approve(request: Request) -> Response:
    """The window counts as any other."""
    return await _reviewed(request, approve=True)


async def deny(request: Request) -> Response:
    """The window does not count and ends now; there is no way back."""
    if form_of(request).text("sure") != "yes":
        raise refused("form.malformed", "not sure")
    return await _reviewed(request, approve=False)


async def _reviewed(request: Request, *, approve: bool) -> Response:
    site, window = site_of(request), request.path_params["window"]
    await site.small.take(calls.review, site, window, approve, staff_of(request))
    flash = "console.flash.window_approved" if approve else "console.flash.window_denied"
    return redirect(request, REVIEWS, flash)


def _read(site: Site, staff: SignedIn, clear: bool) -> Waiting:
    parts = site.parts
    with parts.engine.connect() as conn:
        found = windows.to_review(conn, parts.institution)
        people = {window.practitioner for window in found}
        return Waiting(
            at=parts.clock(),
            windows=found,
            names=shown_names(site, conn, people, clear=clear),
            site_names={one.code: one.name for one in sites.listed(conn, parts.institution)},
            department_names={
                one.code: one.name for one in sites.departments(conn, parts.institution)
            },
            own=registry.own(conn, parts.institution, staff.account, staff.login),
        )


_READ, _REVIEW = Permission.PRACTICE_READ, Permission.PRACTICE_REVIEW
pages = [
    Page(REVIEWS, "GET", _READ, show_reviews, nav="console.nav.reviews"),
    Page(f"{ONE}/approved", "POST", _REVIEW, approve),
    Page(f"{ONE}/denied", "POST", _REVIEW, deny),
]
