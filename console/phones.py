"""Practitioners' phones: a one-time code for somebody who stands before the desk, and stopping."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from verifier.api import phone_changes
from verifier.protocol.errors import Refused
from verifier.trust.accounts.roles import Permission

from .pages import Page
from .phone import PHONE
from .qr import drawing
from .refusals import refused
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, staff_of

PHONES = "/console/practice/phones"


async def show_phones(request: Request) -> Response:
    """Phones with their state; practitioners found by code or work number, to give one a code."""
    return render(request, "phones.html", said="", **await _shown(request))


async def invite(request: Request) -> Response:
    """A one-time code for one practitioner's phone, shown once, to be scanned or typed."""
    site, code = site_of(request), form_of(request).text("code")
    try:
        made = await site.small.take(phone_changes.invite, site, code, staff_of(request))
    except Refused as told:
        return form_again(request, "phones.html", told, **await _shown(request))
    person, invitation = made
    address = str(request.base_url).rstrip("/") + PHONE
    return render(
        request,
        "phone_code.html",
        person=person,
        made=invitation,
        address=address,
        # Behind the sign that no browser sends on: the code reaches no log.
        drawing=drawing(f"{address}#{invitation.code}"),
        can_switch=False,
    )


async def revoke(request: Request) -> Response:
    """Stop a phone for good, from its next request on."""
    site, phone = site_of(request), request.path_params["terminal"]
    if form_of(request).text("sure") != "yes":
        raise refused("form.malformed", "not sure")
    stopped = await site.small.take(phone_changes.revoke, site, phone, staff_of(request))
    return redirect(request, PHONES, "console.flash.phone_revoked", code=stopped.code)


async def _shown(request: Request) -> dict[str, Any]:
    site, who = site_of(request), request.query_params.get("who", "").strip()[:32]
    return {
        "who": who,
        "found": await site.small.take(phone_changes.matching, site, who),
        "phones": await site.small.take(phone_changes.listed, site),
        "sites": await site.small.take(phone_changes.site_names, site),
    }


_ENROL = Permission.PHONES_ENROL
pages = [
    Page(PHONES, "GET", _ENROL, show_phones, nav="console.nav.phones"),
    Page(PHONES, "POST", _ENROL, invite, again=True, back=PHONES),
    Page(f"{PHONES}/{{terminal}}/revoked", "POST", _ENROL, revoke, again=True, back=PHONES),
]
