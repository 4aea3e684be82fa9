"""What counts as proof of place, and what beats it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.place import (
    Answer,
    Datum,
    Evidence,
    How,
    Judged,
    Kind,
    Proof,
    Reason,
    Sighting,
    Source,
    Where,
    answer_on,
)
from verifier.place.reasons import AGAINST_BELIEF, AGAINST_COUNTING

DISTANCES = {Where.INSIDE: -80.0, Where.OUTSIDE: 900.0, Where.UNCERTAIN: 3.0}


def seen(source: Source, where: Where, *reasons: Reason) -> Sighting:
    why = (Reason.AT_THE_EDGE,) if where is Where.UNCERTAIN else ()
    judged = Judged(where, DISTANCES[where], Datum.GCJ02, How.AS_GIVEN, why)
    return Sighting(source, judged, reasons)


def browser(where: Where, *reasons: Reason) -> Sighting:
    return seen(Source.BROWSER, where, *reasons)


def phone(*sightings: Sighting, code: bool = False, network: bool = False) -> Evidence:
    return Evidence(Kind.PHONE, sightings, code, network)


def terminal(*sightings: Sighting, code: bool = False, network: bool = False) -> Evidence:
    return Evidence(Kind.SURVEYED_TERMINAL, sightings, code, network)


REGISTERED = seen(Source.SURVEYED, Where.INSIDE)


@pytest.mark.parametrize("where", [Where.INSIDE, Where.UNCERTAIN])
@pytest.mark.parametrize("source", [Source.BROWSER, Source.GNSS])
def test_a_phones_position_alone_proves_nothing(source: Source, where: Where) -> None:
    found = answer_on(phone(seen(source, where)))
    assert (found.answer, found.proof) == (Answer.UNPROVEN, Proof.NONE)
    assert found.reasons[0] == "place.browser_alone"
    assert found.distance_m == DISTANCES[where]


def test_nothing_at_all_proves_nothing() -> None:
    for kind in Kind:
        found = answer_on(Evidence(kind))
        assert (found.answer, found.reasons) == (Answer.UNPROVEN, ("place.no_position",))
        assert (found.distance_m, found.datum_used) == (None, None)


def test_a_surveyed_terminal_is_proof() -> None:
    for fix in ((), (seen(Source.GNSS, Where.INSIDE),), (seen(Source.GNSS, Where.UNCERTAIN),)):
        found = answer_on(terminal(REGISTERED, *fix))
        assert (found.answer, found.proof) == (Answer.INSIDE, Proof.SURVEYED_TERMINAL)
        assert found.alert is False


def test_a_terminal_whose_receiver_is_elsewhere_was_moved_and_somebody_has_to_look() -> None:
    found = answer_on(terminal(REGISTERED, seen(Source.GNSS, Where.OUTSIDE), code=True))
    assert (found.answer, found.proof, found.alert) == (Answer.OUTSIDE, Proof.NONE, True)
    assert found.reasons == ("place.terminal_moved", "place.contradicted")
    assert found.distance_m == 900


def test_a_terminal_registered_outside_is_outside_and_was_not_moved() -> None:
    found = answer_on(terminal(seen(Source.SURVEYED, Where.OUTSIDE)))
    assert (found.answer, found.alert) == (Answer.OUTSIDE, False)
    assert found.reasons == ("place.registered_outside",)


def test_a_terminal_registered_at_the_edge_is_uncertain() -> None:
    found = answer_on(terminal(seen(Source.SURVEYED, Where.UNCERTAIN)))
    assert (found.answer, found.proof) == (Answer.UNCERTAIN, Proof.SURVEYED_TERMINAL)


def test_a_surveyed_terminal_without_its_survey_is_no_proof() -> None:
    found = answer_on(terminal(seen(Source.GNSS, Where.INSIDE)))
    assert (found.answer, found.proof) == (Answer.UNPROVEN, Proof.NONE)


def test_a_survey_on_a_phone_is_none() -> None:
    assert answer_on(phone(REGISTERED)).answer is Answer.UNPROVEN
    assert answer_on(phone(REGISTERED, network=True)).answer is Answer.UNPROVEN


def test_a_sites_code_is_proof_with_and_without_a_position() -> None:
    for sightings in ((), (browser(Where.INSIDE),), (browser(Where.UNCERTAIN),)):
        found = answer_on(phone(*sightings, code=True))
        assert (found.answer, found.proof) == (Answer.INSIDE, Proof.SITE_CODE)


def test_a_sites_code_on_a_phone_elsewhere_is_contradicted() -> None:
    found = answer_on(phone(browser(Where.OUTSIDE), code=True))
    assert (found.answer, found.proof) == (Answer.OUTSIDE, Proof.NONE)
    assert found.reasons == ("place.contradicted",)


@pytest.mark.parametrize("where", [Where.INSIDE, Where.UNCERTAIN])
def test_the_sites_network_is_proof_with_a_position_that_does_not_contradict(where: Where) -> None:
    found = answer_on(phone(browser(where), network=True))
    assert (found.answer, found.proof) == (Answer.INSIDE, Proof.SITE_NETWORK)


def test_the_sites_network_without_a_position_is_unproven() -> None:
    found = answer_on(phone(network=True))
    assert (found.answer, found.reasons) == (Answer.UNPROVEN, ("place.no_position",))


@pytest.mark.parametrize("doubt", sorted(AGAINST_COUNTING))
@pytest.mark.parametrize("where", list(Where))
def test_a_doubtful_position_is_as_if_absent_and_its_reason_is_kept(
    doubt: Reason, where: Where
) -> None:
    networked = answer_on(phone(browser(where, doubt), network=True))
    assert networked.answer is Answer.UNPROVEN
    assert networked.reasons[:2] == ("place.no_position", doubt.value)
    assert networked.distance_m is None
    coded = answer_on(phone(browser(where, doubt), code=True))
    assert (coded.answer, doubt.value in coded.reasons) == (Answer.INSIDE, True)


@pytest.mark.parametrize("doubt", sorted(AGAINST_BELIEF - AGAINST_COUNTING))
def test_a_position_that_another_contradicts_helps_nobody_but_still_speaks_against(
    doubt: Reason,
) -> None:
    assert answer_on(phone(browser(Where.INSIDE, doubt), network=True)).answer is Answer.UNPROVEN
    assert answer_on(phone(browser(Where.OUTSIDE, doubt), code=True)).answer is Answer.OUTSIDE


def test_a_stale_fix_does_not_move_a_terminal() -> None:
    found = answer_on(terminal(REGISTERED, seen(Source.GNSS, Where.OUTSIDE, Reason.STALE)))
    assert (found.answer, found.alert) == (Answer.INSIDE, False)
    assert found.reasons == ("place.stale",)


def test_a_reason_is_told_once() -> None:
    doubt = Reason.SOURCES_DISAGREE
    found = answer_on(phone(browser(Where.INSIDE, doubt), seen(Source.GNSS, Where.INSIDE, doubt)))
    assert found.reasons == ("place.no_position", "place.sources_disagree")


SIGHTINGS = st.builds(
    lambda source, where, reasons: seen(source, where, *reasons),
    st.sampled_from(Source),
    st.sampled_from(Where),
    st.lists(st.sampled_from(sorted(AGAINST_BELIEF)), max_size=2, unique=True),
)
EVIDENCE = st.builds(
    Evidence,
    st.sampled_from(Kind),
    st.lists(SIGHTINGS, max_size=4).map(tuple),
    st.booleans(),
    st.booleans(),
)


@given(EVIDENCE)
def test_a_clear_outside_that_counts_beats_everything(evidence: Evidence) -> None:
    outside = [
        s
        for s in evidence.sightings
        if s.judged.answer is Where.OUTSIDE and not AGAINST_COUNTING & set(s.reasons)
    ]
    assert (answer_on(evidence).answer is Answer.OUTSIDE) is bool(outside)


@given(EVIDENCE)
def test_inside_rests_on_a_proof_and_a_proof_on_something_beside_a_phones_word(
    evidence: Evidence,
) -> None:
    found = answer_on(evidence)
    assert (found.answer in (Answer.INSIDE, Answer.UNCERTAIN)) is (found.proof is not Proof.NONE)
    assert not found.alert or evidence.kind is Kind.SURVEYED_TERMINAL
    if evidence.kind is Kind.PHONE and not evidence.site_code and not evidence.site_network:
        assert found.proof is Proof.NONE


@given(EVIDENCE)
def test_every_reason_of_every_position_is_kept(evidence: Evidence) -> None:
    every = {r.value for s in evidence.sightings for r in (*s.reasons, *s.judged.reasons)}
    assert every <= set(answer_on(evidence).reasons)


@given(EVIDENCE)
def test_the_order_of_positions_does_not_change_the_answer(evidence: Evidence) -> None:
    found = {
        (a.answer, a.alert)
        for order in itertools.permutations(evidence.sightings)
        for a in [
            answer_on(Evidence(evidence.kind, order, evidence.site_code, evidence.site_network))
        ]
    }
    assert len(found) == 1
