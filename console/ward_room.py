"""Ward presence behind the pages: where it happens, and its refusals said to staff."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection
from starlette.requests import Request

from verifier.api.site import Site
from verifier.presence import stays
from verifier.presence.errors import PresenceRefused
from verifier.presence.room import Room
from verifier.presence.stays import Lying

from .refusals import refused
from .visitor import site_of

T = TypeVar("T")

WARD = "/console/ward"
STAY = f"{WARD}/stays/{{stay}}"


def room_of(site: Site) -> Room:
    """The hospital's, as its verifier decides."""
    return Room(site.parts.keyring, site.parts.gallery, site.rules)


def told(work: Callable[[], T]) -> T:
    """The result. Raises `Refused` for what presence refuses."""
    try:
        return work()
    except PresenceRefused as error:
        raise refused(error.code) from None


async def done(request: Request, work: Callable[[Connection], T]) -> T:
    """The result of `work` in a transaction of a worker. Raises `Refused`."""
    site = site_of(request)

    def carried_out() -> T:
        with site.parts.engine.begin() as conn:
            return work(conn)

    return await site.small.take(lambda: told(carried_out))


def lying_of(request: Request, conn: Connection) -> Lying:
    """The stay of this address. Raises `PresenceRefused`."""
    parts = site_of(request).parts
    said = request.path_params["stay"]
    return stays.of_token(conn, parts.keyring, parts.institution, said, parts.clock())
