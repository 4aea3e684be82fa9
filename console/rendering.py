"""Pages as HTML, and ways on to another page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

import web
from verifier.protocol.errors import Refused
from verifier.trust.accounts.sessions import SignedIn

from . import binding, cookies, modes
from .binding import Flash
from .forms import TOKEN_FIELD
from .local import to
from .pages import HOME, Page
from .refusals import said
from .visitor import visitor_of

TEMPLATES = Path(__file__).parent / "templates"
CHINA = timezone(timedelta(hours=8))
"""Asia/Shanghai, which has had no summer time since 1991."""


@dataclass(frozen=True)
class Frame:
    """What stands around every page of one hospital."""

    hospital: str
    pages: Sequence[Page]

    def shows(self, path: str) -> bool:
        """Whether an address without parameters can be looked at."""
        return any(page.path == path and page.method == "GET" for page in self.pages)


@dataclass(frozen=True)
class Entry:
    """One entry of the navigation."""

    path: str
    key: str
    here: bool
    waiting: int = 0


def render(request: Request, template: str, status: int = 200, **context: object) -> Response:
    """A page of `templates/`, in the visitor's language.

    A template finds besides `context`: `t(key, **values)`, `language`, `staff` (None where nobody
    is signed in), `may` (values of the permissions), `proven` (the password was given just now),
    `nav`, `hospital`, `flash`, `form_token`, `training`, `path`; the filter `moment` for a time. A
    page that is shown once says `can_switch=False`, since the other language would be another page.
    """
    visitor, frame = visitor_of(request), frame_of(request)
    staff, path = visitor.staff, request.url.path
    around = {
        "t": web.translator(visitor.language),
        "language": visitor.language,
        "staff": staff,
        "may": staff.permissions if staff else frozenset(),
        "proven": is_proven(request),
        "nav": navigation(frame, staff, path, visitor.badges),
        "hospital": frame.hospital,
        "flash": visitor.flash,
        "form_token": binding.form_token(visitor.bound, training=visitor.in_training),
        "training": visitor.in_training,
        "token_field": TOKEN_FIELD,
        "path": path,
        "here": to(path) + (f"?{request.url.query}" if request.url.query else ""),
        "can_switch": request.method == "GET" or frame.shows(path),
        "version": version("shualian"),
    }
    html = _ENVIRONMENT.get_template(template).render(around | context)
    response = HTMLResponse(html, status)
    if visitor.fresh:
        cookies.put(request, response, cookies.BROWSER, visitor.bound)
    if visitor.flash is not None:
        cookies.drop(request, response, cookies.FLASH)
    return response


def redirect(
    request: Request,
    address: str,
    flash: str = "",
    *,
    kind: Literal["done", "care"] = "done",
    bound: str | None = None,
    **values: str,
) -> Response:
    """On to another page (303), with a sentence there: a key of the catalogue and its values.

    `bound` is the token of the session as it is from now on, where that changes.
    """
    response = RedirectResponse(address, 303)
    if flash:
        token = visitor_of(request).bound if bound is None else bound
        sealed = binding.sealed(token, Flash(flash, kind, values))
        cookies.put(request, response, cookies.FLASH, sealed)
    return response


def form_again(request: Request, template: str, refused: Refused, **context: object) -> Response:
    """The same form, with the reason above it: its template finds it as `said`."""
    sentence = said(refused, visitor_of(request).language)
    response = render(request, template, refused.kind.status, said=sentence, **context)
    if refused.retry_after is not None:
        response.headers["retry-after"] = str(max(1, round(refused.retry_after)))
    return response


def refuse(request: Request, refused: Refused) -> Response:
    """A refusal as a page of its own, which says what to do next."""
    code, wait = refused.code, refused.retry_after
    return form_again(request, "refused.html", refused, code=code, wait=wait)


def is_proven(request: Request) -> bool:
    """Whether the password was given in the last five minutes."""
    staff = visitor_of(request).staff
    at: datetime = request.app.state.site.parts.clock()
    return staff is not None and at < staff.proven_until


def frame_of(request: Request) -> Frame:
    """What stands around the pages."""
    frame: Frame = request.app.state.console
    return frame


def navigation(
    frame: Frame, staff: SignedIn | None, path: str, badges: Mapping[str, int]
) -> list[Entry]:
    """The pages that this person may open, in the order of the rooms."""
    if staff is None or staff.must_change:
        return []
    open_to = {
        page.path: page.nav
        for page in frame.pages
        if page.nav
        and (page.permission is None or page.permission in staff.permissions)
        and (not staff.in_training or modes.is_practised(page) or modes.is_shared(page))
    }
    inside = [each for each in open_to if each != HOME and f"{path}/".startswith(f"{each}/")]
    here = max(inside, key=len, default=path)  # of a room within a room the inner one
    return [Entry(each, key, each == here, badges.get(each, 0)) for each, key in open_to.items()]


def moment(at: datetime) -> str:
    """A time as staff read it: Asia/Shanghai, to the minute."""
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def hour(at: datetime, now: datetime) -> str:
    """A time to the minute, with its day only where that is not today's. Asia/Shanghai."""
    there, today = at.astimezone(CHINA), now.astimezone(CHINA).date()
    return there.strftime("%H:%M" if there.date() == today else "%m-%d %H:%M")


def second(at: datetime) -> str:
    """A time of day to the second. Asia/Shanghai."""
    return at.astimezone(CHINA).strftime("%H:%M:%S")


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"moment": moment, "hour": hour, "second": second, "zip": zip}
    return made


_ENVIRONMENT = _environment()
