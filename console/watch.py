"""疑点: which rules run, what they point at, and each case from new to its end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from verifier.api.site import Site
from verifier.api.watching import watch_of
from verifier.trust.accounts.roles import Permission
from verifier.watch import cases, rules, running
from verifier.watch.cases import Case
from verifier.watch.errors import WatchRefused
from verifier.watch.rules import Rule
from verifier.watch.running import Tried

from .pages import Page
from .practice_names import shown_names
from .refusals import refused
from .rendering import redirect, render
from .visitor import form_of, site_of, staff_of

T = TypeVar("T")

WATCH = "/console/watch"
ONE = f"{WATCH}/cases/{{case}}"
RULE = f"{WATCH}/rules/{{rule}}"
STATES = ("new", "explained", "confirmed", "closed")


@dataclass(frozen=True)
class RuleLine:
    """One rule, for a template. `lawful` of `ended` cases were lawful."""

    rule: Rule
    tried: Tried | None
    lawful: int
    ended: int


@dataclass(frozen=True)
class Overview:
    """Rules and cases, for a template."""

    at: datetime
    rules: list[RuleLine]
    cases: list[Case]


@dataclass(frozen=True)
class Opened:
    """One case, for a template. `names` are masked."""

    at: datetime
    case: Case
    rule: Rule | None
    names: list[str]
    said: str
    own: bool


async def show_watch(request: Request) -> Response:
    """The rules with the share of lawful cases, and the cases, what is open and due first."""
    site, query = site_of(request), request.query_params
    state = query.get("state") if query.get("state") in STATES else None
    rule = query.get("rule") if rules.load().get(query.get("rule", "")) else None
    seen = await site.small.take(_overview, site, state, rule)
    return render(request, "watch.html", seen=seen, state=state, rule=rule, states=STATES)


async def show_case(request: Request) -> Response:
    """One case: what it points at, lawful causes, what the person said."""
    site, staff = site_of(request), staff_of(request)
    seen = await site.small.take(_case, site, request.path_params["case"], staff.account)
    return render(request, "watch_case.html", seen=seen, most=cases.MOST_SAID)


async def try_rule(request: Request) -> Response:
    """What a rule would have pointed at in the past 30 days; nothing is raised."""
    site, rule = site_of(request), request.path_params["rule"]
    by, at = staff_of(request).account, site.parts.clock()
    found = await _done(
        request, lambda conn: running.dry_run(watch_of(site.parts), conn, rule, by, at)
    )
    return redirect(request, WATCH, "console.flash.watch_tried", count=str(len(found)))


async def switch_rule(request: Request) -> Response:
    """Let a rule run, or no more."""
    site, rule = site_of(request), request.path_params["rule"]
    on, by = form_of(request).text("on") == "yes", staff_of(request).account
    at = site.parts.clock()
    await _done(
        request, lambda conn: running.switch(watch_of(site.parts), conn, rule, by, at, on=on)
    )
    return redirect(request, WATCH, f"console.flash.watch_{'on' if on else 'off'}")


async def run_now(request: Request) -> Response:
    """Run every rule that is on; it runs each night as well."""
    site = site_of(request)
    made = await _done(
        request, lambda conn: running.run(watch_of(site.parts), conn, site.parts.clock())
    )
    return redirect(request, WATCH, "console.flash.watch_run", count=str(made))


async def take(request: Request) -> Response:
    """This member of staff sees to the case."""
    return await _acted(request, lambda conn, mine, case, by, _: cases.take(conn, mine, case, by))


async def hear(request: Request) -> Response:
    """Write down what the person said of it."""
    said, keyring = form_of(request).text("said"), site_of(request).parts.keyring
    return await _acted(
        request,
        lambda conn, mine, case, by, at: cases.hear(conn, keyring, mine, case, said, by, at),
    )


async def explain(request: Request) -> Response:
    """Close the case: it has a lawful cause."""
    cause = form_of(request).text("cause")
    return await _acted(
        request,
        lambda conn, mine, case, by, at: cases.explain(
            conn, rules.load(), mine, case, cause, by, at
        ),
    )


async def propose(request: Request) -> Response:
    """Ask a second person to look: no lawful cause was found."""
    return await _acted(
        request, lambda conn, mine, case, by, _: cases.propose(conn, mine, case, by)
    )


async def confirm(request: Request) -> Response:
    """The second person agrees; there is no way back."""
    if form_of(request).text("sure") != "yes":
        raise refused("form.malformed", "not sure")
    return await _acted(
        request, lambda conn, mine, case, by, at: cases.confirm(conn, mine, case, by, at)
    )


Act = Callable[[Connection, str, str, str, datetime], None]


async def _acted(request: Request, act: Act) -> Response:
    site, case = site_of(request), request.path_params["case"]
    mine, at, by = site.parts.institution, site.parts.clock(), staff_of(request).account
    await _done(request, lambda conn: act(conn, mine, case, by, at))
    return redirect(request, f"{WATCH}/cases/{case}", "console.flash.watch_case")


async def _done(request: Request, work: Callable[[Connection], T]) -> T:
    site = site_of(request)

    def carried_out() -> T:
        try:
            with site.parts.engine.begin() as conn:
                return work(conn)
        except WatchRefused as told:
            raise refused(told.code) from None

    return await site.small.take(carried_out)


def _overview(site: Site, state: str | None, rule: str | None) -> Overview:
    watch, parts = watch_of(site.parts), site.parts
    with parts.engine.connect() as conn:
        tried, shares = running.states(watch, conn), cases.shares(conn, parts.institution)
        lines = [
            RuleLine(one, tried.get(one.id), *shares.get(one.id, (0, 0)))
            for one in watch.rules.rules
        ]
        found = cases.listed(conn, parts.institution, state, rule)
    return Overview(parts.clock(), lines, found)


def _case(site: Site, case: str, account: str) -> Opened:
    parts = site.parts
    try:
        with parts.engine.connect() as conn:
            found = cases.get(conn, parts.institution, case)
            known = shown_names(site, conn, found.people, clear=False)
    except WatchRefused as told:
        raise refused(told.code) from None
    names = [known[each] for each in found.people if each in known]
    said = cases.heard(parts.keyring, parts.institution, found)
    own = found.proposed_by == account
    return Opened(parts.clock(), found, rules.load().get(found.rule), names, said, own)


_READ, _MANAGE = Permission.WATCH_READ, Permission.WATCH_MANAGE
pages = [
    Page(WATCH, "GET", _READ, show_watch, nav="console.nav.watch"),
    Page(ONE, "GET", _READ, show_case),
    Page(f"{RULE}/tried", "POST", _MANAGE, try_rule),
    Page(f"{RULE}/switched", "POST", _MANAGE, switch_rule),
    Page(f"{WATCH}/run", "POST", _MANAGE, run_now),
    Page(f"{ONE}/taken", "POST", _MANAGE, take),
    Page(f"{ONE}/heard", "POST", _MANAGE, hear),
    Page(f"{ONE}/explained", "POST", _MANAGE, explain),
    Page(f"{ONE}/proposed", "POST", _MANAGE, propose),
    Page(f"{ONE}/confirmed", "POST", _MANAGE, confirm, again=True, back=ONE),
]
