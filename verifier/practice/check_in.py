"""A check-in, from the decision that proved who it is to the window and its signed receipt.

Everything is one transaction: the window, the region's lock, the point, the change, the entry. A
denial is a result that commits. The same decision again gets the same window.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from verifier import ledger
from verifier.place import Proof
from verifier.protocol.practice import (
    CheckedIn,
    CheckIn,
    Outcome,
    Part,
    PhoneCheckIn,
)
from verifier.protocol.values import Liveness, new_id
from verifier.trust import alarms
from verifier.trust.alarms import Cause

from . import deferred, locks, placing, points, registry, sites, windows
from .answering import again, already, answer, here_already, in_the_way, no_window
from .deciding import Facts, Verdict, decide
from .deferred import Interval
from .desk import CheckInRefused, Desk, Who, identified
from .locks import Live
from .placing import Placed, Placing
from .registry import Known
from .shift_now import ShiftNow, shift_at
from .sites import HospitalSite
from .windows import Opening, Window


def check_in(conn: Connection, desk: Desk, asked: CheckIn, at: datetime) -> CheckedIn:
    """Judge it and write down what follows. Raises `CheckInRefused`."""
    who = identified(conn, desk, asked.receipt_id, at, coming=asked.act == "in")
    known = registry.of_person(conn, desk.institution, who.person)
    if known is None:
        raise CheckInRefused("practice.unknown", "nobody such practises here")
    if asked.act == "out":
        return _out(conn, desk, who, known, windows.last_before(conn, known.person, at), at)
    if who.decision and (before := windows.of_decision(conn, who.decision)) is not None:
        return already(desk, before, _OPENED[before.state], ())
    site = sites.get(conn, desk.institution, desk.site)
    if site is None:
        raise CheckInRefused("practice.site_unknown", "this terminal's site is not recorded")
    return _in(conn, desk, asked, who, known, site, at)


def check_in_by_phone(
    conn: Connection, desk: Desk, asked: PhoneCheckIn, holder: str, at: datetime
) -> CheckedIn:
    """The same on the holder's phone: the desk's site is where the phone may be.

    Its key proves whose it is; without a face the window waits for a review. A face is a decision
    of its own, under a separate consent (`phone_face`), which the request names.
    Raises `CheckInRefused`.
    """
    who = _on_phone(conn, desk, asked, holder, at)
    known = registry.of_person(conn, desk.institution, holder)
    if known is None:
        raise CheckInRefused("practice.unknown", "nobody such practises here")
    if asked.act == "out":
        found = windows.get(conn, desk.institution, asked.window or "", hold=True)
        mine = found if found and found.practitioner == holder else None
        return _out(conn, desk, who, known, mine, at)
    before = windows.of_request(conn, desk.terminal, asked.request)
    if before is None and who.decision:
        before = windows.of_decision(conn, who.decision)
    if before is not None:
        return already(desk, before, _OPENED[before.state], ())
    site = sites.get(conn, desk.institution, desk.site)
    if site is None:
        raise CheckInRefused("practice.site_unknown", "no such site is recorded")
    return _in(conn, desk, asked, who, known, site, at)


def _on_phone(conn: Connection, desk: Desk, asked: PhoneCheckIn, holder: str, at: datetime) -> Who:
    if asked.receipt_id is None:
        return Who(None, holder, True, False, Liveness.NOT_ASSESSED, False, False, asked.request)
    who = identified(conn, desk, asked.receipt_id, at)
    if who.person != holder:
        raise CheckInRefused("practice.decision_unusable", "it is somebody else's")
    return who


_OPENED = {
    "confirmed": Outcome.CONFIRMED,
    "approved": Outcome.CONFIRMED,
    "provisional": Outcome.PROVISIONAL,
    "deferred": Outcome.DEFERRED,
    "denied": Outcome.DENIED,
}
"""What is answered for a window that stands there already, by its state."""


@dataclass(frozen=True)
class _Coming:
    """One check-in as it stands before it is judged.

    Attributes:
        at: when it counts: now, or when a deferred one says it was.
        when: of a deferred one, between which moments it was proved.
    """

    asked: CheckIn | PhoneCheckIn
    who: Who
    known: Known
    site: HospitalSite
    placed: Placed
    shift: ShiftNow
    at: datetime
    when: Interval | None


def _in(
    conn: Connection,
    desk: Desk,
    asked: CheckIn | PhoneCheckIn,
    who: Who,
    known: Known,
    site: HospitalSite,
    at: datetime,
) -> CheckedIn:
    placed = _placed(conn, desk, asked, known, site, at)
    when = deferred.interval_of(conn, who.decision) if who.decision and who.deferred else None
    at = when.said if when else at
    coming = _Coming(asked, who, known, site, placed, _shift(conn, known, site, at), at, when)
    verdict = _judged(conn, desk, coming)
    if placed.answer.alert:
        ledger.append(conn, desk.institution, Cause.MOVED, {"terminal": desk.terminal})
        alarms.sound(conn, desk.institution, Cause.MOVED, desk.terminal, at)
    key = locks.practitioner_key(desk.keyring, desk.region_key, desk.institution, known.code)
    if verdict.proved:
        if here := here_already(conn, desk, key, site, at):
            by_code = desk.phone and placed.answer.proof is Proof.SITE_CODE
            return again(conn, desk, verdict, here, at, by_code=by_code)
        elsewhere = locks.elsewhere(conn, key, site.stand, at)
        if elsewhere and when is None and not elsewhere.reachable:
            # Before a reason is asked for, which would be given for nothing.
            return in_the_way(conn, desk, known, verdict, coming.shift, elsewhere, site)
    if verdict.opens is None or verdict.until is None:
        return no_window(conn, desk, known, verdict, coming.shift, ())
    opening = _opening(desk, coming, verdict, verdict.opens, verdict.until)
    if when is not None:
        return _deferred(conn, desk, coming, verdict, opening, when)
    return _window(conn, desk, coming, verdict, opening, key)


def _judged(conn: Connection, desk: Desk, coming: _Coming) -> Verdict:
    person, at = coming.known.person, coming.at
    facts = Facts(
        accepted=coming.who.accepted,
        by_face=coming.who.by_face,
        place=coming.placed.answer,
        shift=coming.shift,
        right=registry.right_at(conn, person, coming.site.code, at),
        reason=coming.asked.reason,
        at=at,
        later=coming.when is not None,
    )
    verdict = decide(facts, desk.rules)
    if coming.placed.code is None:
        return verdict
    return replace(verdict, reasons=(coming.placed.code, *verdict.reasons))


def _opening(
    desk: Desk,
    coming: _Coming,
    verdict: Verdict,
    state: Literal["confirmed", "provisional"],
    until: datetime,
) -> Opening:
    who, reason = coming.who, coming.asked.reason
    return Opening(
        id=new_id(),
        practitioner=coming.known.person,
        site=coming.site.code,
        department=coming.shift.department or coming.known.department,
        state=state,
        opened_at=verdict.at,
        until=until,
        way="face" if who.by_face else "other",
        liveness=who.liveness,
        shift=coming.shift.status,
        proof=coming.placed.answer.proof.value,
        reason=reason.value if reason else None,
        decision=who.decision,
        request=who.request,
        terminal=desk.terminal,
        simulated=who.simulated,
        review_by=verdict.review_by,
    )


def _window(
    conn: Connection, desk: Desk, coming: _Coming, verdict: Verdict, opening: Opening, key: str
) -> CheckedIn:
    """The region's lock first: whoever holds it elsewhere is in the way, or gives way."""
    known, site, at = coming.known, coming.site, coming.at
    taken = locks.take(conn, key, opening.id, site.stand, at, opening.until, move=coming.asked.move)
    if not taken.ours:
        return in_the_way(conn, desk, known, verdict, coming.shift, taken, site)
    leaf = windows.open_window(conn, desk.institution, replace(opening, opened_at=taken.since))
    _end_ours(conn, desk, taken.other, at)
    points.keep(conn, desk.gallery, known.person, coming.placed.point, opening.id, at)
    _use_code(conn, desk, known, coming.placed, at)
    found = windows.get(conn, desk.institution, opening.id)
    return answer(desk, verdict, coming.shift, found, leaf)


