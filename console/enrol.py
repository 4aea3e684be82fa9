"""Enrolment (建档): a card or a number, notice and consent, camera, others alike, done."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from enroll.desk import LINK_REASONS, checked_name, checked_number
from enroll.draft import Draft, Guardian
from enroll.files import File, file_of
from verifier.api import desk_readings
from verifier.identity.desk_records import REASONS
from verifier.identity.ties import RELATIONS
from verifier.protocol.claim import CredentialReading
from verifier.protocol.errors import Refused
from verifier.trust.accounts.roles import Permission

from .enrol_identity import DOCUMENTS, from_form, from_reading
from .enrolment import (
    desk_of,
    done_at,
    draft_of,
    forget_later,
    keep,
    notice_of,
    refuse_without_camera,
    seen_at,
)
from .pages import Page
from .refusals import refused
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, staff_of

ENROL = "/console/enrol"
ONE = f"{ENROL}/d/{{draft}}"
MOST_PICTURE = 600_000


async def show_start(request: Request) -> Response:
    """Whom to enrol: the card on the desk's reader, or a typed number."""
    return render(request, "enrol_start.html", said="", **await _start(request))


async def take_card(request: Request) -> Response:
    """What the desk's reader read meanwhile, as a new enrolment; for the page's own script."""
    site, staff, desk = site_of(request), staff_of(request), form_of(request).text("desk")
    refuse_without_camera(request)
    reading = await site.small.take(desk_readings.taken, site, desk, staff)
    if reading is None:
        return JSONResponse({"to": ""})
    draft = await done_at(request, _of_card, request, reading, desk)
    return JSONResponse({"to": keep(request, draft)})


async def begin(request: Request) -> Response:
    """A new enrolment from what was typed."""
    try:
        refuse_without_camera(request)
        where = await _place(request, form_of(request).text("desk"))
        draft = await done_at(request, from_form, form_of(request), staff_of(request), where)
    except Refused as told:
        return form_again(request, "enrol_start.html", told, **await _start(request))
    return redirect(request, keep(request, draft))


async def show_draft(request: Request) -> Response:
    """The next step of one enrolment: notice and consent, camera, others alike, saving."""
    return await draft_page(request)


async def draft_page(request: Request, told: Refused | None = None) -> Response:
    """The step at which a draft stands, with a reason above it where something would not do."""
    draft, desk = draft_of(request), desk_of(request)
    forget_later(request)
    said: dict[str, Any] = {
        "draft": draft,
        "step": "notice" if draft.consent is None else "found" if draft.enough else "camera",
        "child": desk.is_child(draft),
        "guardians": desk.policy.guardian_enrolment,
        "notice": notice_of(request),
        "notice_version": desk.notice_version,
        "general": desk.notice_version == desk.general_notice,
        "relations": RELATIONS,
        "link_reasons": LINK_REASONS,
        "reasons": REASONS,
        "found": [],
        "own": False,
        "can_switch": request.method == "GET",
    }
    if said["step"] == "found":
        try:
            said["found"] = await done_at(request, desk.search, draft)
        except Refused as refusal:
            told = told or refusal
            said["own"] = refusal.code == "desk.differs_from_enrolled"
            said["step"] = "stopped"
    if told is not None:
        return form_again(request, "enrol_draft.html", told, **said)
    return render(request, "enrol_draft.html", said="", **said)


async def agree(request: Request) -> Response:
    """The separate consent, with the notice's version and the time; or a no, which ends it."""
    draft, form = draft_of(request), form_of(request)
    if form.text("answer") != "yes":
        desk_of(request).drafts.drop(draft.id)
        return redirect(request, ENROL, "console.flash.enrol_declined", kind="care")
    try:
        await done_at(request, _agree, request, draft)
    except Refused as told:
        return await draft_page(request, told)
    return redirect(request, f"{ENROL}/d/{draft.id}")


async def take_frame(request: Request) -> Response:
    """One frame of the camera: what to mend, and whether it is enough; for the page's script."""
    draft, form = draft_of(request), form_of(request)
    forget_later(request)
    sent = form.files.get("frame")
    if sent is None:
        raise refused("upload.missing", "frame")
    look, code = await seen_at(request, desk_of(request).look, draft, sent.data)
    return JSONResponse(
        {
            "code": code,
            "faces": look.faces,
            "signs": look.signs,
            "taken": len(draft.scores),
            "enough": draft.enough,
        }
    )


