"""From a visit's state to what the page draws; nothing personal but the masked name."""

from typing import Literal

from verifier.protocol.decision import ClaimAnswer
from verifier.protocol.values import Consent, Outcome

from .messages import DoorView, NoticeView, ResultView, Screen
from .notices import find_notice
from .practice_view import phone_view, practice_view, site_code_view
from .settings import KioskSettings
from .states import Door, SlipState, Step, Visit
from .visit import may_look_again, may_present_card

DoorState = Literal["open", "declined", "unavailable"]

KNOWN_REASONS = frozenset(
    {
        "ambiguous",
        "assurance_insufficient",
        "card_expired",
        "card_unauthenticated",
        "card_on_hold",
        "chip_photo_differs",
        "code_expired",
        "code_foreign",
        "credential_unavailable",
        "face_differs",
        "fmr_below_floor",
        "fpir_exceeded",
        "identify_off",
        "liveness_failed",
        "liveness_not_assessed",
        "look_alikes",
        "name_differs",
        "narrowing_required",
        "no_match",
        "not_enrolled",
        "platform_unavailable",
    }
)
"""Reasons of a decision for which the catalogue has a sentence of its own; others get the
outcome's.
"""

CARD_DOORS = frozenset({Door.RESIDENT_ID, Door.SOCIAL_SECURITY_CARD})
"""Doors at which a card may be left behind."""

HINTS = (
    "no_face",
    "many_faces",
    "cut_off",
    "too_small",
    "covered_mask",
    "covered_eyes",
    "covered",
    "turned",
    "too_dark",
    "too_bright",
    "blurred",
)
"""Which advice comes first where a frame gives several: one sentence at a time."""

KNOWN_REFERRALS = {
    "kiosk.verifier_unreachable": "offline",
    "kiosk.no_answer": "offline",
    "terminal.suspended": "stopped",
    "terminal.clone_suspected": "stopped",
}


def view(
    visit: Visit,
    settings: KioskSettings,
    health: tuple[str, ...] = (),
    *,
    practice: bool = False,
) -> Screen:
    """The screen of this state. `practice`: practitioners check in at this terminal."""
    return Screen(
        step=visit.step,
        serial=visit.serial,
        language=visit.language,
        low_reach=visit.low_reach,
        still_there=visit.still_there,
        hospital=settings.hospital if visit.language == "zh" else settings.hospital_english,
        face_ready=visit.face_ready,
        agreed=visit.agreed,
        notice=_notice(visit, settings),
        doors=doors(visit) if visit.step is Step.DOORS else [],
        door=visit.door,
        trouble=visit.trouble,
        typed=visit.typed,
        card_read=_card_is_out(visit),
        again=visit.looks > 1,
        can_look_again=may_look_again(visit),
        hint=first_hint(visit.hints),
        progress=visit.progress,
        result=_result(visit),
        reason=referral(visit),
        visit_code=visit.code if visit.step is Step.COUNTER else None,
        slip=_slip(visit),
        health=list(health),
        practice_offered=practice,
        act=visit.act,
        practice=practice_view(visit),
        site_code=site_code_view(visit),
        phone=phone_view(visit),
    )


def _card_is_out(visit: Visit) -> bool:
    """Whether a card was read in this visit, which the person must not leave behind."""
    decided = visit.step in (Step.RESULT, Step.SIGNING, Step.PRACTICE)
    by_card = decided and visit.door in CARD_DOORS
    return by_card or (visit.reading is not None and not visit.by_code)


def doors(visit: Visit) -> list[DoorView]:
    """All five, always: a way that is closed says so and keeps its size."""
    return [DoorView(door=door, state=_door_state(door, visit)) for door in Door]


def _door_state(door: Door, visit: Visit) -> DoorState:
    if door is Door.COUNTER or door in visit.ready:
        return "open"
    if door is not Door.FACE:
        return "unavailable"
    if visit.basis is not None and visit.basis.consent is Consent.NO_FACE:
        return "declined"
    return "open" if visit.agreed and visit.identify else "unavailable"


def first_hint(hints: tuple[str, ...]) -> str | None:
    """The one piece of advice that helps most, as a code; None where the frame is good."""
    return next((code for code in HINTS if code in hints), "no_face" if hints else None)


def _notice(visit: Visit, settings: KioskSettings) -> NoticeView | None:
    notice = find_notice(visit.notice, settings) if visit.notice else None
    if notice is None or visit.step is not Step.NOTICE:
        return None
    if visit.language == "zh":
        text = notice.zh.filled(settings.hospital, settings.contact)
    else:
        text = notice.en.filled(settings.hospital_english, settings.contact_english)
    return NoticeView(version=notice.version, text=text)


def _result(visit: Visit) -> ResultView | None:
    if visit.exchange is None or visit.step is not Step.RESULT:
        return None
    answer = visit.exchange.answer
    offers: list[Literal["look_again", "card_instead"]] = []
    if may_look_again(visit):
        offers.append("look_again")
    if may_present_card(visit):
        offers.append("card_instead")
    return ResultView(
        tone="good" if answer.decision.outcome is Outcome.ACCEPTED else "neutral",
        sentence=sentence(answer),
        name=answer.greeting.masked_name if answer.greeting else None,
        checked=answer.decision.assurance.replace("+", "_") if answer.decision.assurance else None,
        offers=offers,
        # Who declined the face in this visit is not asked about it a second time.
        enrolment_offered=answer.decision.enrolment_offered and visit.agreed,
    )


def sentence(answer: ClaimAnswer) -> str:
    """Key of the sentence for a decision: by its first known reason, else by the outcome."""
    decision = answer.decision
    if decision.outcome is Outcome.ACCEPTED:
        return "result.accepted"
    known = [reason for reason in decision.reasons if reason in KNOWN_REASONS]
    return f"result.{known[0] if known else decision.outcome.value}"


def _slip(visit: Visit) -> SlipState | Literal["offered"] | None:
    offered = visit.can_print and (visit.step in (Step.RESULT, Step.COUNTER) or visit.kept)
    return visit.slip or ("offered" if offered else None)


def referral(visit: Visit) -> str | None:
    """Last part of the counter's sentence, where there is a reason to say."""
    if visit.step is not Step.COUNTER or visit.reason is None:
        return None
    return KNOWN_REFERRALS.get(visit.reason, "fault")
