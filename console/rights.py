"""A person's rights over what is kept (PIPL Art. 45–47): a copy, the name set right, erasure.

By whom the hospital names for it, who gives the password once more. A number travels in a form and
in no address; who stands at the desk is compared with a masked name and number.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from codes.names import masked
from enroll.desk import checked_name
from verifier.api.site import Site
from verifier.identity import erasure, people, subject, subject_page
from verifier.identity.galleries import Gallery
from verifier.protocol.errors import Refused
from verifier.trust.accounts.roles import Permission

from .enrol_identity import DOCUMENTS
from .enrolment import desk_of, done_at
from .pages import Page
from .people import masked_as, on_to, shown_of
from .refusals import refused
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, staff_of

RIGHTS = "/console/rights"
ONE = f"{RIGHTS}/{{person}}"
FORMS = {"page": "text/html; charset=utf-8", "data": "application/json"}
"""What the copy is: to be read and printed, or to be taken to another system."""


async def show_find(request: Request) -> Response:
    """Find whose data it is, by a number that they show."""
    return render(request, "rights.html", said="", documents=DOCUMENTS, typed={})


async def find(request: Request) -> Response:
    """On to the person who has the number."""
    return await on_to(request, RIGHTS, "rights.html")


async def show_one(request: Request) -> Response:
    """What can be done for one person: copy, correction, withdrawal, erasure."""
    return await _page(request)


async def copy(request: Request) -> Response:
    """Everything that is kept about the person, for the person. Who took it is entered."""
    form = form_of(request).text("form")
    if form not in FORMS:
        raise refused("form.malformed", "a page or data")
    made = await done_at(request, _copied, request)
    body = subject_page.render(made) if form == "page" else made.model_dump_json(indent=2)
    name = f"copy-{desk_of(request).today():%Y%m%d}.{'html' if form == 'page' else 'json'}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(body.encode(), media_type=FORMS[form], headers=headers)


async def correct(request: Request) -> Response:
    """Write the person's name as it is."""
    try:
        await done_at(request, _corrected, request)
    except Refused as told:
        return await _page(request, told)
    return redirect(request, _at(request), "console.flash.rights_corrected")


async def withdraw(request: Request) -> Response:
    """The person takes the consent back: the face goes at once, cards serve as before."""
    await _ended(request, erasure.withdraw)
    return redirect(request, _at(request), "console.flash.enrol_withdrawn")


async def erase(request: Request) -> Response:
    """Name, numbers and face go, in back-ups restored later too. It cannot be undone."""
    await _ended(request, erasure.erase)
    return redirect(request, RIGHTS, "console.flash.rights_erased")


def _at(request: Request) -> str:
    return f"{RIGHTS}/{request.path_params['person']}"


async def _page(request: Request, told: Refused | None = None) -> Response:
    file = await done_at(request, shown_of, site_of(request), request.path_params["person"])
    said: dict[str, Any] = {
        "file": file,
        "name": masked(file.name),
        "numbers": [(kind, masked_as(kind, number)) for kind, number in file.numbers],
        "can_switch": request.method == "GET",
    }
    if told is not None:
        return form_again(request, "rights_person.html", told, **said)
    return render(request, "rights_person.html", said="", **said)


def _copied(request: Request) -> subject.Subject:
    parts, person = site_of(request).parts, request.path_params["person"]
    with parts.engine.begin() as conn:
        return subject.export(
            conn, parts.keyring, parts.institution, person, staff_of(request).account
        )


def _corrected(request: Request) -> None:
    parts, person = site_of(request).parts, request.path_params["person"]
    name = checked_name(form_of(request).text("name"))
    with parts.engine.begin() as conn:
        people.correct_name(
            conn, parts.keyring, parts.institution, person, name, staff_of(request).account
        )


async def _ended(request: Request, how: Callable[[Connection, Gallery, str, str], object]) -> None:
    if form_of(request).text("sure") != "yes":
        raise refused("form.malformed", "not sure")
    person, account = request.path_params["person"], staff_of(request).account
    await done_at(request, _end, site_of(request), how, person, account)


def _end(
    site: Site, how: Callable[[Connection, Gallery, str, str], object], person: str, account: str
) -> None:
    with site.parts.engine.begin() as conn:
        how(conn, site.parts.gallery, person, account)


_EXPORT, _ERASE = Permission.PEOPLE_EXPORT, Permission.PEOPLE_ERASE
pages = [
    Page(RIGHTS, "GET", _EXPORT, show_find, nav="console.nav.rights", again=True),
    Page(RIGHTS, "POST", _EXPORT, find, again=True, back=RIGHTS),
    Page(ONE, "GET", _EXPORT, show_one, again=True),
    Page(f"{ONE}/copy", "POST", _EXPORT, copy, again=True, back=ONE),
    Page(f"{ONE}/name", "POST", _ERASE, correct, again=True, back=ONE),
    Page(f"{ONE}/withdrawn", "POST", _ERASE, withdraw, again=True, back=ONE),
    Page(f"{ONE}/erased", "POST", _ERASE, erase, again=True, back=ONE),
]
