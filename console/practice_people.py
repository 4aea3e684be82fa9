"""The registry (执业登记): who is a practitioner here, found by code or name, and adding one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from codes.names import normalise
from verifier.api.site import Site
from verifier.practice import intake, intake_rows, listing, registry, sites
from verifier.practice.intake import Book
from verifier.practice.intake_rows import Row
from verifier.practice.listing import Entry, Held, Qualified
from verifier.practice.sites import Ward
from verifier.protocol.errors import Refused, refusal
from verifier.trust.accounts.roles import Permission

from .pages import Page
from .practice_names import sees_names, shown_names
from .refusals import refused
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, staff_of

PEOPLE = "/console/practice/people"
ONE = f"{PEOPLE}/{{person}}"
MOST_SHOWN = 100


@dataclass(frozen=True)
class Found:
    """What a search gave."""

    entries: list[Entry]
    more: int
    names: dict[str, str]
    departments: list[Ward]


@dataclass(frozen=True)
class One:
    """A practitioner with all that is recorded of rights and payment."""

    at: datetime
    entry: Entry
    name: str | None
    department: str
    registrations: list[Held]
    qualifications: list[Qualified]
    site_names: dict[str, str]
    account: str | None


async def show_people(request: Request) -> Response:
    """Practitioners, found by code, name or department; names are masked for who only reads."""
    site, clear = site_of(request), sees_names(request)
    wanted, department = (request.query_params.get(n, "").strip() for n in ("q", "department"))
    found = await site.small.take(_search, site, wanted, department, clear)
    said: dict[str, Any] = {"q": wanted, "department": department, "clear": clear}
    return render(request, "practice_people.html", found=found, **said)


async def show_new(request: Request) -> Response:
    """The form for a practitioner."""
    return render(request, "practice_person_new.html", said="", **await _blank(request))


async def add(request: Request) -> Response:
    """A practitioner with code, name, number and department; a right is registered afterwards."""
    site, form = site_of(request), form_of(request)
    row = Row(
        line=1,
        code=form.text("code").upper(),
        name=form.text("name"),
        number=form.text("number").upper(),
        department=form.text("department"),
        login=form.text("login").lower() or None,
    )
    try:
        person = await site.small.take(_add, site, row, staff_of(request).account)
    except Refused as told:
        return form_again(request, "practice_person_new.html", told, **await _blank(request))
    return redirect(request, f"{PEOPLE}/{person}", "console.flash.practitioner_added")


async def show_person(request: Request) -> Response:
    """One practitioner: registrations, payment qualification, and what may be changed."""
    return await person_page(request)


async def person_page(request: Request, told: Refused | None = None) -> Response:
    """The page of one practitioner, with a reason above the form that would not do."""
    site, person = site_of(request), request.path_params["person"]
    one = await site.small.take(_one, site, person, sees_names(request))
    said: dict[str, Any] = {
        "one": one,
        "typed": dict(form_of(request).fields),
        "bases": registry.BASES,
    }
    if told is not None:
        return form_again(request, "practice_person.html", told, **said)
    return render(request, "practice_person.html", said="", **said)


def _search(site: Site, wanted: str, department: str, clear: bool) -> Found:
    parts = site.parts
    with parts.engine.connect() as conn:
        everybody = listing.entries(conn, parts.institution, parts.clock())
        mine = [one for one in everybody if department in ("", one.department)]
        names = shown_names(site, conn, [one.person for one in mine], clear=clear)
        wards = sites.departments(conn, parts.institution)
    by_name = names if clear else {}  # a masked name is not to be guessed at
    found = [one for one in mine if _fits(one, by_name.get(one.person, ""), wanted)]
    return Found(found[:MOST_SHOWN], max(0, len(found) - MOST_SHOWN), names, wards)


def _fits(one: Entry, name: str, wanted: str) -> bool:
    return wanted.upper() in one.code or (
        bool(normalise(wanted)) and normalise(wanted) in normalise(name)
    )


def _add(site: Site, row: Row, by: str) -> str:
    parts = site.parts
    book = Book(parts.keyring, parts.institution, by)
    with parts.engine.begin() as conn:
        rows = [Row(**{**vars(row), "findings": intake_rows.checked(row)})]
        (planned,) = intake.carry_out(conn, book, rows, parts.clock())
        if planned.findings:
            raise refused(f"practice.{planned.findings[0]}")
        known = registry.find(conn, parts.institution, row.code)
        if known is None or not planned.acts:
            raise refused("practice.code_taken", "there already")
        return known.person


def _one(site: Site, person: str, clear: bool) -> One:
    parts, at = site.parts, site.parts.clock()
    with parts.engine.connect() as conn:
        known = registry.of_person(conn, parts.institution, person)
        if known is None:
            raise refusal("practice.unknown")
        (entry,) = (e for e in listing.entries(conn, parts.institution, at) if e.person == person)
        wards = {ward.code: ward.name for ward in sites.departments(conn, parts.institution)}
        return One(
            at=at,
            entry=entry,
            name=shown_names(site, conn, [person], clear=clear).get(person),
            department=wards.get(entry.department, entry.department),
            registrations=listing.registrations(conn, parts.institution, person),
            qualifications=listing.qualifications(conn, parts.institution, person),
            site_names={one.code: one.name for one in sites.listed(conn, parts.institution)},
            account=registry.account_of(conn, parts.institution, person),
        )


async def _blank(request: Request) -> dict[str, Any]:
    site = site_of(request)
    wards = await site.small.take(_wards, site)
    return {"departments": wards, "typed": dict(form_of(request).fields)}


def _wards(site: Site) -> list[Ward]:
    with site.parts.engine.connect() as conn:
        return sites.departments(conn, site.parts.institution)


_READ, _REGISTER = Permission.PRACTICE_READ, Permission.PRACTICE_REGISTER
pages = [
    Page(PEOPLE, "GET", _READ, show_people, nav="console.nav.practitioners"),
    Page(f"{PEOPLE}/new", "GET", _REGISTER, show_new, again=True),
    Page(f"{PEOPLE}/new", "POST", _REGISTER, add, again=True, back=f"{PEOPLE}/new"),
]
person_pages = [Page(ONE, "GET", _READ, show_person)]
