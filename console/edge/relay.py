"""A phone's request to the verifier and its answer back: bodies as they came, few headers."""

import asyncio
import ssl

import httpx
from starlette.requests import Request
from starlette.responses import Response

from verifier.protocol.errors import refusal

from .routes import Passed
from .settings import EdgeRefused, EdgeSettings

SENT = ("authorization", "content-type", "accept")
"""No cookie and no word on where the request came from: an address here proves no place."""
RETURNED = ("content-type", "retry-after")
MOST_ANSWER = 1024 * 1024


def client_of(settings: EdgeSettings) -> httpx.AsyncClient:
    """Connections to the verifier, its certificate checked; ours shown where one is set.

    Raises `EdgeRefused` where a certificate cannot be read.
    """
    return httpx.AsyncClient(
        base_url=settings.verifier,
        verify=_context(settings),
        timeout=settings.timeout_s,
        trust_env=False,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=50, max_keepalive_connections=20),
    )


def _context(settings: EdgeSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.verifier_ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.client_certificate is not None:
            context.load_cert_chain(settings.client_certificate, settings.client_key)
    except (OSError, ssl.SSLError) as error:
        raise EdgeRefused(f"certificates: {type(error).__name__}") from None
    return context


async def passed_on(
    request: Request, route: Passed, client: httpx.AsyncClient, timeout_s: float
) -> Response:
    """The verifier's answer. Raises `Refused`: `request.too_large`, `request.timeout`,
    `verifier.unavailable`."""
    try:
        async with asyncio.timeout(timeout_s):
            body = await _body(request, route.most)
    except TimeoutError:
        raise refusal("request.timeout") from None
    headers = {name: request.headers[name] for name in SENT if name in request.headers}
    try:
        async with asyncio.timeout(timeout_s):
            answer = await client.request(route.method, route.path, content=body, headers=headers)
    except (httpx.HTTPError, TimeoutError):
        raise refusal("verifier.unavailable") from None
    if len(answer.content) > MOST_ANSWER or answer.is_redirect:
        raise refusal("verifier.unavailable")
    kept = {name: answer.headers[name] for name in RETURNED if name in answer.headers}
    return Response(answer.content, answer.status_code, headers=kept)


async def _body(request: Request, most: int) -> bytes:
    """Counted as it comes: a length that is said is not believed."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise refusal("request.too_large")
        parts.append(part)
    return b"".join(parts)
