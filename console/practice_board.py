"""The board (执业看板): who may practise where at this moment, and a plan of each site."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from verifier.api.site import Site
from verifier.practice import board, plan, sites
from verifier.practice.board import STATUSES, Line
from verifier.practice.plan import Drawing
from verifier.practice.sites import HospitalSite, Ward
from verifier.trust.accounts.roles import Permission

from .pages import Page
from .practice_names import sees_names, shown_names
from .rendering import render
from .visitor import site_of

BOARD = "/console/practice"
SHOWN = tuple(status for status in STATUSES if status != "off")


@dataclass(frozen=True)
class Group:
    """One department's lines; `rest` counts those who have no shift and no window."""

    name: str
    lines: list[Line]
    rest: int


@dataclass(frozen=True)
class Campus:
    """One site: its drawing, and how many practise there now."""

    code: str
    name: str
    drawing: Drawing
    fences: int
    inside: int


@dataclass(frozen=True)
class Seen:
    """The whole board, for a template."""

    at: datetime
    groups: list[Group]
    campuses: list[Campus]
    names: dict[str, str]
    site_names: dict[str, str]
    departments: list[Ward]
    department: str
    site: str


async def show_board(request: Request) -> Response:
    """Who may practise where now, by department and site, with a plan of each site."""
    return render(request, "practice_board.html", seen=await _seen(request))


async def show_fragment(request: Request) -> Response:
    """The board without the frame, with which the page renews itself."""
    seen = await _seen(request)
    return render(request, "practice_board_part.html", seen=seen)


async def _seen(request: Request) -> Seen:
    site, clear = site_of(request), sees_names(request)
    wanted = [request.query_params.get(name, "").strip() for name in ("department", "site")]
    return await site.small.take(_read, site, wanted[0], wanted[1], clear)


def _read(site: Site, department: str, campus: str, clear: bool) -> Seen:
    parts, at = site.parts, site.parts.clock()
    with parts.engine.connect() as conn:
        found = board.lines(conn, parts.keyring, parts.region_key, parts.institution, at)
        wards = sites.departments(conn, parts.institution)
        places = sites.listed(conn, parts.institution)
        lines = [line for line in found if _wanted(line, wards, department, campus)]
        listed = [line.person for line in lines if line.status != "off"]
        names = shown_names(site, conn, listed, clear=clear)
    inside = board.count_by_site(found)
    return Seen(
        at=at,
        groups=_groups(lines, wards),
        campuses=[_campus(place, inside) for place in places if campus in ("", place.code)],
        names=names,
        site_names={place.code: place.name for place in places},
        departments=wards,
        department=department,
        site=campus,
    )


def _wanted(line: Line, wards: Sequence[Ward], department: str, site: str) -> bool:
    home = {ward.code: ward.site for ward in wards}.get(line.department)
    return department in ("", line.department) and site in ("", line.site or home)


def _groups(lines: Sequence[Line], wards: Sequence[Ward]) -> list[Group]:
    names = {ward.code: ward.name for ward in wards}
    found = []
    for department, members in groupby(lines, key=lambda line: line.department):
        mine = list(members)
        shown = [line for line in mine if line.status != "off"]
        shown.sort(key=lambda line: (SHOWN.index(line.status), line.code))
        found.append(Group(names.get(department, department), shown, len(mine) - len(shown)))
    return found


def _campus(place: HospitalSite, inside: Mapping[str, int]) -> Campus:
    fences = len(place.fence.shapes) if place.fence else 0
    return Campus(place.code, place.name, plan.drawn(place), fences, inside.get(place.code, 0))


pages = [
    Page(BOARD, "GET", Permission.PRACTICE_READ, show_board, nav="console.nav.practice"),
    Page(f"{BOARD}/board", "GET", Permission.PRACTICE_READ, show_fragment),
]
