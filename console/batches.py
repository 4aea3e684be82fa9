"""Batch enrolment (批量建档): hand over a table and photos, look, start, follow, take back."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from enroll.application import CHINA
from enroll.batch import launching, preview, report, running, spool, store
from enroll.batch.launching import Launcher, Processes
from enroll.batch.preview import Preview
from enroll.batch.spool import PART_BYTES, Spool
from enroll.batch.states import AT_WORK, HOLDS_PHOTOS, BatchRefused, State
from enroll.batch.store import Batch, Line, Progress
from enroll.reasons import column_of
from verifier.api.site import Site
from verifier.protocol.errors import Refused
from verifier.trust.accounts.roles import Permission

from . import modes
from .enrolment import desk_of, notice_of
from .forms import read_upload
from .pages import Page
from .refusals import refused
from .rendering import redirect, render
from .visitor import form_of, ground_of, site_of, staff_of, visitor_of

BATCHES = "/console/batches"
MOST_REFUSED = 200
FILES = {
    "csv": ("text/csv; charset=utf-8", report.write_csv),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        report.write_xlsx,
    ),
}
T = TypeVar("T")


@dataclass(frozen=True)
class Standing:
    """A batch and how far it is, for a template."""

    batch: Batch
    progress: Progress
    refused: list[Line]

    @property
    def working(self) -> bool:
        """Whether the page renews itself."""
        return self.batch.state in AT_WORK


def prepare(app: FastAPI, site: Site) -> None:
    """See that batches that were at work go on, and that their processes end with the app."""
    parts = site.parts

    def lost(batch: str) -> None:
        launching.pause(parts.engine, parts.institution, batch, parts.clock(), "batch.process_lost")

    launcher = Processes(lost=lost)
    app.state.batches = launcher
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running_app: FastAPI) -> AsyncIterator[Any]:
        async with inner(running_app) as state:
            if parts.data is not None:
                launching.tidy(parts.engine, parts.institution, parts.data)
                launching.resume(launcher, parts.engine, parts.institution)
            yield state
            launcher.close()

    app.router.lifespan_context = lifespan


async def show_batches(request: Request) -> Response:
    """Every batch, and the form for a new one."""
    site = site_of(request)
    found = await site.small.take(_standings, site)
    said: dict[str, Any] = {
        "notice": notice_of(request),
        "notice_version": desk_of(request).notice_version,
    }
    return render(
        request, "batches.html", found=found, part_bytes=PART_BYTES, ready=_has(site), **said
    )


async def create(request: Request) -> Response:
    """A new batch, into which its files are sent in parts."""
    site, form = site_of(request), form_of(request)
    sizes = (_number(form.text("table_bytes")), _number(form.text("photo_bytes")))
    by = staff_of(request).account

    def made() -> str:
        parts = site.parts
        with parts.engine.begin() as conn:
            at = parts.clock()
            return store.create(conn, parts.keyring, parts.institution, by, sizes, at).id

    _data(site)
    return JSONResponse({"batch": await _told(site, made)}, 201)


async def send_part(request: Request) -> Response:
    """One part of a batch's table or ZIP, sealed before it is on the disk."""
    site, form = site_of(request), form_of(request)
    data = read_upload(request, "part", PART_BYTES).data
    index, batch = _number(form.text("index")), request.path_params["batch"]
    what: spool.What = "table" if form.text("what") == "table" else "photos"

    def kept() -> None:
        found = _batch(site, batch)
        if found.state is not State.UPLOADING:
            raise BatchRefused("batch.state", found.state)
        size = found.table_bytes if what == "table" else found.photo_bytes
        if len(data) != spool.part_size(size, index):
            raise BatchRefused("batch.part", f"{what} {index}")
        _spool(site, found).write(what, index, data)

    await _told(site, kept)
    return Response(status_code=204)


async def look(request: Request) -> Response:
    """See whether everything came and can be read; then it is ready to start."""
    site, batch, by = site_of(request), request.path_params["batch"], staff_of(request).account
    training = ground_of(request) is not None
    await _told(site, lambda: _looked(site, batch, by, training=training))
    return redirect(request, f"{BATCHES}/{batch}")


async def show_batch(request: Request) -> Response:
    """One batch: what it would do, how far it is, what became of its rows."""
    site, batch = site_of(request), request.path_params["batch"]
    standing = await _told(site, lambda: _standing(site, _batch(site, batch)))
    seen: Preview | None = None
    if standing.batch.state is State.READY:
        seen = await _told(site, lambda: _preview(site, standing.batch))
    return render(request, "batch.html", standing=standing, seen=seen, **_words(request))


async def show_progress(request: Request) -> Response:
    """How far a batch is, alone, for the page that renews it."""
    site, batch = site_of(request), request.path_params["batch"]
    standing = await _told(site, lambda: _standing(site, _batch(site, batch)))
    return render(request, "batch_part.html", standing=standing, **_words(request))


async def start(request: Request) -> Response:
    """Begin, or go on with, a batch."""
    return await _moved(request, State.RUNNING)


async def pause(request: Request) -> Response:
    """End after the row at hand; the rest waits."""
    return await _moved(request, State.PAUSED)


async def cancel(request: Request) -> Response:
    """End for good; the photos go, whoever is enrolled stays."""
    return await _moved(request, State.CANCELLED)


async def undo(request: Request) -> Response:
    """Take back everybody whom this batch enrolled: consents withdrawn, templates deleted."""
    return await _moved(request, State.UNDOING)


