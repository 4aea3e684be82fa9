"""The visit by example: each way that a person can take."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from kiosk import events as e
from kiosk.states import Door, Step, Visit, camera_on, is_start, reader_on
from kiosk.visit import TIME_LIMITS, advance, time_limit
from tests.kiosk.people import CAPTURE, NOTICE, NOW, READING, exchange
from verifier.protocol.values import Consent, Outcome, new_id

VISIT = new_id()
DECLINED = (e.Declined(NOTICE, NOW),)
AGREED = (e.Agreed(NOTICE, NOW),)


def play(visit: Visit, *happenings: object) -> tuple[Visit, list[e.Effect]]:
    """Events one after another; a callable gets the state and makes the event."""
    effects: list[e.Effect] = []
    for happening in happenings:
        event = happening(visit) if callable(happening) else happening
        visit, more = advance(visit, event)
        effects.extend(more)
    return visit, effects


def opened(visit: Visit) -> e.Event:
    return e.Opened(visit.serial, NOTICE, face_ready=True, identify=True)


def card_read(visit: Visit) -> e.Event:
    return e.CardRead(visit.serial, READING, minor=False)


def captured(visit: Visit) -> e.Event:
    return e.Captured(visit.serial, CAPTURE)


def decided(outcome: Outcome, **more: object):  # type: ignore[no-untyped-def]
    return lambda visit: e.Decided(visit.serial, exchange(VISIT, outcome, **more))


def at_the_doors(choice: Iterable[e.Event] = AGREED) -> Visit:
    visit, _ = play(Visit(), e.Started(VISIT), opened, *choice)
    assert visit.step is Step.DOORS
    return visit


def at_the_camera() -> Visit:
    visit, _ = play(at_the_doors(), e.DoorChosen(Door.RESIDENT_ID), card_read)
    assert visit.step is Step.FACE
    return visit


def test_a_card_and_a_face_make_one_claim_with_the_touch_as_its_legal_basis() -> None:
    visit, effects = play(at_the_camera(), captured)
    (submit,) = effects
    assert isinstance(submit, e.Submit)
    assert (submit.reading, submit.capture, submit.last_four) == (READING, CAPTURE, None)
    assert submit.basis.notice_version == NOTICE
    assert submit.basis.consent is Consent.SEPARATE
    assert submit.basis.touched_at == NOW
    visit, _ = play(visit, decided(Outcome.ACCEPTED, name="张*"))
    assert visit.step is Step.RESULT


def test_a_person_who_declines_uses_the_card_alone_and_the_camera_stays_off() -> None:
    visit, effects = play(at_the_doors(DECLINED), e.DoorChosen(Door.RESIDENT_ID), card_read)
    (submit,) = effects
    assert visit.step is Step.CHECKING
    assert isinstance(submit, e.Submit)
    assert submit.capture is None
    assert submit.basis.consent is Consent.NO_FACE


def test_after_a_refusal_the_face_is_not_offered_again_in_this_visit() -> None:
    visit, _ = play(at_the_doors(DECLINED), e.DoorChosen(Door.FACE))
    assert visit.step is Step.DOORS
    visit, _ = play(visit, *AGREED, e.LookAgain())
    assert visit.step is Step.DOORS
    assert not visit.agreed


def test_without_a_card_the_last_four_are_typed_before_the_camera_opens() -> None:
    visit, _ = play(at_the_doors(), e.DoorChosen(Door.FACE))
    assert visit.step is Step.DIGITS
    visit, _ = play(visit, *(e.KeyPressed(key) for key in "12X3X"), e.DigitsConfirmed())
    assert (visit.step, visit.last_four) == (Step.FACE, "123X")
    _, effects = play(visit, captured)
    assert isinstance(effects[0], e.Submit)
    assert (effects[0].last_four, effects[0].reading) == ("123X", None)


def test_three_digits_are_not_enough() -> None:
    visit, _ = play(at_the_doors(), e.DoorChosen(Door.FACE))
    visit, _ = play(visit, *(e.KeyPressed(key) for key in "123"), e.DigitsConfirmed())
    assert (visit.step, visit.typed) == (Step.DIGITS, "123")
    visit, _ = play(visit, e.KeyErased())
    assert visit.typed == "12"


def test_the_card_less_door_stays_shut_where_the_policy_does_not_let_identify() -> None:
    visit, _ = play(
        Visit(),
        e.Started(VISIT),
        lambda v: e.Opened(v.serial, NOTICE, face_ready=True, identify=False),
        *AGREED,
        e.DoorChosen(Door.FACE),
    )
    assert visit.step is Step.DOORS


def test_where_no_face_can_be_judged_nobody_can_agree_to_one() -> None:
    visit, _ = play(
        Visit(),
        e.Started(VISIT),
        lambda v: e.Opened(v.serial, NOTICE, face_ready=False, identify=False),
        *AGREED,
    )
    assert (visit.step, visit.basis) == (Step.NOTICE, None)


def test_agreeing_to_a_notice_that_is_not_the_one_shown_counts_for_nothing() -> None:
    visit, _ = play(Visit(), e.Started(VISIT), opened, e.Agreed("older", NOW))
    assert (visit.step, visit.basis) == (Step.NOTICE, None)


@pytest.mark.parametrize("door", [Door.SOCIAL_SECURITY_CARD, Door.NHSA_QR])
def test_a_door_whose_device_is_not_there_leads_nowhere(door: Door) -> None:
    before = at_the_doors()
    visit, effects = play(before, e.DoorChosen(door))
    assert (visit.step, effects) == (Step.DOORS, [])


def test_a_card_taken_away_too_early_is_asked_for_again() -> None:
    visit, _ = play(at_the_doors(), e.DoorChosen(Door.RESIDENT_ID))
    visit, _ = play(visit, lambda v: e.CardTrouble(v.serial, "removed"))
    assert (visit.step, visit.trouble) == (Step.CARD, "removed")
    assert reader_on(visit)
    visit, _ = play(visit, card_read)
    assert (visit.step, visit.trouble) == (Step.FACE, None)


def test_a_child_is_never_asked_to_look_at_the_camera() -> None:
    visit, effects = play(
        at_the_doors(),
        e.DoorChosen(Door.RESIDENT_ID),
        lambda v: e.CardRead(v.serial, READING, minor=True),
    )
    assert visit.step is Step.CHECKING
    assert isinstance(effects[-1], e.Submit)
    assert effects[-1].capture is None
    assert effects[-1].basis.consent is Consent.NO_FACE


def test_a_face_that_cannot_be_seen_leaves_card_or_counter() -> None:
    visit, _ = play(at_the_camera(), lambda v: e.FaceNotFound(v.serial))
    assert visit.step is Step.NO_FACE
    _, effects = play(visit, e.FaceSkipped(NOW + timedelta(seconds=40)))
    (submit,) = effects
    assert isinstance(submit, e.Submit)
    assert (submit.reading, submit.capture) == (READING, None)
    assert submit.basis.consent is Consent.NO_FACE
    assert submit.basis.touched_at == NOW + timedelta(seconds=40)


def test_without_a_card_going_on_without_a_face_asks_for_the_card() -> None:
    visit, _ = play(at_the_doors(), e.DoorChosen(Door.FACE))
    visit, _ = play(visit, *(e.KeyPressed(k) for k in "1234"), e.DigitsConfirmed())
    visit, _ = play(visit, e.FaceSkipped(NOW))
    assert (visit.step, visit.last_four, visit.agreed) == (Step.CARD, None, False)


def test_a_dead_camera_is_said_and_leaves_the_other_ways() -> None:
    visit, _ = play(at_the_camera(), lambda v: e.CameraFailed(v.serial))
    assert (visit.step, visit.trouble) == (Step.NO_FACE, "camera")


def test_a_retry_is_looked_at_twice_more_and_no_further() -> None:
    retry = decided(Outcome.RETRY, next_steps=("look_again",))
    visit, _ = play(at_the_camera(), captured, retry)
    assert (visit.step, visit.looks) == (Step.FACE, 2)
    visit, _ = play(visit, captured, retry)
    assert (visit.step, visit.looks) == (Step.FACE, 3)
    visit, _ = play(visit, captured, retry, e.LookAgain())
    assert (visit.step, visit.reading) == (Step.RESULT, None)


def test_a_rejected_person_may_look_again_where_the_answer_offers_it() -> None:
    rejected = decided(Outcome.REJECTED, next_steps=("look_again",))
    visit, _ = play(at_the_camera(), captured, rejected)
    assert visit.step is Step.RESULT
    visit, _ = play(visit, e.LookAgain())
    assert (visit.step, visit.reading) == (Step.FACE, READING)


def test_nobody_found_by_face_may_go_on_with_the_card() -> None:
    visit, _ = play(at_the_doors(), e.DoorChosen(Door.FACE))
    visit, _ = play(visit, *(e.KeyPressed(k) for k in "1234"), e.DigitsConfirmed(), captured)
    visit, _ = play(visit, decided(Outcome.REFER, next_steps=("present_card",)))
    assert visit.step is Step.RESULT
    visit, _ = play(visit, e.CardInstead())
    assert (visit.step, visit.exchange, visit.last_four) == (Step.CARD, None, None)


def test_an_unreachable_verifier_refers_to_the_counter_with_a_journal_line() -> None:
    visit, effects = play(
        at_the_camera(),
        captured,
        lambda v: e.Unreachable(v.serial, "kiosk.verifier_unreachable"),
    )
    assert (visit.step, visit.reason) == (Step.COUNTER, "kiosk.verifier_unreachable")
    assert e.WriteJournal(VISIT, "kiosk.verifier_unreachable") in effects
    assert (visit.reading, visit.capture) == (None, None)


def test_the_answer_to_a_visit_that_is_over_does_not_touch_the_next_one() -> None:
    visit, _ = play(at_the_camera(), captured)
    late = e.Decided(visit.serial, exchange(VISIT))
    visit, _ = play(visit, e.Ended(), e.Started(new_id()))
    after, effects = advance(visit, late)
    assert (after, effects) == (visit, ())


def test_the_screen_asks_whether_somebody_is_there_before_it_returns_to_start() -> None:
    visit = at_the_doors()
    asked, _ = advance(visit, e.TimeUp(visit.pulse))
    assert asked.still_there
    stayed, _ = advance(asked, e.StillHere())
    assert (stayed.still_there, stayed.step) == (False, Step.DOORS)
    left, effects = advance(asked, e.TimeUp(asked.pulse))
    assert is_start(left)
    assert effects == (e.Forget(),)


def test_a_touch_gives_the_screen_its_full_time_again() -> None:
    visit, _ = play(at_the_doors(), e.DoorChosen(Door.FACE))
    touched, _ = play(visit, e.KeyPressed("1"))
    assert touched.pulse > visit.pulse
    assert advance(touched, e.TimeUp(visit.pulse)) == (touched, ())


def test_hints_of_the_camera_do_not_prolong_the_screen() -> None:
    visit = at_the_camera()
    seen, _ = play(visit, lambda v: e.Looking(v.serial, ("too_dark",), 0.0))
    assert (seen.hints, seen.pulse) == (("too_dark",), visit.pulse)


def test_another_language_lasts_one_visit() -> None:
    visit, _ = play(Visit(), e.LanguageChosen("en"))
    assert (visit.language, time_limit(visit)) == ("en", TIME_LIMITS[Step.ATTRACT])
    visit, _ = play(visit, e.Started(VISIT), opened, *AGREED)
    assert visit.language == "en"
    visit, _ = play(visit, e.Ended())
    assert visit.language == "zh"
    assert not camera_on(visit)
