"""医护签到 by example: the ordinary visit, and what follows its decision."""

import pytest

from kiosk import events as e
from kiosk.states import Door, ShownCode, Step, Visit, is_start
from kiosk.visit import ACCEPTED_SECONDS, TIME_LIMITS, advance, time_limit
from tests.kiosk.people import CAPTURE, NOTICE, checked_in, elsewhere, exchange
from tests.kiosk.test_visit import AGREED, DECLINED, VISIT, card_read, opened, play
from verifier.protocol.practice import CheckedIn, Reason
from verifier.protocol.practice import Outcome as Practice
from verifier.protocol.values import Consent, Outcome

ACCEPTED = exchange(VISIT, Outcome.ACCEPTED, name="张*")
ASKS_REASON = checked_in(Practice.RETRY, "practice.reason_needed", shift="off")
ASKS_MOVE = checked_in(Practice.RETRY, "practice.move_unconfirmed", elsewhere=elsewhere())


def at_the_decision(act: str = "in", choice: tuple[e.Event, ...] = AGREED) -> Visit:
    begun = e.Started(VISIT, act)  # type: ignore[arg-type]
    visit, _ = play(Visit(), begun, opened, *choice, e.DoorChosen(Door.RESIDENT_ID), card_read)
    if choice is AGREED:
        visit, _ = play(visit, lambda v: e.Captured(v.serial, CAPTURE))
    assert visit.step is Step.CHECKING
    return visit


def answered(visit: Visit, answer: CheckedIn) -> Visit:
    visit, _ = play(visit, lambda v: e.CheckInAnswered(v.serial, answer))
    assert visit.step is Step.PRACTICE
    return visit


def signing(act: str = "in") -> tuple[Visit, e.SendCheckIn]:
    visit, effects = play(at_the_decision(act), lambda v: e.Decided(v.serial, ACCEPTED))
    sent = next(effect for effect in effects if isinstance(effect, e.SendCheckIn))
    assert visit.step is Step.SIGNING
    return visit, sent


def test_the_visit_is_opened_for_practice_and_its_decision_leads_to_the_check_in() -> None:
    begun, effects = play(Visit(), e.Started(VISIT, "in"))
    assert effects == [e.OpenVisit(begun.serial, VISIT, practice=True)]
    visit, sent = signing()
    receipt = ACCEPTED.answer.receipt_id
    assert sent == e.SendCheckIn(visit.serial, receipt, "in", None, move=False)
    assert (visit.reading, visit.capture) == (None, None)


def test_a_patient_s_visit_never_leads_there() -> None:
    visit, effects = play(Visit(), e.Started(VISIT), opened, *AGREED)
    assert effects == [e.OpenVisit(1, VISIT)]
    visit, _ = play(visit, lambda v: e.CheckInAnswered(v.serial, ASKS_REASON))
    assert visit.step is Step.DOORS


def test_who_declines_the_face_checks_in_by_card() -> None:
    visit, effects = play(at_the_decision(choice=DECLINED), lambda v: e.Decided(v.serial, ACCEPTED))
    assert visit.step is Step.SIGNING
    assert visit.basis is not None
    assert visit.basis.consent is Consent.NO_FACE
    assert any(isinstance(effect, e.SendCheckIn) for effect in effects)


def test_outside_the_shift_one_touch_sends_the_same_receipt_with_the_reason() -> None:
    visit, first = signing()
    visit = answered(visit, ASKS_REASON)
    visit, effects = play(visit, e.ReasonGiven(Reason.RESCUE))
    again = effects[-1]
    assert isinstance(again, e.SendCheckIn)
    assert (again.receipt, again.reason, again.move) == (first.receipt, Reason.RESCUE, False)
    visit = answered(visit, checked_in(Practice.PROVISIONAL, shift="off"))
    assert time_limit(visit) == ACCEPTED_SECONDS


def test_the_reason_stays_said_when_the_move_is_asked_for_after_it() -> None:
    visit = answered(signing()[0], ASKS_REASON)
    visit = answered(play(visit, e.ReasonGiven(Reason.SUBSTITUTE))[0], ASKS_MOVE)
    _, effects = play(visit, e.MoveConfirmed())
    again = effects[-1]
    assert isinstance(again, e.SendCheckIn)
    assert (again.reason, again.move) == (Reason.SUBSTITUTE, True)


@pytest.mark.parametrize("touch", [e.ReasonGiven(Reason.RESCUE), e.MoveConfirmed()])
def test_what_nobody_asked_for_is_not_sent(touch: e.Event) -> None:
    visit = answered(signing()[0], checked_in(Practice.DENIED, "practice.locked"))
    assert play(visit, touch)[1] == []


def test_identity_that_is_not_proved_is_said_with_another_look_and_the_card() -> None:
    unsure = exchange(VISIT, Outcome.REFER, next_steps=("look_again", "present_card"))
    visit, effects = play(at_the_decision(), lambda v: e.Decided(v.serial, unsure))
    assert (visit.step, effects) == (Step.PRACTICE, [e.Forget()])
    assert play(visit, e.LookAgain())[0].step is Step.FACE
    assert play(visit, e.CardInstead())[0].step is Step.CARD


def test_no_answer_is_said_here_and_written_down() -> None:
    visit, effects = play(signing()[0], lambda v: e.Unreachable(v.serial, "kiosk.no_answer"))
    assert (visit.step, visit.reason, visit.exchange) == (Step.PRACTICE, "kiosk.no_answer", None)
    assert effects[0] == e.WriteJournal(VISIT, "kiosk.no_answer", practice=True)


def test_a_verifier_that_does_not_answer_a_check_in_is_waited_for_once() -> None:
    visit, _ = signing()
    assert time_limit(visit) == TIME_LIMITS[Step.SIGNING]
    visit, _ = advance(visit, e.TimeUp(visit.pulse))
    assert (visit.step, visit.reason) == (Step.PRACTICE, "kiosk.no_answer")


def test_a_question_that_nobody_answers_returns_to_the_start() -> None:
    visit = answered(signing()[0], ASKS_REASON)
    asks, _ = advance(visit, e.TimeUp(visit.pulse))
    assert asks.still_there
    left, _ = advance(asks, e.TimeUp(asks.pulse))
    assert is_start(left)


def test_the_site_s_code_is_one_touch_from_the_start_and_hides_when_a_visit_begins() -> None:
    shown, effects = play(Visit(), e.SiteCodeWanted())
    assert effects == [e.ShowSiteCode(shown.serial)]
    code = ShownCode("SLC1", "4F7K2M9Q", 30.0)
    shown, _ = play(shown, lambda v: e.SiteCodeCame(v.serial, code))
    assert shown.site_code == code
    gone, _ = play(shown, lambda v: e.Unreachable(v.serial, "kiosk.no_site_code"))
    assert (gone.site_code, gone.trouble) == (None, "site_code")
    left, _ = play(shown, e.Ended(), e.Started(VISIT))
    assert (left.step, left.site_code) == (Step.OPENING, None)


def test_the_notice_is_asked_of_a_practitioner_as_of_anybody() -> None:
    visit, _ = play(Visit(), e.Started(VISIT, "in"), opened)
    assert (visit.step, visit.notice, visit.basis) == (Step.NOTICE, NOTICE, None)
    assert visit.reading is None