async def show_picture(request: Request) -> Response:
    """Today's picture of the person at the desk, from memory, to the clerk alone."""
    draft = draft_of(request)
    if not draft.picture:
        raise refused("desk.over", "no picture")
    return Response(draft.picture, media_type="image/jpeg")


async def take_again(request: Request) -> Response:
    """Drop what the camera took and begin to look anew."""
    draft = draft_of(request)
    draft.forget_face()
    return redirect(request, f"{ENROL}/d/{draft.id}")


async def save(request: Request) -> Response:
    """Keep the template under the consent; everything else of the enrolment is dropped."""
    draft = draft_of(request)
    try:
        if not draft.enough or draft.consent is None:
            raise refused("desk.over", "no face")
        person = await done_at(request, desk_of(request).save, draft)
    except Refused as told:
        return await draft_page(request, told)
    return redirect(request, f"{ENROL}/done/{person}")


async def give_up(request: Request) -> Response:
    """Drop the whole enrolment."""
    desk_of(request).drafts.drop(request.path_params["draft"])
    return redirect(request, ENROL)


async def show_done(request: Request) -> Response:
    """What was kept of whom, and how it is undone."""
    file = await done_at(request, _file, request)
    return render(request, "enrol_done.html", file=file, today=desk_of(request).today())


async def _start(request: Request) -> dict[str, Any]:
    site = site_of(request)
    typed = dict(form_of(request).fields)
    # A number that was typed wrong comes back to be set right; it is in a body and in no address.
    return {
        "desks": await site.small.take(desk_readings.desks, site),
        "documents": DOCUMENTS,
        "typed": typed,
        "camera": desk_of(request).faces is not None,
        "open": desk_of(request).drafts.of(staff_of(request).account),
    }


async def _place(request: Request, desk: str) -> str:
    site = site_of(request)
    found = await site.small.take(desk_readings.desks, site)
    return next((place for known, _, place in found if known == desk), "")


def _of_card(request: Request, reading: CredentialReading, desk: str) -> Draft:
    site, staff = site_of(request), staff_of(request)
    places = {known: place for known, _, place in desk_readings.desks(site)}
    return from_reading(reading, staff, places.get(desk, ""), desk_of(request).today())


def _agree(request: Request, draft: Draft) -> None:
    desk, form = desk_of(request), form_of(request)
    guardian = None
    if desk.is_child(draft) and desk.policy.guardian_enrolment:
        number = checked_number(form.text("guardian_number"))
        name, relation = checked_name(form.text("guardian_name")), form.text("relation")
        if relation not in RELATIONS or number.age_on(desk.today()) < ADULT:
            raise refused("desk.guardian_unfit")
        guardian = Guardian(number, name, relation)
    desk.agree(draft, guardian)


ADULT = 18


def _file(request: Request) -> File:
    parts = site_of(request).parts
    with parts.engine.connect() as conn:
        return file_of(conn, parts.keyring, parts.gallery, request.path_params["person"])


_ENROL = Permission.PEOPLE_ENROL
pages = [
    Page(ENROL, "GET", _ENROL, show_start, nav="console.nav.enrol"),
    Page(ENROL, "POST", _ENROL, begin),
    Page(f"{ENROL}/card", "POST", _ENROL, take_card),
    Page(ONE, "GET", _ENROL, show_draft, devices=("camera",)),
    Page(f"{ONE}/consent", "POST", _ENROL, agree),
    Page(f"{ONE}/frame", "POST", _ENROL, take_frame, upload=MOST_PICTURE),
    Page(f"{ONE}/picture", "GET", _ENROL, show_picture),
    Page(f"{ONE}/again", "POST", _ENROL, take_again),
    Page(f"{ONE}/saved", "POST", _ENROL, save),
    Page(f"{ONE}/ended", "POST", _ENROL, give_up),
    Page(f"{ENROL}/done/{{person}}", "GET", _ENROL, show_done),
]
