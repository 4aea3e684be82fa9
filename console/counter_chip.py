"""One visit at the counter by the photo on the card's chip: a clerk's eyes, or camera and models.

The photo and the frames are in this process's memory for minutes and are written nowhere.
"""

import asyncio
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from codes.names import masked
from enroll.chip import LIFE_S, SAMPLES, Beside, Photos
from enroll.live import Look, look
from verifier.api import desk_readings
from verifier.counter import chip, documents
from verifier.counter.deciding import Compared
from verifier.counter.errors import CounterRefused
from verifier.identity.desk_records import Likeness
from verifier.protocol.claim import LegalBasis
from verifier.protocol.errors import Refused
from verifier.protocol.values import Consent
from verifier.trust.accounts.roles import Permission

from .counter_calls import ITEM, counter_of, done
from .counter_item import item_again
from .enrolment import desk_of, notice_of, seen_at
from .pages import Page
from .refusals import refused
from .rendering import redirect, render
from .visitor import form_of, site_of, staff_of

CHIP = f"{ITEM}/chip"
MOST_PICTURE = 600_000


@dataclass(frozen=True)
class Seen:
    """What the page shows: the photo stands beside it, and never in it.

    Attributes:
        step: `ask` for the person's consent, `camera`, `compared`, or `eyes` alone.
        likeness: in a word, where the models compared.
    """

    name: str
    kind: str
    step: str
    why_not: str
    agrees: bool
    likeness: Likeness | None


async def lay(request: Request) -> Response:
    """The card on the desk's reader with the photo on its chip, for this visit alone."""
    site, item = site_of(request), request.path_params["item"]
    staff, at = staff_of(request), site.parts.clock()
    counter = counter_of(site, staff.account)
    try:
        desk = form_of(request).text("chip_desk")
        found = await site.small.take(desk_readings.taken_with_photo, site, desk, staff)
        if found is None:
            raise refused("counter.reading_none")
        if not found.chip_photo:
            raise refused("counter.chip_none")
        try:
            document = documents.read(found.reading, at)
        except CounterRefused as told:
            raise refused(told.code, told.note) from None

        def laid(conn: Connection) -> Beside:
            one = chip.laid(conn, counter, item, staff.account, document)
            why_not = chip.why_no_camera(conn, counter, one, found.reading, at)
            blind = desk_of(request).faces is None
            return Beside(
                staff.account, one, document, found.chip_photo, why_not or "no_models" * blind
            )

        photos_of(request).put(await done(request, laid))
    except Refused as told:
        return await item_again(request, told)
    _forget_later(request)
    return redirect(request, CHIP.format(item=item))


async def show(request: Request) -> Response:
    """The chip's photo beside the person: what the clerk says, or what the models found."""
    beside = _open(request)
    if beside is None:
        item = ITEM.format(item=request.path_params["item"])
        return redirect(request, item, "console.flash.counter_chip_over", kind="care")
    version = _notice_version(request, beside)
    return render(
        request,
        "counter_chip.html",
        item=beside.item,
        seen=_seen(request, beside),
        notice=notice_of(request, version),
        notice_version=version,
        samples=SAMPLES,
    )


async def show_photo(request: Request) -> Response:
    """The photo on the chip, from memory, to the clerk alone."""
    return Response(_held(request).photo, media_type="image/png")


async def agree(request: Request) -> Response:
    """The person agreed, at the desk, that the camera looks once for this comparison."""
    beside = _held(request)
    if beside.why_not:
        raise refused("counter.chip_over", "no camera for this card")
    at = site_of(request).parts.clock().replace(microsecond=0)
    beside.basis = LegalBasis(
        notice_version=_notice_version(request, beside), consent=Consent.SEPARATE, touched_at=at
    )
    return redirect(request, CHIP.format(item=beside.item.id))


async def take_frame(request: Request) -> Response:
    """One frame of the desk's camera, compared with the photo when they are enough."""
    beside, form = _held(request), form_of(request)
    sent = form.files.get("frame")
    if sent is None:
        raise refused("upload.missing", "frame")
    seen, code = await seen_at(request, _looked, request, beside, sent.data)
    return JSONResponse(
        {
            "code": code,
            "faces": seen.faces,
            "signs": seen.signs,
            "taken": len(beside.vectors),
            "enough": not beside.looks,
        }
    )


