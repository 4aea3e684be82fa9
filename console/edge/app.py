"""The edge as an ASGI app: the page, its assets, the passed requests; all else is not there."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from console.assets import assets, hand_out
from verifier.protocol.errors import PROBLEM_MEDIA_TYPE, Refused, refusal

from .allowance import Allowances
from .page import LANGUAGE, PAGE, show, switch
from .relay import client_of, passed_on
from .routes import ASSETS, PASSED, Passed
from .settings import EdgeSettings

log = structlog.get_logger("edge")
GUARDS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
Answer = Callable[[Request], Awaitable[Response]]


def create_edge(settings: EdgeSettings) -> Starlette:
    """The app. Its connections to the verifier live as long as it does."""
    client, allowances = client_of(settings), Allowances(settings.per_minute)
    known = {path: asset for path, asset in assets().items() if path in ASSETS}

    async def page(request: Request) -> Response:
        return show(request, settings.hospital)

    async def asset(request: Request) -> Response:
        return hand_out(request, known)

    async def nothing(_: Request) -> Response:
        raise refusal("request.not_found")

    routes = [_route("GET", PAGE, page), _route("POST", LANGUAGE, switch)]
    routes += [_route("GET", path, asset) for path in known]
    routes += [
        _route(each.method, each.path, _limited(allowances, _passing(each, client, settings)))
        for each in PASSED
    ]
    everything = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    routes.append(Route("/{rest:path}", _told("none", nothing), methods=everything))
    return Starlette(routes=routes, lifespan=_living(client))


def _living(
    client: httpx.AsyncClient,
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def living(_: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    return living


def _passing(route: Passed, client: httpx.AsyncClient, settings: EdgeSettings) -> Answer:
    async def passing(request: Request) -> Response:
        return await passed_on(request, route, client, settings.timeout_s)

    return passing


def _limited(allowances: Allowances, answer: Answer) -> Answer:
    async def limited(request: Request) -> Response:
        if not allowances.take(request.client.host if request.client else "none"):
            raise refusal("verifier.busy", retry_after=5)
        return await answer(request)

    return limited


def _route(method: str, path: str, answer: Answer) -> Route:
    return Route(path, _told(path, answer), methods=[method])


def _told(name: str, answer: Answer) -> Answer:
    """Answers, refusals as problem documents; of each the route, status and time are logged."""

    async def told(request: Request) -> Response:
        begun = time.monotonic()
        try:
            response = await answer(request)
        except Refused as refused:
            response = _problem(refused)
        for header, value in GUARDS.items():
            response.headers.setdefault(header, value)
        ms = round((time.monotonic() - begun) * 1000)
        log.info("edge.answered", route=name, status=response.status_code, ms=ms)
        return response

    return told


def _problem(refused: Refused) -> Response:
    body = refused.problem().model_dump_json()
    response = Response(body, refused.kind.status, media_type=PROBLEM_MEDIA_TYPE)
    if refused.retry_after is not None:
        response.headers["retry-after"] = str(round(refused.retry_after))
    return response
