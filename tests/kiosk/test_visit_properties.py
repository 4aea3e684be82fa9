"""The visit by property: whatever happens, in whatever order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk import events as e
from kiosk.states import Door, PhoneCode, ShownCode, Step, Visit, camera_on, is_start, start
from kiosk.visit import advance, time_limit
from tests.kiosk.people import (
    CAPTURE,
    NOTICE,
    NOW,
    READING,
    checked_in,
    elsewhere,
    exchange,
)
from verifier.protocol.practice import Outcome as Practice
from verifier.protocol.practice import Reason
from verifier.protocol.values import Consent, Outcome, new_id

OFFERS = (("look_again",), ("present_card",), ())
EXCHANGES = tuple(
    exchange(new_id(), outcome, next_steps=offers, name="张*")
    for outcome in Outcome
    for offers in OFFERS
)


CODE = READING.model_copy(update={"kind": "nhsa_qr", "fields": {"token": "424"}})
EVERY_DOOR = frozenset({Door.RESIDENT_ID, Door.SOCIAL_SECURITY_CARD, Door.NHSA_QR})
EXCHANGES += tuple(
    exchange(new_id(), outcome, reasons=(reason,))
    for outcome, reason in (
        (Outcome.RETRY, "code_expired"),
        (Outcome.REFER, "platform_unavailable"),
    )
)

ANSWERS = (
    checked_in(Practice.CONFIRMED),
    checked_in(Practice.PROVISIONAL, shift="off"),
    checked_in(Practice.RETRY, "practice.reason_needed", shift="off"),
    checked_in(Practice.RETRY, "practice.move_unconfirmed", elsewhere=elsewhere()),
    checked_in(Practice.RETRY, "practice.place_not_proved"),
    checked_in(Practice.DENIED, "practice.locked", elsewhere=elsewhere(reachable=False)),
    checked_in(Practice.CLOSED),
)
PHONE_CODE = PhoneCode("https://verifier/console/phone", "AAAA-BBBB-CCCC-DDDD", NOW)
CODE_SHOWN = ShownCode("SLC1", "4F7K2M9Q", 9.0)

HAPPENINGS = (
    *(lambda v, each=each: e.CheckInAnswered(v.serial, each) for each in ANSWERS),
    *(lambda _, act=act: e.Started(new_id(), act) for act in ("in", "out")),
    lambda v: e.CheckInAnswered(v.serial - 1, ANSWERS[0]),
    lambda _: e.ReasonGiven(Reason.RESCUE),
    lambda _: e.MoveConfirmed(),
    lambda v: e.OfflineOffered(v.serial, NOTICE, face_ready=True, identify=True),
    lambda _: e.OfflineWanted(),
    lambda _: e.PhoneWanted(),
    lambda v: e.PhoneInvited(v.serial, PHONE_CODE),
    lambda v: e.PhoneInvited(v.serial - 1, PHONE_CODE),
    lambda v: e.Kept(v.serial),
    lambda v: e.Kept(v.serial - 1),
    lambda _: e.SiteCodeWanted(),
    lambda v: e.SiteCodeCame(v.serial, CODE_SHOWN),
    lambda v: e.WasRefused(v.serial, "practice.unknown"),
    *(lambda _, door=door: e.DoorChosen(door) for door in Door),
    *(lambda _, key=key: e.KeyPressed(key) for key in "09X"),
    *(lambda v, each=each: e.Decided(v.serial, each) for each in EXCHANGES),
    *(lambda _, plain=plain: plain for plain in (e.KeyErased(), e.DigitsConfirmed(), e.Back())),
    *(lambda _, plain=plain: plain for plain in (e.LookAgain(), e.CardInstead(), e.StillHere())),
    lambda _: e.Started(new_id()),
    lambda _: e.Agreed(NOTICE, NOW),
    lambda _: e.Agreed("other", NOW),
    lambda _: e.Declined(NOTICE, NOW),
    lambda _: e.FaceSkipped(NOW),
    lambda _: e.OldEnough(),
    lambda _: e.DoorsChanged(frozenset()),
    lambda _: e.DoorsChanged(EVERY_DOOR),
    lambda v: e.CardRead(v.serial, CODE, minor=None),
    lambda v: e.WasRefused(v.serial, "credential.token_used"),
    lambda _: e.PrinterChanged(True),
    lambda _: e.PrinterChanged(False),
    lambda _: e.SlipWanted(),
    lambda v: e.SlipDone(v.serial, "printed"),
    lambda v: e.SlipDone(v.serial - 1, "part"),
    lambda _: e.CounterChosen(),
    lambda _: e.Ended(),
    lambda _: e.LanguageChosen("en"),
    lambda _: e.ReachChosen(True),
    lambda v: e.CardRead(v.serial, READING, minor=True),
    lambda v: e.CardRead(v.serial - 1, READING, minor=False),
    lambda v: e.CardTrouble(v.serial, "removed"),
    lambda v: e.Looking(v.serial, ("too_dark",), 0.5),
    lambda v: e.Captured(v.serial, CAPTURE),
    lambda v: e.Captured(v.serial - 1, CAPTURE),
    lambda v: e.FaceNotFound(v.serial),
    lambda v: e.CameraFailed(v.serial),
    lambda v: e.Opened(v.serial, NOTICE, face_ready=False, identify=True),
    lambda v: e.Opened(v.serial, NOTICE, face_ready=True, identify=False),
    lambda v: e.Decided(v.serial - 1, EXCHANGES[0]),
    lambda v: e.Unreachable(v.serial, "kiosk.verifier_unreachable"),
    lambda v: e.WasRefused(v.serial, "capture.injected"),
    lambda v: e.WasRefused(v.serial, "auth.invalid"),
    lambda v: e.TimeUp(v.pulse),
    lambda v: e.TimeUp(v.pulse - 1),
)
"""Anything that can happen, timely or late, sensible or not."""

FORWARD = {
    Step.ATTRACT: (
        lambda _: e.Started(new_id()),
        lambda _: e.Started(new_id(), "in"),
        lambda _: e.Started(new_id(), "out"),
    ),
    Step.OPENING: (
        lambda v: e.Opened(v.serial, NOTICE, face_ready=True, identify=True, ready=EVERY_DOOR),
        lambda v: e.OfflineOffered(
            v.serial, NOTICE, face_ready=True, identify=True, ready=EVERY_DOOR
        ),
    ),
    Step.OFFLINE: (lambda _: e.OfflineWanted(),),
    Step.NOTICE: (lambda _: e.Agreed(NOTICE, NOW), lambda _: e.Declined(NOTICE, NOW)),
    Step.DOORS: tuple(
        lambda _, door=door: e.DoorChosen(door)
        for door in (Door.RESIDENT_ID, Door.NHSA_QR, Door.FACE)
    ),
    Step.CARD: (
        lambda v: e.CardRead(v.serial, READING, minor=False),
        lambda v: e.CardRead(v.serial, CODE, minor=None),
    ),
    Step.AGE: (lambda _: e.OldEnough(), lambda _: e.FaceSkipped(NOW)),
    Step.DIGITS: (lambda _: e.KeyPressed("1"), lambda _: e.DigitsConfirmed()),
    Step.FACE: (lambda v: e.Captured(v.serial, CAPTURE), lambda v: e.FaceNotFound(v.serial)),
    Step.NO_FACE: (lambda _: e.LookAgain(), lambda _: e.FaceSkipped(NOW)),
    Step.CHECKING: (
        *(lambda v, each=each: e.Decided(v.serial, each) for each in EXCHANGES),
        lambda v: e.Kept(v.serial),
    ),
    Step.RESULT: (
        lambda _: e.LookAgain(),
        lambda _: e.CardInstead(),
        lambda _: e.SlipWanted(),
        lambda v: e.SlipDone(v.serial, "printed"),
    ),
    Step.COUNTER: (lambda _: e.StillHere(), lambda _: e.SlipWanted()),
    Step.SIGNING: (
        *(lambda v, each=each: e.CheckInAnswered(v.serial, each) for each in ANSWERS),
        lambda v: e.Unreachable(v.serial, "kiosk.verifier_unreachable"),
    ),
    Step.PRACTICE: (
        lambda _: e.ReasonGiven(Reason.RESCUE),
        lambda _: e.MoveConfirmed(),
        lambda _: e.LookAgain(),
        lambda _: e.CardInstead(),
        lambda _: e.PhoneWanted(),
    ),
    Step.PHONE: (
        lambda v: e.PhoneInvited(v.serial, PHONE_CODE),
        lambda v: e.SiteCodeCame(v.serial, CODE_SHOWN),
    ),
    Step.SITE_CODE: (lambda v: e.SiteCodeCame(v.serial, CODE_SHOWN),),
}
"""What brings a visit on, so that late screens are reached often."""

LIVES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 10_000)), min_size=1, max_size=40)

History = list[tuple[Visit, e.Event, Visit, tuple[e.Effect, ...]]]


def live(choices: list[tuple[int, int]]) -> History:
    """A terminal's life from its first moment: state, event, next state, effects."""
    visit, history = Visit(), []
    for onward, which in choices:
        ways = FORWARD[visit.step] if onward else HAPPENINGS
        event = ways[which % len(ways)](visit)
        moved, effects = advance(visit, event)
        history.append((visit, event, moved, effects))
        visit = moved
    return history


