"""`/v1/practice/…`: check-ins of a terminal, what a HIS asks, what medical affairs reviews."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from verifier.decision.exchange import connected
from verifier.place import code_at, payload
from verifier.place.site_codes import STEP_S
from verifier.practice import (
    changes,
    deferred,
    introspect,
    locks,
    registry,
    sites,
    windows,
)
from verifier.practice.changes import CursorRefused
from verifier.practice.check_in import check_in
from verifier.practice.desk import CheckInRefused, Desk
from verifier.practice.windows import Window, WindowRefused
from verifier.protocol.errors import refusal
from verifier.protocol.practice import (
    PURPOSE,
    Changes,
    CheckedIn,
    CheckIn,
    Introspection,
    Introspections,
    Operation,
    Question,
    Questions,
)
from verifier.protocol.values import Id, UtcTime
from verifier.trust.accounts.roles import Permission
from verifier.trust.accounts.sessions import SignedIn
from verifier.trust.clients import ClientRecord

from .. import tokens
from ..access import STAFF_REFUSALS, Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, Proven, ProvenTerminal, client_with, credential, staff
from ..site import Site

router = APIRouter(tags=["practice"])

Reader = Annotated[ClientRecord, client_with(tokens.READ_PRACTICE)]
Declarer = Annotated[ClientRecord, client_with(tokens.DECLARE_PRACTICE)]
Viewer = Annotated[SignedIn, staff(Permission.PRACTICE_READ)]
Reviewer = Annotated[SignedIn, staff(Permission.PRACTICE_REVIEW)]
WindowId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{22}$", description="Its id.")]
Cursor = Annotated[str | None, Query(max_length=40, description="Of the page before.")]
Limit = Annotated[int, Query(ge=1, le=changes.MOST)]

_TERMINALS = (
    "auth.missing",
    "auth.invalid",
    "auth.forbidden",
    "terminal.unknown",
    "terminal.suspended",
    "purpose.unknown",
)
_CLIENTS = ("auth.missing", "auth.invalid", "auth.forbidden")
_STAFF = ("auth.missing", *STAFF_REFUSALS)


class SiteCode(BaseModel):
    """What a site's terminal shows, as a QR code or to be typed; it changes every 30 seconds."""

    payload: str
    code: str
    until: UtcTime


class ToReview(BaseModel):
    """One window that waits. Who it is, stands as the code of the insurance platform."""

    id: Id
    code: str
    site: str
    department: str
    state: str
    opened_at: UtcTime
    ends_at: UtcTime
    way: str
    shift: str
    proof: str
    reason: str | None
    review_by: UtcTime | None


class Reviews(BaseModel):
    """The soonest due first."""

    windows: list[ToReview]


class Review(BaseModel):
    """Whether it counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    approve: bool


class Correction(BaseModel):
    """When the window really ended: earlier than it stands."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ends_at: UtcTime


class Extended(BaseModel):
    """Until when the window lasts now; null where nobody practised at the operation's start."""

    until: UtcTime | None = Field(default=None)


@router.post(
    "/v1/practice/check-ins",
    response_model=CheckedIn,
    responses=refusals(
        *_TERMINALS,
        "practice.unknown",
        "practice.decision_unusable",
        "practice.site_unknown",
        "request.malformed",
        "request.too_large",
    ),
    openapi_extra=extra(Access.TERMINAL, requestBody=described(CheckIn)),
)
async def check_in_or_out(request: Request, proven: ProvenTerminal, site: Here) -> Response:
    """A practitioner checks in or out, on a decision that this terminal just got."""
    _refuse_others(proven)
    asked = parsed(CheckIn, proven.body)
    address = request.client.host if request.client else ""
    answer = await site.small.take(_checked_in, site, proven, address, asked)
    return _json(answer)


@router.get(
    "/v1/practice/site-code",
    response_model=SiteCode,
    responses=refusals(*_TERMINALS, "practice.site_unknown"),
    openapi_extra=extra(Access.TERMINAL),
)
async def site_code(proven: ProvenTerminal, site: Here) -> Response:
    """The code that proves to a phone that it is here."""
    _refuse_others(proven)
    return _json(await site.small.take(_site_code, site, proven, site.parts.clock()))


@router.post(
    "/v1/practice/introspect",
    response_model=Introspection,
    responses=refusals(*_CLIENTS, "request.malformed", "request.too_large"),
    openapi_extra=extra(Access.CLIENT, requestBody=described(Question)),
)
async def ask(request: Request, client: Reader, site: Here) -> Response:
    """May this practitioner's work at this moment be settled? Never a condition for an order."""
    del client
    asked = parsed(Question, await request.body())
    return _json((await site.small.take(answers, site, [asked]))[0])


