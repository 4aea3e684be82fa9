"""What follows from the facts. The rule is pure, so every combination can be asked."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.decision.decide import decide, may_search
from verifier.decision.facts import Candidate, CardFacts, Facts, Reason, SearchFacts
from verifier.matching.rates import fmr_needed, fpir
from verifier.policy.load import load_policy, shipped
from verifier.policy.rules import PurposeRules, resolve
from verifier.protocol.values import Assurance, Liveness, Outcome

from .calibrated import calibration_with_floor

RULES = resolve(load_policy(shipped("demo")), calibration_with_floor(1e-5), "2025-11").purposes
REGISTRATION = RULES["outpatient_registration"]
SETTLEMENT = RULES["settlement"]
ADMISSION = RULES["admission"]
UNSURE = Liveness.NOT_ASSESSED
OWN_CARD = CardFacts(authenticated=True, expired=False, name_agrees=True, enrolled=True)
UNKNOWN_CARD = CardFacts(authenticated=True, expired=False, name_agrees=None, enrolled=False)


def narrowed(*scores: float, searched: int = 10, linked: bool = False) -> Facts:
    people = tuple(Candidate(f"p{n}", score, linked) for n, score in enumerate(scores))
    return Facts(UNSURE, face=True, search=SearchFacts("last_four", searched, 2000, people))


def test_own_card_and_own_face_are_accepted_on_both() -> None:
    verdict = decide(Facts(UNSURE, face=True, card=OWN_CARD, score=0.7), SETTLEMENT)
    assert (verdict.outcome, verdict.assurance) == (Outcome.ACCEPTED, Assurance.CARD_FACE)
    assert verdict.comparison is not None
    assert verdict.comparison.fmr == 1e-4


def test_own_card_and_anothers_face_are_rejected() -> None:
    verdict = decide(Facts(UNSURE, face=True, card=OWN_CARD, score=0.1), SETTLEMENT)
    assert (verdict.outcome, verdict.reasons) == (Outcome.REJECTED, (Reason.FACE_DIFFERS,))
    assert verdict.assurance is None


def test_a_face_just_at_the_threshold_is_accepted() -> None:
    score = SETTLEMENT.verify.cosine
    verdict = decide(Facts(UNSURE, face=True, card=OWN_CARD, score=score), SETTLEMENT)
    assert verdict.outcome is Outcome.ACCEPTED


def test_a_valid_card_with_nobody_enrolled_is_accepted_where_the_policy_says_so() -> None:
    verdict = decide(Facts(UNSURE, face=True, card=UNKNOWN_CARD), SETTLEMENT)
    assert (verdict.outcome, verdict.assurance) == (Outcome.ACCEPTED, Assurance.CARD)
    assert verdict.enrolment_offered
    assert Reason.NOT_ENROLLED in verdict.reasons


def test_a_valid_card_with_nobody_enrolled_is_referred_where_the_policy_says_so() -> None:
    verdict = decide(Facts(UNSURE, face=True, card=UNKNOWN_CARD), ADMISSION)
    assert verdict.outcome is Outcome.REFER
    assert verdict.enrolment_offered


def test_a_card_without_a_face_is_enough_where_the_policy_says_so() -> None:
    verdict = decide(Facts(UNSURE, face=False, card=OWN_CARD), SETTLEMENT)
    assert (verdict.outcome, verdict.assurance) == (Outcome.ACCEPTED, Assurance.CARD)
    assert not verdict.enrolment_offered


def test_a_copyable_card_without_a_face_is_referred() -> None:
    card = replace(OWN_CARD, authenticated=False)
    verdict = decide(Facts(UNSURE, face=False, card=card), SETTLEMENT)
    assert verdict.outcome is Outcome.REFER
    assert verdict.reasons == (Reason.CARD_UNAUTHENTICATED,)
    assert verdict.assurance is Assurance.CARD_UNAUTHENTICATED


def test_a_copyable_card_never_gives_the_assurance_of_card_and_face() -> None:
    card = replace(OWN_CARD, authenticated=False)
    verdict = decide(Facts(UNSURE, face=True, card=card, score=0.9), REGISTRATION)
    assert (verdict.outcome, verdict.assurance) == (Outcome.ACCEPTED, Assurance.FACE)


def test_an_expired_card_is_referred_even_with_the_right_face() -> None:
    card = replace(OWN_CARD, expired=True)
    verdict = decide(Facts(UNSURE, face=True, card=card, score=0.9), SETTLEMENT)
    assert (verdict.outcome, verdict.reasons) == (Outcome.REFER, (Reason.CARD_EXPIRED,))


def test_a_card_whose_name_differs_is_referred_even_with_the_right_face() -> None:
    card = replace(OWN_CARD, name_agrees=False)
    verdict = decide(Facts(UNSURE, face=True, card=card, score=0.9), SETTLEMENT)
    assert (verdict.outcome, verdict.reasons) == (Outcome.REFER, (Reason.NAME_DIFFERS,))


@pytest.mark.parametrize(
    ("why", "outcome"),
    [
        (Reason.CODE_EXPIRED, Outcome.RETRY),
        (Reason.CODE_FOREIGN, Outcome.RETRY),
        (Reason.PLATFORM_UNAVAILABLE, Outcome.REFER),
        (Reason.CREDENTIAL_UNAVAILABLE, Outcome.REFER),
    ],
)
def test_a_code_that_stands_for_nobody_is_never_rejected(why: Reason, outcome: Outcome) -> None:
    verdict = decide(Facts(UNSURE, face=False, unresolved=why), SETTLEMENT)
    assert (verdict.outcome, verdict.reasons, verdict.assurance) == (outcome, (why,), None)


def test_a_face_without_a_card_is_referred_where_identification_is_off() -> None:
    verdict = decide(narrowed(0.9), SETTLEMENT)
    assert (verdict.outcome, verdict.reasons) == (Outcome.REFER, (Reason.IDENTIFY_OFF,))
    assert verdict.identified is None


def test_a_face_on_a_narrowed_list_is_identified_with_its_fpir() -> None:
    verdict = decide(narrowed(0.8, 0.1), REGISTRATION)
    assert (verdict.outcome, verdict.assurance) == (Outcome.ACCEPTED, Assurance.FACE)
    assert verdict.identified == "p0"
    assert verdict.identification is not None
    assert verdict.identification.answer == "match"
    assert verdict.identification.fpir == pytest.approx(1 - (1 - 1e-4) ** 10)


def test_a_stranger_matches_nobody_and_is_referred() -> None:
    verdict = decide(narrowed(0.2, 0.1), REGISTRATION)
    assert (verdict.outcome, verdict.reasons) == (Outcome.REFER, (Reason.NO_MATCH,))
    assert verdict.identification is not None
    assert verdict.identification.answer == "no_match"


def test_an_empty_list_matches_nobody() -> None:
    verdict = decide(narrowed(searched=0), REGISTRATION)
    assert verdict.identification is not None
    assert (verdict.identification.answer, verdict.identification.fpir) == ("no_match", 0)


def test_two_close_people_are_never_told_apart() -> None:
    verdict = decide(narrowed(0.8, 0.4), REGISTRATION)
    assert (verdict.outcome, verdict.reasons) == (Outcome.REFER, (Reason.AMBIGUOUS,))
    assert verdict.identified is None


def test_linked_look_alikes_are_never_separated_by_face_alone() -> None:
    verdict = decide(narrowed(0.9, linked=True), REGISTRATION)
    assert (verdict.outcome, verdict.reasons) == (Outcome.REFER, (Reason.LOOK_ALIKES,))
    assert verdict.identified is None


def test_a_person_who_gave_nothing_to_narrow_by_is_not_searched() -> None:
    facts = Facts(UNSURE, face=True, search=SearchFacts(None, 0, 2000))
    verdict = decide(facts, REGISTRATION)
    assert verdict.reasons == (Reason.NARROWING_REQUIRED,)
    assert verdict.identification is not None
    assert verdict.identification.answer == "not_searched"


def test_a_list_on_which_false_matches_are_likely_is_not_searched() -> None:
    verdict = decide(narrowed(0.99, searched=101), REGISTRATION)
    assert verdict.reasons == (Reason.FPIR_EXCEEDED,)
    assert verdict.identification is not None
    assert verdict.identification.fpir > verdict.identification.max_fpir


def test_a_rate_under_the_calibrations_floor_refers_everybody() -> None:
    assert REGISTRATION.identify is not None
    rules = replace(REGISTRATION, identify=replace(REGISTRATION.identify, match=None))
    verdict = decide(narrowed(0.99), rules)
    assert verdict.reasons == (Reason.FMR_BELOW_FLOOR,)


def test_an_attack_asks_again_and_never_rejects() -> None:
    verdict = decide(Facts(Liveness.ATTACK, face=True, card=OWN_CARD, score=0.9), SETTLEMENT)
    assert (verdict.outcome, verdict.reasons) == (Outcome.RETRY, (Reason.LIVENESS_FAILED,))


def test_a_face_without_a_liveness_answer_is_referred_where_one_is_required() -> None:
    facts = Facts(UNSURE, face=True, card=OWN_CARD, score=0.9)
    assert decide(facts, SETTLEMENT, liveness_required=True).outcome is Outcome.REFER


cards = st.none() | st.builds(
    CardFacts,
    authenticated=st.booleans(),
    expired=st.booleans(),
    name_agrees=st.none() | st.booleans(),
    enrolled=st.booleans(),
)
scores = st.floats(-1, 1, allow_nan=False)
searches = st.none() | st.builds(
    SearchFacts,
    narrowed_by=st.sampled_from([None, "last_four", "department"]),
    searched=st.integers(0, 5000),
    gallery=st.integers(0, 5000),
    best=st.lists(st.builds(Candidate, st.just("p"), scores, st.booleans()), max_size=3).map(
        lambda hits: tuple(sorted(hits, key=lambda hit: -hit.score))
    ),
)
facts_of_any_kind = st.builds(
    Facts,
    liveness=st.sampled_from(Liveness),
    face=st.booleans(),
    card=cards,
    score=st.none() | scores,
    search=searches,
)
any_rules = st.sampled_from([REGISTRATION, SETTLEMENT, ADMISSION])


@given(facts_of_any_kind, any_rules, st.booleans())
def test_only_a_differing_face_under_an_enrolled_card_rejects(
    facts: Facts, rules: PurposeRules, required: bool
) -> None:
    verdict = decide(facts, rules, required)
    if verdict.outcome is Outcome.REJECTED:
        assert facts.card is not None
        assert facts.card.enrolled
        assert facts.face
        assert facts.score is not None
        assert facts.score < rules.verify.cosine


@given(facts_of_any_kind, any_rules, st.booleans())
def test_whatever_is_accepted_rests_on_an_assurance_that_is_enough(
    facts: Facts, rules: PurposeRules, required: bool
) -> None:
    verdict = decide(facts, rules, required)
    assert (verdict.identified is not None) <= (verdict.outcome is Outcome.ACCEPTED)
    if verdict.outcome is Outcome.ACCEPTED:
        assert verdict.assurance in rules.purpose.enough
    else:
        assert verdict.reasons


@given(facts_of_any_kind, any_rules)
def test_nobody_is_identified_when_the_search_was_not_allowed(
    facts: Facts, rules: PurposeRules
) -> None:
    verdict = decide(facts, rules)
    if verdict.identified is not None:
        assert rules.identify is not None
        assert facts.search is not None
        assert may_search(facts.search.searched, facts.search.narrowed_by, rules.identify) is None


@given(st.floats(1e-7, 0.1), st.integers(1, 1_000_000))
def test_fpir_grows_with_the_list_and_its_inverse_gives_the_rate_back(
    fmr: float, people: int
) -> None:
    rate = fpir(fmr, people)
    assert fmr <= rate * (1 + 1e-9)
    assert rate <= min(1.0, fmr * people) * (1 + 1e-9)
    if rate < 0.999:
        assert fmr_needed(rate, people) == pytest.approx(fmr, rel=1e-6)


def test_a_proved_card_of_nobody_enrolled_and_its_own_photo_are_an_assurance_of_their_own() -> None:
    facts = Facts(UNSURE, face=True, card=UNKNOWN_CARD, chip_score=0.7)
    verdict = decide(facts, ADMISSION)
    assert (verdict.outcome, verdict.assurance) == (Outcome.ACCEPTED, Assurance.CARD_CHIP_PHOTO)
    assert verdict.enrolment_offered
    assert verdict.comparison is not None
    assert verdict.comparison.fmr == 1e-4


def test_a_face_that_differs_from_the_chips_photo_is_referred_and_never_rejected() -> None:
    facts = Facts(UNSURE, face=True, card=UNKNOWN_CARD, chip_score=0.1)
    verdict = decide(facts, ADMISSION)
    assert (verdict.outcome, verdict.reasons) == (Outcome.REFER, (Reason.CHIP_PHOTO_DIFFERS,))


def test_the_photo_of_a_chip_that_nobody_proved_proves_nothing() -> None:
    card = replace(UNKNOWN_CARD, authenticated=False)
    verdict = decide(Facts(UNSURE, face=True, card=card, chip_score=0.9), ADMISSION)
    assert verdict.outcome is Outcome.REFER
    assert verdict.assurance is Assurance.CARD_UNAUTHENTICATED


def test_who_is_enrolled_is_compared_with_the_template_and_not_with_the_chip() -> None:
    facts = Facts(UNSURE, face=True, card=OWN_CARD, score=0.1, chip_score=0.9)
    assert decide(facts, ADMISSION).outcome is Outcome.REJECTED
