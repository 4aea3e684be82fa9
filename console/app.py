"""Adds the staff's pages to a verifier's app."""

from collections.abc import Awaitable, Callable, Sequence

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from enroll.chip import Photos
from verifier.api.site import Site
from verifier.identity import institutions
from verifier.protocol.errors import refusal

from . import batches, training_ground
from .assets import Asset, assets, hand_out
from .enrolment import open_desk
from .gate import answer
from .pages import HOME, Page
from .registry import PAGES
from .rendering import Frame, redirect

Endpoint = Callable[[Request], Awaitable[Response]]


def mount(app: FastAPI, site: Site, pages: Sequence[Page] = PAGES) -> None:
    """Serve the pages under `/console`, and what they load. Call it once, before it listens."""
    app.state.console = Frame(_hospital(site), pages)
    app.state.enrolment = open_desk(site)
    app.state.chip_photos = Photos()
    batches.prepare(app, site)
    training_ground.prepare(app, site, app.state.console.hospital)
    site.limits.leave(f"{HOME}/")
    known = assets()
    for folder in ("/console/static/{name}", "/web/{name}"):
        _add(app, folder, "GET", _handed_out(known))
    for page in pages:
        _add(app, page.path, page.method, _answered(page))
    for rest in _REST:
        _add(app, rest.path, rest.method, _answered(rest))


async def _nothing(request: Request) -> Response:
    """An address where nothing stands."""
    if request.url.path == f"{HOME}/":
        return redirect(request, HOME)
    raise refusal("request.not_found")


_REST = [
    Page("/console/{rest:path}", "GET", None, _nothing, open=True),
    Page("/console/{rest:path}", "POST", None, _nothing, open=True),
]


def _hospital(site: Site) -> str:
    with site.parts.engine.connect() as conn:
        return institutions.name_of(conn, site.parts.institution)


def _add(app: FastAPI, path: str, method: str, endpoint: Endpoint) -> None:
    # The framework's own kind of route: it tells the metrics its path, so that no id is a label.
    app.router.add_api_route(
        path, endpoint, methods=[method], include_in_schema=False, response_model=None
    )


def _answered(page: Page) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return await answer(request, page)

    return endpoint


def _handed_out(known: dict[str, Asset]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return hand_out(request, known)

    return endpoint
