"""One visit at the counter: verify by document, let pass with a reason, hand on, take back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from enroll.desk import EnrolmentDesk
from verifier.api.site import Site
from verifier.counter import documents, items, resolving
from verifier.counter.items import Item
from verifier.counter.resolving import WHYS, Result
from verifier.identity import face_marks
from verifier.identity.desk_records import Likeness
from verifier.policy.models import Purpose
from verifier.protocol.errors import Refused
from verifier.trust.accounts.roles import Permission

from .counter_calls import (
    COUNTER,
    ITEM,
    Reader,
    counter_of,
    desks,
    document_of,
    done,
    is_again,
    shown_names,
    titles,
    typed_of,
)
from .enrolment import desk_of
from .pages import Page
from .qr import Drawing, drawing
from .refusals import refused
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, staff_of, visitor_of


@dataclass(frozen=True)
class Shown:
    """One item for a template.

    Attributes:
        mine: this clerk has taken it.
        undo: until when the result may be taken back.
        code: the receipt as a slip's code.
        faceless: the person is on record as going without a face: nobody need ask again.
        likeness: of the person and the chip's photo in a word, where the models compared them.
    """

    at: datetime
    item: Item
    purpose: Purpose | None
    mine: bool
    name: str | None
    desks: list[Reader]
    result: Result | None
    undo: datetime | None
    code: Drawing | None
    likeness: Likeness | None
    faceless: bool


async def show_item(request: Request) -> Response:
    """One visit: why it came, what may be done, and what was decided."""
    return render(request, "counter_item.html", said="", **await _one(request))


async def show_wristband(request: Request) -> Response:
    """An emergency's wristband with its temporary number as a code, to be printed."""
    found = await _one(request)
    item: Item = found["shown"].item
    if not item.emergency:
        raise refused("counter.unknown")
    prints = site_of(request).prints
    printers = [(one, prints.printer(one.id)) for one in found["shown"].desks]
    return render(
        request,
        "counter_wristband.html",
        code=drawing(item.number),
        printers=[(one, how) for one, how in printers if how is not None],
        printing=prints.state_of(item.id),
        **found,
    )


async def print_wristband(request: Request) -> Response:
    """Have a desk's own printer print the wristband; its agent fetches it from here."""
    found = await _one(request)
    item: Item = found["shown"].item
    desk = form_of(request).text("printer")
    if not item.emergency:
        raise refused("counter.unknown")
    if desk not in {one.id for one in found["shown"].desks}:
        raise refused("form.malformed", "no such desk")
    language: Literal["zh", "en"] = "en" if visitor_of(request).language == "en" else "zh"
    site_of(request).prints.put(desk, item.id, item.number, item.happened_at, language)
    return redirect(request, f"{ITEM.format(item=item.id)}/wristband")


async def by_document(request: Request) -> Response:
    """The original document was seen, typed or read: the visit is accepted on it."""
    site, form, item = site_of(request), form_of(request), request.path_params["item"]
    try:
        if form.text("seen") != "yes":
            raise refused("form.malformed", "the original was not seen")
        document = await document_of(request)
        by_proxy = form.text("proxy") == "yes"
        proxy = await document_of(request, "proxy_document", "proxy_number") if by_proxy else None
        account, at = staff_of(request).account, site.parts.clock()
        counter = counter_of(site, account)
        await done(
            request,
            lambda conn: resolving.by_document(conn, counter, item, account, document, proxy, at),
        )
    except Refused as told:
        return await item_again(request, told)
    return redirect(request, ITEM.format(item=item), "console.flash.counter_resolved")


async def let_pass(request: Request) -> Response:
    """Let pass without a document, for a reason; a second person agrees where asked for."""
    site, item = site_of(request), request.path_params["item"]
    why = next((each for each in WHYS if each == form_of(request).text("why")), None)
    try:
        if why is None:
            raise refused("form.malformed", "no reason")
        account, at = staff_of(request).account, site.parts.clock()
        counter = counter_of(site, account)
        receipt = await done(
            request, lambda conn: resolving.let_pass(conn, counter, item, account, why, at)
        )
    except Refused as told:
        return await item_again(request, told)
    flash = "console.flash.counter_resolved" if receipt else "console.flash.counter_asked"
    return redirect(request, ITEM.format(item=item), flash)