def _deferred(
    conn: Connection,
    desk: Desk,
    coming: _Coming,
    verdict: Verdict,
    opening: Opening,
    when: Interval,
) -> CheckedIn:
    """Kept for review; no lock, no window that counts."""
    kept = replace(
        opening,
        state="deferred",
        review_by=when.proved_to + timedelta(hours=desk.rules.review_h),
        proved_from=when.proved_from,
        proved_to=when.proved_to,
    )
    windows.open_window(conn, desk.institution, kept)
    found = windows.get(conn, desk.institution, kept.id)
    told = replace(verdict, outcome=Outcome.DEFERRED)
    return answer(desk, told, coming.shift, found, "")


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
    conn: Connection, desk: Desk, who: Who, known: Known, found: Window | None, at: datetime
) -> CheckedIn:
    shift = shift_at(conn, known.person, None, at)
    identity = Part.NOT_PROVED
    if who.accepted:
        identity = Part.PROVED if who.by_face else Part.OTHER_WAY
    verdict = Verdict(Outcome.NOT_IN, identity, Part.PROVED, Part.PROVED, (), at)
    if identity is Part.NOT_PROVED:
        verdict = Verdict(Outcome.RETRY, identity, Part.PROVED, Part.PROVED, (), at)
        return answer(desk, verdict, shift, None, "")
    if found is None or not found.open_at(at):
        return answer(desk, verdict, shift, None, "")
    leaf = windows.close(conn, found, at, "out")
    closed = windows.get(conn, desk.institution, found.id)
    verdict = Verdict(Outcome.CLOSED, identity, Part.PROVED, Part.PROVED, (), at)
    return answer(desk, verdict, shift, closed, leaf)


def _use_code(conn: Connection, desk: Desk, known: Known, placed: Placed, at: datetime) -> None:
    if placed.step is not None:
        placing.use(conn, desk.keyring, desk.institution, known.person, placed.step, at)
