"""Sites and fences (院区与围栏): looking at a fence, drawing it, saving it, one step back."""

import json
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from verifier.api.site import Site
from verifier.place import to_geojson
from verifier.place.fences import Shape
from verifier.practice import fence_drafts, fence_saving, plan, sites
from verifier.practice.fence_drafts import Draft
from verifier.practice.fence_refused import DraftRefused
from verifier.practice.fence_saving import Version
from verifier.practice.plan import Drawing
from verifier.practice.sites import HospitalSite
from verifier.protocol.errors import Refused, refusal
from verifier.trust import terminal_states
from verifier.trust.accounts.roles import Permission

from .pages import Page
from .refusals import refused
from .rendering import redirect, render
from .visitor import form_of, site_of, staff_of

FENCES = "/console/fences"
ONE = f"{FENCES}/{{site}}"
GEOJSON = "application/geo+json"


@dataclass(frozen=True)
class Campus:
    """One site in the list."""

    code: str
    name: str
    drawing: Drawing
    shapes: int
    marks: int


@dataclass(frozen=True)
class Table:
    """One site on the drawing table.

    Attributes:
        base: digest of what is saved, so that two who draw do not overwrite each other.
        terminals: labels of the site's terminals, offered for marks.
    """

    site: HospitalSite
    draft: Draft
    base: str
    versions: list[Version]
    logins: dict[str, str]
    terminals: list[str]


async def show_fences(request: Request) -> Response:
    """Every site with its fence as a plan."""
    site = site_of(request)
    return render(request, "fences.html", campuses=await site.small.take(_listed, site))


async def show_fence(request: Request) -> Response:
    """One site's fence on its plan, to look at and to draw."""
    site = site_of(request)
    table = await site.small.take(_table, site, request.path_params["site"])
    start = table.draft.model_dump_json()
    datums = sorted({shape.datum.value for shape in _shapes(table.site)})
    return render(request, "fence.html", table=table, start=start, datums_there=datums)


async def take_back(request: Request) -> Response:
    """The fence as it was before the last saving."""
    site, code = site_of(request), request.path_params["site"]
    version, by = form_of(request).text("version"), staff_of(request).account
    await site.small.take(_taken_back, site, code, version, by)
    return redirect(request, f"{FENCES}/{code}", "console.flash.fence_taken_back")


async def export(request: Request) -> Response:
    """The shapes of one datum as a GeoJSON file."""
    site, datum = site_of(request), request.query_params.get("datum", "")
    found = await site.small.take(_one, site, request.path_params["site"])
    shapes = [shape for shape in _shapes(found) if datum in ("", shape.datum.value)]
    if not shapes:
        raise refusal("request.not_found")
    text = json.dumps(to_geojson(shapes), ensure_ascii=False, indent=1)
    said = {"content-disposition": f'attachment; filename="fence-{datum or "all"}.geojson"'}
    return Response(text, media_type=GEOJSON, headers=said)


def read_site(site: Site, code: str) -> HospitalSite:
    """One site of the institution. Raises `Refused` with `request.not_found`."""
    return _one(site, code)


def told(error: DraftRefused) -> Refused:
    """As a page of refusal."""
    return refused("fence.stale" if error.code == "fence.stale" else "form.malformed", str(error))


def _listed(site: Site) -> list[Campus]:
    with site.parts.engine.connect() as conn:
        found = sites.listed(conn, site.parts.institution)
    return [
        Campus(one.code, one.name, plan.drawn(one), len(_shapes(one)), len(one.marks))
        for one in found
    ]


def _table(site: Site, code: str) -> Table:
    found, parts = _one(site, code), site.parts
    with parts.engine.connect() as conn:
        versions = fence_saving.versions(conn, parts.institution, found.code)
        terminals = terminal_states.listed(conn, parts.institution)
        logins = fence_saving.logins(conn, parts.institution, versions)
        base = fence_saving.stands(conn, parts.institution, found.code)
    labels = [one.label for one in terminals if one.site in (found.code, found.name)]
    return Table(found, fence_drafts.opened(found), base, versions, logins, labels)


def _taken_back(site: Site, code: str, version: str, by: str) -> None:
    found, parts = _one(site, code), site.parts
    try:
        with parts.engine.begin() as conn:
            fence_saving.take_back(
                conn, parts.institution, found.code, version, by=by, at=parts.clock()
            )
    except DraftRefused as error:
        raise told(error) from None


def _one(site: Site, code: str) -> HospitalSite:
    with site.parts.engine.connect() as conn:
        for one in sites.listed(conn, site.parts.institution):
            if one.code == code:
                return one
    raise refusal("request.not_found")


def _shapes(site: HospitalSite) -> tuple[Shape, ...]:
    return site.fence.shapes if site.fence else ()


_READ, _DRAW = Permission.SITES_READ, Permission.SITES_DRAW
pages = [
    Page(FENCES, "GET", _READ, show_fences, nav="console.nav.fences"),
    Page(ONE, "GET", _READ, show_fence),
    Page(f"{ONE}/file", "GET", _READ, export),
    Page(f"{ONE}/taken-back", "POST", _DRAW, take_back, again=True, back=ONE),
]
