"""What each ward is for: only where somebody said that it is an ordinary one is looked in."""

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from verifier.api.site import Site
from verifier.practice import sites
from verifier.presence import wards
from verifier.presence.rules import WardKind
from verifier.presence.wards import Ward
from verifier.protocol.his import Kind
from verifier.trust.accounts.roles import Permission

from .freshness import Fresh, freshness
from .pages import Page
from .refusals import refused
from .rendering import redirect, render
from .visitor import form_of, site_of, staff_of
from .ward_room import WARD, done

WARD_KINDS = f"{WARD}/kinds"


@dataclass(frozen=True)
class Seen:
    """Wards, and the sites they may belong to by code and name, for a template."""

    wards: list[Ward]
    sites: list[tuple[str, str]]


async def show_kinds(request: Request) -> Response:
    """Every ward with its kind; one of which nobody said it is never looked in on."""
    site = site_of(request)
    fresh: Fresh = await site.small.take(freshness, site, (Kind.INPATIENTS,))
    seen = await done(request, lambda conn: _seen(site, conn))
    return render(request, "ward_kinds.html", seen=seen, kinds=list(WardKind), fresh=fresh)


async def state_kind(request: Request) -> Response:
    """Say what a ward is for; it counts from now on."""
    site, form, by = site_of(request), form_of(request), staff_of(request).account
    mine, at = site.parts.institution, site.parts.clock()
    try:
        kind = WardKind(form.text("kind"))
    except ValueError:
        raise refused("form.malformed", "kind") from None
    ward, name, where = form.text("ward"), form.text("name"), form.text("site")

    def work(conn: Connection) -> None:
        if where and where not in {code for code, _ in _seen(site, conn).sites}:
            raise refused("form.malformed", "site")
        wards.state(conn, mine, ward, kind, by, at, name, where)

    await done(request, work)
    return redirect(request, WARD_KINDS, "console.flash.ward_kind")


def _seen(site: Site, conn: Connection) -> Seen:
    mine = site.parts.institution
    known = [(each.code, each.name) for each in sites.listed(conn, mine)]
    return Seen(wards.listed(conn, mine, site.parts.clock()), known)


pages = [
    Page(WARD_KINDS, "GET", Permission.PRESENCE_WARDS, show_kinds, nav="console.nav.ward_kinds"),
    Page(WARD_KINDS, "POST", Permission.PRESENCE_WARDS, state_kind),
]
