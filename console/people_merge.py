"""Merging two files of one person (合并档案), and taking it back: one asks, another approves."""

import re
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from codes.names import masked
from verifier.api.site import Site
from verifier.identity import merging, people
from verifier.identity.merging import Merge
from verifier.protocol.errors import Refused
from verifier.trust.accounts.roles import Permission

from .enrol_identity import number_typed
from .enrolment import done_at
from .pages import Page
from .people import ONE, PEOPLE, person_page
from .refusals import refused
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, staff_of

MERGES = "/console/merges"
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True)
class Line:
    """A merge with both masked names, and whether this person asked for it."""

    merge: Merge
    kept: str
    merged: str
    own: bool


async def ask(request: Request) -> Response:
    """Ask for another file to become part of this one; by its number, or its id."""
    try:
        await done_at(request, _ask, request)
    except Refused as told:
        return await person_page(request, told)
    at = f"{PEOPLE}/{request.path_params['person']}"
    return redirect(request, at, "console.flash.enrol_merge_asked")


async def show_merges(request: Request) -> Response:
    """What waits for a second person, and what was merged."""
    return await _page(request)


async def decide(request: Request) -> Response:
    """Approve or decline what a colleague asked for; or ask that a merge be taken back."""
    try:
        flash = await done_at(request, _decide, request)
    except Refused as told:
        return await _page(request, told)
    return redirect(request, MERGES, flash)


async def _page(request: Request, told: Refused | None = None) -> Response:
    lines = await done_at(request, _lines, site_of(request), staff_of(request).account)
    said: dict[str, Any] = {
        "waiting": [one for one in lines if one.merge.state in merging.OPEN],
        "done": [one for one in lines if one.merge.state == "done"],
        "can_switch": request.method == "GET",
    }
    if told is not None:
        return form_again(request, "merges.html", told, **said)
    return render(request, "merges.html", said="", **said)


def _lines(site: Site, account: str) -> list[Line]:
    parts = site.parts
    with parts.engine.connect() as conn:
        found = merging.listed(conn, parts.gallery, "asked", "undo_asked", "done")
        ids = {one for merge in found for one in (merge.kept, merge.merged)}
        names = people.names_of(conn, parts.keyring, parts.institution, ids)
    shown = {person: masked(name) for person, name in names.items()}
    return [
        Line(m, shown.get(m.kept, "—"), shown.get(m.merged, "—"), m.asked_by == account)
        for m in found
    ]


def _ask(request: Request) -> None:
    parts, form = site_of(request).parts, form_of(request)
    with parts.engine.begin() as conn:
        other = form.text("file")
        if not _ID.fullmatch(other):
            number = number_typed(form)
            known = people.find_by_number(
                conn, parts.keyring, parts.institution, "resident_id", number.number
            )
            if known is None:
                raise refused("desk.person.unknown")
            other = known.id
        kept, account = request.path_params["person"], staff_of(request).account
        merging.ask(conn, parts.gallery, kept, other, form.text("reason"), account)


def _decide(request: Request) -> str:
    parts, form = site_of(request).parts, form_of(request)
    merge, account = form.text("merge"), staff_of(request).account
    with parts.engine.begin() as conn:
        match form.text("decision"):
            case "approve":
                found = merging.approve(conn, parts.gallery, merge, account)
                done = "merged" if found.state == "asked" else "unmerged"
                return f"console.flash.enrol_{done}"
            case "decline":
                merging.decline(conn, parts.gallery, merge, account)
                return "console.flash.enrol_merge_declined"
            case "undo":
                merging.ask_undo(conn, parts.gallery, merge, account)
                return "console.flash.enrol_unmerge_asked"
    raise refused("form.malformed", "no such decision")


_MERGE = Permission.PEOPLE_MERGE
pages = [
    Page(f"{ONE}/merged", "POST", _MERGE, ask, again=True, back=MERGES),
    Page(MERGES, "GET", _MERGE, show_merges, nav="console.nav.merges"),
    Page(MERGES, "POST", _MERGE, decide, again=True, back=MERGES),
]
