"""Rosters as files: a grid looked at before it is saved, a saving taken back, an export."""

from starlette.requests import Request
from starlette.responses import Response

from verifier.api import rosters
from verifier.shifts import RosterRefused
from verifier.shifts.sheet import MAX_BYTES
from verifier.trust.accounts.roles import Permission

from .forms import read_upload
from .pages import Page
from .refusals import refused
from .rendering import form_again, render
from .roster_address import ROSTER, back, month_of, names_of, read_month
from .roster_draft import packed, unpacked
from .visitor import form_of, site_of, staff_of

MOST_SHOWN = 500
"""Lines of each list on the page before saving."""

FILES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


async def show_upload(request: Request) -> Response:
    """The form for a month's grid as a file."""
    site, staff = site_of(request), staff_of(request)
    kept = await site.small.take(rosters.kept, site, staff)
    asked = request.query_params.get("department", "")
    return render(
        request, "roster_upload.html", kept=kept, department=asked, month=month_of(request), said=""
    )


async def look_at_upload(request: Request) -> Response:
    """What an uploaded grid would change, with every problem and conflict; nothing is saved."""
    site, staff, form = site_of(request), staff_of(request), form_of(request)
    data = read_upload(request, "grid", MAX_BYTES).data
    asked = form.text("department")
    month = read_month(form.text("month")) if form.text("month") else None
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
        names=names_of(found.physicians),
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
    return back(request, draft.department, draft.month, "saved", count=len(saved.changes))


async def restore(request: Request) -> Response:
    """Take the last saving of a month back, if nothing changed since."""
    site, form = site_of(request), form_of(request)
    department, month = form.text("department"), read_month(form.text("month"))
    version = form.text("version")
    await site.small.take(rosters.restore, site, staff_of(request), department, version)
    return back(request, department, month, "restored")


async def export(request: Request) -> Response:
    """The month as a file, CSV or XLSX, that can be imported again."""
    site, kind = site_of(request), request.query_params.get("kind", "csv")
    if kind not in FILES:
        raise refused("form.malformed", "no such kind of file")
    department, month = request.query_params.get("department", ""), month_of(request)
    data = await site.small.take(
        rosters.export, site, staff_of(request), department, month,
        "csv" if kind == "csv" else "xlsx",
    )  # fmt: skip
    name = f"roster-{month.year}-{month.month:02d}.{kind}"
    said = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=FILES[kind], headers=said)


_READ, _EDIT = Permission.ROSTER_READ, Permission.ROSTER_EDIT
pages = [
    Page(f"{ROSTER}/file", "GET", _READ, export),
    Page(f"{ROSTER}/upload", "GET", _EDIT, show_upload),
    Page(f"{ROSTER}/upload", "POST", _EDIT, look_at_upload, upload=MAX_BYTES),
    Page(f"{ROSTER}/saved", "POST", _EDIT, save_draft),
    Page(f"{ROSTER}/restored", "POST", _EDIT, restore),
]
