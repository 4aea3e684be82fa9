"""Cards reported lost (挂失): put on the hospital's own list, and taken off by two identifiers."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from verifier.counter import documents, lost
from verifier.counter.documents import Document
from verifier.counter.errors import CounterRefused
from verifier.counter.lost import NAME, Second
from verifier.identity.lost_cards import CARDS
from verifier.protocol.errors import Refused
from verifier.trust.accounts.roles import Permission

from .counter_calls import COUNTER, document_of, done, is_again, typed_of
from .pages import Page
from .refusals import refused
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, staff_of

LOST = f"{COUNTER}/lost"
SECONDS = (NAME, "resident_id", "hospital_number", "passport", "permit")
"""What may stand beside the card's own number."""


async def show_lost(request: Request) -> Response:
    """The cards on the list, and the forms to put one on and to take one off."""
    return render(request, "counter_lost.html", said="", **await _all(request))


async def report(request: Request) -> Response:
    """Put a card on the list: whoever shows it is asked to the counter."""
    return await _changed(request, lost.report, "console.flash.card_lost")


async def take_off(request: Request) -> Response:
    """Take a card off the list, by the two identifiers with which it was put on."""
    return await _changed(request, lost.take_off, "console.flash.card_found")


async def _changed(request: Request, change: Any, flash: str) -> Response:
    parts, account = site_of(request).parts, staff_of(request).account
    try:
        card, second = await _two(request)
        await done(
            request,
            lambda conn: change(
                conn, parts.keyring, parts.institution, card, second, account, parts.clock()
            ),
        )
    except Refused as told:
        if not is_again(told):
            raise
        return form_again(request, "counter_lost.html", told, **await _all(request))
    return redirect(request, LOST, flash)


async def _two(request: Request) -> tuple[Document, Second]:
    form = form_of(request)
    kind, value = form.text("second"), form.text("second_number")
    if form.text("document") not in CARDS or kind not in SECONDS or not value:
        raise refused("form.malformed", "two identifiers")
    card = await document_of(request)
    try:
        said = value if kind == NAME else documents.typed(kind, value).number
    except CounterRefused as told:
        raise refused(told.code) from None
    if kind != NAME and (kind, said) == (card.kind, card.number):
        raise refused("counter.two_differ", "one identifier twice")
    return card, Second(kind, said)


async def _all(request: Request) -> dict[str, Any]:
    mine = site_of(request).parts.institution
    return {
        "lost": await done(request, lambda conn: lost.listed(conn, mine)),
        "cards": CARDS,
        "seconds": SECONDS,
        "typed": typed_of(form_of(request)),
    }


_WORK = Permission.COUNTER_WORK
pages = [
    Page(LOST, "GET", _WORK, show_lost, nav="console.nav.counter_lost"),
    Page(LOST, "POST", _WORK, report),
    Page(f"{LOST}/ended", "POST", _WORK, take_off, again=True, back=LOST),
]