async def ask_shortly(request: Request, site: Site) -> Response:
    """As `ask`, for the way past the framework: one turn of a worker for all of it."""
    scheme, token = credential(request)
    if scheme != "bearer" or not token:
        raise refusal("auth.missing")
    said = await site.small.take(_asked, site, token, await request.body())
    return Response(said, media_type="application/json")


def _asked(site: Site, token: str, body: bytes) -> str:
    site.tokens.client_of(token, tokens.READ_PRACTICE, site.parts.clock())
    return answers(site, [parsed(Question, body)])[0].model_dump_json()


@router.post(
    "/v1/practice/introspect/batch",
    response_model=Introspections,
    responses=refusals(*_CLIENTS, "request.malformed", "request.too_large"),
    openapi_extra=extra(Access.CLIENT, requestBody=described(Questions)),
)
async def ask_many(request: Request, client: Reader, site: Here) -> Response:
    """The same for up to 500 questions."""
    del client
    asked = parsed(Questions, await request.body())
    return _json(Introspections(answers=await site.small.take(answers, site, asked.questions)))


@router.get(
    "/v1/practice/changes",
    response_model=Changes,
    responses=refusals(*_CLIENTS, "practice.cursor_malformed", "request.malformed"),
    openapi_extra=extra(Access.CLIENT),
)
async def read_changes(
    client: Reader, site: Here, cursor: Cursor = None, limit: Limit = changes.MOST
) -> Response:
    """What changed behind a cursor, without gaps, for a copy of one's own."""
    del client
    return _json(await site.small.take(_changes, site, cursor, limit))


@router.post(
    "/v1/practice/operations",
    response_model=Extended,
    responses=refusals(*_CLIENTS, "practice.unknown", "request.malformed", "request.too_large"),
    openapi_extra=extra(Access.CLIENT, requestBody=described(Operation)),
)
async def declare_an_operation(request: Request, client: Declarer, site: Here) -> Response:
    """The window goes on until the operation ends, and the grace. The same again is harmless."""
    asked = parsed(Operation, await request.body())
    if not asked.starts_at < asked.ends_at:
        raise refusal("request.malformed", note="an operation ends after its start")
    return _json(await site.small.take(_declared, site, asked, client.id))


@router.get(
    "/v1/practice/reviews",
    response_model=Reviews,
    responses=refusals(*_STAFF),
    openapi_extra=extra(Access.STAFF, Permission.PRACTICE_READ),
)
async def waiting_for_review(viewer: Viewer, site: Here) -> Response:
    """Provisional windows, which medical affairs reviews within 72 hours."""
    del viewer
    return _json(Reviews(windows=await site.small.take(_to_review, site)))


@router.post(
    "/v1/practice/windows/{window_id}/review",
    status_code=204,
    response_class=Response,
    responses=refusals(
        *_STAFF,
        "practice.window_unknown",
        "practice.review_done",
        "practice.review_own",
        "practice.overlaps",
        "request.malformed",
        "request.too_large",
    ),
    openapi_extra=extra(Access.STAFF, Permission.PRACTICE_REVIEW, requestBody=described(Review)),
)
async def review_a_window(
    window_id: WindowId, request: Request, reviewer: Reviewer, site: Here
) -> Response:
    """Say whether a provisional window counts."""
    asked = parsed(Review, await request.body())
    await site.small.take(review, site, window_id, asked.approve, reviewer)
    return Response(status_code=204)


@router.post(
    "/v1/practice/windows/{window_id}/correction",
    status_code=204,
    response_class=Response,
    responses=refusals(
        *_STAFF,
        "practice.window_unknown",
        "practice.review_own",
        "practice.time_outside",
        "request.malformed",
        "request.too_large",
    ),
    openapi_extra=extra(
        Access.STAFF, Permission.PRACTICE_REVIEW, requestBody=described(Correction)
    ),
)
async def correct_a_window(
    window_id: WindowId, request: Request, reviewer: Reviewer, site: Here
) -> Response:
    """Set an earlier end of somebody else's window."""
    asked = parsed(Correction, await request.body())
    await site.small.take(correct, site, window_id, asked.ends_at, reviewer)
    return Response(status_code=204)


def review(site: Site, window: str, approve: bool, by: SignedIn) -> None:
    """As the route does it; the console's too. Raises `Refused`."""
    parts, at = site.parts, site.parts.clock()
    try:
        with parts.engine.begin() as conn:
            mine = registry.own(conn, parts.institution, by.account, by.login)
            if approve:
                _give_a_place(conn, site, window, at)
            windows.review(
                conn,
                parts.institution,
                window,
                approve=approve,
                by=by.account,
                by_people=mine,
                at=at,
            )
    except WindowRefused as refused:
        raise refusal(refused.code, note=str(refused)) from None


