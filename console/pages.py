"""What a page of the staff's web is: its address, who may open it, and who answers."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from verifier.trust.accounts.roles import Permission

Handler = Callable[[Request], Awaitable[Response]]
Device = Literal["camera", "geolocation"]

HOME = "/console"
SIGN_IN = "/console/sign-in"
PROOF = "/console/proof"
PASSWORD = "/console/self/password"  # noqa: S105


@dataclass(frozen=True)
class Page:
    """One address and method. A room lists its own as `pages = [Page(…), …]`.

    The handler's docstring says in its first line what the page does: `docs/console/access.md` is
    made from it.

    Attributes:
        path: under `/console`, with `{parameters}` as Starlette writes them.
        permission: what staff need; None lets in whoever is signed in.
        nav: key of the navigation's entry; its description is the same key with `.text`.
        open: nobody need be signed in.
        expired: also for who must change the password first.
        again: the password must have been given in the last five minutes.
        back: where to go once it was given, for a POST; may use the path's parameters.
        upload: most bytes of all files of a form together; 0 takes no files.
        devices: of the browser, that this page asks for.
    """

    path: str
    method: Literal["GET", "POST"]
    permission: Permission | None
    handler: Handler
    nav: str | None = None
    open: bool = False
    expired: bool = False
    again: bool = False
    back: str = HOME
    upload: int = 0
    devices: tuple[Device, ...] = ()

    @property
    def does(self) -> str:
        """What it does, in a sentence."""
        return (self.handler.__doc__ or "").strip().partition("\n")[0]
