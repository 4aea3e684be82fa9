"""Downtime (停机): a sheet to be printed beforehand, and lines entered afterwards (断网补录)."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from verifier.counter import arriving, documents, downtime, resolving
from verifier.protocol.errors import Refused
from verifier.trust.accounts.roles import Permission

from .counter_calls import (
    COUNTER,
    ITEM,
    counter_of,
    document_of,
    done,
    is_again,
    queued_purposes,
    typed_of,
)
from .pages import Page
from .refusals import refused
from .rendering import CHINA, form_again, redirect, render
from .visitor import form_of, site_of, staff_of

DOWNTIME = f"{COUNTER}/downtime"
LINES = 12
"""Lines of one sheet; a line's number is the sheet's, a hyphen and its own."""


async def show_form(request: Request) -> Response:
    """The form for one line of a downtime sheet, and the way to the sheet itself."""
    return render(request, "counter_downtime.html", said="", **_around(request))


async def show_sheet(request: Request) -> Response:
    """A numbered sheet to be printed and kept at the desk for the next downtime."""
    sheet = "TJ" + "".join(secrets.choice(downtime.SIGNS) for _ in range(6))  # no two are the same
    numbers = [f"{sheet}-{line:02d}" for line in range(1, LINES + 1)]
    return render(
        request, "counter_sheet.html", sheet=sheet, numbers=numbers, titles=queued_purposes(request)
    )


async def enter(request: Request) -> Response:
    """Enter one line: when the visit was, on which document, and who entered it when."""
    site, form = site_of(request), form_of(request)
    account, at = staff_of(request).account, site.parts.clock()
    counter = counter_of(site, account)
    try:
        line, purpose = form.text("line").upper(), form.text("purpose")
        if not downtime.LINE.fullmatch(line) or purpose not in queued_purposes(request):
            raise refused("form.malformed", "no line or purpose")
        if form.text("seen") != "yes":
            raise refused("form.malformed", "the original was not seen")
        happened_at = _moment(form.text("happened_at"))
        document = await document_of(request)

        def entered(conn: Connection) -> str:
            policy = counter.rules.policy
            said = (account, line, purpose, happened_at, at)
            item = arriving.entered(conn, counter.institution, policy, *said)
            resolving.by_document(conn, counter, item, account, document, None, at)
            return item

        item = await done(request, entered)
    except Refused as told:
        if not is_again(told):
            raise
        return form_again(request, "counter_downtime.html", told, **_around(request))
    return redirect(request, ITEM.format(item=item), "console.flash.counter_entered")


def _around(request: Request) -> dict[str, Any]:
    return {
        "titles": queued_purposes(request),
        "kinds": documents.KINDS,
        "typed": typed_of(form_of(request)),
    }


def _moment(text: str) -> datetime:
    """As a browser's field for a local time gives it; the hospital's own time."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=CHINA)
    except ValueError:
        raise refused("form.malformed", "no time") from None


_WORK = Permission.COUNTER_WORK
pages = [
    Page(DOWNTIME, "GET", _WORK, show_form, nav="console.nav.counter_downtime"),
    Page(DOWNTIME, "POST", _WORK, enter),
    Page(f"{DOWNTIME}/sheet", "GET", _WORK, show_sheet),
]
