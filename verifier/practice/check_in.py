"""A check-in, from the decision that proved who it is to the window and its signed receipt.

Everything is one transaction: the window, the region's lock, the point, the change, the entry. A
denial is a result that commits. The same decision again gets the same window.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, text

from verifier import ledger
from verifier.identity.galleries import Gallery
from verifier.protocol.practice import (
    PURPOSE,
    CheckedIn,
    CheckIn,
    Elsewhere,
    Outcome,
    Part,
    PhoneCheckIn,
)
from verifier.protocol.values import Liveness, new_id
from verifier.protocol.values import Outcome as Identity
from verifier.trust.keys import KeyRing

from . import deferred, locks, placing, points, receipts, rechecks, registry, sites, windows
from .deciding import Facts, Verdict, decide
from .deferred import Interval
from .locks import Live, Taken
from .placing import Placed, Placing
from .registry import Known
from .rules import PracticeRules
from .shift_now import ShiftNow, Status, shift_at
from .sites import HospitalSite
from .windows import Opening, Window


class CheckInRefused(Exception):
    """No check-in can be judged. Codes: `practice.decision_unusable`, `practice.unknown`,
    `practice.site_unknown`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Desk:
    """Where and for whom check-ins are judged.

    Attributes:
        phone: whether the terminal is a practitioner's phone, which stands nowhere.
    """

    keyring: KeyRing
    gallery: Gallery
    institution: str
    region_key: bytes | None
    rules: PracticeRules
    demo: bool
    terminal: str
    site: str
    phone: bool
    address: str


@dataclass(frozen=True)
class _Who:
    """The decision on identity; or the request of a phone, whose key says whose it is."""

    decision: str | None
    person: str
    accepted: bool
    by_face: bool
    liveness: Liveness
    simulated: bool
    deferred: bool
    request: str | None = None


_DECISION = text("""
SELECT d.id, d.person, d.outcome, d.assurance, d.decided_at, d.purpose, d.terminal,
       d.body->>'liveness' AS liveness, (d.body->>'simulated')::boolean AS simulated,
       d.body->'reasons' AS reasons
FROM receipts AS r JOIN decisions AS d ON d.id = r.decision
WHERE r.id = :receipt AND d.institution = :institution
""")


def check_in(conn: Connection, desk: Desk, asked: CheckIn, at: datetime) -> CheckedIn:
    """Judge it and write down what follows. Raises `CheckInRefused`."""
    who = _who(conn, desk, asked.receipt_id, at)
    known = registry.of_person(conn, desk.institution, who.person)
    if known is None:
        raise CheckInRefused("practice.unknown", "nobody such practises here")
    if asked.act == "out":
        return _out(conn, desk, who, known, windows.last_before(conn, known.person, at), at)
    if who.decision and (before := windows.of_decision(conn, who.decision)) is not None:
        return _already(desk, before, _OPENED[before.state], ())
    site = sites.get(conn, desk.institution, desk.site)
    if site is None:
        raise CheckInRefused("practice.site_unknown", "this terminal's site is not recorded")
    return _in(conn, desk, asked, who, known, site, at)


def check_in_by_phone(
    conn: Connection, desk: Desk, asked: PhoneCheckIn, holder: str, at: datetime
) -> CheckedIn:
    """The same on the holder's phone: the desk's site is where the phone may be.

    Its key proves whose it is, and no face: the window waits for a review. A face from a phone
    would come as a decision of its own, under a separate consent, and go through `check_in`.
    Raises `CheckInRefused`.
    """
    who = _Who(None, holder, True, False, Liveness.NOT_ASSESSED, False, False, asked.request)
    known = registry.of_person(conn, desk.institution, holder)
    if known is None:
        raise CheckInRefused("practice.unknown", "nobody such practises here")
    if asked.act == "out":
        found = windows.get(conn, desk.institution, asked.window or "", hold=True)
        mine = found if found and found.practitioner == holder else None
        return _out(conn, desk, who, known, mine, at)
    if (before := windows.of_request(conn, desk.terminal, asked.request)) is not None:
        return _already(desk, before, _OPENED[before.state], ())
    site = sites.get(conn, desk.institution, desk.site)
    if site is None:
        raise CheckInRefused("practice.site_unknown", "no such site is recorded")
    return _in(conn, desk, asked, who, known, site, at)


