"""A person's file (档案) at the desk: found by number, enrolled again, withdrawn; number added."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from codes.names import masked
from enroll.application import CHINA, DocumentNumber, masked_number
from enroll.desk import checked_name, checked_number
from enroll.draft import Draft
from enroll.files import File, file_of
from verifier.api.site import Site
from verifier.identity import authorisations, erasure, face_marks, merging, people, ties
from verifier.identity.authorisations import Authorisation
from verifier.identity.desk_records import About
from verifier.identity.face_marks import Mark
from verifier.identity.merging import REASONS, Merge
from verifier.identity.ties import RELATIONS, Tie
from verifier.protocol.errors import Refused
from verifier.protocol.practice import PURPOSE as CHECK_IN
from verifier.trust.accounts.roles import Permission

from .enrol_identity import DOCUMENTS, number_typed
from .enrolment import desk_of, done_at, keep, notice_of, refuse_without_camera
from .pages import Page
from .refusals import refused
from .rendering import form_again, redirect, render
from .terminals import purpose_names
from .visitor import form_of, site_of, staff_of

PEOPLE = "/console/people"
ONE = f"{PEOPLE}/{{person}}"


@dataclass(frozen=True)
class Shown:
    """One file with what stands beside it. Names of others are masked."""

    file: File
    numbers: list[tuple[str, str]]
    ties: list[Tie]
    authorisations: list[Authorisation]
    merges: list[Merge]
    names: dict[str, str]
    faceless: Mark | None


async def show_find(request: Request) -> Response:
    """Find a file by a number, which travels in a form and in no address."""
    return render(request, "people.html", said="", documents=DOCUMENTS, typed={})


async def find(request: Request) -> Response:
    """On to the file that has the number."""
    return await on_to(request, PEOPLE, "people.html")


async def on_to(request: Request, room: str, template: str) -> Response:
    """On to the page in this room of whoever has the number, or the room's form again."""
    try:
        person = await done_at(request, _found, request)
    except Refused as told:
        typed = {"kind": form_of(request).text("kind")}
        return form_again(request, template, told, documents=DOCUMENTS, typed=typed)
    return redirect(request, f"{room}/{person}")


async def show_person(request: Request) -> Response:
    """One file: consent, face, proxies, what they may do, and what can be done."""
    return await person_page(request)


async def person_page(request: Request, told: Refused | None = None) -> Response:
    """The page of one file, with a reason above it where something would not do."""
    shown = await done_at(request, _shown, site_of(request), request.path_params["person"])
    purposes = purpose_names(request)
    desk, outdated = desk_of(request), desk_of(request).is_outdated(shown.file)
    said: dict[str, Any] = {
        "one": shown,
        "outdated": outdated,
        "agrees_alone": desk.agrees_alone(shown.file),
        "notice": notice_of(request) if outdated else None,
        "notice_version": desk.notice_version,
        "today": desk_of(request).today(),
        "now": desk_of(request).clock(),
        "camera": desk_of(request).faces is not None,
        "documents": DOCUMENTS,
        "relations": RELATIONS,
        "merge_reasons": REASONS,
        "faceless_reasons": face_marks.REASONS,
        "purposes": {name: purposes[name] for name in proxy_purposes(site_of(request))},
        "purpose_names": purposes,
        "can_switch": request.method == "GET",
    }
    if told is not None:
        return form_again(request, "person.html", told, **said)
    return render(request, "person.html", said="", **said)


async def enrol_again(request: Request) -> Response:
    """A new enrolment of a person who has a number: new consent, new pictures."""
    try:
        refuse_without_camera(request)
        draft = await done_at(request, _again, request)
    except Refused as told:
        return await person_page(request, told)
    return redirect(request, keep(request, draft))


async def withdraw(request: Request) -> Response:
    """The person takes the consent back: the template goes at once."""
    if form_of(request).text("sure") != "yes":
        raise refused("form.malformed", "not sure")
    await done_at(request, _withdraw, request)
    at = f"{PEOPLE}/{request.path_params['person']}"
    return redirect(request, at, "console.flash.enrol_withdrawn")


async def agree_anew(request: Request) -> Response:
    """The person read today's notice and agrees: the template stays, on the newer consent."""
    try:
        renewed = await done_at(request, desk_of(request).renew, request.path_params["person"])
    except Refused as told:
        return await person_page(request, told)
    at = f"{PEOPLE}/{request.path_params['person']}"
    return redirect(request, at, "console.flash.enrol_agreed_anew" if renewed else "")


async def add_number(request: Request) -> Response:
    """Whoever had no number has one now: the file is confirmed."""
    try:
        await done_at(request, _add_number, request)
    except Refused as told:
        return await person_page(request, told)
    at = f"{PEOPLE}/{request.path_params['person']}"
    return redirect(request, at, "console.flash.enrol_number_added")