@settings(max_examples=150, deadline=None)
@given(LIVES.map(live))
def test_the_camera_is_on_only_after_the_notice_was_agreed_to(
    history: History,
) -> None:
    agreed = False
    for before, event, visit, _ in history:
        if is_start(visit):
            agreed = False
        if isinstance(event, e.Agreed) and before.step is Step.NOTICE:
            agreed = agreed or (event.notice == before.notice and before.face_ready)
        if isinstance(event, e.FaceSkipped) and before.step in (Step.FACE, Step.NO_FACE):
            agreed = False
        assert agreed or not camera_on(visit)


@settings(max_examples=150, deadline=None)
@given(LIVES.map(live))
def test_once_the_face_was_declined_it_is_neither_asked_for_nor_sent(
    history: History,
) -> None:
    declined = False
    for _, _, visit, effects in history:
        declined = not is_start(visit) and (
            declined or (visit.basis is not None and visit.basis.consent is Consent.NO_FACE)
        )
        assert not (declined and (camera_on(visit) or visit.step in (Step.NOTICE, Step.FACE)))
        for effect in effects:
            if isinstance(effect, e.Submit) and declined:
                assert effect.capture is None
                assert effect.basis.consent is Consent.NO_FACE


@settings(max_examples=150, deadline=None)
@given(LIVES.map(live))
def test_from_every_state_one_touch_leads_to_the_counter_and_one_to_the_start(
    history: History,
) -> None:
    for _, _, visit, _ in history:
        at_counter, _ = advance(visit, e.CounterChosen())
        assert at_counter.step is Step.COUNTER
        ended, effects = advance(visit, e.Ended())
        assert is_start(ended)
        assert e.Forget() in effects


