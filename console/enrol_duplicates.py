"""Somebody else looks like the person at the desk: one, two, or a doubt (疑点); and the doubts."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from codes.names import masked
from verifier.api.site import Site
from verifier.identity import desk_records, people
from verifier.identity.desk_records import Doubt
from verifier.protocol.errors import Refused
from verifier.trust.accounts.roles import Permission

from .enrol import ENROL, ONE, draft_page
from .enrolment import desk_of, done_at, draft_of
from .pages import Page
from .refusals import refused
from .rendering import redirect, render
from .visitor import form_of, site_of

DOUBTS = "/console/duplicates"
MOST_NOTE = 200


@dataclass(frozen=True)
class Line:
    """A doubt with the masked names of both."""

    doubt: Doubt
    name: str
    other: str


async def decide(request: Request) -> Response:
    """The same person, two people, or a doubt for the insurance office."""
    draft, desk, form = draft_of(request), desk_of(request), form_of(request)
    other, note = form.text("other"), form.text("note")[:MOST_NOTE]
    try:
        if not draft.enough or draft.consent is None:
            raise refused("desk.over", "no face")
        match form.text("decision"):
            case "two":
                await done_at(request, desk.tell_apart, draft, other, form.text("link_reason"))
                return redirect(request, f"{ENROL}/d/{draft.id}")
            case "same":
                person = await done_at(request, desk.same_person, draft, other)
                return redirect(request, f"{ENROL}/done/{person}")
            case "doubt":
                await done_at(request, desk.refer, draft, other, form.text("reason"), note)
            case "own":
                await done_at(request, desk.refer_own_file, draft, form.text("reason"), note)
            case _:
                raise refused("form.malformed", "no such decision")
    except Refused as told:
        return await draft_page(request, told)
    return redirect(request, ENROL, "console.flash.enrol_referred", kind="care")


async def show_doubts(request: Request) -> Response:
    """Doubts that desks passed on: who looks like whom, why a clerk could not tell, since when."""
    site = site_of(request)
    lines = await site.small.take(_lines, site)
    said: dict[str, Any] = {"lines": lines}
    return render(request, "duplicates.html", **said)


def _lines(site: Site) -> list[Line]:
    parts = site.parts
    with parts.engine.connect() as conn:
        found = desk_records.doubts(conn, parts.gallery)
        ids = {one for doubt in found for one in (doubt.person, doubt.other)}
        names = people.names_of(conn, parts.keyring, parts.institution, ids)
    shown = {person: masked(name) for person, name in names.items()}
    return [Line(d, shown.get(d.person, "—"), shown.get(d.other, "—")) for d in found]


pages = [
    Page(f"{ONE}/decided", "POST", Permission.PEOPLE_ENROL, decide),
    Page(DOUBTS, "GET", Permission.DUPLICATES_READ, show_doubts, nav="console.nav.duplicates"),
]
