"""The counter's queue and its decisions, on a real PostgreSQL, after real claims."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from verifier.counter import items, lost
from verifier.counter.documents import Document, typed
from verifier.counter.errors import CounterRefused
from verifier.counter.lost import Second
from verifier.decision.facts import Reason
from verifier.identity import erasure, subject, subject_page
from verifier.identity.lost_cards import is_lost
from verifier.protocol.counter import AtCounter
from verifier.protocol.errors import Refused
from verifier.protocol.values import Assurance, Outcome, visit_number

from ..fixtures import INSTITUTION
from .counters import Clerk, checked, clerk, findings, id_card
from .hospital import Hospital, Terminal, card, faceless, invent, visit_of

ZHANG, LI = invent(1), invent(2, "李四")


@pytest.fixture
def wang(hospital: Hospital) -> Clerk:
    """A clerk."""
    return clerk(hospital, "c0001")


@pytest.fixture
def zhao(hospital: Hospital) -> Clerk:
    """A colleague."""
    return clerk(hospital, "c0002")


def rejected(hospital: Hospital, terminal: Terminal, purpose: str = "dispensing") -> str:
    """Zhang's card and another face; the visit."""
    hospital.enrol(ZHANG)
    answer = terminal.decide(visit_of(ZHANG, LI.face), purpose)
    assert answer.decision.outcome is Outcome.REJECTED
    return answer.decision.visit


def code(act: Callable[[], object]) -> str:
    with pytest.raises(CounterRefused) as refused:
        act()
    return refused.value.code


