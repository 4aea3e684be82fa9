"""Accounts: the system administrator makes them, the security administrator gives them roles."""

import re

from starlette.requests import Request
from starlette.responses import Response

from verifier.api import account_changes
from verifier.protocol.errors import Refused, refusal
from verifier.trust.accounts.accounts import Listed, Made
from verifier.trust.accounts.roles import Permission, Role

from .pages import Page
from .refusals import refused
from .rendering import form_again, redirect, render
from .visitor import form_of, site_of, staff_of

ACCOUNTS = "/console/accounts"
ONE = f"{ACCOUNTS}/{{account}}"
MOST_SHOWN = 100
STATES = {"active": "reopened", "suspended": "suspended", "closed": "closed"}
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


async def show_accounts(request: Request) -> Response:
    """The institution's accounts with state and roles, narrowed by work number or role."""
    site = site_of(request)
    number, role = (request.query_params.get(name, "").strip() for name in ("number", "role"))
    found = [
        line
        for line in await site.small.take(account_changes.listed, site)
        if number.lower() in line.login and (not role or role in line.roles)
    ]
    return render(
        request,
        "accounts.html",
        accounts=found[:MOST_SHOWN],
        more=max(0, len(found) - MOST_SHOWN),
        number=number,
        role=role,
        roles=list(Role),
        now=site.parts.clock(),
    )


async def show_new(request: Request) -> Response:
    """The form for a new account."""
    return render(request, "account_new.html", said="", login="")


async def make(request: Request) -> Response:
    """An account without roles; its one-time code is shown once."""
    site, login = site_of(request), form_of(request).text("login")
    try:
        made = await site.small.take(account_changes.make, site, login, staff_of(request))
    except Refused as told:
        return form_again(request, "account_new.html", told, login=login)
    return _code(request, made, login)


async def show_account(request: Request) -> Response:
    """One account: its state, its roles, and what this person may change."""
    line = await _one(request)
    return render(
        request,
        "account.html",
        account=line,
        roles=list(Role),
        own=line.id == staff_of(request).account,
        now=site_of(request).parts.clock(),
    )


async def renew(request: Request) -> Response:
    """A new one-time code, shown once; password, second factor and roles are gone."""
    site, line = site_of(request), await _one(request)
    made = await site.small.take(account_changes.renew, site, line.id, staff_of(request))
    return _code(request, made, line.login)


async def change_state(request: Request) -> Response:
    """Suspend, open again, or close for good."""
    site, line, form = site_of(request), await _one(request), form_of(request)
    state = form.text("state")
    if state not in STATES or (state == "closed" and form.text("sure") != "yes"):
        raise refused("form.malformed", "no such state, or not sure")
    by = staff_of(request)
    await site.small.take(account_changes.change_state, site, line.id, state, by)
    flash = f"console.flash.account_{STATES[state]}"
    return redirect(request, f"{ACCOUNTS}/{line.id}", flash, login=line.login)


async def give_role(request: Request) -> Response:
    """Give a role, which counts from the account's next request on."""
    line, role = await _one(request), _role(request)
    await site_of(request).small.take(
        account_changes.grant, site_of(request), line.id, role, staff_of(request)
    )
    return redirect(request, f"{ACCOUNTS}/{line.id}", "console.flash.role_given")


async def take_role(request: Request) -> Response:
    """Take a role away, from the account's next request on."""
    line, role = await _one(request), _role(request)
    await site_of(request).small.take(
        account_changes.take_away, site_of(request), line.id, role, staff_of(request)
    )
    return redirect(request, f"{ACCOUNTS}/{line.id}", "console.flash.role_taken")


async def _one(request: Request) -> Listed:
    site, name = site_of(request), request.path_params["account"]
    if _ID.fullmatch(name):
        for line in await site.small.take(account_changes.listed, site):
            if line.id == name:
                return line
    raise refusal("account.unknown")


def _role(request: Request) -> Role:
    try:
        return Role(form_of(request).text("role"))
    except ValueError:
        raise refused("form.malformed", "no such role") from None


def _code(request: Request, made: Made, login: str) -> Response:
    # Shown once: the other language would be another page, without the code.
    return render(request, "account_code.html", made=made, login=login, can_switch=False)


_READ, _MANAGE, _GRANT = (
    Permission.ACCOUNTS_READ,
    Permission.ACCOUNTS_MANAGE,
    Permission.ROLES_GRANT,
)
pages = [
    Page(ACCOUNTS, "GET", _READ, show_accounts, nav="console.nav.accounts"),
    Page(f"{ACCOUNTS}/new", "GET", _MANAGE, show_new, again=True),
    Page(f"{ACCOUNTS}/new", "POST", _MANAGE, make, again=True, back=f"{ACCOUNTS}/new"),
    Page(ONE, "GET", _READ, show_account),
    Page(f"{ONE}/code", "POST", _MANAGE, renew, again=True, back=ONE),
    Page(f"{ONE}/state", "POST", _MANAGE, change_state, again=True, back=ONE),
    Page(f"{ONE}/roles", "POST", _GRANT, give_role, again=True, back=ONE),
    Page(f"{ONE}/roles/taken", "POST", _GRANT, take_role, again=True, back=ONE),
]
