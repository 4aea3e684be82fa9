"""`/v1/practice/phone/…`: a phone is enrolled at a site, and checks its holder in."""

from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from verifier.place import SiteCode
from verifier.practice import phone_face, phone_state, registry, sites, typed_codes, windows
from verifier.practice.check_in import check_in_by_phone
from verifier.practice.desk import CheckInRefused, Desk
from verifier.practice.registry import Known
from verifier.practice.shift_now import shift_at
from verifier.practice.windows import WindowRefused
from verifier.protocol.errors import Refused, refusal
from verifier.protocol.practice import CheckedIn, PhoneCheckIn, PhoneState, SaidOut, SaidPosition
from verifier.protocol.registration import PhoneEnrolled, PhoneEnrolment, check_phone
from verifier.trust import phones, terminals
from verifier.trust.invitations import CodeRefused
from verifier.trust.terminals import KeyRefused

from ..access import Access, extra, refusals
from ..bodies import described, parsed
from ..deps import Here, Proven, ProvenPhone
from ..site import Site

router = APIRouter(tags=["phones"])

PHONES = (
    "auth.missing",
    "auth.invalid",
    "auth.forbidden",
    "terminal.unknown",
    "terminal.suspended",
    "practice.unknown",
)
BODY = ("request.malformed", "request.too_large")


@router.post(
    "/v1/practice/phone/enrolments",
    response_model=PhoneEnrolled,
    responses=refusals(
        "auth.invalid",
        "practice.site_code_wrong",
        "practice.unknown",
        "registration.code_invalid",
        "registration.too_many",
        "registration.key_refused",
        *BODY,
    ),
    openapi_extra=extra(Access.REGISTRATION_CODE, requestBody=described(PhoneEnrolment)),
)
async def enrol_a_phone(request: Request, site: Here) -> Response:
    """A practitioner's one-time code and a site's code make a key a phone; again is the same."""
    asked = parsed(PhoneEnrolment, await request.body())
    source = request.client.host if request.client else "none"
    site.enrolments.take(source)
    check_phone(asked)
    try:
        enrolled = await site.small.take(_enrol, site, asked)
    except Refused as refused:
        if refused.code == "practice.site_code_wrong":
            site.enrolments.give_back(source)  # the practitioner's own code was right
        raise
    site.enrolments.give_back(source)
    return _json(enrolled)


@router.get(
    "/v1/practice/phone/state",
    response_model=PhoneState,
    responses=refusals(*PHONES),
    openapi_extra=extra(Access.PHONE),
)
async def read_state(proven: ProvenPhone, site: Here) -> Response:
    """What the phone shows its holder: today's roster, whether they are in, what was forgotten."""
    return _json(await site.small.take(_state, site, proven))


@router.post(
    "/v1/practice/phone/check-ins",
    response_model=CheckedIn,
    responses=refusals(
        *PHONES, "practice.site_unknown", "practice.decision_unusable", "practice.too_many", *BODY
    ),
    openapi_extra=extra(Access.PHONE, requestBody=described(PhoneCheckIn)),
)
async def check_in_or_out_by_phone(request: Request, proven: ProvenPhone, site: Here) -> Response:
    """The holder checks in or out; without a face medical affairs reviews the window."""
    asked = parsed(PhoneCheckIn, proven.body)
    address = request.client.host if request.client else ""
    return _json(await site.small.take(_checked_in, site, proven, address, asked))


@router.post(
    "/v1/practice/phone/said-out",
    response_model=PhoneState,
    responses=refusals(*PHONES, "practice.window_unknown", "practice.time_outside", *BODY),
    openapi_extra=extra(Access.PHONE, requestBody=described(SaidOut)),
)
async def say_out(proven: ProvenPhone, site: Here) -> Response:
    """When a forgotten window really ended, in the holder's word: once, beside the window."""
    asked = parsed(SaidOut, proven.body)
    return _json(await site.small.take(_said_out, site, proven, asked))


def _enrol(site: Site, asked: PhoneEnrolment) -> PhoneEnrolled:
    parts, at = site.parts, site.parts.clock()
    try:
        with parts.engine.begin() as conn:
            who = phones.invited(conn, parts.keyring, parts.institution, asked.code, at)
            known = registry.of_person(conn, parts.institution, who.holder)
            if known is None:
                raise refusal("practice.unknown")
            place = _enrolled_at(conn, site, who.phone, asked.site_code)
            mine = parts.institution
            phone = phones.enrol(conn, mine, who, asked.public_jwk, place, at)
            found = sites.get(conn, mine, place)
    except CodeRefused:
        raise refusal("registration.code_invalid") from None
    except KeyRefused as refused:
        raise refusal("registration.key_refused", note=refused.code) from None
    name = found.name if found else place
    return PhoneEnrolled(phone=phone, institution=mine, site=name, code=known.code)