def _give_a_place(conn: Connection, site: Site, window: str, at: datetime) -> None:
    """A deferred window that is to count must not lie over another."""
    parts = site.parts
    found = windows.get(conn, parts.institution, window, hold=True)
    if found is None or found.state != "deferred":
        return
    where = sites.get(conn, parts.institution, found.site)
    if where is not None:
        key = locks.practitioner_key(parts.keyring, parts.region_key, parts.institution, found.code)
        deferred.approve(conn, found, key, where.stand, at)


def correct(site: Site, window: str, ends_at: datetime, by: SignedIn) -> None:
    """As the route does it; the console's too. Raises `Refused`."""
    parts, at = site.parts, site.parts.clock()
    try:
        with parts.engine.begin() as conn:
            mine = registry.own(conn, parts.institution, by.account, by.login)
            found = windows.get(conn, parts.institution, window)
            if found and found.practitioner in mine:
                raise refusal("practice.review_own")
            windows.correct(conn, parts.institution, window, ends_at, by.account, at)
    except WindowRefused as refused:
        raise refusal(refused.code, note=str(refused)) from None


def _refuse_others(proven: Proven) -> None:
    if PURPOSE not in proven.terminal.purposes:
        raise refusal("purpose.unknown")
    if not proven.terminal.active:
        raise refusal("terminal.suspended")


def _checked_in(site: Site, proven: Proven, address: str, asked: CheckIn) -> CheckedIn:
    parts = site.parts
    desk = Desk(
        keyring=parts.keyring,
        gallery=parts.gallery,
        institution=parts.institution,
        region_key=parts.region_key,
        rules=site.rules.policy.practice,
        demo=parts.demo,
        terminal=proven.terminal.id,
        site=proven.terminal.site,
        phone=False,
        address=address,
    )
    try:
        with parts.engine.begin() as conn:
            return check_in(conn, desk, asked, parts.clock())
    except CheckInRefused as refused:
        raise refusal(refused.code, note=str(refused)) from None


def _site_code(site: Site, proven: Proven, at: datetime) -> SiteCode:
    parts = site.parts
    with parts.engine.connect() as conn:
        found = sites.get(conn, parts.institution, proven.terminal.site)
    if found is None:
        raise refusal("practice.site_unknown")
    secret = sites.secret_of(parts.keyring, parts.institution, found.code)
    code = code_at(secret, found.code, proven.terminal.id, at)
    ends = datetime.fromtimestamp((at.timestamp() // STEP_S + 1) * STEP_S, at.tzinfo)
    return SiteCode(payload=payload(found.code, proven.terminal.id, code), code=code, until=ends)


def answers(site: Site, asked: list[Question]) -> list[Introspection]:
    """As the route gives them; the console's reconciliation too."""
    parts = site.parts
    licences = _licences(site) if any(one.institution is not None for one in asked) else {}
    with connected(parts.engine) as conn:
        mine, at = parts.institution, parts.clock()
        return introspect.answers(conn, parts.keyring, mine, asked, at, licences)


def _licences(site: Site) -> dict[str, str]:
    with site.parts.engine.connect() as conn:
        return sites.licences(conn, site.parts.institution)


def _changes(site: Site, cursor: str | None, limit: int) -> Changes:
    try:
        with site.parts.engine.connect() as conn:
            page = changes.after(conn, site.parts.institution, cursor, limit)
    except CursorRefused:
        raise refusal("practice.cursor_malformed") from None
    return Changes(changes=page.changes, cursor=page.cursor)


def _declared(site: Site, asked: Operation, client: str) -> Extended:
    parts, rules = site.parts, site.rules.policy.practice
    with parts.engine.begin() as conn:
        known = registry.find(conn, parts.institution, asked.code)
        if known is None:
            raise refusal("practice.unknown")
        found = windows.last_before(conn, known.person, asked.starts_at)
        if found is None or not found.open_at(asked.starts_at):
            return Extended()
        until = min(asked.ends_at + rules.grace, found.opened_at + rules.longest)
        if found.closed_at is None:
            windows.extend(conn, found, until, parts.clock(), f"{client}/{asked.his_id}")
        again = windows.get(conn, parts.institution, found.id)
    return Extended(until=again.ends_at if again else None)


def _to_review(site: Site) -> list[ToReview]:
    with site.parts.engine.connect() as conn:
        found = windows.to_review(conn, site.parts.institution)
    return [_shown(window) for window in found]


def _shown(window: Window) -> ToReview:
    return ToReview(**{name: getattr(window, name) for name in ToReview.model_fields})


def _json(model: BaseModel) -> Response:
    return Response(model.model_dump_json(), media_type="application/json")
