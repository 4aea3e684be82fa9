"""意见与好差评: how visits went by grade and week, and every matter from received to closed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

import web
from verifier.api.rating import book_of
from verifier.api.site import Site
from verifier.figures import sheets
from verifier.protocol.errors import Refused, refusal
from verifier.protocol.rating import MOST_REACH, MOST_SAID, Door, Matter
from verifier.ratings import figures, intakes
from verifier.ratings.errors import IntakeRefused
from verifier.ratings.figures import Figures, Range
from verifier.ratings.intakes import Intake
from verifier.ratings.rules import there
from verifier.ratings.taking import Book
from verifier.trust.accounts.roles import Permission

from . import ratings_drawn
from .pages import Page
from .refusals import refused
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, staff_of, visitor_of

T = TypeVar("T")

RATINGS = "/console/ratings"
NEW = f"{RATINGS}/new"
TABLE = f"{RATINGS}/table"
ONE = f"{RATINGS}/intakes/{{intake}}"
STATES = ("open", "overdue", *intakes.STATES)
MOST_IN_FILE = 20_000
FIELDS = ("kind", "door", "said", "reach")


@dataclass(frozen=True)
class Asked:
    """What the address asks for; what it says wrong is left at what is usual."""

    range: Range
    kind: str
    state: str

    def query(self) -> dict[str, str]:
        """The same for an address."""
        return {
            "from": self.range.since.isoformat(),
            "to": self.range.until.isoformat(),
            "door": self.range.door.value if self.range.door else "",
            "kind": self.kind,
            "state": self.state,
        }


@dataclass(frozen=True)
class Seen:
    """Figures and matters, for a template. `more` of the matters are not listed."""

    at: datetime
    figures: Figures
    intakes: list[Intake]
    overdue: int
    more: bool


async def show_ratings(request: Request) -> Response:
    """Ratings by grade and week, and the matters: what is overdue first."""
    site = site_of(request)
    asked = _asked(request)
    seen = await site.small.take(_seen, site, asked)
    words = web.translator(visitor_of(request).language)
    return render(
        request,
        "ratings.html",
        asked=asked,
        seen=seen,
        drawn=ratings_drawn.drawn(seen.figures, words),
        grades=figures.GRADES,
        doors=list(Door),
        kinds=intakes.KINDS,
        states=STATES,
    )


async def download(request: Request) -> Response:
    """Weeks, or the matters of a filter, as CSV: no words of anybody and no way to be reached."""
    site, part = site_of(request), request.query_params.get("part", "")
    if part not in ratings_drawn.PARTS:
        raise refusal("request.not_found")
    asked = _asked(request)
    seen = await site.small.take(_seen, site, asked, MOST_IN_FILE)
    words = web.translator(visitor_of(request).language)
    sheet = ratings_drawn.sheet(part, asked.query(), seen, words)
    data = await site.small.take(sheets.write_csv, sheet)
    name = f"ratings-{part}-{asked.range.since}-{asked.range.until}.csv"
    disposition = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=disposition)


async def show_intake(request: Request) -> Response:
    """One matter: what was brought, what was told and answered, what was changed."""
    site = site_of(request)
    seen = await _done(
        request,
        lambda conn: intakes.get(
            conn, book_of(site), request.path_params["intake"], site.parts.clock()
        ),
    )
    return render(
        request,
        "intake.html",
        seen=seen,
        own=staff_of(request).account,
        most=intakes.MOST_WORDS,
        outcomes=intakes.OUTCOMES,
    )


async def show_new(request: Request) -> Response:
    """A form for a matter that somebody brings to the counter or by telephone."""
    return render(request, "intake_new.html", said="", form=_form({}))


async def record(request: Request) -> Response:
    """Write a matter down: it gets its number and its due time, and its writer is its owner."""
    site, form = site_of(request), form_of(request)
    typed = {name: form.text(name) for name in FIELDS}
    at, by, book = site.parts.clock(), staff_of(request).account, book_of(site)
    try:
        intake = await _done(
            request, lambda conn: intakes.record(conn, book, intakes.Brought(**typed), by, at)
        )
    except Refused as told:
        return form_again(request, "intake_new.html", told, form=_form(typed))
    return redirect(request, f"{RATINGS}/intakes/{intake}", "console.flash.intake_recorded")


async def take(request: Request) -> Response:
    """This member of staff sees to the matter from now on."""
    return await _acted(request, lambda c, book, one, by, at: intakes.take(c, book, one, by, at))


async def tell(request: Request) -> Response:
    """Write down what the person was told at once: what is needed, what follows, until when."""
    words = form_of(request).text("words")
    return await _acted(
        request, lambda c, book, one, by, at: intakes.tell(c, book, one, words, by, at)
    )


async def answer(request: Request) -> Response:
    """Write down what was answered."""
    words = form_of(request).text("words")
    return await _acted(
        request, lambda c, book, one, by, at: intakes.answer(c, book, one, words, by, at)
    )


async def note(request: Request) -> Response:
    """Write down what was found or done so far."""
    words = form_of(request).text("words")
    return await _acted(
        request, lambda c, book, one, by, at: intakes.note(c, book, one, words, by, at)
    )


async def close(request: Request) -> Response:
    """Close the matter, with what was changed or why nothing could be."""
    outcome, words = form_of(request).text("outcome"), form_of(request).text("words")
    return await _acted(
        request, lambda c, book, one, by, at: intakes.close(c, book, one, outcome, words, by, at)
    )


async def reopen(request: Request) -> Response:
    """Take a closing back, with the reason; the matter is due anew."""
    words = form_of(request).text("words")
    return await _acted(
        request, lambda c, book, one, by, at: intakes.reopen(c, book, one, words, by, at)
    )


Act = Callable[[Connection, Book, str, str, datetime], None]


async def _acted(request: Request, act: Act) -> Response:
    site, intake = site_of(request), request.path_params["intake"]
    book, at, by = book_of(site), site.parts.clock(), staff_of(request).account
    await _done(request, lambda conn: act(conn, book, intake, by, at))
    return redirect(request, f"{RATINGS}/intakes/{intake}", "console.flash.intake")


async def _done(request: Request, work: Callable[[Connection], T]) -> T:
    site = site_of(request)

    def carried_out() -> T:
        try:
            with site.parts.engine.begin() as conn:
                return work(conn)
        except IntakeRefused as told:
            raise refused(told.code) from None

    return await site.small.take(carried_out)


def _asked(request: Request) -> Asked:
    said, today = request.query_params, there(site_of(request).parts.clock())
    asked = Range.asked(said.get("from", ""), said.get("to", ""), said.get("door", ""), today)
    kind, state = said.get("kind", ""), said.get("state", "open")
    kind = kind if kind in intakes.KINDS else ""
    return Asked(asked, kind, state if state in STATES else "")


def _seen(site: Site, asked: Asked, most: int = intakes.MOST_LISTED) -> Seen:
    at, mine = site.parts.clock(), site.parts.institution
    kind, state = asked.kind or None, asked.state or None
    with site.parts.engine.connect() as conn:
        found = figures.figures(conn, mine, asked.range, at)
        listed = intakes.listed(conn, mine, at, kind, state, most + 1)
        overdue = intakes.overdue(conn, mine, at)
    return Seen(at, found, listed[:most], overdue, len(listed) > most)


def _form(typed: dict[str, str]) -> dict[str, object]:
    return {
        "typed": {name: typed.get(name, "") for name in FIELDS},
        "matters": [each.value for each in Matter],
        "doors": [Door.COUNTER.value, Door.PHONE.value],
        "most_said": MOST_SAID,
        "most_reach": MOST_REACH,
    }


_READ, _HANDLE = Permission.RATINGS_READ, Permission.RATINGS_HANDLE
pages = [
    Page(RATINGS, "GET", _READ, show_ratings, nav="console.nav.ratings"),
    Page(TABLE, "GET", _READ, download),
    Page(NEW, "GET", _HANDLE, show_new),
    Page(NEW, "POST", _HANDLE, record),
    Page(ONE, "GET", _READ, show_intake),
    Page(f"{ONE}/taken", "POST", _HANDLE, take),
    Page(f"{ONE}/told", "POST", _HANDLE, tell),
    Page(f"{ONE}/noted", "POST", _HANDLE, note),
    Page(f"{ONE}/answered", "POST", _HANDLE, answer),
    Page(f"{ONE}/closed", "POST", _HANDLE, close),
    Page(f"{ONE}/reopened", "POST", _HANDLE, reopen),
]
