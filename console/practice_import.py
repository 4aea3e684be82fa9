"""Practitioners from a file: first what each row would do, then, once confirmed, all of it.

Between the two steps the rows stand in the page alone; nothing of the file is kept.
"""

import json
from collections import Counter
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from verifier.api.site import Site
from verifier.practice import intake, intake_rows
from verifier.practice.intake import Book, Planned
from verifier.practice.intake_rows import IntakeRefused
from verifier.protocol.errors import Refused
from verifier.shifts.errors import RosterRefused
from verifier.shifts.sheet import MAX_BYTES, read_sheet
from verifier.trust.accounts.roles import Permission

from .forms import read_upload
from .pages import Page
from .practice_people import PEOPLE
from .refusals import refused
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, staff_of

IMPORT = f"{PEOPLE}/import"
MOST_ROWS = 2_000
MOST_CARRIED = 8_000_000
"""Bytes of the rows on their way back from the report, as a form writes them."""

Rows = Sequence[Sequence[str]]


async def show_import(request: Request) -> Response:
    """The form for a file of practitioners."""
    return render(request, "practice_import.html", said="", report=None)


async def preview(request: Request) -> Response:
    """What each row of the file would do; nothing is recorded yet."""
    try:
        sheet = _sheet(read_upload(request, "file", MAX_BYTES).data)
        planned = await site_of(request).small.take(_planned, site_of(request), sheet, "")
    except Refused as told:
        return form_again(request, "practice_import.html", told, report=None)
    return _report(request, planned, sheet)


async def confirm(request: Request) -> Response:
    """Record every row of the report in one step, or none."""
    site, by = site_of(request), staff_of(request).account
    sheet = _carried(form_of(request).raw("rows"))
    planned = await site.small.take(_planned, site, sheet, by)
    if any(one.findings for one in planned):
        return _report(request, planned, sheet)
    done = sum(1 for one in planned if one.acts)
    return redirect(request, PEOPLE, "console.flash.imported", count=str(done))


def _report(request: Request, planned: list[Planned], sheet: Rows) -> Response:
    wrong = sum(1 for one in planned if one.findings)
    counts = Counter(act for one in planned for act in one.acts)
    return render(
        request,
        "practice_import.html",
        said="",
        report=planned,
        wrong=wrong,
        counts=counts,
        unchanged=sum(1 for one in planned if not one.findings and not one.acts),
        carried=json.dumps(sheet, ensure_ascii=False, separators=(",", ":")),
        can_switch=False,
    )


def _planned(site: Site, sheet: Rows, by: str) -> list[Planned]:
    """The plan; carried out where `by` says who does it. Raises `Refused`."""
    parts, at = site.parts, site.parts.clock()
    book = Book(parts.keyring, parts.institution, by)
    try:
        rows = intake_rows.rows_of(sheet)
    except IntakeRefused as told:
        raise refused("practice.file_columns", str(told)) from None
    if len(rows) > MOST_ROWS:
        raise refused("practice.file_too_long")
    with parts.engine.begin() as conn:
        return intake.carry_out(conn, book, rows, at) if by else intake.plan(conn, book, rows)


def _sheet(data: bytes) -> Rows:
    try:
        return read_sheet(data).rows
    except RosterRefused as told:
        raise refused("practice.file_unreadable", told.code) from None


def _carried(text: str) -> Rows:
    try:
        sheet = json.loads(text)
    except ValueError:
        raise refused("form.malformed", "the rows") from None
    texts = isinstance(sheet, list) and all(
        isinstance(row, list) and all(isinstance(cell, str) for cell in row) for row in sheet
    )
    if not texts:
        raise refused("form.malformed", "the rows")
    return [tuple(row) for row in sheet]


_REGISTER = Permission.PRACTICE_REGISTER
pages = [
    Page(IMPORT, "GET", _REGISTER, show_import, again=True),
    Page(IMPORT, "POST", _REGISTER, preview, again=True, back=IMPORT, upload=MAX_BYTES),
    Page(
        f"{IMPORT}/confirmed",
        "POST",
        _REGISTER,
        confirm,
        again=True,
        back=IMPORT,
        upload=MOST_CARRIED,
    ),
]