_OPENED = {
    "confirmed": Outcome.CONFIRMED,
    "approved": Outcome.CONFIRMED,
    "provisional": Outcome.PROVISIONAL,
    "deferred": Outcome.DEFERRED,
    "denied": Outcome.DENIED,
}
"""What is answered for a window that stands there already, by its state."""


def _in(
    conn: Connection,
    desk: Desk,
    asked: CheckIn | PhoneCheckIn,
    who: _Who,
    known: Known,
    site: HospitalSite,
    at: datetime,
) -> CheckedIn:
    placed = _placed(conn, desk, asked, known, site, at)
    when = deferred.interval_of(conn, who.decision) if who.decision and who.deferred else None
    if when is not None:
        at = when.said
    shift = _shift(conn, known, site, at)
    facts = Facts(
        accepted=who.accepted,
        by_face=who.by_face,
        place=placed.answer,
        shift=shift,
        right=registry.right_at(conn, known.person, site.code, at),
        reason=asked.reason,
        at=at,
    )
    verdict = decide(facts, desk.rules)
    if placed.code is not None:
        verdict = replace(verdict, reasons=(placed.code, *verdict.reasons))
    if placed.answer.alert:
        ledger.append(conn, desk.institution, "terminal.moved", {"terminal": desk.terminal})
    key = locks.practitioner_key(desk.keyring, desk.region_key, desk.institution, known.code)
    if verdict.proved and (here := _here(conn, desk, key, site, at)):
        return _again(conn, desk, verdict, here, at)
    if verdict.opens is None or verdict.until is None:
        return _none(conn, desk, known, verdict, shift, ())
    if when is not None:
        return _deferred(conn, desk, asked, who, known, site, verdict, placed, shift, when)
    window = new_id()
    taken = locks.take(conn, key, window, site.stand, at, verdict.until, move=asked.move)
    if not taken.ours:
        return _in_the_way(conn, desk, known, verdict, shift, taken, site)
    opening = replace(
        _opening(desk, asked, who, known, site, verdict, placed, shift),
        id=window,
        opened_at=taken.since,
    )
    leaf = windows.open_window(conn, desk.institution, opening)
    _end_ours(conn, desk, taken.other, at)
    points.keep(conn, desk.gallery, known.person, placed.point, window, at)
    _use_code(conn, desk, known, placed, at)
    found = windows.get(conn, desk.institution, window)
    return _answer(desk, verdict, shift, found, leaf)


def _opening(
    desk: Desk,
    asked: CheckIn | PhoneCheckIn,
    who: _Who,
    known: Known,
    site: HospitalSite,
    verdict: Verdict,
    placed: Placed,
    shift: ShiftNow,
) -> Opening:
    assert verdict.opens is not None  # noqa: S101
    assert verdict.until is not None  # noqa: S101
    return Opening(
        id=new_id(),
        practitioner=known.person,
        site=site.code,
        department=shift.department or known.department,
        state=verdict.opens,
        opened_at=verdict.at,
        until=verdict.until,
        way="face" if who.by_face else "other",
        liveness=who.liveness,
        shift=shift.status,
        proof=placed.answer.proof.value,
        reason=asked.reason.value if asked.reason else None,
        decision=who.decision,
        request=who.request,
        terminal=desk.terminal,
        simulated=who.simulated,
        review_by=verdict.review_by,
    )


