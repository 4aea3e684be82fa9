"""The verifier as an ASGI app, made from parts that are passed in."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from starlette.types import ASGIApp, Receive, Scope, Send

from . import docs_page, problems
from .access import Access, extra, problem_schema, refusals
from .deps import on_loopback, proven_terminal
from .envelope import SHORT, Envelope
from .routes import (
    accounts,
    challenges,
    claim_status,
    claims,
    counter,
    his,
    ledger,
    operations,
    people,
    phone,
    phone_face,
    phone_invitations,
    phone_swaps,
    practice,
    prints,
    ratings,
    readings,
    receipts,
    sessions,
    supervision,
    terminal_states,
    terminals,
    tickets,
    token,
)
from .site import Dependencies, Site

TITLE = "Shualian verifier"
VERSION = "1"
DESCRIPTION = (
    "Decides whether identity is proved for insurance settlement. It never says whether a person "
    "may be treated: no answer of it is a condition for treatment. Errors are problem documents "
    "(RFC 9457) with a stable code."
)


def create_app(parts: Dependencies) -> FastAPI:
    """The app. Raises `PolicyRefused` where policy, notice and calibration do not fit.

    The app owns its threads, which end with its lifespan; the parts stay the caller's.
    """
    site = Site(parts)
    app = bare_app()
    app.state.site = site
    app.short_ways = Envelope(_short_ways(site), site)
    app.router.lifespan_context = _lifespan(site)
    problems.add_to(app)
    app.add_middleware(Envelope, site=site)
    return app


class VerifierApp(FastAPI):
    """FastAPI, but for the routes of every visit and order, which go straight to their functions.

    The framework's layers and its resolving of dependencies at each call cost more than the two
    calls come to. Its routes stay for the documents, and for every method but POST.
    """

    short_ways: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        short = (
            self.short_ways is not None
            and scope["type"] == "http"
            and scope["method"] == "POST"
            and scope["path"] in SHORT
        )
        if short and self.short_ways is not None:
            await self.short_ways(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _short_ways(site: Site) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if scope["path"] == "/v1/claims":
            response = await claims.judge_a_claim(request, site)
        elif scope["path"] == "/v1/practice/introspect":
            response = await practice.ask_shortly(request, site)
        else:
            proven = await proven_terminal(request, site)
            response = await challenges.ask_for_a_challenge(proven, site)
        await response(scope, receive, send)

    return answer


def bare_app() -> VerifierApp:
    """The routes alone, without anything to answer with: what documents are made from."""
    app = VerifierApp(
        title=TITLE,
        version=VERSION,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        # Newer FastAPI can send traces to another machine if the environment says so. Not here.
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    for module in (
        challenges,
        claims,
        claim_status,
        receipts,
        ledger,
        terminals,
        terminal_states,
        tickets,
        token,
        readings,
        prints,
        counter,
        supervision,
        people,
        practice,
        his,
        ratings,
        phone,
        phone_invitations,
        phone_face,
        phone_swaps,
        sessions,
        accounts,
        operations,
    ):
        app.include_router(module.router)
    _add_documents(app)
    return app


def openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once an app."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
        )
        _finish(document)
        app.openapi_schema = document
    return app.openapi_schema


def _finish(document: dict[str, Any]) -> None:
    """Every refusal is one schema, also where the framework would add its own."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = problem_schema()
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)


def _add_documents(app: FastAPI) -> None:
    here = APIRouter(
        tags=["documents"],
        dependencies=[Depends(on_loopback)],
        responses=refusals("auth.forbidden"),
        default_response_class=Response,
    )

    @here.get("/openapi.json", openapi_extra=extra(Access.LOOPBACK))
    async def openapi_document() -> Response:
        """This interface as OpenAPI 3.1."""
        body = json.dumps(openapi(app), ensure_ascii=False)
        return Response(body, media_type="application/json")

    @here.get("/docs", openapi_extra=extra(Access.LOOPBACK))
    async def documents() -> Response:
        """This interface as a page to read."""
        headers = {"content-security-policy": docs_page.POLICY}
        page = docs_page.render(openapi(app))
        return Response(page, media_type="text/html", headers=headers)

    app.include_router(here)


def _lifespan(site: Site) -> Any:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        site.housekeeper.start()
        site.sealer.start()
        site.dispatcher.start()
        yield
        site.close()

    return lifespan