async def changed(request: Request, change: Callable[[Request], None], flash: str) -> Response:
    """One change of the file, and its page again: with a reason where it would not do."""
    try:
        await done_at(request, change, request)
    except Refused as told:
        return await person_page(request, told)
    return redirect(request, f"{PEOPLE}/{request.path_params['person']}", flash)


def end_of_day(day: str, code: str) -> datetime:
    """The first moment after a day in China, as a form says it (ISO 8601). Raises `Refused` with
    `code` for what is no day.
    """
    try:
        return datetime.combine(date.fromisoformat(day), time(), CHINA) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise refused(code) from None


def proxy_purposes(site: Site) -> list[str]:
    """What a proxy may be authorised for: everything but checking in for a practitioner."""
    return [name for name in site.rules.policy.purposes if name != CHECK_IN]


def shown_of(site: Site, person: str) -> File:
    """The file alone. Raises `IdentityRefused`."""
    parts = site.parts
    with parts.engine.connect() as conn:
        return file_of(conn, parts.keyring, parts.gallery, person)


def _found(request: Request) -> str:
    site, form = site_of(request), form_of(request)
    number = number_typed(form)
    kind = number.kind if isinstance(number, DocumentNumber) else "resident_id"
    parts = site.parts
    with parts.engine.connect() as conn:
        known = people.find_by_number(conn, parts.keyring, parts.institution, kind, number.number)
    if known is None or known.synthetic:
        raise refused("desk.person.unknown")
    return known.id


def _shown(site: Site, person: str) -> Shown:
    parts, mine = site.parts, site.parts.institution
    with parts.engine.connect() as conn:
        file = file_of(conn, parts.keyring, parts.gallery, person)
        tied = ties.of_person(conn, mine, person)
        given = authorisations.of_person(conn, mine, person)
        faceless = face_marks.in_force(conn, mine, person, parts.clock())
        states = ("asked", "done", "undo_asked")
        merges = [
            merge
            for merge in merging.listed(conn, parts.gallery, *states)
            if person in (merge.kept, merge.merged)
        ]
        others = {tie.other for tie in tied} | {each.proxy for each in given}
        others |= {one for merge in merges for one in (merge.kept, merge.merged)}
        names = people.names_of(conn, parts.keyring, mine, others)
    return Shown(
        file=file,
        numbers=[(kind, masked_as(kind, number)) for kind, number in file.numbers],
        ties=tied,
        authorisations=given,
        merges=merges,
        names={one: masked(name) for one, name in names.items()},
        faceless=faceless,
    )


def masked_as(kind: str, number: str) -> str:
    """A number of this kind, as pages show it."""
    return masked_number(number) if kind == "resident_id" else "*" * 5 + number[-3:]


def _again(request: Request) -> Draft:
    site, staff = site_of(request), staff_of(request)
    file = shown_of(site, request.path_params["person"])
    if file.state != "confirmed":
        raise refused("desk.person_not_confirmed")
    kinds = dict(file.numbers)
    about = None
    if "resident_id" in kinds:
        number = checked_number(kinds["resident_id"])
        return Draft(staff.account, staff.login, "", "typed", number, file.name)
    if file.birth is not None and file.sex in ("male", "female"):
        about = About(file.birth, "male" if file.sex == "male" else "female")
    kind, text = file.numbers[0]
    other = DocumentNumber(kind, text)
    return Draft(staff.account, staff.login, "", "typed", other, file.name, about)


def _withdraw(request: Request) -> None:
    parts = site_of(request).parts
    with parts.engine.begin() as conn:
        person = request.path_params["person"]
        erasure.withdraw(conn, parts.gallery, person, staff_of(request).account)


def _add_number(request: Request) -> None:
    parts, form = site_of(request).parts, form_of(request)
    number, name = number_typed(form), checked_name(form.text("name"))
    kind = number.kind if isinstance(number, DocumentNumber) else "resident_id"
    with parts.engine.begin() as conn:
        people.attach_number(
            conn,
            parts.keyring,
            parts.institution,
            request.path_params["person"],
            number=number.number,
            name=name,
            kind=kind,
            by=staff_of(request).login,
        )


_ENROL = Permission.PEOPLE_ENROL
pages = [
    Page(PEOPLE, "GET", _ENROL, show_find, nav="console.nav.people"),
    Page(PEOPLE, "POST", _ENROL, find),
]
person_pages = [
    Page(ONE, "GET", _ENROL, show_person),
    Page(f"{ONE}/enrolled", "POST", _ENROL, enrol_again),
    Page(f"{ONE}/withdrawn", "POST", _ENROL, withdraw),
    Page(f"{ONE}/agreed", "POST", _ENROL, agree_anew),
    Page(f"{ONE}/number", "POST", _ENROL, add_number),
]