def _deferred(
    conn: Connection,
    desk: Desk,
    asked: CheckIn | PhoneCheckIn,
    who: _Who,
    known: Known,
    site: HospitalSite,
    verdict: Verdict,
    placed: Placed,
    shift: ShiftNow,
    when: Interval,
) -> CheckedIn:
    """Kept for review; no lock, no window that counts."""
    opening = replace(
        _opening(desk, asked, who, known, site, verdict, placed, shift),
        state="deferred",
        review_by=when.proved_to + timedelta(hours=desk.rules.review_h),
        proved_from=when.proved_from,
        proved_to=when.proved_to,
    )
    windows.open_window(conn, desk.institution, opening)
    found = windows.get(conn, desk.institution, opening.id)
    told = replace(verdict, outcome=Outcome.DEFERRED)
    return _answer(desk, told, shift, found, "")


def _shift(conn: Connection, known: Known, site: HospitalSite, at: datetime) -> ShiftNow:
    here = shift_at(conn, known.person, site.code, at)
    return here if here.status != "off" else ShiftNow("off", here.department, here.site)


def _placed(
    conn: Connection,
    desk: Desk,
    asked: CheckIn | PhoneCheckIn,
    known: Known,
    site: HospitalSite,
    at: datetime,
) -> Placed:
    return placing.place(
        Placing(
            site=site,
            fixed=not desk.phone,
            address=desk.address,
            said=asked.position,
            site_code=asked.site_code,
            secret=sites.secret_of(desk.keyring, desk.institution, site.code),
            previous=points.last(conn, desk.gallery, known.person),
            counts=placing.counter(conn, desk.keyring, desk.institution, known.person),
        ),
        at,
        demo=desk.demo,
    )


def _end_ours(conn: Connection, desk: Desk, other: Live | None, at: datetime) -> None:
    """The window that this check-in ended, where it is one of ours; else theirs tell themselves."""
    if other is not None and (before := windows.get(conn, desk.institution, other.window)):
        windows.close(conn, before, min(at, before.ends_at), "elsewhere")


def _out(
    conn: Connection, desk: Desk, who: _Who, known: Known, found: Window | None, at: datetime
) -> CheckedIn:
    shift = shift_at(conn, known.person, None, at)
    identity = Part.NOT_PROVED
    if who.accepted:
        identity = Part.PROVED if who.by_face else Part.OTHER_WAY
    verdict = Verdict(Outcome.NOT_IN, identity, Part.PROVED, Part.PROVED, (), at)
    if identity is Part.NOT_PROVED:
        verdict = Verdict(Outcome.RETRY, identity, Part.PROVED, Part.PROVED, (), at)
        return _answer(desk, verdict, shift, None, "")
    if found is None or not found.open_at(at):
        return _answer(desk, verdict, shift, None, "")
    leaf = windows.close(conn, found, at, "out")
    closed = windows.get(conn, desk.institution, found.id)
    verdict = Verdict(Outcome.CLOSED, identity, Part.PROVED, Part.PROVED, (), at)
    return _answer(desk, verdict, shift, closed, leaf)


def _in_the_way(
    conn: Connection,
    desk: Desk,
    known: Known,
    verdict: Verdict,
    shift: ShiftNow,
    taken: Taken,
    site: HospitalSite,
) -> CheckedIn:
    """Practising already: here, which is well, or elsewhere."""
    other = taken.other
    assert other is not None  # noqa: S101  (a lock that is not ours is somebody's)
    if other.stand == site.stand and (before := windows.get(conn, desk.institution, other.window)):
        return _again(conn, desk, verdict, before, taken.since)
    elsewhere = Elsewhere(
        site=other.stand.site,
        since=other.since,
        here=other.stand.institution == desk.institution,
        reachable=taken.reachable,
    )
    if taken.reachable:
        reasons, outcome = ("practice.move_unconfirmed",), Outcome.RETRY
    else:
        reasons, outcome = ("practice.locked",), Outcome.DENIED
    told = replace(verdict, outcome=outcome, reasons=reasons)
    return _none(conn, desk, known, told, shift, elsewhere)


