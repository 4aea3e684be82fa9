"""The demo's staff door: a page on this machine that signs in as any role, for who looks around.

It is no part of the verifier and opens nothing in it. It holds the demo staff's own passwords and
telephones, does what they would do at the sign-in page, and hands the session to the browser, which
keeps cookies by host and not by port. It listens on loopback, answers under its own address alone,
and asks for a key that is new at each start and stands on the screen of who started it.
"""

import hmac
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import parse_qs

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

import web
from console.cookies import SESSION
from verifier.trust.accounts.roles import Role
from verifier.trust.accounts.second_factor import STEP_S

from .door_words import HOME, page
from .staff import Member
from .ward import Stays

HOST = "127.0.0.1"
KEY = "demo_door"
MOST_BYTES = 1024
STYLES = ("tokens.css", "base.css", "door.css")


class Cards(Protocol):
    """What lies on the enrolment desk's reader."""

    @property
    def names(self) -> Sequence[tuple[str, str]]:
        """Id and name of everybody whose card can be laid there."""

    @property
    def lying(self) -> str:
        """Whose card lies there: an id, or nothing."""

    def lay(self, person: str) -> None:
        """Lay this card there; nobody's takes away what lies."""


class SignInFailed(Exception):
    """The verifier did not let somebody in. `str()` is its code."""


@dataclass
class Door:
    """The demo's staff, before the verifier at this address."""

    verifier: str
    staff: Sequence[Member]
    cards: Cards
    key: str
    stays: Stays | None = None
    form: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    _used: dict[str, int] = field(default_factory=dict)

    async def sign_in(self, role: Role) -> str:
        """A session's token, for both factors. Raises `SignInFailed`, `httpx.HTTPError`."""
        member = next(one for one in self.staff if one.role is role)
        code = "account.sign_in_failed"
        async with httpx.AsyncClient(
            base_url=self.verifier, timeout=10, trust_env=False
        ) as verifier:
            for step in self._steps(member.login):
                self._used[member.login] = step
                digits = member.code_at(datetime.fromtimestamp(step * STEP_S, UTC))
                said = {"login": member.login, "password": member.password, "totp": digits}
                answer = await verifier.post("/v1/sessions", json=said)
                if answer.status_code == httpx.codes.OK:
                    return str(answer.json()["token"])
                code = str(answer.json().get("code", code))
        raise SignInFailed(code)

    def _steps(self, login: str) -> list[int]:
        """Codes that did not count yet: the present one, and the next for a second look within half
        a minute, as from a telephone whose clock is ahead.
        """
        now = int(time.time()) // STEP_S
        return [step for step in (now, now + 1) if step > self._used.get(login, 0)]


Handler = Callable[[Request], Awaitable[Response]]


def create_app(door: Door, port: int) -> Starlette:
    """The page for one start. `port` is where it listens: Host and Origin must name it."""
    host = f"{HOST}:{port}"

    def entered(handler: Handler) -> Handler:
        """Only under its own address, and with the key."""

        async def checked(request: Request) -> Response:
            if request.headers.get("host") != host:
                return PlainTextResponse("This page has another address.", 421)
            given = request.cookies.get(KEY, "")
            if not hmac.compare_digest(given.encode(), door.key.encode()):
                return PlainTextResponse("Open the link on the screen of `shualian run`.", 403)
            response = await handler(request)
            for name, value in _headers(door.verifier).items():
                response.headers[name] = value
            return response

        return checked

    async def enter(request: Request) -> Response:
        """The link on the screen: the key goes from the address into a cookie."""
        given = request.query_params.get("key", "")
        same = hmac.compare_digest(given.encode(), door.key.encode())
        if request.headers.get("host") != host or not same:
            return PlainTextResponse("Open the link on the screen of `shualian run`.", 403)
        response = RedirectResponse("/", 303)
        response.set_cookie(KEY, door.key, httponly=True, samesite="lax")
        response.headers.update(_headers(door.verifier))
        return response

    async def ready(_: Request) -> Response:
        return PlainTextResponse("ready")

    async def show(_: Request) -> Response:
        return HTMLResponse(page(door.staff, door.cards, door.stays, door.form, datetime.now(UTC)))

    async def sign_in(request: Request) -> Response:
        said = await _form(request, door.form)
        if said is None or said.get("role") not in set(Role):
            return PlainTextResponse("Load the page again.", 403)
        role = Role(said["role"])
        try:
            token = await door.sign_in(role)
        except SignInFailed as failed:
            told = f"请等半分钟再试，或在登录页自己登录。 Wait half a minute. [{failed}]"
            return PlainTextResponse(told, 409)
        except httpx.HTTPError:
            return PlainTextResponse("核验服务没有应答。 The verifier does not answer.", 503)
        response = RedirectResponse(door.verifier + HOME.get(role, "/console"), 303)
        response.set_cookie(SESSION, token, path="/", httponly=True, samesite="strict")
        return response

    async def lay(request: Request) -> Response:
        said = await _form(request, door.form)
        if said is None:
            return PlainTextResponse("Load the page again.", 403)
        door.cards.lay(said.get("card", ""))
        return RedirectResponse("/#cards", 303)

    async def style(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STYLES:
            return PlainTextResponse("", 404)
        return Response((web.ROOT / name).read_bytes(), media_type="text/css")

    return Starlette(
        routes=[
            Route("/", entered(show)),
            Route("/enter", enter),
            Route("/ready", ready),
            Route("/sign-in", entered(sign_in), methods=["POST"]),
            Route("/card", entered(lay), methods=["POST"]),
            Route("/style/{name}", entered(style)),
        ]
    )


async def _form(request: Request, token: str) -> dict[str, str] | None:
    """The fields of a form of this very page, or None."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return None
    said = {name: values[0] for name, values in parse_qs(body.decode("ascii", "replace")).items()}
    same = hmac.compare_digest(said.get("form", "").encode(), token.encode())
    foreign = request.headers.get("sec-fetch-site", "same-origin") != "same-origin"
    return said if same and not foreign else None


def _headers(verifier: str) -> dict[str, str]:
    """A form may lead on to the verifier's pages, which a browser counts as where it goes."""
    policy = f"default-src 'none'; style-src 'self'; form-action 'self' {verifier}; "
    return {
        "content-security-policy": policy + "base-uri 'none'; frame-ancestors 'none'",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
