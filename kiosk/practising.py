"""医护签到 and 签退 as moves of a visit: what follows once somebody's identity was decided.

The verifier answers each part apart. What it still asks (why outside the shift, whether to move
here) is one touch, and the same receipt is sent again. No answer says anything about treating.
"""

from dataclasses import replace
from typing import Any, Literal

from verifier.protocol.practice import Outcome
from verifier.protocol.values import Outcome as Identity

from . import events as e
from .moves import NOTHING_PERSONAL, Move, enter
from .states import Step, Visit

WELL = frozenset({Outcome.CONFIRMED, Outcome.PROVISIONAL, Outcome.ALREADY_IN, Outcome.CLOSED})
"""Outcomes after which nothing is left to do."""

BY_FACE = ("card+face", "face")
"""Assurances with which a phone may be enrolled here; a card alone is not enough."""

Asked = Literal["reason", "move"]


def accepted(visit: Visit) -> bool:
    """Whether the decision on identity suffices for a check-in."""
    return (
        visit.exchange is not None and visit.exchange.answer.decision.outcome is Identity.ACCEPTED
    )


def asked(visit: Visit) -> Asked | None:
    """What the verifier wants to hear before a window opens."""
    answer = visit.checked_in
    if visit.step is not Step.PRACTICE or answer is None or answer.outcome is not Outcome.RETRY:
        return None
    if "practice.move_unconfirmed" in answer.reasons:
        return "move"
    return "reason" if "practice.reason_needed" in answer.reasons else None


def went_well(visit: Visit) -> bool:
    """Whether the screen only says that all is done."""
    answer = visit.checked_in
    if visit.step is not Step.PRACTICE or answer is None or answer.recheck == "open":
        return False
    return answer.outcome in WELL


def ask(visit: Visit) -> Move:
    """Send the check-in, or send it again with what was said since."""
    if visit.exchange is None or visit.act is None:
        return visit, ()
    moved = enter(visit, Step.SIGNING, checked_in=None, reading=None, chip=None, last_four=None)
    receipt = visit.exchange.answer.receipt_id
    effect = e.SendCheckIn(moved.serial, receipt, visit.act, visit.why, visit.moves)
    return moved, (e.Forget(), effect)


def not_proved(visit: Visit) -> Move:
    """The decision on identity is not enough: the screen says so, and which other way there is."""
    return enter(visit, Step.PRACTICE), (e.Forget(),)


def answered(visit: Visit, event: e.CheckInAnswered) -> Move:
    """The verifier's answer, part by part."""
    return enter(visit, Step.PRACTICE, checked_in=event.answer), ()


def failed(visit: Visit, reason: str) -> Move:
    """No answer could be had. A journal line keeps the visit from being lost."""
    moved = enter(visit, Step.PRACTICE, reason=reason, **NOTHING_PERSONAL)
    journal = (e.WriteJournal(visit.id, reason, practice=True),) if visit.id else ()
    return moved, (*journal, e.Forget())


def reason_given(visit: Visit, event: e.ReasonGiven) -> Move:
    """One of the five reasons for a check-in outside the shift."""
    if asked(visit) != "reason":
        return visit, ()
    return ask(replace(visit, why=event.reason))


def move_confirmed(visit: Visit, _: object) -> Move:
    """The window elsewhere ends, and one opens here: the person said so."""
    return ask(replace(visit, moves=True)) if asked(visit) == "move" else (visit, ())


def offline_offered(visit: Visit, event: e.OfflineOffered) -> Move:
    """The verifier is away: the screen says so, and what can be done instead."""
    if visit.act is None:
        return visit, ()
    if visit.act != "in":
        return failed(visit, "kiosk.verifier_unreachable")
    known = {
        "notice": event.notice,
        "face_ready": event.face_ready,
        "identify": event.identify,
        "ready": event.ready,
    }
    return enter(visit, Step.OFFLINE, **known), ()


def offline_wanted(visit: Visit, _: object) -> Move:
    """On as always, but what comes of it is kept here."""
    return enter(visit, Step.NOTICE, offline=True), ()


def kept(visit: Visit, _: object) -> Move:
    """It is on disk: the screen says its number."""
    if not visit.offline:
        return visit, ()
    return enter(visit, Step.PRACTICE, kept=True, **NOTHING_PERSONAL), (e.Forget(),)


def may_bind(visit: Visit) -> bool:
    """Whether 绑定手机 is offered: who this is was just decided by a face, and is known here."""
    if visit.step is not Step.PRACTICE or visit.checked_in is None or not accepted(visit):
        return False
    known = visit.checked_in.outcome in WELL | {Outcome.NOT_IN}
    decision = visit.exchange.answer.decision if visit.exchange else None
    return known and decision is not None and decision.assurance in BY_FACE


def phone_wanted(visit: Visit, _: object) -> Move:
    """On to the code; of the person only the phone's code is held from here on."""
    if not may_bind(visit) or visit.exchange is None:
        return visit, ()
    receipt = visit.exchange.answer.receipt_id
    moved = enter(visit, Step.PHONE, **NOTHING_PERSONAL)
    return moved, (e.Forget(), e.InvitePhone(moved.serial, receipt))


def phone_invited(visit: Visit, event: e.PhoneInvited) -> Move:
    """The code is there."""
    return replace(visit, phone=event.given, trouble=None), ()


def no_phone(visit: Visit, _: object) -> Move:
    """None can be had: medical affairs makes one."""
    trouble = "site_code" if visit.phone else "phone"
    return replace(visit, site_code=None, trouble=trouble), ()


def site_code_wanted(visit: Visit, _: object) -> Move:
    """院区码 was touched on the first screen."""
    moved = enter(visit, Step.SITE_CODE)
    return moved, (e.ShowSiteCode(moved.serial),)


def site_code_came(visit: Visit, event: e.SiteCodeCame) -> Move:
    """The code of these 30 seconds."""
    return replace(visit, site_code=event.shown, trouble=None), ()


def no_site_code(visit: Visit, _: object) -> Move:
    """None can be had now; an old one is not left standing."""
    return replace(visit, site_code=None, trouble="site_code"), ()


HERE: dict[tuple[Step, type], Any] = {
    (Step.ATTRACT, e.SiteCodeWanted): site_code_wanted,
    (Step.PRACTICE, e.PhoneWanted): phone_wanted,
    (Step.PHONE, e.PhoneInvited): phone_invited,
    (Step.PHONE, e.SiteCodeCame): site_code_came,
    (Step.PHONE, e.Unreachable): no_phone,
    (Step.PHONE, e.WasRefused): no_phone,
    (Step.SITE_CODE, e.SiteCodeCame): site_code_came,
    (Step.SITE_CODE, e.Unreachable): no_site_code,
    (Step.SITE_CODE, e.WasRefused): no_site_code,
    (Step.OPENING, e.OfflineOffered): offline_offered,
    (Step.OFFLINE, e.OfflineWanted): offline_wanted,
    (Step.CHECKING, e.Kept): kept,
    (Step.SIGNING, e.CheckInAnswered): answered,
    (Step.SIGNING, e.Unreachable): lambda visit, event: failed(visit, event.reason),
    (Step.SIGNING, e.WasRefused): lambda visit, event: failed(visit, event.code),
    (Step.PRACTICE, e.ReasonGiven): reason_given,
    (Step.PRACTICE, e.MoveConfirmed): move_confirmed,
}
"""What happens in the steps of a check-in, beside what the visit itself knows."""
