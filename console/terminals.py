"""Terminals: which there are, in which state, and stopping one."""

from starlette.requests import Request
from starlette.responses import Response

import web
from verifier.api import terminal_changes
from verifier.protocol.desk import DESK
from verifier.protocol.errors import refusal
from verifier.trust.accounts.roles import Permission
from verifier.trust.terminal_states import Listed, State

from .pages import Page
from .refusals import refused
from .rendering import redirect, render
from .visitor import form_of, site_of, staff_of, visitor_of

TERMINALS = "/console/terminals"
ONE = f"{TERMINALS}/{{terminal}}"
SKEW_S = 30.0
"""Seconds by which a terminal's clock may be off before staff are told."""

STATES = {"active": "reinstated", "suspended": "suspended", "revoked": "revoked"}


async def show_terminals(request: Request) -> Response:
    """The institution's terminals: state, what each is for, when it was last seen."""
    site = site_of(request)
    found = await site.small.take(terminal_changes.listed, site)
    names = purpose_names(request)
    return render(request, "terminals.html", terminals=found, names=names, skew=SKEW_S)


async def show_terminal(request: Request) -> Response:
    """One terminal, and what this person may change."""
    line, names = await _one(request), purpose_names(request)
    return render(request, "terminal.html", terminal=line, names=names, skew=SKEW_S)


async def change_state(request: Request) -> Response:
    """Suspend, reinstate, or revoke for good."""
    site, line, form = site_of(request), await _one(request), form_of(request)
    state = form.text("state")
    if state not in STATES or (state == "revoked" and form.text("sure") != "yes"):
        raise refused("form.malformed", "no such state, or not sure")
    said = (site, line.id, State(state), staff_of(request))
    await site.small.take(terminal_changes.change_state, *said)
    flash = f"console.flash.terminal_{STATES[state]}"
    return redirect(request, f"{TERMINALS}/{line.id}", flash, label=line.label)


def purpose_names(request: Request) -> dict[str, str]:
    """What the policy calls each purpose, in the visitor's language."""
    english = visitor_of(request).language == "en"
    known = site_of(request).rules.policy.purposes
    named = {name: each.title_en if english else each.title_zh for name, each in known.items()}
    return named | {DESK: web.translator(visitor_of(request).language)("console.purpose.desk")}


async def _one(request: Request) -> Listed:
    site = site_of(request)
    for line in await site.small.take(terminal_changes.listed, site):
        if line.id == request.path_params["terminal"]:
            return line
    raise refusal("request.not_found")


_READ, _MANAGE = Permission.TERMINALS_READ, Permission.TERMINALS_MANAGE
pages = [
    Page(TERMINALS, "GET", _READ, show_terminals, nav="console.nav.terminals"),
    Page(ONE, "GET", _READ, show_terminal),
    Page(f"{ONE}/state", "POST", _MANAGE, change_state, again=True, back=ONE),
]