@settings(max_examples=150, deadline=None)
@given(LIVES.map(live))
def test_time_alone_always_returns_to_the_start(
    history: History,
) -> None:
    for _, _, state, _ in history:
        visit = state
        for _ in range(4):
            if time_limit(visit) is None:
                break
            visit, _ = advance(visit, e.TimeUp(visit.pulse))
        assert is_start(visit)


@settings(max_examples=150, deadline=None)
@given(LIVES.map(live))
def test_nothing_of_a_person_outlives_the_return_to_start(
    history: History,
) -> None:
    for before, _, visit, effects in history:
        if visit.step is Step.ATTRACT and before.step is not Step.ATTRACT:
            assert visit == start(before)
            assert e.Forget() in effects
        if visit.step is Step.COUNTER:
            kept = (visit.reading, visit.capture, visit.last_four, visit.exchange, visit.typed)
            assert kept == (None, None, None, None, "")
        if not is_start(visit):  # whatever the screen: one touch ends it, and nothing stays
            ended, told = advance(visit, e.Ended())
            assert ended == start(visit)
            assert e.Forget() in told


@settings(max_examples=150, deadline=None)
@given(LIVES.map(live))
def test_a_visit_without_a_decision_is_in_the_journal(
    history: History,
) -> None:
    for before, event, visit, effects in history:
        lost = isinstance(event, e.Unreachable) and before.step is Step.CHECKING
        if lost and event.serial == before.serial:
            assert visit.step is (Step.COUNTER if before.act is None else Step.PRACTICE)
            assert any(isinstance(effect, e.WriteJournal) for effect in effects)


