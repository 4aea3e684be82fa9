"""Dual authentication as a rule: every combination of the four parts has one answer."""

from datetime import timedelta
from itertools import product

import pytest

from verifier.place import Answer, PlaceAnswer, Proof
from verifier.practice.deciding import Facts, decide
from verifier.practice.registry import InForce
from verifier.practice.rules import PracticeRules
from verifier.practice.shift_now import ShiftNow, Status
from verifier.protocol.practice import Outcome, Part, Reason

from .clinic import NOON

RULES = PracticeRules()
RIGHTS = (None, *(InForce(r, None) for r in ("independent", "supervised", "granted", "none")))
STATUSES: tuple[Status, ...] = ("on_shift", "on_call", "off", "unscheduled")


def placed(answer: Answer) -> PlaceAnswer:
    return PlaceAnswer(answer, Proof.SURVEYED_TERMINAL, (), 0.0, None)


def facts(**changes: object) -> Facts:
    said = {
        "accepted": True,
        "by_face": True,
        "place": placed(Answer.INSIDE),
        "shift": ShiftNow("on_shift", "cardiology", "east", NOON + timedelta(hours=5)),
        "right": InForce("independent", None),
        "reason": None,
        "at": NOON,
    }
    return Facts(**(said | changes))  # type: ignore[arg-type]


def test_face_place_shift_and_right_open_a_confirmed_window_until_shift_and_grace() -> None:
    verdict = decide(facts(), RULES)
    assert verdict.outcome is Outcome.CONFIRMED
    assert verdict.until == NOON + timedelta(hours=7)
    assert (verdict.review_by, verdict.reasons) == (None, ())


@pytest.mark.parametrize("status", ["off", "unscheduled"])
def test_outside_the_shift_one_touch_opens_a_provisional_window_at_once(status: Status) -> None:
    asked = decide(facts(shift=ShiftNow(status)), RULES)
    assert asked.outcome is Outcome.RETRY
    assert "practice.reason_needed" in asked.reasons
    verdict = decide(facts(shift=ShiftNow(status), reason=Reason.RESCUE), RULES)
    assert verdict.outcome is Outcome.PROVISIONAL
    assert verdict.review_by == NOON + timedelta(hours=72)
    assert verdict.until == NOON + timedelta(hours=10)


def test_a_way_without_a_face_is_open_and_somebody_looks_at_it_later() -> None:
    verdict = decide(facts(by_face=False), RULES)
    assert (verdict.outcome, verdict.identity) == (Outcome.PROVISIONAL, Part.OTHER_WAY)


@pytest.mark.parametrize("answer", [Answer.OUTSIDE, Answer.UNCERTAIN, Answer.UNPROVEN])
def test_a_place_that_is_not_proved_is_tried_another_way_and_denies_nobody(answer: Answer) -> None:
    verdict = decide(facts(place=placed(answer)), RULES)
    assert verdict.outcome is Outcome.RETRY
    assert "practice.place_not_proved" in verdict.reasons


@pytest.mark.parametrize("right", [None, InForce("none", None)])
def test_only_a_missing_registration_denies(right: InForce | None) -> None:
    verdict = decide(facts(right=right), RULES)
    assert (verdict.outcome, verdict.registration) == (Outcome.DENIED, Part.REFUTED)


def test_a_window_is_never_longer_than_the_longest() -> None:
    late = ShiftNow("on_shift", "cardiology", "east", NOON + timedelta(hours=90))
    assert decide(facts(shift=late), RULES).until == NOON + RULES.longest


def test_every_combination_has_one_answer_and_windows_open_only_on_proof() -> None:
    for accepted, face, answer, status, right, reason in product(
        (True, False), (True, False), Answer, STATUSES, RIGHTS, (None, Reason.EXTRA_HOURS)
    ):
        verdict = decide(
            facts(
                accepted=accepted,
                by_face=face,
                place=placed(answer),
                shift=ShiftNow(status),
                right=right,
                reason=reason,
            ),
            RULES,
        )
        lawful = right is not None and right.right != "none"
        assert (verdict.outcome is Outcome.DENIED) == (not lawful)
        if verdict.opens:
            assert accepted
            assert answer is Answer.INSIDE
            assert lawful
            assert verdict.until is not None
        else:
            assert verdict.reasons, "whoever gets no window is told why"
        if verdict.opens == "confirmed":
            assert face
            assert status in ("on_shift", "on_call")
