"""One address of the platform: a request's bytes there, a reply's bytes back, in bounded time.

What is personal stands in the bodies alone: addresses, headers, logs and errors hold none of it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import httpx
import structlog

from verifier.identity.resolver import (
    PlatformConfused,
    PlatformDown,
    PlatformRefused,
    PlatformTimeout,
    Unresolved,
)

from .breaker import Breaker
from .headers import Headers

log = structlog.get_logger("nhsa")

MAX_REPLY = 256 * 1024
"""Bytes; an `output` has up to 40,000 characters."""

SANDBOX_HEADER = "x-shualian-sandbox"

_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True)
class Patience:
    """How long one question may take, in seconds, and how often it is sent."""

    connect: float = 2.0
    answer: float = 4.0
    total: float = 6.0
    tries: int = 2


@dataclass(frozen=True)
class Answer:
    """A reply's bytes, and whether a sandbox says that it gave them."""

    body: bytes
    sandbox: bool


class Wire:
    """Posts JSON to one address. Safe to share between threads."""

    def __init__(
        self,
        name: str,
        url: str,
        http: httpx.Client,
        sign: Headers,
        clock: Callable[[], datetime],
        patience: Patience | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self._name, self._url, self._http = name, url, http
        self._sign, self._clock = sign, clock
        self._patience = patience or Patience()
        self._breaker = breaker or Breaker()

    def ask(self, body: bytes, *, idempotent: bool) -> Answer:
        """The reply. Raises `Unresolved` of the platform's kinds.

        A request of which nothing was sent is sent once more; one that may have arrived only if it
        is `idempotent`.
        """
        if not self._breaker.may_ask():
            raise PlatformDown("given up for some seconds")
        deadline = time.monotonic() + self._patience.total
        try:
            answer = self._tried(body, idempotent, deadline)
        except (PlatformDown, PlatformTimeout) as error:
            if self._breaker.failed():
                log.warning("platform.lost", channel=self._name, code=error.code, note=error.note)
            raise
        if self._breaker.answered():
            log.info("platform.back", channel=self._name)
        return answer

    def _tried(self, body: bytes, idempotent: bool, deadline: float) -> Answer:
        for left in reversed(range(self._patience.tries)):
            try:
                return self._once(body, deadline)
            except httpx.HTTPError as error:
                may_again = idempotent or isinstance(error, _NOTHING_SENT)
                if not (left and may_again and time.monotonic() < deadline):
                    raise _kind_of(error) from None
        raise PlatformDown("no try was made")

    def _once(self, body: bytes, deadline: float) -> Answer:
        patience = self._patience
        left = max(deadline - time.monotonic(), 0.01)
        waits = httpx.Timeout(min(patience.answer, left), connect=min(patience.connect, left))
        headers = {"content-type": "application/json; charset=utf-8", "accept-encoding": "identity"}
        headers |= self._sign(self._clock())
        with self._http.stream(
            "POST", self._url, content=body, headers=headers, timeout=waits
        ) as response:
            sandbox = SANDBOX_HEADER in response.headers
            _refuse_status(response.status_code, sandbox)
            return Answer(_whole(response, deadline, sandbox), sandbox)


def _whole(response: httpx.Response, deadline: float, sandbox: bool) -> bytes:
    """The raw body; one that drips or does not end is left."""
    body = bytearray()
    for piece in response.iter_raw():
        body += piece
        if len(body) > MAX_REPLY:
            raise PlatformConfused("the reply is too long", simulated=sandbox)
        if time.monotonic() > deadline:
            raise PlatformTimeout("the reply did not end", simulated=sandbox)
    return bytes(body)


def _refuse_status(status: int, sandbox: bool) -> None:
    if status == httpx.codes.OK:
        return
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise PlatformDown(f"status {status}", simulated=sandbox)
    if status >= httpx.codes.BAD_REQUEST:
        raise PlatformRefused(f"status {status}", simulated=sandbox)
    raise PlatformConfused(f"status {status}", simulated=sandbox)


def _kind_of(error: httpx.HTTPError) -> Unresolved:
    """By its type alone: a message of the library's may repeat what was sent."""
    note = type(error).__name__
    return (
        PlatformTimeout(note) if isinstance(error, httpx.TimeoutException) else PlatformDown(note)
    )