@settings(max_examples=150, deadline=None)
@given(LIVES.map(live))
def test_a_slip_is_printed_only_for_a_touch_on_a_last_screen_and_once_on_each(
    history: History,
) -> None:
    printed = set()
    for before, event, _, effects in history:
        for effect in effects:
            if isinstance(effect, e.PrintSlip):
                assert isinstance(event, e.SlipWanted)
                assert before.step in (Step.RESULT, Step.COUNTER)
                assert before.can_print
                assert effect.serial not in printed
                printed.add(effect.serial)


@settings(max_examples=150, deadline=None)
@given(LIVES.map(live))
def test_a_person_looks_at_the_camera_at_most_three_times(
    history: History,
) -> None:
    for _, _, visit, _ in history:
        assert visit.looks <= 3


@settings(max_examples=150, deadline=None)
@given(LIVES.map(live))
def test_every_claim_carries_its_legal_basis_and_something_to_judge(
    history: History,
) -> None:
    for _, _, _, effects in history:
        for effect in effects:
            if isinstance(effect, e.Submit):
                assert effect.basis.notice_version == NOTICE
                assert effect.reading is not None or effect.capture is not None


@settings(max_examples=150, deadline=None)
@given(LIVES.map(live))
def test_nobody_is_checked_in_without_a_touch_on_check_in_and_an_accepted_identity(
    history: History,
) -> None:
    act = None
    for before, event, visit, effects in history:
        if is_start(before) and isinstance(event, e.Started):
            act = event.act
        for effect in effects:
            if isinstance(effect, e.SendCheckIn):
                assert act is not None
                assert effect.act == act
                exchanged = visit.exchange
                assert exchanged is not None
                assert effect.receipt == exchanged.answer.receipt_id
                assert exchanged.answer.decision.outcome is Outcome.ACCEPTED
        assert not (visit.act and visit.step is Step.RESULT)
        assert visit.act or visit.step not in (Step.SIGNING, Step.PRACTICE)


@settings(max_examples=150, deadline=None)
@given(LIVES.map(live))
def test_a_reason_or_a_move_is_sent_only_where_it_was_asked_for_and_touched(
    history: History,
) -> None:
    for before, event, _, effects in history:
        for effect in effects:
            if isinstance(effect, e.SendCheckIn) and (effect.reason or effect.move):
                assert isinstance(event, e.ReasonGiven | e.MoveConfirmed)
                assert before.step is Step.PRACTICE


@settings(max_examples=150, deadline=None)
@given(LIVES.map(live))
def test_the_site_s_code_stands_on_no_screen_of_a_visit(history: History) -> None:
    for _, _, visit, _ in history:
        on_its_own = visit.step is Step.SITE_CODE and visit.id is None
        assert visit.site_code is None or on_its_own or visit.step is Step.PHONE
        assert visit.phone is None or visit.step is Step.PHONE