async def hand_on(request: Request) -> Response:
    """Back into the queue for a colleague; who took it first stays known."""
    item, mine = request.path_params["item"], site_of(request).parts.institution
    account = staff_of(request).account
    await done(request, lambda conn: items.hand_on(conn, mine, item, account))
    return redirect(request, COUNTER, "console.flash.counter_handed_on")


async def leave(request: Request) -> Response:
    """Not resolved: the person goes on by another door, and treatment goes on."""
    site, item = site_of(request), request.path_params["item"]
    end = next((each for each in items.ENDS if each == form_of(request).text("end")), None)
    if end is None:
        raise refused("form.malformed", "no end")
    account, parts = staff_of(request).account, site.parts
    await done(
        request,
        lambda conn: items.leave(conn, parts.institution, item, account, end, parts.clock()),
    )
    return redirect(request, COUNTER, "console.flash.counter_left")


async def take_back(request: Request) -> Response:
    """The result does not stand any more; its receipt is taken back and the visit is open again."""
    site, item = site_of(request), request.path_params["item"]
    account, at = staff_of(request).account, site.parts.clock()
    counter = counter_of(site, account)
    await done(request, lambda conn: resolving.take_back(conn, counter, item, account, at))
    return redirect(request, ITEM.format(item=item), "console.flash.counter_reversed", kind="care")


async def item_again(request: Request, told: Refused) -> Response:
    """The visit's page with the reason above it, where the same form helps."""
    if not is_again(told):
        raise told
    return form_again(request, "counter_item.html", told, **await _one(request))


async def _one(request: Request) -> dict[str, Any]:
    site, item = site_of(request), request.path_params["item"]
    account = staff_of(request).account
    desk = desk_of(request)
    shown = await done(request, lambda conn: _read(site, desk, conn, item, account))
    return {
        "shown": shown,
        "item": shown.item,
        "titles": titles(request),
        "kinds": documents.KINDS,
        "whys": WHYS,
        "ends": ("gone",) if shown.item.emergency else items.ENDS,
        "typed": typed_of(form_of(request)),
    }


def _read(site: Site, desk: EnrolmentDesk, conn: Any, item: str, account: str) -> Shown:
    mine, policy = site.parts.institution, site.rules.policy
    found = items.get(conn, mine, item)
    result, at = resolving.result_of(conn, mine, item), site.parts.clock()
    marked = found.handler and found.person and face_marks.in_force(conn, mine, found.person, at)
    return Shown(
        at=at,
        item=found,
        purpose=policy.purposes.get(found.purpose),
        mine=found.state == "taken" and found.handler == account,
        name=shown_names(site, conn, [found]).get(found.id),
        desks=desks(conn, mine),
        result=result,
        undo=result.at + policy.counter.undo if result and result.account == account else None,
        code=drawing(f"shualian:receipt:{mine}:{result.receipt}") if result else None,
        likeness=desk.likeness(result.score) if result and result.score is not None else None,
        faceless=bool(marked),
    )


_WORK = Permission.COUNTER_WORK
pages = [
    Page(ITEM, "GET", _WORK, show_item),
    Page(f"{ITEM}/wristband", "GET", _WORK, show_wristband),
    Page(f"{ITEM}/wristband", "POST", _WORK, print_wristband),
    Page(f"{ITEM}/document", "POST", _WORK, by_document),
    Page(f"{ITEM}/passed", "POST", _WORK, let_pass, again=True, back=ITEM),
    Page(f"{ITEM}/handed-on", "POST", _WORK, hand_on),
    Page(f"{ITEM}/left", "POST", _WORK, leave),
    Page(f"{ITEM}/reversed", "POST", _WORK, take_back, again=True, back=ITEM),
]
