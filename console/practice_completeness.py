"""Monthly completeness (月度完整性): how each department's windows ended, never one person's."""

from dataclasses import dataclass
from datetime import date, datetime

from starlette.requests import Request
from starlette.responses import Response

from verifier.api.site import Site
from verifier.practice import completeness, sites
from verifier.practice.completeness import ENDS, FEWEST, REVIEWS, Total
from verifier.practice.registry import HOSPITAL
from verifier.practice.sites import Ward
from verifier.trust.accounts.roles import Permission

from .pages import Page
from .rendering import render
from .visitor import site_of

COMPLETENESS = "/console/practice/reconcile/completeness"


@dataclass(frozen=True)
class Month:
    """A month's totals, for a template."""

    month: str
    totals: list[Total]
    departments: list[Ward]
    left_out: bool


async def show_completeness(request: Request) -> Response:
    """How the windows of a month ended and were reviewed, by department alone."""
    site = site_of(request)
    said, department = (request.query_params.get(n, "").strip() for n in ("month", "department"))
    month = month_of(said, site.parts.clock())
    found = await site.small.take(_read, site, month, department)
    return render(
        request,
        "practice_completeness.html",
        found=found,
        department=department,
        names={ward.code: ward.name for ward in found.departments},
        ends=ENDS,
        reviews=REVIEWS,
        fewest=FEWEST,
    )


def month_of(said: str, now: datetime) -> date:
    """A month as a browser's field gives it; this one where nothing fit was said."""
    try:
        found = date.fromisoformat(f"{said}-01")
    except ValueError:
        found = now.astimezone(HOSPITAL).date()
    return found.replace(day=1) if 2000 <= found.year <= 2200 else now.date().replace(day=1)


def _read(site: Site, month: date, department: str) -> Month:
    parts = site.parts
    with parts.engine.connect() as conn:
        tallies = completeness.read(conn, parts.institution, month, parts.clock())
        wards = sites.departments(conn, parts.institution)
    # A department is chosen of what is shown: choosing shows nothing that all together do not.
    every = completeness.totals(tallies)
    shown = [one for one in every if department in ("", one.department)]
    counted = sum(sum(one.ends.values()) for one in every)
    return Month(f"{month:%Y-%m}", shown, wards, left_out=counted < len(tallies))


pages = [Page(COMPLETENESS, "GET", Permission.PRACTICE_READ, show_completeness)]
