"""The visit (刷脸就医) as a pure state machine: `advance(state, event)` gives the next state and
what to do.

An event that a state does not know is ignored. From every state a person can go to 人工窗口 and to
the start, and time alone returns to the start. Camera and reader follow from the state
(`states.camera_on`, `reader_on`).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from verifier.protocol.claim import LegalBasis
from verifier.protocol.values import Consent, Outcome

from . import events as e
from . import practising
from .moves import NOTHING_PERSONAL, Move, enter, to_start
from .states import MAX_CODES, Door, Step, Visit, is_start

TIME_LIMITS: dict[Step, float] = {
    Step.ATTRACT: 30.0,
    Step.OPENING: 30.0,
    Step.NOTICE: 120.0,
    Step.DOORS: 60.0,
    Step.CARD: 60.0,
    Step.AGE: 60.0,
    Step.DIGITS: 60.0,
    Step.FACE: 60.0,
    Step.NO_FACE: 45.0,
    Step.CHECKING: 45.0,
    Step.RESULT: 60.0,
    Step.COUNTER: 45.0,
    Step.SIGNING: 45.0,
    Step.PRACTICE: 60.0,
    Step.OFFLINE: 60.0,
    Step.PHONE: 180.0,
    Step.SITE_CODE: 120.0,
}
"""Seconds without a touch. Most screens then first ask whether somebody is still there."""

ACCEPTED_SECONDS = 15.0
STILL_THERE_SECONDS = 15.0

LOOK_AGAIN_CODES = frozenset({"capture.injected", "capture.undecodable"})
"""Refusals whose own advice is to look at the camera once more."""

ANOTHER_CODE = {
    "code_expired": "code_expired",
    "code_foreign": "other_code",
    "credential.token_used": "code_again",
}
"""Reasons and refusals that a fresh code mends, and what the screen then says."""

CREDENTIAL_DOORS = frozenset({Door.RESIDENT_ID, Door.SOCIAL_SECURITY_CARD, Door.NHSA_QR})

_ASKS_FIRST = frozenset(
    {
        Step.NOTICE,
        Step.DOORS,
        Step.CARD,
        Step.AGE,
        Step.DIGITS,
        Step.NO_FACE,
        Step.RESULT,
        Step.COUNTER,
        Step.PRACTICE,
        Step.OFFLINE,
        Step.PHONE,
    }
)


def advance(visit: Visit, event: e.Event) -> Move:
    """The next state and the effects to carry out. Total: any event may come in any state."""
    if isinstance(event, e.TimeUp):
        return _time_up(visit, event)
    if getattr(event, "serial", visit.serial) != visit.serial:
        return visit, ()
    handler = _HERE.get((visit.step, type(event))) or _ANYWHERE.get(type(event))
    moved, effects = handler(visit, event) if handler else (visit, ())
    if isinstance(event, e.TOUCHES) and not is_start(moved):
        moved = replace(moved, pulse=max(moved.pulse, visit.pulse + 1), still_there=False)
    return moved, effects


def time_limit(visit: Visit) -> float | None:
    """Seconds until `TimeUp(visit.pulse)`; None where the terminal just waits."""
    if is_start(visit):
        return None
    if visit.still_there:
        return STILL_THERE_SECONDS
    return ACCEPTED_SECONDS if _is_done(visit) else TIME_LIMITS[visit.step]


def _is_done(visit: Visit) -> bool:
    """Whether the screen only says that all is well: nobody is asked whether they are there."""
    if visit.step is Step.RESULT:
        return practising.accepted(visit)
    return practising.went_well(visit)


def _time_up(visit: Visit, event: e.TimeUp) -> Move:
    if event.pulse != visit.pulse or is_start(visit):
        return visit, ()
    if visit.step in (Step.OPENING, Step.CHECKING, Step.SIGNING):
        return _refer(visit, "kiosk.no_answer")
    asks = visit.step in _ASKS_FIRST and not _is_done(visit)
    if asks and not visit.still_there:
        return replace(visit, still_there=True, pulse=visit.pulse + 1), ()
    return to_start(visit, event)


def _refer(visit: Visit, reason: str | None) -> Move:
    """To the counter. Where no decision could be had, a journal line keeps the visit from being
    lost. A practitioner is told what to do instead.
    """
    if visit.act is not None and reason is not None:
        return practising.failed(visit, reason)
    moved = enter(visit, Step.COUNTER, reason=reason, **NOTHING_PERSONAL)
    if visit.id is None or visit.act is not None:
        return moved, (e.Forget(),)
    told = e.TellCounter(visit.id, reason)
    if reason is None:
        return moved, (told, e.Forget())
    return moved, (e.WriteJournal(visit.id, reason), told, e.Forget())


def _started(visit: Visit, event: e.Started) -> Move:
    moved = enter(visit, Step.OPENING, id=event.visit, act=event.act)
    return moved, (e.OpenVisit(moved.serial, event.visit, event.act is not None),)


def _opened(visit: Visit, event: e.Opened) -> Move:
    known = {
        "notice": event.notice,
        "face_ready": event.face_ready,
        "identify": event.identify,
        "ready": event.ready,
    }
    return enter(visit, Step.NOTICE, **known), ()


def _agreed(visit: Visit, event: e.Agreed) -> Move:
    if event.notice != visit.notice or not visit.face_ready:
        return visit, ()
    basis = LegalBasis(notice_version=event.notice, consent=Consent.SEPARATE, touched_at=event.at)
    return enter(visit, Step.DOORS, basis=basis), ()


def _declined(visit: Visit, event: e.Declined) -> Move:
    if event.notice != visit.notice:
        return visit, ()
    basis = LegalBasis(notice_version=event.notice, consent=Consent.NO_FACE, touched_at=event.at)
    return enter(visit, Step.DOORS, basis=basis), ()


def _door(visit: Visit, event: e.DoorChosen) -> Move:
    if event.door is Door.COUNTER:
        return _refer(visit, None)
    if event.door in CREDENTIAL_DOORS & visit.ready:
        return enter(visit, Step.CARD, door=event.door), ()
    if event.door is Door.FACE and visit.agreed and visit.identify:
        return enter(visit, Step.DIGITS, door=event.door, typed=""), ()
    return visit, ()


def _card_read(visit: Visit, event: e.CardRead) -> Move:
    read = replace(visit, reading=event.reading, chip=event.chip)
    if event.minor:
        return _submit(_without_face(read, None))
    if not read.agreed or read.looks_left <= 0:
        return _submit(read)
    if event.minor is None and read.looks == 0:
        return enter(read, Step.AGE), ()
    return _look(read)


def _old_enough(visit: Visit, _: object) -> Move:
    return _look(visit)


def _trouble(visit: Visit, event: e.CardTrouble) -> Move:
    return replace(visit, trouble=event.trouble), ()


def _key(visit: Visit, event: e.KeyPressed) -> Move:
    allowed = "0123456789X" if len(visit.typed) == 3 else "0123456789"
    if len(visit.typed) >= 4 or len(event.key) != 1 or event.key not in allowed:
        return visit, ()
    return replace(visit, typed=visit.typed + event.key), ()


def _erase(visit: Visit, _: object) -> Move:
    return replace(visit, typed=visit.typed[:-1]), ()


def _confirm(visit: Visit, _: object) -> Move:
    if len(visit.typed) != 4:
        return visit, ()
    return _look(replace(visit, last_four=visit.typed, typed=""))


def _look(visit: Visit) -> Move:
    return enter(visit, Step.FACE, looks=visit.looks + 1, capture=None, exchange=None), ()


def _looking(visit: Visit, event: e.Looking) -> Move:
    return replace(visit, hints=event.hints, progress=event.progress), ()


def _captured(visit: Visit, event: e.Captured) -> Move:
    return _submit(replace(visit, capture=event.capture))


def _no_face(visit: Visit, _: object) -> Move:
    return enter(visit, Step.NO_FACE), ()


def _camera_failed(visit: Visit, _: object) -> Move:
    return replace(enter(visit, Step.NO_FACE, looks=visit.looks), trouble="camera"), ()


def _look_again(visit: Visit, _: object) -> Move:
    return _look_once_more(visit) if may_look_again(visit) else (visit, ())


def _look_once_more(visit: Visit) -> Move:
    """A code served for one claim: whoever showed one shows a fresh one first."""
    if visit.by_code and visit.step in (Step.CHECKING, Step.RESULT, Step.PRACTICE):
        return _another_code(visit, "code_again")
    return _look(visit)


def _another_code(visit: Visit, trouble: str) -> Move:
    codes, door = visit.codes + 1, Door.NHSA_QR
    moved = enter(visit, Step.CARD, door=door, codes=codes, **NOTHING_PERSONAL)
    return replace(moved, trouble=trouble), (e.Forget(),)


def may_look_again(visit: Visit) -> bool:
    """Whether a further look is offered: as the answer says, at most twice in a visit."""
    offered = visit.exchange is None or _offers(visit, "look_again")
    known = visit.reading is not None or visit.last_four is not None
    fresh = not visit.by_code or visit.codes + 1 < MAX_CODES
    return offered and known and fresh and visit.agreed and visit.looks_left > 0


def may_present_card(visit: Visit) -> bool:
    """Whether the answer offers to go on with a card."""
    return visit.exchange is not None and _offers(visit, "present_card")


def _offers(visit: Visit, step: str) -> bool:
    return visit.exchange is not None and step in visit.exchange.answer.decision.next_steps


def _without_face(visit: Visit, event: e.FaceSkipped | None) -> Visit:
    """A child's own agreement is none (Measures Art. 7), and a person may change their mind: no
    face then.
    """
    if visit.basis is None:
        return visit
    changes: dict[str, Any] = {"consent": Consent.NO_FACE}
    if event is not None:
        changes["touched_at"] = event.at
    basis = visit.basis.model_copy(update=changes)
    return replace(visit, basis=basis, capture=None, chip=None)


def _skip(visit: Visit, event: e.FaceSkipped) -> Move:
    plain = _without_face(visit, event)
    if plain.reading is not None:
        return _submit(plain)
    return enter(plain, Step.CARD, door=Door.RESIDENT_ID, last_four=None), ()


def _submit(visit: Visit) -> Move:
    if visit.basis is None or visit.id is None:
        return _refer(visit, "kiosk.no_legal_basis")
    moved = enter(visit, Step.CHECKING)
    effect = e.Submit(
        moved.serial,
        visit.id,
        visit.basis,
        visit.reading,
        visit.last_four,
        visit.capture,
        visit.chip if visit.capture is not None else None,
        visit.offline,
    )
    return moved, (effect,)


def _decided(visit: Visit, event: e.Decided) -> Move:
    decision = event.exchange.answer.decision
    if decision.outcome is Outcome.RETRY:
        mends = next((ANOTHER_CODE[r] for r in decision.reasons if r in ANOTHER_CODE), None)
        if mends and visit.codes + 1 < MAX_CODES:
            return _another_code(visit, mends)
        if mends is None and visit.agreed and visit.looks_left > 0:
            return _look_once_more(visit)
    answered = replace(visit, exchange=event.exchange, capture=None)
    if not may_look_again(answered):
        answered = replace(answered, reading=None, chip=None, last_four=None)
    if answered.act is None:
        return enter(answered, Step.RESULT), (e.Forget(),)
    return (practising.ask if practising.accepted(answered) else practising.not_proved)(answered)


def _was_refused(visit: Visit, event: e.WasRefused) -> Move:
    if event.code in LOOK_AGAIN_CODES and visit.agreed and visit.looks_left > 0:
        return _look_once_more(visit)
    if event.code in ANOTHER_CODE and visit.codes + 1 < MAX_CODES:
        return _another_code(visit, ANOTHER_CODE[event.code])
    return _refer(visit, event.code)


def _unreachable(visit: Visit, event: e.Unreachable) -> Move:
    return _refer(visit, event.reason)


def _card_instead(visit: Visit, _: object) -> Move:
    if not may_present_card(visit):
        return visit, ()
    if Door.RESIDENT_ID not in visit.ready:
        return enter(visit, Step.DOORS, door=None, **NOTHING_PERSONAL), ()
    return enter(visit, Step.CARD, door=Door.RESIDENT_ID, **NOTHING_PERSONAL), ()


def _doors_changed(visit: Visit, event: e.DoorsChanged) -> Move:
    return (visit, ()) if is_start(visit) else (replace(visit, ready=event.ready), ())


def _printer_changed(visit: Visit, event: e.PrinterChanged) -> Move:
    return (visit, ()) if is_start(visit) else (replace(visit, can_print=event.ready), ())


def _slip_wanted(visit: Visit, _: object) -> Move:
    """Once a screen: what went wrong the counter prints."""
    if visit.slip is not None or not visit.can_print:
        return visit, ()
    return replace(visit, slip="printing"), (e.PrintSlip(visit.serial),)


def _slip_done(visit: Visit, event: e.SlipDone) -> Move:
    """The screen's time begins anew, so that the slip can be taken."""
    if visit.slip != "printing":
        return visit, ()
    return replace(visit, slip=event.slip, pulse=visit.pulse + 1), ()


