"""Webhooks (对外通知): addresses that hear of decisions, and messages that nobody took."""

from starlette.requests import Request
from starlette.responses import Response

from verifier.api import webhook_changes
from verifier.his.webhooks import State
from verifier.protocol.errors import Refused, refusal
from verifier.trust.accounts.roles import Permission

from .pages import Page
from .refusals import refused
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, staff_of

WEBHOOKS = "/console/webhooks"
ONE = f"{WEBHOOKS}/{{webhook}}"
STATES: dict[str, State] = {"active": "active", "paused": "paused", "removed": "removed"}


async def show_webhooks(request: Request) -> Response:
    """Addresses with their messages' state, and dead letters."""
    site = site_of(request)
    shown = await site.small.take(webhook_changes.listed, site)
    return render(request, "webhooks.html", shown=shown, said="", url="")


async def add_webhook(request: Request) -> Response:
    """Let an address of the hospital's network hear of decisions."""
    site, url = site_of(request), form_of(request).text("url")
    try:
        await site.small.take(webhook_changes.add, site, url, staff_of(request))
    except Refused as told:
        shown = await site.small.take(webhook_changes.listed, site)
        return form_again(request, "webhooks.html", told, shown=shown, url=url)
    return redirect(request, WEBHOOKS, "console.flash.webhook_added")


async def change_webhook(request: Request) -> Response:
    """Pause an address, let it go on, or remove it for good."""
    site, form = site_of(request), form_of(request)
    state = STATES.get(form.text("state"))
    if state is None or (state == "removed" and form.text("sure") != "yes"):
        raise refused("form.malformed", "no such state, or not sure")
    said = (site, request.path_params["webhook"], state, staff_of(request))
    await site.small.take(webhook_changes.change, *said)
    return redirect(request, WEBHOOKS, f"console.flash.webhook_{state}")


async def send_again(request: Request) -> Response:
    """Send one dead letter again, or all of them."""
    site, wanted = site_of(request), form_of(request).text("delivery")
    if not wanted:
        raise refusal("webhook.unknown")
    delivery = None if wanted == "all" else wanted
    said = (site, delivery, staff_of(request))
    count = await site.small.take(webhook_changes.send_again, *said)
    return redirect(request, WEBHOOKS, "console.flash.webhook_again", count=str(count))


_READ, _MANAGE = Permission.WEBHOOKS_READ, Permission.WEBHOOKS_MANAGE
pages = [
    Page(WEBHOOKS, "GET", _READ, show_webhooks, nav="console.nav.webhooks"),
    Page(WEBHOOKS, "POST", _MANAGE, add_webhook, again=True, back=WEBHOOKS),
    Page(f"{WEBHOOKS}/again", "POST", _MANAGE, send_again),
    Page(f"{ONE}/state", "POST", _MANAGE, change_webhook, again=True, back=WEBHOOKS),
]