def _enrolled_at(conn: Connection, site: Site, phone: str | None, code: str) -> str:
    """At which site; a phone that asks again has proved it before."""
    if phone is not None and (before := terminals.get(conn, phone)) is not None:
        return before.site
    parts = site.parts
    found = typed_codes.found(conn, parts.keyring, parts.institution, code, parts.clock())
    if found is None:
        raise refusal("practice.site_code_wrong")
    return found.site


def _state(site: Site, proven: Proven) -> PhoneState:
    with site.parts.engine.begin() as conn:
        return state_of_holder(conn, site, proven, holder(conn, site, proven))


def state_of_holder(conn: Connection, site: Site, proven: Proven, known: Known) -> PhoneState:
    """What the phone shows now."""
    parts = site.parts
    said = (parts.keyring, parts.region_key, parts.institution, known, proven.terminal.site)
    face = None
    if (notice := face_notice(site)) is not None:
        face = phone_face.offered(conn, parts.gallery, known.person, notice)
    return phone_state.state_of(conn, *said, site.rules.policy.practice, parts.clock(), face)


def face_notice(site: Site) -> str | None:
    """The notice under which phones may take faces here, or None."""
    rule = site.rules.policy.practice.phone_face
    return rule.version if rule is not None and site.phone_judge.possible else None


def _checked_in(site: Site, proven: Proven, address: str, asked: PhoneCheckIn) -> CheckedIn:
    parts, at = site.parts, site.parts.clock()
    try:
        with parts.engine.begin() as conn:
            known = holder(conn, site, proven)
            code = _code(conn, site, proven, asked.site_code, at) if asked.site_code else None
            shift = shift_at(conn, known.person, None, at)
            place = code.site if code else shift.site or proven.terminal.site
            said = {
                "site_code": typed_codes.written(code) if code else asked.site_code,
                "position": asked.position and _by_our_clock(asked.position, proven.skew_s),
            }
            desk = _desk(site, proven, place, address)
            return check_in_by_phone(conn, desk, asked.model_copy(update=said), known.person, at)
    except CheckInRefused as refused:
        raise refusal(refused.code, note=str(refused)) from None


def _code(conn: Connection, site: Site, proven: Proven, said: str, at: datetime) -> SiteCode | None:
    """The site's code; wrong ones are counted. Raises `Refused` with `practice.too_many`."""
    parts, phone = site.parts, proven.terminal.id
    site.site_codes.take(phone)
    found = typed_codes.found(conn, parts.keyring, parts.institution, said, at)
    if found is not None:
        site.site_codes.give_back(phone)
    return found


def _desk(site: Site, proven: Proven, place: str, address: str) -> Desk:
    parts = site.parts
    return Desk(
        keyring=parts.keyring,
        gallery=parts.gallery,
        institution=parts.institution,
        region_key=parts.region_key,
        rules=site.rules.policy.practice,
        demo=parts.demo,
        terminal=proven.terminal.id,
        site=place,
        phone=True,
        address=address,
    )


def _said_out(site: Site, proven: Proven, asked: SaidOut) -> PhoneState:
    parts = site.parts
    try:
        with parts.engine.begin() as conn:
            known = holder(conn, site, proven)
            found = windows.get(conn, parts.institution, asked.window, hold=True)
            mine = found if found and found.practitioner == known.person else None
            if mine and mine.ends_at > parts.clock():
                raise refusal("practice.time_outside", note="it is still open")
            if mine is None or mine.said_out_at is None:
                said = (parts.institution, asked.window, asked.at, known.person)
                windows.say_out(conn, *said)
            return state_of_holder(conn, site, proven, known)
    except WindowRefused as refused:
        raise refusal(refused.code, note=str(refused)) from None


def holder(conn: Connection, site: Site, proven: Proven) -> Known:
    """Whose phone it is, its state read anew and kept until the transaction ends."""
    parts, phone = site.parts, proven.terminal.id
    person = phones.holder_of(conn, parts.institution, phone)
    if person is None:
        raise refusal("terminal.suspended")
    terminals.note_seen(conn, phone, proven.skew_s)
    known = registry.of_person(conn, parts.institution, person)
    if known is None:
        raise refusal("practice.unknown")
    return known


def _by_our_clock(said: SaidPosition, skew_s: float) -> SaidPosition:
    """A fix's time without the error of the phone's clock, which signed this request just now."""
    try:
        return said.model_copy(update={"at": said.at - timedelta(seconds=skew_s)})
    except OverflowError:
        return said


def _json(model: BaseModel) -> Response:
    return Response(model.model_dump_json(), media_type="application/json")
