"""The four cookies: session, browser, flash, language. No script reads any of them."""

from starlette.requests import Request
from starlette.responses import Response

SESSION, BROWSER, FLASH, LANGUAGE = "session", "browser", "flash", "language"
FLASH_LIFE_S = 60
LANGUAGE_LIFE_S = 365 * 24 * 3600
_LIVES = {FLASH: FLASH_LIFE_S, LANGUAGE: LANGUAGE_LIFE_S}
"""The others end with the browser, and the session's own end is the verifier's."""


def read(request: Request, name: str) -> str:
    """What the browser holds; nothing is the empty string."""
    return request.cookies.get(_named(request, name), "")


def put(request: Request, response: Response, name: str, value: str) -> None:
    """Have the browser hold it, for this host alone."""
    response.set_cookie(
        _named(request, name),
        value,
        max_age=_LIVES.get(name),
        path="/",
        secure=_secure(request),
        httponly=True,
        samesite="strict",
    )


def drop(request: Request, response: Response, name: str) -> None:
    """Have the browser forget it."""
    response.delete_cookie(
        _named(request, name), path="/", secure=_secure(request), httponly=True, samesite="strict"
    )


def _named(request: Request, name: str) -> str:
    """With the prefix that binds it to host and TLS; a browser refuses that over plain HTTP."""
    return f"__Host-{name}" if _secure(request) else name


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"
