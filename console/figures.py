"""监管概览: a range's visits, reasons, scores, terminals, people and erasures, in plots."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

import web
from verifier.api.site import Site
from verifier.figures import asked as asking
from verifier.figures import erasures, sheets
from verifier.figures.asked import Asked, Known, Place
from verifier.figures.errors import FiguresRefused
from verifier.ledger import proving
from verifier.ledger.proving import Included
from verifier.protocol.errors import Refused, refusal
from verifier.trust import terminal_states
from verifier.trust.accounts.roles import Permission

from . import figures_drawn, figures_read, figures_tables
from .figures_read import Read
from .figures_tables import PARTS
from .pages import Page
from .refusals import refused
from .rendering import form_again, render
from .terminals import purpose_names
from .visitor import site_of, visitor_of

FIGURES = "/console/figures"
TABLE = f"{FIGURES}/table"
PROOF = f"{FIGURES}/proof"
FIELDS = ("from", "to", "purpose", "site", "terminal")

_LEAF = re.compile(r"[A-Za-z0-9_-]{43}")
_KINDS = {
    "csv": ("text/csv; charset=utf-8", sheets.write_csv),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        sheets.write_xlsx,
    ),
}


@dataclass(frozen=True)
class Form:
    """What the filters' form holds, as it was typed, and what may be chosen."""

    typed: Mapping[str, str]
    known: Known
    purposes: Mapping[str, str]
    today: date
    wrong: str = ""


async def show_figures(request: Request) -> Response:
    """Figures of today or a range: visits, reasons, scores, terminals, people, erasures."""
    site, typed = site_of(request), _typed(request)
    known = await site.small.take(_known, site)
    form = Form(typed, known, _purposes(request), asking.today(site.parts.clock()))
    try:
        asked = _asked(typed, known, site.parts.clock())
    except Refused as told:
        again = Form(typed, known, form.purposes, form.today, told.note)
        return form_again(request, "figures.html", told, form=again, asked=None, seen=None)
    seen = await site.small.take(figures_read.read, site, asked)
    words = web.translator(visitor_of(request).language)
    return render(
        request,
        "figures.html",
        said="",
        form=form,
        asked=asked,
        seen=seen,
        drawn=figures_drawn.drawn(seen, words),
        quick=_quick(asked, form.today),
        tables_of={part: made(seen, words) for part, made in PARTS.items()},
        files_of={part: _files(asked, part) for part in PARTS},
    )


async def download(request: Request) -> Response:
    """One table of the same range and filters, as CSV or XLSX."""
    site, typed, said = site_of(request), _typed(request), request.query_params
    part, kind = said.get("part", ""), said.get("as", "")
    if part not in PARTS or kind not in _KINDS:
        raise refusal("request.not_found")
    known = await site.small.take(_known, site)
    asked = _asked(typed, known, site.parts.clock())
    seen: Read = await site.small.take(figures_read.read, site, asked)
    words = web.translator(visitor_of(request).language)
    sheet = figures_tables.sheet(part, seen, known, _purposes(request), words)
    media_type, write = _KINDS[kind]
    data = await site.small.take(write, sheet)
    name = f"figures-{part}-{asked.first}-{asked.last}.{kind}"
    return Response(
        data,
        media_type=media_type,
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


async def prove(request: Request) -> Response:
    """The proof that an erasure's entry stands in the sealed ledger, as a file."""
    site, leaf = site_of(request), request.query_params.get("leaf", "")
    if not _LEAF.fullmatch(leaf):
        raise refusal("request.not_found")
    found = await site.small.take(_proof, site, leaf)
    if found is None:
        raise refusal("request.not_found")
    name = f"erasure-{leaf[:12]}.json"
    return Response(
        json.dumps({"leaf": leaf, **asdict(found)}, indent=2),
        media_type="application/json",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _typed(request: Request) -> dict[str, str]:
    return {name: request.query_params.get(name, "")[:64] for name in FIELDS}


def _asked(typed: Mapping[str, str], known: Known, now: datetime) -> Asked:
    try:
        return asking.read(typed, known, now)
    except FiguresRefused as told:
        raise refused(told.code, told.field) from None


def _proof(site: Site, leaf: str) -> Included | None:
    mine = site.parts.institution
    with site.parts.engine.connect() as conn:
        if not erasures.is_one(conn, mine, leaf):
            return None
        return proving.inclusion(conn, mine, leaf)


def _known(site: Site) -> Known:
    with site.parts.engine.connect() as conn:
        found = terminal_states.listed(conn, site.parts.institution)
    places = tuple(Place(each.id, each.label, each.site) for each in found)
    return Known(asking.counted(site.rules.policy.purposes), places)


def _purposes(request: Request) -> dict[str, str]:
    names = purpose_names(request)
    return {code: names[code] for code in asking.counted(site_of(request).rules.policy.purposes)}


def _quick(asked: Asked, today: date) -> list[tuple[str, dict[str, str], bool]]:
    """Ranges at one touch, with the filters as they are."""
    ranges = {
        "today": (today, today),
        "yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
        "seven": (today - timedelta(days=6), today),
        "thirty": (today - timedelta(days=29), today),
        "year": (today - timedelta(days=364), today),
    }
    return [
        (
            f"console.figures.quick.{name}",
            asked.query() | {"from": first.isoformat(), "to": last.isoformat()},
            (asked.first, asked.last) == (first, last),
        )
        for name, (first, last) in ranges.items()
    ]


def _files(asked: Asked, part: str) -> list[tuple[str, dict[str, str]]]:
    """Each kind of file with its address's query."""
    return [(kind, asked.query() | {"part": part, "as": kind}) for kind in _KINDS]


_READ = Permission.FIGURES_READ
pages = [
    Page(FIGURES, "GET", _READ, show_figures, nav="console.nav.figures"),
    Page(TABLE, "GET", _READ, download),
    Page(PROOF, "GET", _READ, prove),
]
