"""在院核验 on a nurse's phone: which ward, who is due, and what was found, each with one touch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection, text
from starlette.requests import Request
from starlette.responses import Response

from verifier.api.site import Site
from verifier.presence import answers, looks, stays, wards
from verifier.presence.answers import Offer
from verifier.presence.attesting import IDENTIFIERS, Said
from verifier.presence.looks import Entering
from verifier.presence.rules import Away, Found
from verifier.presence.stays import Bed, Entry, Lying
from verifier.presence.wards import Ward
from verifier.protocol.errors import Refused
from verifier.protocol.his import Kind
from verifier.trust.accounts.roles import Permission

from .enrolment import desk_of
from .freshness import Fresh, freshness
from .pages import Page
from .practice_names import shown_names
from .refusals import refused
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, staff_of
from .ward_room import STAY, WARD, done, lying_of, room_of

BEDS = f"{WARD}/beds"


@dataclass(frozen=True)
class Line:
    """One bed, for a template. `name` is masked; empty where nobody is registered."""

    token: str
    bed: Bed
    name: str


@dataclass(frozen=True)
class Seen:
    """A ward, for a template.

    Attributes:
        due, rest: beds that may be looked in on now, the soonest due first; and the others.
        mine: what this account entered last and may take back.
    """

    at: datetime
    ward: Ward
    fresh: Fresh
    due: list[Line]
    rest: list[Line]
    mine: tuple[Line, Entry] | None


@dataclass(frozen=True)
class Opened:
    """One stay, for a template.

    Attributes:
        camera: faces can be judged at this verifier.
        nurse, physician: codes as this account gave them last, to be given once only.
    """

    at: datetime
    line: Line
    offer: Offer
    mine: Entry | None
    camera: bool
    nurse: str
    physician: str


async def show_wards(request: Request) -> Response:
    """Wards that are looked in on, with how many lie there."""
    site = site_of(request)
    mine, at = site.parts.institution, site.parts.clock()
    found = await done(request, lambda conn: wards.listed(conn, mine, at))
    fresh = await site.small.take(freshness, site, (Kind.INPATIENTS,))
    return render(
        request, "ward.html", wards=[each for each in found if each.looked_in_on], fresh=fresh
    )


async def show_beds(request: Request) -> Response:
    """One ward by bed: who may be looked in on now, and who is left alone, and why."""
    site, ward = site_of(request), request.query_params.get("ward", "")
    by = staff_of(request).account
    fresh = await site.small.take(freshness, site, (Kind.INPATIENTS,))
    seen = await done(request, lambda conn: _beds(site, conn, ward, by, fresh))
    return render(request, "ward_beds.html", seen=seen)


async def show_stay(request: Request) -> Response:
    """One bed: the face, the wristband, away and why, asleep, nobody there."""
    opened, rules = await opened_at(request), room_of(site_of(request)).rules
    hours = {"since": f"{rules.earliest:%H:%M}", "until": f"{rules.latest:%H:%M}"}
    return render(request, "ward_stay.html", one=opened, away=list(Away), hours=hours)


async def enter_found(request: Request) -> Response:
    """Enter with one touch: away and why, asleep, or nobody in the bed."""
    form = form_of(request)
    try:
        found = Found(form.text("found"))
        away = Away(form.text("away")) if form.text("away") else None
    except ValueError:
        raise refused("form.malformed", "found") from None
    if found not in (Found.AWAY, Found.ASLEEP, Found.EMPTY):
        raise refused("form.malformed", "found")
    return await _entered(request, Entering(found, away))


async def show_band(request: Request) -> Response:
    """The form for wristband and two identifiers."""
    opened = await opened_at(request)
    return render(request, "ward_band.html", one=opened, typed={}, identifiers=IDENTIFIERS, said="")


async def enter_band(request: Request) -> Response:
    """Enter that wristband and two identifiers were checked."""
    try:
        return await _entered(request, Entering(Found.WRISTBAND, said=said_in(request)))
    except Refused as why:
        opened = await opened_at(request)
        typed = dict(form_of(request).fields)
        typed["identifiers"] = " ".join(form_of(request).many("identifier"))
        return form_again(
            request, "ward_band.html", why, one=opened, typed=typed, identifiers=IDENTIFIERS
        )


async def undo(request: Request) -> Response:
    """Take back what was entered a few minutes ago; both entries stay on record."""
    site, look, by = site_of(request), request.path_params["look"], staff_of(request).account
    room, at = room_of(site), site.parts.clock()
    await done(request, lambda conn: looks.undo(conn, room, look, by, at))
    ward = form_of(request).text("ward")
    return redirect(request, beds_of(ward), "console.flash.ward_undone")


def beds_of(ward: str) -> str:
    """Address of a ward's list."""
    return f"{BEDS}?{urlencode({'ward': ward})}"


