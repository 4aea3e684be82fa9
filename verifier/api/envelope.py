"""The outermost layer: how much may come in, which headers go out, and nothing escapes unsaid.

Plain ASGI, since a layer that wraps bodies would copy each of them.
"""

import time
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from verifier.protocol.errors import Refused, refusal

from .problems import problem_response, refusal_of
from .site import Site

SHORT = frozenset({"/v1/challenges", "/v1/claims", "/v1/practice/introspect"})
"""Paths of every visit and of every order, which the app answers without the framework's router."""

HEADERS = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]


class Envelope:
    """Wraps the app."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(send)
        began = time.perf_counter()
        try:
            limit = self._site.limits.of(scope["path"])
            _refuse_large(scope, limit)
            await self._app(scope, _limited(receive, limit), exchange.send)
        except Exception as error:
            # What the app's own handlers do not take: a body that grows too large, and whatever
            # nobody foresaw. An error's text may quote what a person sent; only its kind is said.
            refused = refusal_of(error)
            self._site.note(Request(scope), refused, error)
            await exchange.refuse(refused, scope, receive)
        finally:
            self._site.metrics.seconds.labels(_route(scope)).observe(time.perf_counter() - began)


class _Exchange:
    """What was sent so far."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            own = {name for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *(header for header in HEADERS if header[0] not in own),
            ]
        await self._send(message)

    async def refuse(self, refused: Refused, scope: Scope, receive: Receive) -> None:
        if not self._started:
            await problem_response(refused)(scope, receive, self.send)


def _refuse_large(scope: Scope, limit: int) -> None:
    for name, value in scope["headers"]:
        if name == b"content-length" and (not value.isdigit() or int(value) > limit):
            raise refusal("request.too_large", note="by its content-length")


def _limited(receive: Receive, limit: int) -> Receive:
    """Counts while the body streams: a length that lies, or none at all, changes nothing."""
    got = 0

    async def counted() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > limit:
            raise refusal("request.too_large", note="while streaming")
        return message

    return counted


def _route(scope: Scope) -> str:
    """The route's own path, so that ids never become labels."""
    if "endpoint" not in scope:
        return scope["path"] if scope["path"] in SHORT else "none"
    route: Any = scope.get("route")
    return str(getattr(route, "path", scope["path"]))
