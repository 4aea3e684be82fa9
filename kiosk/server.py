"""The page's server: on 127.0.0.1 only, with Host, Origin and a per-boot token checked, and a
strict policy.

The token stands in the served page. A page of another origin can neither read it (same-origin
policy) nor reach this server under a name of its own (Host), so that a website opened on the
terminal cannot drive the kiosk.
"""

import asyncio
import hmac
import os
import secrets
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

import web
from devices.manager.health import exposition

from .messages import FROM_PAGE
from .stage import News, Stage

PAGE = Path(__file__).parent / "page"
HOST = "127.0.0.1"
SUBPROTOCOL = "shualian.kiosk.1"
FORBIDDEN = 4403
MALFORMED = 4400
MAX_MESSAGE_BYTES = 4096

HEADERS = {
    "content-security-policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


def create_app(stage: Stage, port: int, token: str | None = None) -> ASGIApp:
    """The application for one boot. `port` is where it listens: Host and Origin must name it."""
    token = token or secrets.token_urlsafe(32)
    hosts = frozenset({f"{HOST}:{port}", f"localhost:{port}"})

    async def page(_: Request) -> HTMLResponse:
        html = (PAGE / "index.html").read_text("utf-8")
        return HTMLResponse(html.replace("{{token}}", token))

    async def metrics(_: Request) -> Response:
        body = exposition(stage.devices())
        return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def slip(_: Request) -> Response:
        png = await asyncio.to_thread(stage.slip)
        return Response(png or b"", 200 if png else 404, media_type="image/png")

    async def socket_route(websocket: WebSocket) -> None:
        if not _may_enter(websocket, hosts, token):
            await _refuse(websocket)
            return
        await websocket.accept(subprotocol=SUBPROTOCOL)
        await _serve_page(websocket, stage)

    app = Starlette(
        routes=[
            Route("/", page),
            WebSocketRoute("/ws", socket_route),
            Route("/metrics", metrics),
            Route("/demo/slip.png", slip),
            Mount("/page", _Files(directory=PAGE)),
            Mount("/web", _Files(directory=web.ROOT)),
        ]
    )
    return _Guard(app, hosts)


def _may_enter(websocket: WebSocket, hosts: frozenset[str], token: str) -> bool:
    """The token comes as a second subprotocol, since a page can set no header on a WebSocket."""
    offered = websocket.scope.get("subprotocols", [])
    given = next((p.removeprefix("token.") for p in offered if p.startswith("token.")), "")
    origin = websocket.headers.get("origin", "")
    from_here = origin in {f"http://{host}" for host in hosts}
    same = hmac.compare_digest(given.encode(), token.encode())
    return from_here and same and SUBPROTOCOL in offered


class _Files(StaticFiles):
    """Only what a page may load: no Python, no notices' folder."""

    SUFFIXES = frozenset({".mjs", ".css", ".json", ".svg"})

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        if Path(path).suffix not in self.SUFFIXES:
            return "", None
        return super().lookup_path(path)


class _Guard:
    """Refuses requests under another name (DNS rebinding) and puts the headers on every answer."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        if host in self._hosts:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await _refuse(WebSocket(scope, receive, send))
        else:
            refusal = PlainTextResponse("This page has another address.", 421)
            await refusal(scope, receive, _with_headers(send))


async def _refuse(websocket: WebSocket) -> None:
    """Close with a code that the page understands, for which the connection must stand first."""
    offered = websocket.scope.get("subprotocols", [])
    # A browser that offered names and is given none fails before it sees any code.
    await websocket.accept(subprotocol=offered[0] if offered else None)
    await websocket.close(FORBIDDEN)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [(k, v) for k, v in message["headers"] if k.decode() not in HEADERS]
            ours = [(k.encode(), v.encode()) for k, v in HEADERS.items()]
            message = {**message, "headers": [*kept, *ours]}
        await send(message)

    return sending


class _Outbox:
    """The newest of each kind of news: a slow page skips pictures and screens, and never makes a
    queue grow.
    """

    def __init__(self) -> None:
        self._news: dict[type, News] = {}
        self._some = asyncio.Event()

    def put(self, news: News) -> None:
        self._news[type(news)] = news
        self._some.set()

    async def take(self) -> list[News]:
        await self._some.wait()
        self._some.clear()
        news, self._news = list(self._news.values()), {}
        return news


async def _serve_page(websocket: WebSocket, stage: Stage) -> None:
    outbox = _Outbox()
    leave = stage.watch(outbox.put)
    sending = asyncio.create_task(_send_news(websocket, outbox))
    try:
        await _hear(websocket, stage)
    finally:
        leave()
        sending.cancel()
        with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
            await sending


async def _send_news(websocket: WebSocket, outbox: _Outbox) -> None:
    while True:
        for news in await outbox.take():
            if isinstance(news, bytes):
                await websocket.send_bytes(news)
            else:
                await websocket.send_text(news.model_dump_json())


async def _hear(websocket: WebSocket, stage: Stage) -> None:
    while True:
        try:
            text = await websocket.receive_text()
        except (WebSocketDisconnect, KeyError):
            return
        try:
            message = FROM_PAGE.validate_json(text)
        except ValidationError:
            await websocket.close(MALFORMED)
            return
        await stage.touch(message)


@asynccontextmanager
async def serving(stage: Stage, port: int) -> AsyncIterator[str]:
    """Serve the page while inside; gives its address. Port 0 takes a free one. Raises `OSError`."""
    listener = socket.create_server((HOST, port))
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        create_app(stage, port),
        log_config=None,
        access_log=False,
        lifespan="off",
        ws_max_size=MAX_MESSAGE_BYTES,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://{HOST}:{port}/"
    finally:
        server.should_exit = True
        await task
        listener.close()


class _Server(uvicorn.Server):
    """Signals belong to whoever runs the loop."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield
