"""Rosters 排班: a department's month, its import, one cell, and what changed hands."""

import re
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from verifier.api import rosters
from verifier.api.rosters import Looked
from verifier.practice.roster_errors import RosterBlocked
from verifier.shifts import Month, Physician, RosterRefused
from verifier.shifts.month import local_day
from verifier.shifts.sheet import MAX_BYTES
from verifier.trust.accounts.roles import Permission

from . import roster_view as view
from .forms import read_upload
from .local import to
from .pages import Page
from .refusals import refused
from .rendering import form_again, redirect, render
from .roster_draft import packed, unpacked
from .visitor import form_of, site_of, staff_of

ROSTER = "/console/roster"
MOST_SHOWN = 500
"""Lines of each list on the page before saving."""

FILES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


async def show_month(request: Request) -> Response:
    """A department's month: who is planned on which day."""
    site, staff = site_of(request), staff_of(request)
    kept = await site.small.take(rosters.kept, site, staff)
    if not kept:
        return render(request, "roster_none.html")
    asked = request.query_params.get("department") or kept[0].code
    looked = await site.small.take(rosters.look, site, staff, asked, _month(request))
    return render(request, "roster.html", kept=kept, **_shown(request, looked))


async def show_upload(request: Request) -> Response:
    """The form for a month's grid as a file."""
    site, staff = site_of(request), staff_of(request)
    kept = await site.small.take(rosters.kept, site, staff)
    asked = request.query_params.get("department", "")
    return render(
        request, "roster_upload.html", kept=kept, department=asked, month=_month(request), said=""
    )


async def look_at_upload(request: Request) -> Response:
    """What an uploaded grid would change, with every problem and conflict; nothing is saved."""
    site, staff, form = site_of(request), staff_of(request), form_of(request)
    data = read_upload(request, "grid", MAX_BYTES).data
    asked = form.text("department")
    month = _read_month(form.text("month")) if form.text("month") else None
    try:
        found = await site.small.take(rosters.preview, site, staff, asked, data, month)
    except RosterRefused as told:
        kept = await site.small.take(rosters.kept, site, staff)
        shown = {"kept": kept, "department": asked, "month": month}
        return form_again(request, "roster_upload.html", told, **shown)
    seen = found.seen
    return render(
        request,
        "roster_preview.html",
        can_switch=False,
        department=found.department,
        seen=seen,
        names=_names(found.physicians),
        most=MOST_SHOWN,
        draft=packed(found.department.code, seen.month, seen.base, seen.planned),
    )


async def save_draft(request: Request) -> Response:
    """Save the month that was looked at, unless it was changed meanwhile."""
    site, draft = site_of(request), unpacked(form_of(request).raw("draft"))
    saved = await site.small.take(
        rosters.save, site, staff_of(request), draft.department, draft.month, draft.cells,
        draft.base,
    )  # fmt: skip
    return _back(request, draft.department, draft.month, "saved", count=len(saved.changes))


async def show_cell(request: Request) -> Response:
    """One physician's day, to be changed."""
    return render(request, "roster_cell.html", said="", conflicts=(), **await _cell(request))


async def set_cell(request: Request) -> Response:
    """Save one physician's day."""
    site, form = site_of(request), form_of(request)
    who, day = form.text("physician"), _read_day(form.text("day"))
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
    return _back(request, form.text("department"), month, "cell_saved")


async def restore(request: Request) -> Response:
    """Take the last saving of a month back, if nothing changed since."""
    site, form = site_of(request), form_of(request)
    department, month = form.text("department"), _read_month(form.text("month"))
    version = form.text("version")
    await site.small.take(rosters.restore, site, staff_of(request), department, version)
    return _back(request, department, month, "restored")


async def export(request: Request) -> Response:
    """The month as a file, CSV or XLSX, that can be imported again."""
    site, kind = site_of(request), request.query_params.get("kind", "csv")
    if kind not in FILES:
        raise refused("form.malformed", "no such kind of file")
    department, month = request.query_params.get("department", ""), _month(request)
    data = await site.small.take(
        rosters.export, site, staff_of(request), department, month,
        "csv" if kind == "csv" else "xlsx",
    )  # fmt: skip
    name = f"roster-{month.year}-{month.month:02d}.{kind}"
    said = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=FILES[kind], headers=said)


async def show_swaps(request: Request) -> Response:
    """Requests to change shifts of a department's month, and where each stands."""
    site, month = site_of(request), _month(request)
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
        names=_names(physicians),
    )


async def _cell(request: Request) -> dict[str, Any]:
    """What the form of one cell shows. A GET has the place in its query, a POST in its form."""
    site, form = site_of(request), form_of(request)
    place = {
        name: form.text(name) or request.query_params.get(name, "")
        for name in ("department", "physician", "day")
    }
    day = _read_day(place["day"])
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
        "column": next(c for c in view.columns(month, _today(request)) if c.day == day),
        "chosen": stands,
        "stands": stands,
        "base": form.text("base") or looked.base,
        "kinds": view.by_kind(site.parts.shift_codes),
    }


def _shown(request: Request, looked: Looked) -> dict[str, Any]:
    codes = site_of(request).parts.shift_codes
    days = view.columns(looked.month, _today(request))
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


def _names(physicians: tuple[Physician, ...]) -> dict[str, str]:
    return {one.code: one.name for one in physicians}


def _back(request: Request, department: str, month: Month, done: str, **values: Any) -> Response:
    address = to(ROSTER, department=department, month=written(month))
    words: dict[str, Any] = {name: str(value) for name, value in values.items()}
    return redirect(request, address, f"console.flash.roster_{done}", **words)


def _month(request: Request) -> Month:
    """The month that the query asks for; without one, today's."""
    today = _today(request)
    text = request.query_params.get("month", "")
    return _read_month(text) if text else Month(today.year, today.month)


def _today(request: Request) -> date:
    return local_day(site_of(request).parts.clock())


def written(month: Month) -> str:
    """As addresses and fields have it: `2026-12`."""
    return f"{month.year}-{month.month:02d}"


def _read_month(text: str) -> Month:
    try:
        if re.fullmatch(r"\d{4}-\d{2}", text, re.ASCII):
            return Month(int(text[:4]), int(text[5:]))
    except ValueError:
        pass
    raise refused("form.malformed", "no month")


def _read_day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
        Month(day.year, day.month)
    except ValueError:
        raise refused("form.malformed", "no day") from None
    return day


_READ, _EDIT = Permission.ROSTER_READ, Permission.ROSTER_EDIT
pages = [
    Page(ROSTER, "GET", _READ, show_month, nav="console.nav.roster"),
    Page(f"{ROSTER}/file", "GET", _READ, export),
    Page(f"{ROSTER}/swaps", "GET", _READ, show_swaps),
    Page(f"{ROSTER}/upload", "GET", _EDIT, show_upload),
    Page(f"{ROSTER}/upload", "POST", _EDIT, look_at_upload, upload=MAX_BYTES),
    Page(f"{ROSTER}/saved", "POST", _EDIT, save_draft),
    Page(f"{ROSTER}/cell", "GET", _EDIT, show_cell),
    Page(f"{ROSTER}/cell", "POST", _EDIT, set_cell),
    Page(f"{ROSTER}/restored", "POST", _EDIT, restore),
]