def _back(visit: Visit, _: object) -> Move:
    return enter(visit, Step.DOORS, door=None, **NOTHING_PERSONAL), (e.Forget(),)


def _language(visit: Visit, event: e.LanguageChosen) -> Move:
    return replace(visit, language=event.language), ()


def _reach(visit: Visit, event: e.ReachChosen) -> Move:
    return replace(visit, low_reach=event.low), ()


def _counter(visit: Visit, _: object) -> Move:
    return _refer(visit, None)


def _stay(visit: Visit, _: object) -> Move:
    return visit, ()


_HERE: dict[tuple[Step, type], Callable[[Visit, Any], Move]] = {
    (Step.ATTRACT, e.Started): _started,
    (Step.OPENING, e.Opened): _opened,
    (Step.OPENING, e.Unreachable): _unreachable,
    (Step.OPENING, e.WasRefused): _was_refused,
    (Step.NOTICE, e.Agreed): _agreed,
    (Step.NOTICE, e.Declined): _declined,
    (Step.DOORS, e.DoorChosen): _door,
    (Step.CARD, e.CardRead): _card_read,
    (Step.CARD, e.CardTrouble): _trouble,
    (Step.CARD, e.Back): _back,
    (Step.AGE, e.OldEnough): _old_enough,
    (Step.AGE, e.FaceSkipped): _skip,
    (Step.AGE, e.Back): _back,
    (Step.DIGITS, e.KeyPressed): _key,
    (Step.DIGITS, e.KeyErased): _erase,
    (Step.DIGITS, e.DigitsConfirmed): _confirm,
    (Step.DIGITS, e.Back): _back,
    (Step.FACE, e.Looking): _looking,
    (Step.FACE, e.Captured): _captured,
    (Step.FACE, e.FaceNotFound): _no_face,
    (Step.FACE, e.CameraFailed): _camera_failed,
    (Step.FACE, e.FaceSkipped): _skip,
    (Step.NO_FACE, e.LookAgain): _look_again,
    (Step.NO_FACE, e.FaceSkipped): _skip,
    (Step.CHECKING, e.Decided): _decided,
    (Step.CHECKING, e.Unreachable): _unreachable,
    (Step.CHECKING, e.WasRefused): _was_refused,
    (Step.RESULT, e.CardInstead): _card_instead,
    (Step.RESULT, e.LookAgain): _look_again,
    (Step.COUNTER, e.CounterChosen): _stay,
    (Step.RESULT, e.SlipWanted): _slip_wanted,
    (Step.COUNTER, e.SlipWanted): _slip_wanted,
    (Step.RESULT, e.SlipDone): _slip_done,
    (Step.COUNTER, e.SlipDone): _slip_done,
    (Step.PRACTICE, e.SlipWanted): lambda v, event: _slip_wanted(v, event) if v.kept else (v, ()),
    (Step.PRACTICE, e.SlipDone): _slip_done,
    (Step.PRACTICE, e.CardInstead): _card_instead,
    (Step.PRACTICE, e.LookAgain): _look_again,
    **practising.HERE,
}

_ANYWHERE: dict[type, Callable[[Visit, Any], Move]] = {
    e.CounterChosen: _counter,
    e.Ended: to_start,
    e.StillHere: _stay,
    e.LanguageChosen: _language,
    e.ReachChosen: _reach,
    e.DoorsChanged: _doors_changed,
    e.PrinterChanged: _printer_changed,
}
