"""Cards and codes as equal credentials: what a visit does with each."""

import pytest

from kiosk import events as e
from kiosk.states import MAX_CODES, Door, Step, Visit
from kiosk.visit import advance
from tests.kiosk.people import NOTICE, NOW, READING, exchange
from tests.kiosk.test_visit import AGREED, VISIT, captured, play
from verifier.protocol.values import Consent, Outcome

EVERY_DOOR = frozenset({Door.RESIDENT_ID, Door.SOCIAL_SECURITY_CARD, Door.NHSA_QR})
CODE = READING.model_copy(update={"kind": "nhsa_qr", "fields": {"token": "424"}})


def opened(visit: Visit) -> e.Event:
    return e.Opened(visit.serial, NOTICE, face_ready=True, identify=True, ready=EVERY_DOOR)


def at_the_scanner(choice=AGREED) -> Visit:  # type: ignore[no-untyped-def]
    visit, _ = play(Visit(), e.Started(VISIT), opened, *choice, e.DoorChosen(Door.NHSA_QR))
    assert (visit.step, visit.door) == (Step.CARD, Door.NHSA_QR)
    return visit


def code_read(visit: Visit) -> e.Event:
    return e.CardRead(visit.serial, CODE, minor=None)


def answered(outcome: Outcome, *reasons: str):  # type: ignore[no-untyped-def]
    return lambda visit: e.Decided(visit.serial, exchange(VISIT, outcome, reasons=reasons))


@pytest.mark.parametrize("door", sorted(EVERY_DOOR))
def test_every_credential_leads_to_the_camera_and_to_one_claim(door: Door) -> None:
    visit, _ = play(Visit(), e.Started(VISIT), opened, *AGREED, e.DoorChosen(door))
    visit, _ = play(visit, lambda v: e.CardRead(v.serial, READING, minor=False))
    assert visit.step is Step.FACE
    _, (submit,) = play(visit, captured)
    assert isinstance(submit, e.Submit)
    assert submit.reading == READING


def test_who_shows_a_code_is_asked_for_their_age_before_the_camera_opens() -> None:
    visit, _ = play(at_the_scanner(), code_read)
    assert visit.step is Step.AGE
    visit, _ = play(visit, e.OldEnough())
    assert visit.step is Step.FACE


def test_who_is_under_fourteen_goes_on_with_the_code_alone() -> None:
    visit, _ = play(at_the_scanner(), code_read)
    visit, (submit,) = play(visit, e.FaceSkipped(NOW))
    assert isinstance(submit, e.Submit)
    assert (submit.reading, submit.capture) == (CODE, None)
    assert submit.basis.consent is Consent.NO_FACE


def test_who_declined_the_face_is_not_asked_for_an_age() -> None:
    visit, (submit,) = play(at_the_scanner([e.Declined(NOTICE, NOW)]), code_read)
    assert visit.step is Step.CHECKING
    assert isinstance(submit, e.Submit)
    assert submit.capture is None


def test_an_expired_code_is_asked_for_again_and_the_age_is_not() -> None:
    visit, _ = play(at_the_scanner(), code_read, e.OldEnough(), captured)
    visit, effects = play(visit, answered(Outcome.RETRY, "code_expired"))
    assert (visit.step, visit.trouble, visit.reading) == (Step.CARD, "code_expired", None)
    assert e.Forget() in effects
    visit, _ = play(visit, code_read)
    assert visit.step is Step.FACE


def test_codes_are_not_asked_for_without_end() -> None:
    visit = at_the_scanner([e.Declined(NOTICE, NOW)])
    for _ in range(MAX_CODES - 1):
        visit, _ = play(visit, code_read, answered(Outcome.RETRY, "code_expired"))
        assert visit.step is Step.CARD
    visit, _ = play(visit, code_read, answered(Outcome.RETRY, "code_expired"))
    assert visit.step is Step.RESULT


def test_a_further_look_needs_a_fresh_code_since_the_first_has_served() -> None:
    visit, _ = play(at_the_scanner(), code_read, e.OldEnough(), captured)
    answer = exchange(
        VISIT, Outcome.REJECTED, reasons=("face_differs",), next_steps=("look_again",)
    )
    visit, _ = play(visit, lambda v: e.Decided(v.serial, answer))
    assert visit.step is Step.RESULT
    visit, _ = play(visit, e.LookAgain())
    assert (visit.step, visit.trouble) == (Step.CARD, "code_again")
    visit, _ = play(visit, code_read)
    assert visit.step is Step.FACE


def test_a_code_that_has_served_already_is_asked_for_anew_and_nobody_is_sent_away() -> None:
    visit, _ = play(at_the_scanner([e.Declined(NOTICE, NOW)]), code_read)
    visit, _ = play(visit, lambda v: e.WasRefused(v.serial, "credential.token_used"))
    assert (visit.step, visit.trouble) == (Step.CARD, "code_again")


def test_a_platform_that_is_away_leaves_the_other_doors() -> None:
    visit, _ = play(at_the_scanner([e.Declined(NOTICE, NOW)]), code_read)
    answer = exchange(
        VISIT, Outcome.REFER, reasons=("platform_unavailable",), next_steps=("present_card",)
    )
    visit, _ = play(visit, lambda v: e.Decided(v.serial, answer))
    assert visit.step is Step.RESULT
    visit, _ = play(visit, e.CardInstead())
    assert (visit.step, visit.door) == (Step.CARD, Door.RESIDENT_ID)


def test_a_card_instead_leads_to_the_doors_where_the_id_reader_is_away() -> None:
    visit, _ = play(at_the_scanner([e.Declined(NOTICE, NOW)]), code_read)
    answer = exchange(
        VISIT, Outcome.REFER, reasons=("platform_unavailable",), next_steps=("present_card",)
    )
    ready = frozenset({Door.SOCIAL_SECURITY_CARD})
    visit, _ = play(visit, lambda v: e.Decided(v.serial, answer), e.DoorsChanged(ready))
    visit, _ = play(visit, e.CardInstead())
    assert (visit.step, visit.ready) == (Step.DOORS, ready)


def test_doors_follow_the_devices_while_somebody_is_there_and_not_before() -> None:
    waiting = Visit()
    assert advance(waiting, e.DoorsChanged(EVERY_DOOR)) == (waiting, ())
    visit, _ = play(Visit(), e.Started(VISIT), opened, *AGREED, e.DoorsChanged(frozenset()))
    visit, _ = play(visit, e.DoorChosen(Door.RESIDENT_ID))
    assert visit.step is Step.DOORS
