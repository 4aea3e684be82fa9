"""Rosters 排班: a department's month, one cell of it, and what changed hands."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from verifier.api import rosters
from verifier.api.rosters import Looked
from verifier.practice.roster_errors import RosterBlocked
from verifier.shifts import Month
from verifier.trust.accounts.roles import Permission

from . import roster_view as view
from .pages import Page
from .refusals import refused
from .rendering import form_again, render
from .roster_address import ROSTER, back, month_of, names_of, read_day, today_of
from .visitor import form_of, site_of, staff_of


async def show_month(request: Request) -> Response:
    """A department's month: who is planned on which day."""
    site, staff = site_of(request), staff_of(request)
    kept = await site.small.take(rosters.kept, site, staff)
    if not kept:
        return render(request, "roster_none.html")
    asked = request.query_params.get("department") or kept[0].code
    looked = await site.small.take(rosters.look, site, staff, asked, month_of(request))
    return render(request, "roster.html", kept=kept, **_shown(request, looked))


async def show_cell(request: Request) -> Response:
    """One physician's day, to be changed."""
    return render(request, "roster_cell.html", said="", conflicts=(), **await _cell(request))


async def set_cell(request: Request) -> Response:
    """Save one physician's day."""
    site, form = site_of(request), form_of(request)
    who, day = form.text("physician"), read_day(form.text("day"))
    codes = form.many("code")
    try:
        await site.small.take(
            rosters.set_cell, site, staff_of(request), form.text("department"), who, day, codes,
            form.text("base"),
        )  # fmt: skip
    except RosterBlocked as blocked:
        shown = await _cell(request) | {"chosen": codes}
        conflicts = blocked.conflicts
        return form_again(request, "roster_cell.html", blocked, conflicts=conflicts, **shown)
    month = Month(day.year, day.month)
    return back(request, form.text("department"), month, "cell_saved")


async def show_swaps(request: Request) -> Response:
    """Requests to change shifts of a department's month, and where each stands."""
    site, month = site_of(request), month_of(request)
    department = request.query_params.get("department", "")
    where, found, physicians = await site.small.take(
        rosters.requests, site, staff_of(request), department, month
    )
    return render(
        request,
        "roster_swaps.html",
        department=where,
        month=month,
        requests=found,
        names=names_of(physicians),
    )


async def _cell(request: Request) -> dict[str, Any]:
    """What the form of one cell shows. A GET has the place in its query, a POST in its form."""
    site, form = site_of(request), form_of(request)
    place = {
        name: form.text(name) or request.query_params.get(name, "")
        for name in ("department", "physician", "day")
    }
    day = read_day(place["day"])
    month = Month(day.year, day.month)
    looked = await site.small.take(
        rosters.look, site, staff_of(request), place["department"], month
    )
    found = [one for one in looked.physicians if one.code == place["physician"]]
    if not found:
        raise refused("form.malformed", "nobody of this month")
    stands = [
        one.code for one in looked.planned if (one.physician, one.day) == (found[0].code, day)
    ]
    return {
        "department": looked.department,
        "month": month,
        "physician": found[0],
        "column": next(c for c in view.columns(month, today_of(request)) if c.day == day),
        "chosen": stands,
        "stands": stands,
        "base": form.text("base") or looked.base,
        "kinds": view.by_kind(site.parts.shift_codes),
    }


def _shown(request: Request, looked: Looked) -> dict[str, Any]:
    codes = site_of(request).parts.shift_codes
    days = view.columns(looked.month, today_of(request))
    return {
        "department": looked.department,
        "month": looked.month,
        "days": days,
        "rows": view.rows(looked.physicians, looked.planned, days, codes),
        "undo": looked.undo,
        "earlier": view.beside(looked.month, -1),
        "later": view.beside(looked.month, 1),
        "kinds": view.by_kind(codes),
        "can_edit": Permission.ROSTER_EDIT in staff_of(request).permissions,
    }


_READ, _EDIT = Permission.ROSTER_READ, Permission.ROSTER_EDIT
pages = [
    Page(ROSTER, "GET", _READ, show_month, nav="console.nav.roster"),
    Page(f"{ROSTER}/swaps", "GET", _READ, show_swaps),
    Page(f"{ROSTER}/cell", "GET", _EDIT, show_cell),
    Page(f"{ROSTER}/cell", "POST", _EDIT, set_cell),
]