async def resolve(request: Request) -> Response:
    """It is the person on the photo, by the clerk's own eyes or by the models: let through."""
    site, item = site_of(request), request.path_params["item"]
    beside, at = _held(request), site.parts.clock()
    account = staff_of(request).account
    counter = counter_of(site, account)
    by_models = form_of(request).text("how") == "models"
    if not by_models and form_of(request).text("seen") != "yes":
        raise refused("form.malformed", "nobody looked")
    compared = None
    if by_models:
        if beside.comparison is None or beside.basis is None:
            raise refused("counter.chip_over", "nothing was compared")
        compared = Compared(beside.comparison, beside.basis)
    await done(
        request,
        lambda conn: chip.by_chip_photo(
            conn, counter, item, account, beside.document, compared, at
        ),
    )
    photos_of(request).drop(account)
    return redirect(request, ITEM.format(item=item), "console.flash.counter_resolved")


async def give_up(request: Request) -> Response:
    """Drop the photo; the visit stays open for another way."""
    photos_of(request).drop(staff_of(request).account)
    return redirect(request, ITEM.format(item=request.path_params["item"]))


def photos_of(request: Request) -> Photos:
    """The photos that lie beside somebody now."""
    photos: Photos = request.app.state.chip_photos
    return photos


def _notice_version(request: Request, beside: Beside) -> str:
    """As a terminal tells it before a claim of the visit's purpose: nothing is enrolled here."""
    return site_of(request).rules.notice_for(beside.item.purpose, desk_of(request).today())


def _open(request: Request) -> Beside | None:
    found = photos_of(request).open(staff_of(request).account, request.path_params["item"])
    if found is not None:
        _forget_later(request)
    return found


def _held(request: Request) -> Beside:
    """The clerk's own. Raises `Refused` with `counter.chip_over`."""
    found = _open(request)
    if found is None:
        raise refused("counter.chip_over")
    return found


def _forget_later(request: Request) -> None:
    """See that it goes in time though nobody asks."""
    asyncio.get_running_loop().call_later(LIFE_S + 1.0, photos_of(request).forget_old)


def _looked(request: Request, beside: Beside, data: bytes) -> tuple[Look, str]:
    desk, site = desk_of(request), site_of(request)
    if desk.faces is None or not beside.looks:
        raise refused("counter.chip_over", "the camera is not asked for")
    seen = look(desk.faces, data)
    code = beside.take(seen, desk.rules.same_person)
    if len(beside.vectors) < SAMPLES:
        return seen, code
    score = beside.score(desk.faces)
    if score is None:
        beside.why_not = "no_face"
        return seen, code
    counter = counter_of(site, beside.account)
    comparison = chip.compared(counter, beside.item, score)
    with site.parts.engine.begin() as conn:
        chip.note_compared(conn, counter.institution, beside.item, beside.account, comparison)
    beside.comparison = comparison
    return seen, code


def _seen(request: Request, beside: Beside) -> Seen:
    comparison = beside.comparison
    step = "eyes" if beside.why_not else "camera" if beside.looks else "ask"
    return Seen(
        name=masked(beside.document.name or ""),
        kind=beside.document.kind,
        step="compared" if comparison else step,
        why_not=beside.why_not,
        agrees=comparison is not None and chip.agrees(comparison),
        likeness=desk_of(request).likeness(comparison.score) if comparison else None,
    )


_WORK = Permission.COUNTER_WORK
pages = [
    Page(CHIP, "POST", _WORK, lay),
    Page(CHIP, "GET", _WORK, show, devices=("camera",)),
    Page(f"{CHIP}/photo", "GET", _WORK, show_photo),
    Page(f"{CHIP}/agreed", "POST", _WORK, agree),
    Page(f"{CHIP}/frame", "POST", _WORK, take_frame, upload=MOST_PICTURE),
    Page(f"{CHIP}/resolved", "POST", _WORK, resolve),
    Page(f"{CHIP}/ended", "POST", _WORK, give_up),
]