def said_in(request: Request) -> Said:
    """What was scanned, typed and touched on a form."""
    form = form_of(request)
    return Said(
        wristband=form.text("wristband"),
        identifiers=form.many("identifier"),
        nurse=form.text("nurse"),
        physician=form.text("physician"),
    )


async def opened_at(request: Request) -> Opened:
    """The stay of this address with what is known of it. Raises `Refused`."""
    site, by = site_of(request), staff_of(request).account
    return await done(request, lambda conn: _opened(request, site, conn, by))


async def _entered(request: Request, entering: Entering) -> Response:
    site, by = site_of(request), staff_of(request).account
    room, at = room_of(site), site.parts.clock()

    def work(conn: Connection) -> Lying:
        lying = lying_of(request, conn)
        looks.enter(conn, room, lying.stay, entering, by, at)
        return lying

    lying = await done(request, work)
    return redirect(request, beds_of(lying.ward), "console.flash.ward_entered")


def _beds(site: Site, conn: Connection, ward: str, by: str, fresh: Fresh) -> Seen:
    mine, at, room = site.parts.institution, site.parts.clock(), room_of(site)
    known = next((each for each in wards.listed(conn, mine, at) if each.code == ward), None)
    if known is None or not known.looked_in_on:
        raise refused("presence.ward")
    lying = stays.in_ward(conn, mine, ward, at)
    found = stays.in_force(stays.entries(conn, mine, lying))
    lines = _lines(site, conn, [stays.bed_of(each, found, at, room.rules) for each in lying])
    due = [line for line in lines if line.bed.not_now is None]
    due.sort(key=lambda line: (line.bed.due_by is None, line.bed.due_by or at))
    rest = [line for line in lines if line.bed.not_now is not None]
    last = [
        (line, line.bed.last)
        for line in lines
        if line.bed.last and _may_undo(site, line.bed.last, by, at)
    ]
    newest = max(last, key=lambda each: each[1].at, default=None)
    return Seen(at, known, fresh, due, rest, newest)


def _may_undo(site: Site, entry: Entry, by: str, at: datetime) -> bool:
    return looks.may_undo(room_of(site), entry, by, at)


def _lines(site: Site, conn: Connection, beds: list[Bed]) -> list[Line]:
    people = [bed.lying.person for bed in beds if bed.lying.person]
    names = shown_names(site, conn, people, clear=False)
    keyring, mine = site.parts.keyring, site.parts.institution
    return [
        Line(stays.token(keyring, mine, bed.lying.stay), bed, names.get(bed.lying.person or "", ""))
        for bed in beds
    ]


def _opened(request: Request, site: Site, conn: Connection, by: str) -> Opened:
    lying, at, room = lying_of(request, conn), site.parts.clock(), room_of(site)
    found = stays.in_force(stays.entries(conn, room.institution, [lying]))
    bed = stays.bed_of(lying, found, at, room.rules)
    (line,) = _lines(site, conn, [bed])
    mine = bed.last if bed.last and looks.may_undo(room, bed.last, by, at) else None
    nurse, physician = _codes(conn, room.institution, by)
    offer, camera = answers.offer(conn, room, lying, at), desk_of(request).faces is not None
    return Opened(at, line, offer, mine, camera, nurse, physician)


_CODES = text("""
SELECT evidence->>'nurse' AS nurse, evidence->>'physician' AS physician FROM presence_looks
WHERE institution = :mine AND by = :by AND evidence ? 'physician' ORDER BY at DESC LIMIT 1
""")
_OWN = text("""
SELECT code FROM practitioners
WHERE institution = :mine AND account = :by AND profession = 'nurse'
""")


def _codes(conn: Connection, institution: str, by: str) -> tuple[str, str]:
    """What this account gave last, so that a round through a ward types codes once."""
    bound: dict[str, Any] = {"mine": institution, "by": by}
    last = conn.execute(_CODES, bound).one_or_none()
    own = conn.scalar(_OWN, bound) or ""
    return (own or last.nurse, last.physician) if last else (own, "")


_LOOK = Permission.PRESENCE_LOOK
pages = [
    Page(WARD, "GET", _LOOK, show_wards, nav="console.nav.ward"),
    Page(BEDS, "GET", _LOOK, show_beds),
    Page(STAY, "GET", _LOOK, show_stay),
    Page(f"{STAY}/found", "POST", _LOOK, enter_found),
    Page(f"{STAY}/band", "GET", _LOOK, show_band),
    Page(f"{STAY}/band", "POST", _LOOK, enter_band),
    Page(f"{WARD}/looks/{{look}}/undone", "POST", _LOOK, undo),
]
