"""What people at a terminal hear, from claim to receipt."""

from typing import Any

import pytest

from verifier.decision.facts import Reason
from verifier.decision.terms import today
from verifier.identity import erasure
from verifier.policy.models import ALWAYS_OPEN
from verifier.protocol.claim import Evidence
from verifier.protocol.decision import ClaimAnswer
from verifier.protocol.receipt import read_receipt
from verifier.protocol.values import Assurance, Consent, Liveness, Outcome

from .hospital import (
    CHILD,
    NO_FACE,
    Face,
    Hospital,
    Terminal,
    basis,
    capture,
    card,
    faceless,
    invent,
    same_last_four,
    visit_of,
    without_card,
)

ZHANG, LI = invent(1), invent(2, "李四")


def reasons(answer: ClaimAnswer) -> tuple[Outcome, list[str]]:
    return answer.decision.outcome, answer.decision.reasons


def test_own_card_and_own_face_are_accepted_and_greeted(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    answer = terminal.decide(visit_of(ZHANG))
    assert reasons(answer) == (Outcome.ACCEPTED, [])
    assert answer.decision.assurance is Assurance.CARD_FACE
    assert answer.greeting is not None
    assert answer.greeting.masked_name == "张*"


def test_own_card_and_anothers_face_are_rejected_and_nobody_is_greeted(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    hospital.enrol(LI)
    answer = terminal.decide(visit_of(ZHANG, LI.face))
    assert reasons(answer) == (Outcome.REJECTED, [Reason.FACE_DIFFERS])
    assert set(ALWAYS_OPEN) <= set(answer.decision.next_steps)
    assert answer.greeting is None


def test_a_valid_card_with_nobody_enrolled_is_accepted_as_a_card(terminal: Terminal) -> None:
    answer = terminal.decide(visit_of(ZHANG))
    assert reasons(answer) == (Outcome.ACCEPTED, [Reason.NOT_ENROLLED])
    assert answer.decision.assurance is Assurance.CARD
    assert answer.decision.enrolment_offered


def test_a_valid_card_with_nobody_enrolled_is_referred_where_the_policy_says_so(
    terminal: Terminal,
) -> None:
    answer = terminal.decide(visit_of(ZHANG), "admission")
    assert answer.decision.outcome is Outcome.REFER
    assert answer.decision.enrolment_offered


def test_who_declined_the_face_is_accepted_on_the_card(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    answer = terminal.decide(faceless(ZHANG), legal_basis=basis(NO_FACE))
    assert answer.decision.assurance is Assurance.CARD
    assert answer.decision.outcome is Outcome.ACCEPTED
    assert hospital.embedder.calls == 1, "only enrolment looked at a face"


def test_who_withdrew_consent_is_treated_as_not_enrolled(
    hospital: Hospital, terminal: Terminal
) -> None:
    person = hospital.enrol(ZHANG)
    with hospital.database.app.begin() as conn:
        erasure.withdraw(conn, hospital.gallery, person)
    answer = terminal.decide(visit_of(ZHANG))
    assert reasons(answer) == (Outcome.ACCEPTED, [Reason.NOT_ENROLLED])


def test_an_expired_card_is_referred(hospital: Hospital, terminal: Terminal) -> None:
    hospital.enrol(ZHANG)
    expired = card(ZHANG, fields={"valid_to": "2020-01-01"})
    answer = terminal.decide(Evidence(reading=expired, capture=capture(ZHANG.face)))
    assert reasons(answer) == (Outcome.REFER, [Reason.CARD_EXPIRED])


def test_a_card_is_valid_on_its_last_day_in_china(hospital: Hospital, terminal: Terminal) -> None:
    last_day = card(ZHANG, fields={"valid_to": today(hospital.clock()).isoformat()})
    answer = terminal.decide(Evidence(reading=last_day))
    assert answer.decision.outcome is Outcome.ACCEPTED


def test_a_name_that_differs_from_the_registered_one_is_referred(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    other = card(ZHANG, fields={"name": "李四"})
    answer = terminal.decide(Evidence(reading=other, capture=capture(ZHANG.face)))
    assert reasons(answer) == (Outcome.REFER, [Reason.NAME_DIFFERS])


def test_a_name_that_differs_only_in_width_and_spaces_is_the_same(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(invent(3, "阿卜杜拉·买买提"))
    other = card(invent(3), fields={"name": "阿卜杜拉．买买提 "})
    answer = terminal.decide(Evidence(reading=other, capture=capture(Face(3))))
    assert answer.decision.outcome is Outcome.ACCEPTED


def test_a_freely_read_card_without_a_face_is_referred(terminal: Terminal) -> None:
    answer = terminal.decide(Evidence(reading=card(ZHANG, authenticated=False)))
    assert answer.decision.outcome is Outcome.REFER
    assert answer.decision.assurance is Assurance.CARD_UNAUTHENTICATED


def test_a_face_on_a_narrowed_list_is_identified_and_its_fpir_stated(
    hospital: Hospital, terminal: Terminal
) -> None:
    person = hospital.enrol(ZHANG)
    hospital.enrol(same_last_four(ZHANG, "王五", Face(40)))
    hospital.enrol(LI)
    answer = terminal.decide(without_card(ZHANG.face, ZHANG.number[-4:]), "outpatient_registration")
    found = answer.decision.identification
    assert answer.decision.assurance is Assurance.FACE
    assert found is not None
    assert (found.answer, found.searched, found.gallery) == ("match", 2, 3)
    assert found.fpir == pytest.approx(1 - (1 - 1e-4) ** 2)
    assert answer.greeting is not None
    assert answer.greeting.masked_name == "张*"
    assert hospital.count("decisions", f"person = '{person}'") == 1


def test_a_stranger_matches_nobody(hospital: Hospital, terminal: Terminal) -> None:
    hospital.enrol(ZHANG)
    answer = terminal.decide(without_card(Face(77), ZHANG.number[-4:]), "outpatient_registration")
    assert reasons(answer) == (Outcome.REFER, [Reason.NO_MATCH])
    assert answer.decision.identification is not None
    assert answer.decision.identification.answer == "no_match"
    assert answer.greeting is None


def test_two_people_with_one_face_are_never_told_apart(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    hospital.enrol(same_last_four(ZHANG, "张四", ZHANG.face))
    answer = terminal.decide(without_card(ZHANG.face, ZHANG.number[-4:]), "outpatient_registration")
    assert reasons(answer) == (Outcome.REFER, [Reason.AMBIGUOUS])


def test_linked_look_alikes_are_referred(hospital: Hospital, terminal: Terminal) -> None:
    person = hospital.enrol(ZHANG)
    with hospital.database.app.begin() as conn:
        conn.exec_driver_sql("UPDATE people SET linked_group = 'g' WHERE id = %s", (person,))
    answer = terminal.decide(without_card(ZHANG.face, ZHANG.number[-4:]), "outpatient_registration")
    assert reasons(answer) == (Outcome.REFER, [Reason.LOOK_ALIKES])


def test_identification_is_off_where_the_policy_does_not_turn_it_on(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    answer = terminal.decide(without_card(ZHANG.face, ZHANG.number[-4:]), "settlement")
    assert reasons(answer) == (Outcome.REFER, [Reason.IDENTIFY_OFF])


def test_nobody_is_searched_for_without_a_narrowing(hospital: Hospital, terminal: Terminal) -> None:
    hospital.enrol(ZHANG)
    answer = terminal.decide(without_card(ZHANG.face, None), "outpatient_registration")
    assert reasons(answer) == (Outcome.REFER, [Reason.NARROWING_REQUIRED])
    assert answer.decision.identification is not None
    assert answer.decision.identification.searched == 0


def test_a_person_who_withdrew_is_found_no_more_though_the_index_knew_them(
    hospital: Hospital, terminal: Terminal
) -> None:
    person = hospital.enrol(ZHANG)
    look = (ZHANG.face, ZHANG.number[-4:])
    found = terminal.decide(without_card(*look), "outpatient_registration")
    assert found.decision.outcome is Outcome.ACCEPTED
    with hospital.database.app.begin() as conn:
        erasure.withdraw(conn, hospital.gallery, person)
    answer = terminal.decide(without_card(*look), "outpatient_registration")
    assert reasons(answer) == (Outcome.REFER, [Reason.NO_MATCH])
    assert len(hospital.site.gallery) == 0


def test_an_attack_that_the_terminal_saw_is_tried_again_and_never_rejected(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    seen = capture(ZHANG.face, liveness=Liveness.ATTACK)
    answer = terminal.decide(Evidence(reading=card(ZHANG), capture=seen))
    assert reasons(answer) == (Outcome.RETRY, [Reason.LIVENESS_FAILED])


def test_a_terminals_word_that_somebody_lives_is_not_repeated(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    seen = capture(ZHANG.face, liveness=Liveness.BONA_FIDE)
    answer = terminal.decide(Evidence(reading=card(ZHANG), capture=seen))
    assert answer.decision.liveness is Liveness.NOT_ASSESSED


@pytest.mark.parametrize("part", ["reading", "capture"])
def test_simulated_evidence_is_marked_through_to_the_receipt(
    hospital: Hospital, terminal: Terminal, part: str
) -> None:
    evidence = Evidence(
        reading=card(ZHANG, simulated=part == "reading"),
        capture=capture(ZHANG.face, simulated=part == "capture"),
    )
    answer = terminal.decide(evidence)
    assert answer.decision.simulated
    assert read_receipt(answer.receipt, hospital.keyring.jwks()).simulated


def test_several_crops_of_one_capture_are_fused(hospital: Hospital, terminal: Terminal) -> None:
    hospital.enrol(ZHANG)
    answer = terminal.decide(Evidence(reading=card(ZHANG), capture=capture(ZHANG.face, crops=3)))
    assert answer.decision.outcome is Outcome.ACCEPTED
    assert hospital.count("seen_crops") == 3


def test_a_child_is_recognised_with_a_guardians_consent(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(CHILD)
    answer = terminal.decide(visit_of(CHILD), legal_basis=basis(Consent.GUARDIAN))
    assert answer.decision.assurance is Assurance.CARD_FACE


def test_what_is_kept_of_a_visit_names_nobody(hospital: Hospital, terminal: Terminal) -> None:
    hospital.enrol(ZHANG)
    terminal.decide(visit_of(ZHANG))
    kept: list[Any] = []
    with hospital.database.owner.connect() as conn:
        for table in ("decisions", "receipts", "ledger", "challenges", "seen_crops", "terminals"):
            kept += [str(row) for row in conn.exec_driver_sql(f"SELECT {table}::text FROM {table}")]
    everything = "".join(kept)
    assert ZHANG.name not in everything
    assert ZHANG.number not in everything
    assert ZHANG.number[-4:] + '"' not in everything