def _here(
    conn: Connection, desk: Desk, key: str, site: HospitalSite, at: datetime
) -> Window | None:
    """The window under which the person practises at this site already."""
    other = locks.live(conn, key)
    if other is None or other.until <= at or other.stand != site.stand:
        return None
    return windows.get(conn, desk.institution, other.window)


def _again(
    conn: Connection, desk: Desk, verdict: Verdict, window: Window, at: datetime
) -> CheckedIn:
    """Already in, whatever the shift says by now; an answer, if the person had been asked.

    A window that was opened on the shift without a face, as a phone opens it, is confirmed by one.
    """
    if verdict.identity is Part.PROVED and rechecks.answered(conn, window, at):
        window = windows.get(conn, desk.institution, window.id) or window
    planned = window.shift in ("on_shift", "on_call")
    if verdict.outcome is Outcome.CONFIRMED and window.state == "provisional" and planned:
        windows.confirm(conn, window, desk.terminal, at)
        window = windows.get(conn, desk.institution, window.id) or window
    return _already(desk, window, Outcome.ALREADY_IN, ())


def _none(
    conn: Connection,
    desk: Desk,
    known: Known,
    verdict: Verdict,
    shift: ShiftNow,
    elsewhere: Elsewhere | tuple[()],
) -> CheckedIn:
    """No window. A denial is entered; what can be tried again is not."""
    if verdict.outcome is Outcome.DENIED:
        facts = {"person": known.person, "terminal": desk.terminal, "reasons": [*verdict.reasons]}
        ledger.append(conn, desk.institution, "practice.refused", facts)
    return CheckedIn(
        outcome=verdict.outcome,
        identity=verdict.identity,
        place=verdict.place,
        shift=shift.status,
        registration=verdict.registration,
        reasons=list(verdict.reasons),
        elsewhere=elsewhere or None,
    )


def _already(desk: Desk, window: Window, outcome: Outcome, reasons: tuple[str, ...]) -> CheckedIn:
    identity = Part.PROVED if window.way == "face" else Part.OTHER_WAY
    proved = (identity, Part.PROVED, Part.PROVED)
    verdict = Verdict(outcome, *proved, reasons, window.opened_at)
    shift = ShiftNow(cast("Status", window.shift))
    return _answer(desk, verdict, shift, window, window.leaf)


def _answer(
    desk: Desk, verdict: Verdict, shift: ShiftNow, window: Window | None, leaf: str
) -> CheckedIn:
    signed = receipts.issue(desk.keyring, window, leaf) if window and leaf else None
    return CheckedIn(
        outcome=verdict.outcome,
        identity=verdict.identity,
        place=verdict.place,
        shift=shift.status,
        registration=verdict.registration,
        reasons=list(verdict.reasons),
        window=window.id if window else None,
        opened_at=window.opened_at if window else None,
        until=window.ends_at if window else None,
        receipt=signed,
    )


def _who(conn: Connection, desk: Desk, receipt: str, at: datetime) -> _Who:
    bound = {"receipt": receipt, "institution": desk.institution}
    row = conn.execute(_DECISION, bound).one_or_none()
    fresh = row is not None and at - row.decided_at <= timedelta(seconds=desk.rules.identity_s)
    if row is None or row.terminal != desk.terminal or row.purpose != PURPOSE or not fresh:
        raise CheckInRefused(
            "practice.decision_unusable",
            "it rests on a decision of this terminal and purpose, two minutes old at most",
        )
    if row.person is None:
        raise CheckInRefused("practice.unknown", "nobody was found")
    return _Who(
        decision=row.id,
        person=row.person,
        accepted=row.outcome == Identity.ACCEPTED,
        by_face=row.assurance in ("card+face", "face"),
        liveness=Liveness(row.liveness),
        simulated=row.simulated,
        deferred=deferred.BY_TICKET in (row.reasons or ()),
    )


def _use_code(conn: Connection, desk: Desk, known: Known, placed: Placed, at: datetime) -> None:
    if placed.step is not None:
        placing.use(conn, desk.keyring, desk.institution, known.person, placed.step, at)