async def send_report(request: Request) -> Response:
    """Row, outcome, reason and score as CSV or XLSX: no picture, no name, no number."""
    site, batch = site_of(request), request.path_params["batch"]
    kind = request.query_params.get("kind", "csv")
    if kind not in FILES:
        raise refused("form.malformed", "no such kind of file")
    media_type, write = FILES[kind]

    def written() -> bytes:
        with site.parts.engine.connect() as conn:
            return write(store.lines(conn, store.find(conn, site.parts.institution, batch)))

    data = await _told(site, written)
    named = {"content-disposition": f'attachment; filename="batch-{batch[:6]}.{kind}"'}
    return Response(data, media_type=media_type, headers=named)


async def _moved(request: Request, to: State) -> Response:
    site, batch, by = site_of(request), request.path_params["batch"], staff_of(request).account

    def moved() -> Batch:
        with site.parts.engine.begin() as conn:
            found = store.find(conn, site.parts.institution, batch)
            return store.move(conn, found, to, by, site.parts.clock())

    now = await _told(site, moved)
    if now.state not in HOLDS_PHOTOS and site.parts.data is not None:
        await site.small.take(spool.remove, site.parts.data, batch)
    if now.state in AT_WORK:
        _launcher(request).start(batch)
    return redirect(request, f"{BATCHES}/{batch}", f"console.flash.batch_{to}")


def _words(request: Request) -> dict[str, Any]:
    """What the tables of rows say, in the visitor's language."""
    language = visitor_of(request).language
    return {
        "most": MOST_REFUSED,
        "reason": partial(report.reason_of, language=language),
        "column": column_of,
    }


def _looked(site: Site, batch: str, by: str, *, training: bool) -> None:
    found = _batch(site, batch)
    kept = _spool(site, found)
    if kept.missing("table", found.table_bytes) or kept.missing("photos", found.photo_bytes):
        raise BatchRefused("batch.incomplete")
    try:
        rows = running.read_table(kept, found).rows
        for row in rows:
            modes.refuse_numbers(row.cells.values(), training=training)
        running.open_photos(kept, found)
    except (BatchRefused, Refused):
        _drop(site, found, by)
        raise
    with site.parts.engine.begin() as conn:
        store.move(conn, found, State.READY, by, site.parts.clock())
        store.put_rows(conn, found, [row.line for row in rows])


def _drop(site: Site, batch: Batch, by: str) -> None:
    """What cannot be read is not kept."""
    with site.parts.engine.begin() as conn:
        store.move(conn, batch, State.CANCELLED, by, site.parts.clock())
    spool.remove(_data(site), batch.id)


def _preview(site: Site, batch: Batch) -> Preview:
    kept, today = _spool(site, batch), datetime.now(CHINA).date()
    table, photos = running.read_table(kept, batch), running.open_photos(kept, batch)
    return preview.look(table, photos, site.rules.policy, today)


def _standings(site: Site) -> list[Standing]:
    with site.parts.engine.connect() as conn:
        at = site.parts.clock()
        found = store.newest(conn, site.parts.institution)
        return [Standing(each, store.progress(conn, each, at), []) for each in found]


def _standing(site: Site, batch: Batch) -> Standing:
    with site.parts.engine.connect() as conn:
        far = store.progress(conn, batch, site.parts.clock())
        return Standing(batch, far, store.lines(conn, batch, "refused", MOST_REFUSED))


def _batch(site: Site, batch: str) -> Batch:
    with site.parts.engine.connect() as conn:
        return store.find(conn, site.parts.institution, batch)


def _spool(site: Site, batch: Batch) -> Spool:
    return Spool(_data(site), batch.id, store.key_of(site.parts.keyring, batch))


def _has(site: Site) -> bool:
    return site.parts.data is not None and site.parts.mode == "central"


def _data(site: Site) -> Any:
    if not _has(site):
        raise refused("batch.unavailable")
    return site.parts.data


def _launcher(request: Request) -> Launcher:
    ground = ground_of(request)
    launcher: Launcher = request.app.state.batches if ground is None else ground.batches
    return launcher


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise refused("form.malformed", "a number")
    return int(text)


async def _told(site: Site, work: Callable[[], T]) -> T:
    """Its result, from a thread; what a batch refuses as the pages refuse."""
    try:
        return await site.small.take(work)
    except BatchRefused as told:
        raise refused(told.code, told.note, told.line, told.columns) from None


_ENROL = Permission.PEOPLE_ENROL
_ONE = BATCHES + "/{batch}"
pages = [
    Page(BATCHES, "GET", _ENROL, show_batches, nav="console.nav.batches"),
    Page(BATCHES, "POST", _ENROL, create),
    Page(_ONE, "GET", _ENROL, show_batch),
    Page(f"{_ONE}/parts", "POST", _ENROL, send_part, upload=PART_BYTES),
    Page(f"{_ONE}/look", "POST", _ENROL, look),
    Page(f"{_ONE}/progress", "GET", _ENROL, show_progress),
    Page(f"{_ONE}/start", "POST", _ENROL, start),
    Page(f"{_ONE}/pause", "POST", _ENROL, pause),
    Page(f"{_ONE}/cancel", "POST", _ENROL, cancel),
    Page(f"{_ONE}/undo", "POST", _ENROL, undo, again=True, back=_ONE),
    Page(f"{_ONE}/report", "GET", _ENROL, send_report),
]
