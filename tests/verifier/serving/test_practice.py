"""A physician's day over the wire: in, out, elsewhere, outside the shift; what a HIS is told."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from verifier.identity import erasure, subject
from verifier.practice import registry
from verifier.protocol.practice import PURPOSE, check_practice_receipt
from verifier.store.database import Database
from verifier.trust.accounts.roles import Role

from ..fixtures import INSTITUTION
from ..practice.clinic import number
from .hospital import (
    Terminal,
    faceless,
    invent,
    visit_of,
)
from .physicians import HUA, Clinic, physician
from .staff import member


def test_face_place_shift_and_registration_open_a_window_that_a_his_sees(clinic: Clinic) -> None:
    ends = clinic.on_shift()
    answer = clinic.check(clinic.east)
    assert answer.outcome == "confirmed", answer
    assert {answer.identity, answer.place, answer.registration} == {"proved"}
    assert answer.until is not None
    assert abs(answer.until - ends - timedelta(minutes=120)) < timedelta(seconds=1)
    said = clinic.ask()
    assert said["active"]
    assert said["window_state"] == "confirmed"
    assert (said["site"], said["way"], said["liveness"]) == ("east", "face", "not_assessed")
    assert (said["practice_right"], said["payment_qualification"]) == ("independent", "unknown")


def test_the_receipt_is_checked_offline_and_names_nobody(clinic: Clinic) -> None:
    clinic.on_shift()
    answer = clinic.check(clinic.east)
    jwks = clinic.hospital.keyring.jwks()
    receipt = check_practice_receipt(answer.receipt or "", jwks, audience=INSTITUTION)
    assert (receipt.code, receipt.window, receipt.state) == (
        clinic.hua.code,
        answer.window,
        "confirmed",
    )
    leaf = f"leaf = '{receipt.ledger_leaf}' AND kind = 'practice.confirmed'"
    assert clinic.hospital.count("ledger", leaf) == 1
    for personal in (HUA.name, HUA.number, clinic.hua.person):
        assert personal not in receipt.model_dump_json()


def test_the_same_decision_again_gets_the_same_window(clinic: Clinic) -> None:
    clinic.on_shift()
    receipt = clinic.east.decide(visit_of(HUA), PURPOSE).receipt_id
    first, again = clinic.sent(clinic.east, receipt), clinic.sent(clinic.east, receipt)
    assert first.window == again.window
    assert again.outcome == "confirmed"
    assert clinic.hospital.count("practice_windows") == 1


def test_who_is_in_already_stays_in_the_first_window(clinic: Clinic) -> None:
    clinic.on_shift()
    first, again = clinic.check(clinic.east), clinic.check(clinic.east)
    assert (again.outcome, again.window) == ("already_in", first.window)


def test_outside_the_shift_a_reason_opens_at_once_and_medical_affairs_reviews(
    clinic: Clinic, database: Database
) -> None:
    receipt = clinic.east.decide(visit_of(HUA), PURPOSE).receipt_id
    asked = clinic.sent(clinic.east, receipt)
    assert asked.outcome == "retry"
    assert "practice.reason_needed" in asked.reasons
    answer = clinic.sent(clinic.east, receipt, reason="rescue")
    assert answer.outcome == "provisional"
    assert clinic.ask()["active"], "a provisional window counts until somebody says otherwise"
    office = member(clinic.hospital, "y0001", Role.MEDICAL_AFFAIRS)
    waiting = office.ask("GET", "/v1/practice/reviews").json()["windows"]
    assert [(one["id"], one["reason"]) for one in waiting] == [(answer.window, "rescue")]
    path = f"/v1/practice/windows/{answer.window}/review"
    assert office.ask("POST", path, json={"approve": False}).status_code == 204
    assert clinic.ask(answer.opened_at)["window_state"] == "denied", "from its beginning on"
    assert clinic.ask()["window_state"] == "none"
    assert office.refused("POST", path, json={"approve": True}) == "practice.review_done"


def test_without_a_registration_for_the_site_it_is_denied_and_that_is_entered(
    clinic: Clinic,
) -> None:
    bian = invent(2, "扁鹊")
    physician(clinic.hospital, bian, 2, site="west")
    receipt = clinic.east.decide(visit_of(bian), PURPOSE).receipt_id
    denied = clinic.sent(clinic.east, receipt, reason="rescue")
    assert (denied.outcome, denied.registration) == ("denied", "refuted")
    assert clinic.hospital.count("ledger", "kind = 'practice.refused'") == 1
    assert clinic.hospital.count("practice_windows") == 0


def test_a_way_without_a_face_opens_a_window_that_is_reviewed(clinic: Clinic) -> None:
    clinic.on_shift()
    answer = clinic.check(clinic.east, said=faceless(HUA))
    assert (answer.outcome, answer.identity) == ("provisional", "other_way")
    assert clinic.ask()["way"] == "other"


def test_another_face_opens_nothing(clinic: Clinic) -> None:
    clinic.on_shift()
    receipt = clinic.east.decide(visit_of(HUA, invent(9).face), PURPOSE).receipt_id
    answer = clinic.sent(clinic.east, receipt)
    assert (answer.outcome, answer.identity) == ("retry", "not_proved")
    assert clinic.hospital.count("practice_windows") == 0


def test_at_another_site_the_person_confirms_and_the_first_window_ends(clinic: Clinic) -> None:
    clinic.on_shift()
    first = clinic.check(clinic.east)
    clinic.hospital.clock.ahead += timedelta(minutes=30)
    clinic.west.clock_ahead = clinic.hospital.clock.ahead
    receipt = clinic.west.decide(visit_of(HUA), PURPOSE).receipt_id
    asked = clinic.sent(clinic.west, receipt, reason="urgent_consultation")
    assert asked.outcome == "retry"
    assert asked.elsewhere is not None
    assert (asked.elsewhere.site, asked.elsewhere.reachable) == ("东院区", True)
    moved = clinic.sent(clinic.west, receipt, reason="urgent_consultation", move=True)
    assert moved.outcome == "provisional"
    where = f"id = '{first.window}' AND closed_by = 'elsewhere'"
    assert clinic.hospital.count("practice_windows", where) == 1
    assert clinic.ask()["site"] == "west"


def test_nobody_practises_at_two_places_that_no_way_joins(clinic: Clinic) -> None:
    clinic.on_shift()
    clinic.check(clinic.east)
    receipt = clinic.west.decide(visit_of(HUA), PURPOSE).receipt_id
    locked = clinic.sent(clinic.west, receipt, reason="rescue", move=True)
    assert locked.outcome == "denied"
    assert locked.reasons == ["practice.locked"]
    assert clinic.ask()["site"] == "east"


def test_a_check_out_ends_the_window_at_the_next_question(clinic: Clinic) -> None:
    clinic.on_shift()
    before = clinic.now()
    opened = clinic.check(clinic.east)
    out = clinic.check(clinic.east, "out")
    assert (out.outcome, out.window) == ("closed", opened.window)
    said = clinic.ask()
    assert (said["active"], said["window_state"]) == (False, "none")
    assert clinic.ask(before)["window_state"] == "none"
    assert clinic.ask(opened.opened_at)["active"], "it was in force then"
    assert clinic.check(clinic.east, "out").outcome == "not_in"


def test_a_forgotten_check_out_ends_by_itself(clinic: Clinic) -> None:
    ends = clinic.on_shift()
    clinic.check(clinic.east)
    clinic.hospital.clock.ahead += timedelta(hours=9)
    assert not clinic.ask()["active"]
    assert clinic.ask(ends + timedelta(minutes=119))["active"]
    assert clinic.hospital.site.housekeeper.end_windows() == 1
    where = "closed_by = 'time' AND closed_at = until"
    assert clinic.hospital.count("practice_windows", where) == 1
    assert clinic.ask(ends + timedelta(minutes=119))["active"]


def test_a_declared_operation_stretches_the_window(clinic: Clinic) -> None:
    ends = clinic.on_shift()
    clinic.check(clinic.east)
    said = {
        "code": clinic.hua.code,
        "starts_at": clinic.now().isoformat(),
        "ends_at": (ends + timedelta(hours=3)).isoformat(),
        "his_id": "op-1",
    }
    answer = clinic.http_post("/v1/practice/operations", said)
    assert answer.status_code == 200, answer.text
    assert clinic.http_post("/v1/practice/operations", said).json() == answer.json()
    until = datetime.fromisoformat(answer.json()["until"])
    assert abs(until - ends - timedelta(hours=5)) < timedelta(seconds=1)
    unknown = clinic.http_post("/v1/practice/operations", said | {"code": "D000000000000"})
    assert unknown.json()["code"] == "practice.unknown"


def test_a_suspended_qualification_and_an_ended_registration_show_at_the_next_question(
    clinic: Clinic, database: Database
) -> None:
    clinic.on_shift()
    clinic.check(clinic.east)
    with database.app.begin() as conn:
        at = clinic.now()
        registry.qualify(conn, INSTITUTION, clinic.hua.person, "suspended", at, "县医保局", at)
    said = clinic.ask()
    assert (said["active"], said["payment_qualification"]) == (True, "suspended")
    with database.app.begin() as conn:
        held = conn.scalar(text("SELECT id FROM practice_registrations"))
        registry.end(conn, INSTITUTION, str(held), clinic.now(), "y0001")
    said = clinic.ask()
    assert (said["active"], said["practice_right"]) == (False, "none")


def test_whom_nobody_knows_and_times_out_of_reach_are_unknown_and_no_refusal(
    clinic: Clinic,
) -> None:
    for said in (
        clinic.ask(code="D990101999999"),
        clinic.ask(clinic.now() - timedelta(days=181)),
        clinic.ask(clinic.now() + timedelta(minutes=1)),
        clinic.ask(institution="H99010100009"),
    ):
        assert (said["active"], said["window_state"]) == (False, "unknown")
        assert (said["practice_right"], said["payment_qualification"]) == ("unknown", "unknown")


def test_five_hundred_questions_are_answered_in_their_order(clinic: Clinic) -> None:
    clinic.on_shift()
    clinic.check(clinic.east)
    at = clinic.now().isoformat()
    codes = [clinic.hua.code if n % 2 else number(n + 100) for n in range(500)]
    said = {"questions": [{"code": code, "at": at} for code in codes]}
    answer = clinic.http_post("/v1/practice/introspect/batch", said)
    assert [one["code"] for one in answer.json()["answers"]] == codes
    assert [one["active"] for one in answer.json()["answers"]] == [bool(n % 2) for n in range(500)]
    said["questions"].append({"code": clinic.hua.code, "at": at})
    refused = clinic.http_post("/v1/practice/introspect/batch", said)
    assert refused.json()["code"] == "request.malformed"


def test_a_supervised_right_counts_while_the_supervisor_practises(clinic: Clinic) -> None:
    novice = invent(3, "学徒")
    said = {"right": "supervised", "supervisor": clinic.hua.person}
    pupil = physician(clinic.hospital, novice, 3, **said)
    receipt = clinic.east.decide(visit_of(novice), PURPOSE).receipt_id
    clinic.sent(clinic.east, receipt, reason="extra_hours")
    answer = clinic.ask(code=pupil.code)
    assert (answer["active"], answer["supervisor_in"]) == (False, False)
    assert "practice.supervisor_not_in" in answer["reasons"]
    clinic.on_shift()
    clinic.check(clinic.east)
    answer = clinic.ask(code=pupil.code)
    assert (answer["active"], answer["supervisor_in"]) == (True, True)


def test_the_feed_tells_every_change_once_and_goes_on_from_its_cursor(clinic: Clinic) -> None:
    start = clinic.get("/v1/practice/changes").json()["cursor"]
    clinic.on_shift()
    opened = clinic.check(clinic.east)
    page = clinic.get(f"/v1/practice/changes?cursor={start}").json()
    assert [(one["kind"], one["window"]) for one in page["changes"]] == [
        ("window.confirmed", opened.window)
    ]
    clinic.check(clinic.east, "out")
    more = clinic.get(f"/v1/practice/changes?cursor={page['cursor']}").json()
    assert [one["kind"] for one in more["changes"]] == ["window.closed"]
    assert clinic.get(f"/v1/practice/changes?cursor={more['cursor']}").json()["changes"] == []
    for wrong in ("x", "1", "1.x", "-1.2", "9" * 30 + ".1"):
        answer = clinic.get(f"/v1/practice/changes?cursor={wrong}")
        assert answer.json()["code"] == "practice.cursor_malformed", wrong


def test_a_feed_has_no_gap_where_a_transaction_that_began_earlier_ends_later(
    clinic: Clinic, database: Database
) -> None:
    start = clinic.get("/v1/practice/changes").json()["cursor"]
    at, person = clinic.now(), clinic.hua.person
    with database.app.begin() as slow:
        registry.qualify(slow, INSTITUTION, person, "normal", at, "slow", at)
        with database.app.begin() as quick:
            registry.qualify(quick, INSTITUTION, person, "suspended", at, "quick", at)
        early = clinic.get(f"/v1/practice/changes?cursor={start}").json()
        assert early["changes"] == [], "what is behind a running transaction waits for it"
    page = clinic.get(f"/v1/practice/changes?cursor={early['cursor']}").json()
    assert [one["kind"] for one in page["changes"]] == [
        "qualification.normal",
        "qualification.suspended",
    ]


@pytest.mark.parametrize("change", ["other_terminal", "other_purpose", "old", "made_up"])
def test_a_check_in_rests_on_a_fresh_decision_of_this_terminal_and_purpose(
    clinic: Clinic, change: str
) -> None:
    purpose, terminal = PURPOSE, clinic.east
    if change == "other_purpose":
        terminal = clinic.hospital.terminal([PURPOSE, "settlement"])
        purpose = "settlement"
    receipt = terminal.decide(visit_of(HUA), purpose).receipt_id
    if change == "other_terminal":
        terminal = clinic.west
    if change == "old":
        clinic.hospital.clock.ahead += timedelta(seconds=121)
        terminal.clock_ahead = clinic.hospital.clock.ahead
    answer = clinic.post(terminal, "A" * 22 if change == "made_up" else receipt)
    assert answer.json()["code"] == "practice.decision_unusable"


def test_a_patient_is_no_practitioner(clinic: Clinic) -> None:
    patient = invent(4)
    clinic.hospital.enrol(patient)
    receipt = clinic.east.decide(visit_of(patient), PURPOSE).receipt_id
    assert clinic.post(clinic.east, receipt).json()["code"] == "practice.unknown"


def test_a_terminal_of_another_purpose_and_one_of_no_known_site_check_nobody_in(
    clinic: Clinic,
) -> None:
    other = clinic.hospital.terminal(["settlement"])
    assert clinic.post(other, "A" * 22).json()["code"] == "purpose.unknown"
    nowhere = clinic.hospital.terminal([PURPOSE])
    receipt = nowhere.decide(visit_of(HUA), PURPOSE).receipt_id
    assert clinic.post(nowhere, receipt).json()["code"] == "practice.site_unknown"
    assert nowhere.get("/v1/practice/site-code").json()["code"] == "practice.site_unknown"


def test_a_terminal_whose_own_receiver_says_elsewhere_proves_nothing_and_raises_an_alert(
    clinic: Clinic,
) -> None:
    clinic.on_shift()
    position = {
        "latitude": 30.40,
        "longitude": 120.30,
        "datum": "wgs84",
        "accuracy_m": 8.0,
        "source": "gnss",
        "at": clinic.now(),
    }
    answer = clinic.check(clinic.east, position=position)
    assert (answer.outcome, answer.place) == ("retry", "refuted")
    assert "place.terminal_moved" in answer.reasons
    assert clinic.hospital.count("ledger", "kind = 'terminal.moved'") == 1
    again = clinic.check(clinic.east, position=position | {"at": clinic.now()})
    assert again.place == "refuted"
    assert clinic.hospital.count("ledger", "kind = 'terminal.moved'") == 2
    moved = f"cause = 'terminal.moved' AND subject = '{clinic.east.id}' AND state = 'new'"
    assert clinic.hospital.count("alarms", f"{moved} AND times = 2") == 1, "called once"
    assert clinic.hospital.count("alarms") == 1


def test_a_site_code_changes_every_half_minute(clinic: Clinic) -> None:
    said = clinic.east.get("/v1/practice/site-code").json()
    assert said["payload"] == f"SLC1:east:{clinic.east.id}:{said['code']}"
    clinic.hospital.clock.ahead += timedelta(seconds=31)
    clinic.east.clock_ahead = clinic.hospital.clock.ahead
    assert clinic.east.get("/v1/practice/site-code").json()["code"] != said["code"]


def test_one_point_is_kept_a_check_in_under_the_persons_key_and_goes_with_the_person(
    clinic: Clinic,
) -> None:
    clinic.on_shift()
    clinic.check(clinic.east)
    clinic.check(clinic.east, "out")
    assert clinic.hospital.count("practice_points") == 1
    with clinic.hospital.database.app.connect() as conn:
        sealed = bytes(conn.scalar(text("SELECT point_sealed FROM practice_points")))
        gallery, keyring = clinic.hospital.gallery, clinic.hospital.keyring
        copy = subject.export(conn, keyring, INSTITUTION, clinic.hua.person)
    assert b"30.3" not in sealed
    assert [one.point for one in copy.practice] == ["30.3, 120.3 (wgs84)"]
    with clinic.hospital.database.app.begin() as conn:
        erasure.erase(conn, gallery, clinic.hua.person)
    assert clinic.hospital.count("practice_points") == 0
    assert clinic.hospital.count("practice_windows") == 1, "who practised where stays, by its code"


def test_two_verifiers_check_one_physician_in_at_once_and_one_window_opens(clinic: Clinic) -> None:
    """The terminals of two sites too far apart, in the same moment."""
    clinic.on_shift()
    pairs = [
        (terminal, terminal.decide(visit_of(HUA), PURPOSE).receipt_id)
        for terminal in (clinic.east, clinic.west)
    ]
    barrier, answers = threading.Barrier(2), []

    def run(terminal: Terminal, receipt: str) -> None:
        barrier.wait()
        answers.append(clinic.sent(terminal, receipt, reason="rescue", move=True))

    threads = [threading.Thread(target=run, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    opened = [answer for answer in answers if answer.window]
    assert len(opened) == 1, answers
    assert clinic.hospital.count("practice_windows") == 1


@pytest.mark.parametrize("code", ["\0", "D1\\\0", "\\\\\0"])
def test_a_code_with_a_zero_byte_is_malformed(clinic: Clinic, code: str) -> None:
    answer = clinic.http_post(
        "/v1/practice/introspect", {"code": code, "at": "2026-11-27T00:00:00Z"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "request.malformed")


def test_a_backslash_before_u0000_is_a_text_like_any_other(clinic: Clinic) -> None:
    assert clinic.ask(code="\\u0000")["window_state"] == "unknown"