def test_what_a_terminal_refers_waits_at_the_counter_under_the_slips_number(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    visit = rejected(hospital, terminal)
    (item,) = wang.queue()
    assert item.visit == visit
    assert item.number == visit_number(visit)
    assert (item.origin, item.state) == ("terminal", "waiting")
    assert (item.purpose, item.reason) == ("dispensing", Reason.FACE_DIFFERS)
    assert item.due_at - item.happened_at == timedelta(minutes=10)
    assert item.handler is None


def test_who_is_accepted_at_the_second_look_waits_no_more(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    visit = rejected(hospital, terminal)
    compact = terminal.sign(terminal.challenge("dispensing", visit), visit_of(ZHANG))
    assert terminal.send(compact).json()["decision"]["outcome"] == "accepted"
    assert wang.queue() == []
    assert hospital.count("counter_items", "\"end\" = 'passed_at_terminal'") == 1


def test_a_second_referral_of_a_visit_renews_the_reason_and_makes_no_second_line(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    visit = rejected(hospital, terminal)
    expired = faceless(ZHANG).model_copy(
        update={"reading": card(ZHANG, fields={"valid_to": "2020-01-01"})}
    )
    terminal.send(terminal.sign(terminal.challenge("dispensing", visit), expired))
    (item,) = wang.queue()
    assert item.reason == Reason.CARD_EXPIRED


def test_a_retry_and_an_acceptance_wait_nowhere(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    hospital.enrol(ZHANG)
    terminal.decide(visit_of(ZHANG))
    assert wang.queue() == []


def test_of_two_clerks_who_take_one_visit_at_once_one_gets_it(
    hospital: Hospital, terminal: Terminal, wang: Clerk, zhao: Clerk
) -> None:
    rejected(hospital, terminal)
    (item,) = wang.queue()

    def told(one: Clerk) -> str:
        try:
            one.take(item.id)
        except CounterRefused as refused:
            return refused.code
        return one.account

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(told, (wang, zhao)))
    assert sorted(answers, key=len)[0] == "counter.taken"
    assert wang.get(item.id).handler in answers


def test_the_person_passes_on_the_document_that_the_clerk_saw(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    visit = rejected(hospital, terminal)
    (item,) = wang.queue()
    wang.take(item.id)
    receipt = checked(hospital, wang.sees(item.id, id_card(ZHANG)), visit)
    assert receipt.outcome is Outcome.ACCEPTED
    assert receipt.assurance is Assurance.COUNTER_DOCUMENT
    assert receipt.sub is not None
    assert receipt.reasons == []
    assert wang.get(item.id).state == "resolved"
    assert findings(hospital) == []


def test_what_the_counter_decided_cannot_be_changed_unseen(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    rejected(hospital, terminal)
    (item,) = wang.queue()
    wang.take(item.id)
    wang.sees(item.id, id_card(ZHANG))
    with hospital.database.owner.begin() as conn:
        conn.execute(text("UPDATE decisions SET person = NULL WHERE terminal IS NULL"))
    assert findings(hospital) == ["decision.changed"]


def test_another_persons_document_does_not_resolve_the_visit(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    hospital.register(LI)
    rejected(hospital, terminal)
    (item,) = wang.queue()
    wang.take(item.id)
    assert code(lambda: wang.sees(item.id, id_card(LI))) == "counter.other_person"
    assert wang.get(item.id).state == "taken"


def test_only_who_took_it_deals_with_it_until_it_is_handed_on(
    hospital: Hospital, terminal: Terminal, wang: Clerk, zhao: Clerk
) -> None:
    rejected(hospital, terminal)
    (item,) = wang.queue()
    assert code(lambda: wang.sees(item.id, id_card(ZHANG))) == "counter.state"
    wang.take(item.id)
    assert code(lambda: zhao.sees(item.id, id_card(ZHANG))) == "counter.not_yours"
    wang.hand_on(item.id)
    zhao.take(item.id)
    found = zhao.get(item.id)
    assert (found.first_login, found.handler_login) == ("c0001", "c0002")
    zhao.sees(item.id, id_card(ZHANG))
    assert findings(hospital) == []


def test_a_visit_may_leave_unresolved_by_another_door(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    rejected(hospital, terminal)
    (item,) = wang.queue()
    wang.take(item.id)
    wang.leave(item.id, "treat_first")
    assert wang.get(item.id).end == "treat_first"
    assert hospital.count("decisions", "terminal IS NULL") == 0


def test_letting_pass_gives_a_receipt_without_an_assurance_and_with_its_reason(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    visit = rejected(hospital, terminal)
    (item,) = wang.queue()
    wang.take(item.id)
    passed = wang.lets_pass(item.id, "appearance")
    assert passed is not None
    receipt = checked(hospital, passed, visit)
    assert receipt.assurance is None
    assert receipt.reasons == ["let_pass", "let_pass.appearance"]


def test_where_the_policy_says_so_a_second_person_must_agree(
    hospital: Hospital, terminal: Terminal, wang: Clerk, zhao: Clerk
) -> None:
    visit = rejected(hospital, terminal, "settlement")
    (item,) = wang.queue()
    wang.take(item.id)
    assert wang.lets_pass(item.id) is None
    assert wang.get(item.id).state == "taken"
    assert code(lambda: wang.agrees(item.id)) == "counter.second_self"
    assert zhao.agrees(item.id, agreed=False) is None
    assert code(lambda: zhao.agrees(item.id)) == "counter.state"
    wang.lets_pass(item.id)
    passed = zhao.agrees(item.id)
    assert passed is not None
    assert "let_pass" in checked(hospital, passed, visit).reasons
    assert hospital.count("counter_results", "second IS NOT NULL") == 1
    assert findings(hospital) == []


def test_a_result_is_taken_back_for_some_minutes_and_its_receipt_with_it(
    hospital: Hospital, terminal: Terminal, wang: Clerk, zhao: Clerk
) -> None:
    visit = rejected(hospital, terminal)
    (item,) = wang.queue()
    wang.take(item.id)
    first = wang.sees(item.id, id_card(ZHANG))
    assert code(lambda: zhao.takes_back(item.id)) == "counter.not_yours"
    wang.takes_back(item.id)
    with pytest.raises(Refused, match=r"receipt\.reversed"):
        checked(hospital, first, visit)
    second = wang.sees(item.id, id_card(ZHANG))
    assert checked(hospital, second, visit).jti != first.id
    hospital.clock.ahead += timedelta(minutes=11)
    assert code(lambda: wang.takes_back(item.id)) == "counter.too_late"
    assert findings(hospital) == []


def test_an_emergency_is_one_touch_and_its_identity_comes_later(
    hospital: Hospital, wang: Clerk, zhao: Clerk
) -> None:
    hospital.register(ZHANG)
    first, second = wang.emergency(), wang.emergency()
    numbers = [wang.get(one).number for one in (first, second)]
    assert [number[-3:] for number in numbers] == ["001", "002"]
    assert wang.get(first).state == "later"
    zhao.take(first)
    assert code(lambda: zhao.lets_pass(first)) == "counter.later_no_pass"
    assert code(lambda: zhao.leave(first, "self_pay")) == "counter.state"
    receipt = checked(hospital, zhao.sees(first, id_card(ZHANG)), zhao.get(first).visit)
    assert receipt.reasons == ["entered_later"]
    assert receipt.sub is not None
    assert zhao.get(first).person is not None
    assert findings(hospital) == []


def test_an_emergency_verified_on_the_wrong_document_is_put_right(
    hospital: Hospital, wang: Clerk
) -> None:
    hospital.register(LI)
    person = hospital.register(ZHANG)
    item = wang.emergency()
    wang.take(item)
    wang.sees(item, id_card(LI))
    wang.takes_back(item)
    assert wang.get(item).person is None
    wang.sees(item, id_card(ZHANG))
    assert wang.get(item).person == person
    assert findings(hospital) == []


def test_a_proxy_comes_with_both_documents_where_the_purpose_takes_one(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    proxy = hospital.register(LI)
    visit = rejected(hospital, terminal)
    (item,) = wang.queue()
    wang.take(item.id)
    same = id_card(ZHANG)
    assert code(lambda: wang.sees(item.id, same, same)) == "counter.proxy_same"
    receipt = checked(hospital, wang.sees(item.id, same, id_card(LI)), visit)
    assert receipt.reasons == ["by_proxy"]
    assert hospital.count("counter_results", f"proxy = '{proxy}' AND proxy_key IS NOT NULL") == 1
    assert findings(hospital) == []


def test_a_standing_authorisation_is_asked_for_once_and_named(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    patient, proxy = hospital.register(ZHANG), hospital.register(LI)
    asked: list[tuple[str, str, str]] = []

    def standing(_: object, *, patient: str, proxy: str, purpose: str, at: object) -> bool:
        asked.append((patient, proxy, purpose))
        return True

    visit = rejected(hospital, terminal)
    (item,) = wang.queue()
    wang.take(item.id)
    wang.standing = standing
    receipt = checked(hospital, wang.sees(item.id, id_card(ZHANG), id_card(LI)), visit)
    assert receipt.reasons == ["by_proxy", "standing_authorisation"]
    assert asked == [(patient, proxy, "dispensing")]


def test_a_purpose_that_takes_no_proxy_says_so(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    rejected(hospital, terminal, "admission")
    (item,) = wang.queue()
    wang.take(item.id)
    assert code(lambda: wang.sees(item.id, id_card(ZHANG), id_card(LI))) == "counter.no_proxy"


def test_another_institution_sees_and_takes_nothing(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    rejected(hospital, terminal)
    (item,) = wang.queue()
    with hospital.database.app.begin() as conn:
        assert items.waiting(conn, "H99010100002") == []
        with pytest.raises(CounterRefused, match=r"counter\.unknown"):
            items.take(conn, "H99010100002", item.id, wang.account, wang.now)
    assert wang.get(item.id).state == "waiting"
    assert INSTITUTION != "H99010100002"


def test_who_pressed_the_counters_door_is_expected_there(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    visit = terminal.challenge("dispensing").visit
    said = AtCounter(visit=visit, purpose="dispensing")
    for _ in range(2):
        answer = terminal.post("/v1/counter/visits", said.model_dump_json().encode())
        assert answer.status_code == 204, answer.text
    (item,) = wang.queue()
    assert (item.origin, item.number, item.reason) == ("pressed", visit_number(visit), None)
    other = hospital.terminal()
    refused = other.post("/v1/counter/visits", said.model_dump_json().encode())
    assert refused.json()["code"] == "challenge.unknown"
    strange = said.model_copy(update={"purpose": "practice_check_in"})
    refused = terminal.post("/v1/counter/visits", strange.model_dump_json().encode())
    assert refused.json()["code"] == "purpose.unknown"


def test_pressing_the_door_after_a_referral_keeps_its_reason(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    visit = rejected(hospital, terminal)
    said = AtCounter(visit=visit, purpose="dispensing")
    terminal.post("/v1/counter/visits", said.model_dump_json().encode())
    (item,) = wang.queue()
    assert (item.origin, item.reason) == ("terminal", Reason.FACE_DIFFERS)


def test_a_document_on_the_list_of_lost_cards_does_not_resolve_and_another_does(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    visit = rejected(hospital, terminal)
    lose(hospital, wang, typed("social_security_card", ZHANG.number))
    (item,) = wang.queue()
    wang.take(item.id)
    lost_card = typed("social_security_card", ZHANG.number)
    assert code(lambda: wang.sees(item.id, lost_card)) == "counter.card_lost"
    assert checked(hospital, wang.sees(item.id, id_card(ZHANG)), visit).reasons == []


def lose(hospital: Hospital, one: Clerk, card: Document) -> None:
    """A loss, reported with the holder's name."""
    with hospital.database.app.begin() as conn:
        second = Second("name", ZHANG.name)
        lost.report(conn, hospital.keyring, INSTITUTION, card, second, one.account, one.now)


def test_a_lost_card_is_lost_here_and_nowhere_else(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    lose(hospital, wang, id_card(ZHANG))
    assert code(lambda: lose(hospital, wang, id_card(ZHANG))) == "counter.card_known"
    with hospital.database.app.connect() as conn:
        said = (hospital.keyring, "resident_id", ZHANG.number)
        here, elsewhere = (
            is_lost(conn, said[0], code, *said[1:]) for code in (INSTITUTION, "H99010100002")
        )
    assert (here, elsewhere) == (True, False)
    assert terminal.decide(faceless(ZHANG)).decision.reasons == [Reason.CARD_ON_HOLD]
    social = faceless(ZHANG).model_copy(
        update={"reading": card(ZHANG).model_copy(update={"kind": "social_security_card"})}
    )
    assert terminal.decide(social).decision.outcome is Outcome.ACCEPTED, "that card is not lost"


def test_a_person_may_see_and_have_erased_what_the_counter_kept(
    hospital: Hospital, terminal: Terminal, wang: Clerk
) -> None:
    proxy = hospital.register(LI)
    rejected(hospital, terminal)
    (item,) = wang.queue()
    wang.take(item.id)
    wang.sees(item.id, id_card(ZHANG), id_card(LI))
    lose(hospital, wang, id_card(ZHANG))
    person = str(wang.get(item.id).person)
    with hospital.database.app.begin() as conn:
        copy = subject.export(conn, hospital.keyring, INSTITUTION, person)
        proxys = subject.export(conn, hospital.keyring, INSTITUTION, proxy)
    assert [(one.state, one.as_proxy) for one in copy.counter] == [("resolved", False)]
    assert [one.as_proxy for one in proxys.counter] == [True]
    assert [one.kind for one in copy.lost_cards] == ["resident_id"]
    assert [one.terminal for one in copy.decisions][-1] == "人工窗口"
    assert "人工窗口 At the counter" in subject_page.render(copy)
    with hospital.database.app.begin() as conn:
        for each in (person, proxy):
            erasure.erase(conn, hospital.gallery, each)
    assert hospital.count("lost_cards") == 0
    assert hospital.count("counter_results", "number_key IS NOT NULL OR proxy IS NOT NULL") == 0
    assert hospital.count("counter_results", "proxy_key IS NOT NULL") == 0
    assert findings(hospital) == []
