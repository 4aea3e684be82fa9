"""Reconciliation (结算核对): a claims file against the windows. Nothing of it is kept."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

import web
from verifier.api.routes import practice as calls
from verifier.practice import reconciling
from verifier.practice import reconciling_export as export
from verifier.practice.reconciling import MOST_BYTES, Judged, ReconcilingRefused, Why
from verifier.protocol.errors import Refused
from verifier.protocol.practice import Introspection
from verifier.trust.accounts.roles import Permission

from .forms import read_upload
from .pages import Page
from .refusals import refused
from .rendering import form_again, render
from .visitor import form_of, site_of, visitor_of

RECONCILE = "/console/practice/reconcile"
MOST_SHOWN = 300

_KINDS = {
    "csv": ("text/csv; charset=utf-8", export.write_csv),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        export.write_xlsx,
    ),
}


@dataclass(frozen=True)
class Outcome:
    """What was found in one file, for a template."""

    lines: int
    counts: dict[Why, int]
    unmatched: list[Judged]
    more: int


async def show_reconcile(request: Request) -> Response:
    """The form for a file of claims."""
    return render(request, "practice_reconcile.html", said="", outcome=None)


async def reconcile(request: Request) -> Response:
    """Which lines of a file have a window behind them, as a page, CSV or XLSX; it is not kept."""
    kind = form_of(request).text("as")
    try:
        found = await _judged(request, read_upload(request, "file", MOST_BYTES).data)
    except Refused as told:
        return form_again(request, "practice_reconcile.html", told, outcome=None)
    if kind in _KINDS:
        return await _file(request, found, kind)
    outcome = _outcome(found)
    return render(request, "practice_reconcile.html", said="", outcome=outcome, can_switch=False)


async def _judged(request: Request, data: bytes) -> list[Judged]:
    """Batch by batch, so that terminals' requests come in between."""
    site = site_of(request)
    try:
        lines = await site.small.take(reconciling.read, data)
    except ReconcilingRefused as told:
        raise refused(told.code, str(told)) from None
    answers: list[Introspection] = []
    for batch in reconciling.batches(lines):
        answers += await site.small.take(calls.answers, site, batch)
    return reconciling.judge(lines, answers)


async def _file(request: Request, found: list[Judged], kind: str) -> Response:
    site, words = site_of(request), web.translator(visitor_of(request).language)
    media_type, write = _KINDS[kind]
    work: Callable[..., bytes] = write
    data = await site.small.take(work, found, words)
    named = {"content-disposition": f'attachment; filename="reconciliation.{kind}"'}
    return Response(data, media_type=media_type, headers=named)


def _outcome(found: list[Judged]) -> Outcome:
    unmatched = [one for one in found if one.why != "matched"]
    shown, counts = unmatched[:MOST_SHOWN], reconciling.counts(found)
    return Outcome(len(found), counts, shown, len(unmatched) - len(shown))


_READ = Permission.PRACTICE_READ
pages = [
    Page(RECONCILE, "GET", _READ, show_reconcile, nav="console.nav.reconcile"),
    Page(RECONCILE, "POST", _READ, reconcile, upload=MOST_BYTES),
]
