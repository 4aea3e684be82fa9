"""Who asks for a page: language, session, and what the browser was to be told."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from starlette.requests import Request

from verifier.api.deps import of_token
from verifier.api.site import Site
from verifier.protocol.errors import refusal
from verifier.trust.accounts.sessions import SignedIn

from . import binding, cookies
from .binding import Flash
from .forms import Form
from .ground import Ground, Grounds

Language = Literal["zh", "en"]


@dataclass
class Visitor:
    """One request's caller.

    Attributes:
        token: of the session, where one is in force.
        bound: the token to which forms and flash are bound: the session's, or the browser's.
        fresh: the browser does not hold `bound` yet.
        badges: what waits, by the address of the navigation's entry.
        ground: where a page of training acts; None for what is real, and for pages of the session.
    """

    language: Language = "zh"
    token: str = ""
    staff: SignedIn | None = None
    bound: str = field(default_factory=binding.new_token)
    fresh: bool = True
    flash: Flash | None = None
    form: Form = field(default_factory=Form)
    badges: dict[str, int] = field(default_factory=dict)
    ground: Ground | None = None

    @property
    def in_training(self) -> bool:
        """Whether this session practises: its forms are then forms of training and of no other."""
        return self.staff is not None and self.staff.in_training


async def enter(request: Request, site: Site) -> Visitor:
    """Who it is. Raises `Refused` where the store cannot be asked."""
    visitor = Visitor(language=language_of(request))
    token, browser = (cookies.read(request, name) for name in (cookies.SESSION, cookies.BROWSER))
    if binding.is_token(token):
        visitor.staff = await of_token(site, token)
    if visitor.staff is not None:
        visitor.token = visitor.bound = token
    elif binding.is_token(browser):
        visitor.bound = browser
    visitor.fresh = visitor.bound not in (token, browser)
    with suppress(ValueError, TypeError):  # whatever somebody wrote there
        visitor.flash = binding.opened(visitor.bound, cookies.read(request, cookies.FLASH))
    return visitor


def language_of(request: Request) -> Language:
    """Chinese unless the browser was told otherwise."""
    return "en" if cookies.read(request, cookies.LANGUAGE) == "en" else "zh"


def visitor_of(request: Request) -> Visitor:
    """The caller, for a page's handler."""
    visitor: Visitor = request.state.visitor
    return visitor


def staff_of(request: Request) -> SignedIn:
    """Who is signed in. Raises `Refused` with `account.session_ended` on a page for everybody."""
    staff = visitor_of(request).staff
    if staff is None:
        raise refusal("account.session_ended")
    return staff


def form_of(request: Request) -> Form:
    """What was sent; the form's token has been checked."""
    return visitor_of(request).form


def site_of(request: Request) -> Site:
    """The running verifier, or in training the one beside it."""
    ground = ground_of(request)
    return real_site_of(request) if ground is None else ground.site


def real_site_of(request: Request) -> Site:
    """The running verifier, whatever the mode: sessions are its own."""
    site: Site = request.app.state.site
    return site


def ground_of(request: Request) -> Ground | None:
    """Where this page of training acts; None outside training."""
    return visitor_of(request).ground


def grounds_of(request: Request) -> Grounds:
    """Where grounds for training are opened."""
    grounds: Grounds = request.app.state.grounds
    return grounds
