"""疑点 on real rows: each rule from what terminals and the counter wrote to a case and its end."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.counters import Clerk
from tests.verifier.serving.hospital import Hospital, Terminal, invent, visit_of
from verifier.counter.documents import Document, typed
from verifier.identity import erasure, face_marks, people, subject
from verifier.place import Datum
from verifier.practice import sites
from verifier.trust.accounts import accounts
from verifier.watch import cases, reading, rules, running
from verifier.watch.errors import WatchRefused
from verifier.watch.running import Watch

REGION = b"region-key-of-thirty-two-bytes!!"
ZHANG, LI = invent(1), invent(2, "李四")
OTHERS = [invent(n, "王五") for n in range(10, 15)]


@pytest.fixture
def watch(hospital: Hospital) -> Watch:
    """The shipped rules with a region."""
    calibration = hospital.site.parts.calibration

    def cosine(fmr: float) -> float:
        return calibration.threshold(fmr, allow_tail=True).cosine

    return Watch(hospital.keyring, hospital.gallery, rules.load(), cosine, REGION)


@pytest.fixture
def terminal(hospital: Hospital) -> Terminal:
    return hospital.terminal()


def an_account(hospital: Hospital, login: str) -> str:
    with hospital.database.app.begin() as conn:
        return accounts.create(conn, hospital.keyring, INSTITUTION, login, hospital.clock()).account


def switched_on(hospital: Hospital, watch: Watch, rule: str, by: str) -> None:
    with hospital.database.app.begin() as conn:
        running.dry_run(watch, conn, rule, by, hospital.clock())
        running.switch(watch, conn, rule, by, hospital.clock(), on=True)


def found(hospital: Hospital, watch: Watch, rule: str) -> list[cases.Case]:
    with hospital.database.app.begin() as conn:
        running.run(watch, conn, hospital.clock())
        return cases.listed(conn, INSTITUTION, rule=rule)


def document(person: object) -> Document:
    return typed("resident_id", person.number)  # type: ignore[attr-defined]


def code(act) -> str:  # type: ignore[no-untyped-def]
    with pytest.raises(WatchRefused) as refused:
        act()
    return refused.value.code


def test_one_face_under_two_identities_and_twins(hospital: Hospital, watch: Watch) -> None:
    by = an_account(hospital, "w0001")
    one, two = hospital.enrol(ZHANG), hospital.enrol(replace(LI, face=ZHANG.face))
    hospital.enrol(OTHERS[0])
    switched_on(hospital, watch, "one_face_two_identities", by)
    (case,) = found(hospital, watch, "one_face_two_identities")
    assert case.people == sorted((one, two))
    assert len(found(hospital, watch, "one_face_two_identities")) == 1, "once"
    with hospital.database.app.begin() as conn:
        conn.execute(text("DELETE FROM watch_cases"))
        people.link_look_alikes(conn, INSTITUTION, [one, two], "twins")
    assert found(hospital, watch, "one_face_two_identities") == []


def test_one_credential_with_two_faces_and_a_proxy(
    hospital: Hospital, watch: Watch, terminal: Terminal
) -> None:
    by = an_account(hospital, "w0001")
    person = hospital.enrol(ZHANG)
    for _ in range(2):
        terminal.decide(visit_of(ZHANG, LI.face), "dispensing")
    switched_on(hospital, watch, "one_credential_two_faces", by)
    (case,) = found(hospital, watch, "one_credential_two_faces")
    assert (case.people, len(case.decisions)) == ([person], 2)
    with hospital.database.app.begin() as conn:
        conn.execute(text("DELETE FROM watch_cases"))
    wang = Clerk(hospital, an_account(hospital, "c0001"))
    item = wang.queue()[0]
    wang.take(item.id)
    wang.sees(item.id, document(ZHANG), document(LI))
    assert found(hospital, watch, "one_credential_two_faces") == []


def test_who_is_marked_as_going_without_a_face_gives_no_doubt_while_the_mark_holds(
    hospital: Hospital, watch: Watch, terminal: Terminal
) -> None:
    rule, by = "one_credential_two_faces", an_account(hospital, "w0001")
    person, at = hospital.enrol(ZHANG), hospital.clock()
    with hospital.database.app.begin() as conn:
        face_marks.mark(conn, INSTITUTION, person, "cannot_compare", None, "e0001", at)
    for _ in range(2):
        terminal.decide(visit_of(ZHANG, LI.face), "dispensing")
    switched_on(hospital, watch, rule, by)
    assert found(hospital, watch, rule) == []
    with hospital.database.app.begin() as conn:
        face_marks.lift(conn, INSTITUTION, person, "e0001", hospital.clock())
    assert found(hospital, watch, rule) == [], "what happened meanwhile stays explained"
    with hospital.database.owner.begin() as conn:
        conn.execute(text("UPDATE face_marks SET ended_at = since"))
    assert len(found(hospital, watch, rule)) == 1


def test_two_institutions_sooner_than_travel_and_in_time(
    hospital: Hospital, watch: Watch, terminal: Terminal
) -> None:
    by = an_account(hospital, "w0001")
    with hospital.database.app.begin() as conn:
        here = {"name": "outpatient hall", "point": (30.0, 120.0), "datum": Datum.WGS84}
        sites.put(conn, INSTITUTION, "east", shapes=[], **here)  # type: ignore[arg-type]
    hospital.enrol(ZHANG)
    answer = terminal.decide(visit_of(ZHANG))
    told = {
        "key": reading.person_key(REGION, ZHANG.number),
        "at": answer.decision.decided_at - timedelta(minutes=30),
        "theirs": "H99010100002",
    }
    elsewhere = text(
        "INSERT INTO region_sightings "
        "(decision, institution, person_key, at, latitude, longitude, datum, apart) "
        "VALUES ('theirs', :theirs, :key, :at, :latitude, 120.0, 'wgs84', false)"
    )
    switched_on(hospital, watch, "two_places_too_soon", by)
    with hospital.database.app.begin() as conn:
        conn.execute(elsewhere, told | {"latitude": 30.05})
    assert found(hospital, watch, "two_places_too_soon") == []
    with hospital.database.app.begin() as conn:
        conn.execute(text("DELETE FROM region_sightings WHERE decision = 'theirs'"))
        conn.execute(elsewhere, told | {"latitude": 35.0})
    (case,) = found(hospital, watch, "two_places_too_soon")
    assert case.decisions == [answer.decision.id]
    (person,) = case.people
    with hospital.database.owner.connect() as conn:
        kept = str(conn.execute(text("SELECT * FROM region_sightings")).all())
        subjects = str(conn.execute(text("SELECT subject FROM watch_cases")).all())
    assert ZHANG.number not in kept
    assert person not in kept
    assert told["key"] not in subjects, "a case lives longer than the region's hash may"
    with hospital.database.app.begin() as conn:
        copy = subject.export(conn, hospital.keyring, INSTITUTION, person)
        assert [seen.apart for seen in copy.region] == [False]
        erasure.erase(conn, hospital.gallery, person)
        left = conn.scalars(text("SELECT decision FROM region_sightings")).all()
        assert left == ["theirs"], "the other institution's own"
        assert conn.scalars(text("SELECT subject FROM watch_cases")).one().startswith("erased/")


def test_what_the_counter_learns_later_silences_the_region(
    hospital: Hospital, watch: Watch, terminal: Terminal
) -> None:
    with hospital.database.app.begin() as conn:
        here = {"name": "outpatient hall", "point": (30.0, 120.0), "datum": Datum.WGS84}
        sites.put(conn, INSTITUTION, "east", shapes=[], **here)  # type: ignore[arg-type]
    hospital.enrol(ZHANG)
    visit = visit_of(ZHANG)
    terminal.decide(visit)
    found(hospital, watch, "two_places_too_soon")
    apart = text("SELECT apart FROM region_sightings")
    with hospital.database.app.begin() as conn:
        assert conn.scalars(apart).all() == [False]
        conn.execute(
            text(
                "INSERT INTO counter_items (id, institution, number, origin, visit, purpose, "
                "  reason, state, happened_at, entered_at, due_at) "
                "SELECT 'later', institution, 'S1', 'downtime', visit, purpose, 'paper', "
                "  'resolved', decided_at, decided_at, decided_at FROM decisions"
            )
        )
        conn.execute(
            text(
                "INSERT INTO counter_results "
                "(item, institution, way, decision, account, at, proxy_document, by_reader) "
                "SELECT 'later', institution, 'document', id, :by, decided_at, 'resident_id', "
                "  false FROM decisions"
            ),
            {"by": an_account(hospital, "c0001")},
        )
    found(hospital, watch, "two_places_too_soon")
    with hospital.database.app.begin() as conn:
        assert conn.scalars(apart).all() == [True]


def test_let_pass_by_one_alone_and_by_two(
    hospital: Hospital, watch: Watch, terminal: Terminal
) -> None:
    by = an_account(hospital, "w0001")
    wang, zhao = (Clerk(hospital, an_account(hospital, login)) for login in ("c0001", "c0002"))
    switched_on(hospital, watch, "refused_then_passed_alone", by)
    hospital.enrol(ZHANG)
    terminal.decide(visit_of(ZHANG, LI.face), "settlement")
    (item,) = wang.queue()
    wang.take(item.id)
    assert wang.lets_pass(item.id) is None, "here the policy asks for a second person"
    zhao.agrees(item.id)
    assert found(hospital, watch, "refused_then_passed_alone") == []
    terminal.decide(visit_of(ZHANG, LI.face), "dispensing")
    (item,) = wang.queue()
    wang.take(item.id)
    assert wang.lets_pass(item.id) is not None
    (case,) = found(hospital, watch, "refused_then_passed_alone")
    assert len(case.decisions) == 1
    wang.takes_back(item.id)
    with hospital.database.app.begin() as conn:
        conn.execute(text("DELETE FROM watch_cases"))
    assert found(hospital, watch, "refused_then_passed_alone") == []


def test_one_proxy_for_many_and_a_guardian(
    hospital: Hospital, watch: Watch, terminal: Terminal
) -> None:
    by = an_account(hospital, "w0001")
    wang = Clerk(hospital, an_account(hospital, "c0001"))
    for at, person in enumerate(OTHERS):
        if at == 2:  # a proxy may be registered after some of the visits
            proxy = hospital.register(LI)
        hospital.enrol(person)
        terminal.decide(visit_of(person, LI.face), "dispensing")
        (item,) = wang.queue()
        wang.take(item.id)
        wang.sees(item.id, document(person), document(LI))
    switched_on(hospital, watch, "one_proxy_for_many", by)
    (case,) = found(hospital, watch, "one_proxy_for_many")
    assert case.people[0] == proxy, "who is to be heard"
    patients = case.people[1:]
    assert len(patients) == 5
    with hospital.database.app.begin() as conn:
        at = hospital.clock()
        cases.hear(conn, hospital.keyring, INSTITUTION, case.id, "我是养老院的护工", by, at)
        said = {
            who: [
                one.said
                for one in subject.export(conn, hospital.keyring, INSTITUTION, who).looked_at
            ]
            for who in (proxy, patients[0])
        }
    assert said == {proxy: ["我是养老院的护工"], patients[0]: [None]}
    with hospital.database.app.begin() as conn:
        conn.execute(text("DELETE FROM watch_cases"))
        conn.execute(
            text(
                "INSERT INTO person_ties "
                "(id, institution, person, other, kind, relation, since, by) "
                "VALUES ('t', :mine, :person, :proxy, 'guardian', 'parent', '2026-01-01', 'c1')"
            ),
            {"mine": INSTITUTION, "person": patients[0], "proxy": proxy},
        )
    assert found(hospital, watch, "one_proxy_for_many") == []


def test_terminals_are_counted_with_faces_alone(
    hospital: Hospital, watch: Watch, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    terminal.decide(visit_of(ZHANG))
    terminal.decide(visit_of(ZHANG, LI.face))
    at = hospital.clock()
    with hospital.database.app.connect() as conn:
        look = reading.Look(conn, hospital.keyring, hospital.gallery, at - running.TRIED, at)
        (counted,) = reading.acceptances(look)
    assert (counted.terminal, counted.visits, counted.accepted) == (terminal.id, 2, 1)


def test_a_terminal_whose_acceptance_differs_and_one_that_is_like_the_others(
    hospital: Hospital, watch: Watch, terminal: Terminal
) -> None:
    rule, by = "terminal_accepts_oddly", an_account(hospital, "w0001")
    few = [
        one.model_copy(update={"parameters": {"visits": 10.0, "sigmas": 4.0, "days": 30.0}})
        for one in watch.rules.rules
        if one.id == rule
    ]
    small = replace(watch, rules=watch.rules.model_copy(update={"rules": few}))
    hospital.enrol(ZHANG)
    other, third = hospital.terminal(), hospital.terminal()
    for _ in range(10):
        terminal.decide(visit_of(ZHANG, LI.face))
        other.decide(visit_of(ZHANG))
    switched_on(hospital, small, rule, by)
    pointed = found(hospital, small, rule)
    assert {case.terminal for case in pointed} == {terminal.id, other.id}, "of two, both differ"
    assert all(case.people == [] for case in pointed)
    with hospital.database.app.begin() as conn:
        conn.execute(text("DELETE FROM watch_cases"))
    with hospital.database.owner.begin() as conn:
        conn.execute(text("DELETE FROM receipts"))
        conn.execute(text("DELETE FROM counter_items"))
        conn.execute(text("DELETE FROM decisions"))
    for _ in range(10):
        other.decide(visit_of(ZHANG))
        third.decide(visit_of(ZHANG))
    assert found(hospital, small, rule) == []


def test_one_face_is_lawful_of_merged_files_and_of_mother_and_newborn(
    hospital: Hospital, watch: Watch
) -> None:
    by, rule = an_account(hospital, "w0001"), "one_face_two_identities"
    one, two = hospital.enrol(ZHANG), hospital.enrol(replace(LI, face=ZHANG.face))
    switched_on(hospital, watch, rule, by)
    told = {"mine": INSTITUTION, "one": one, "two": two, "by": by}
    lawful = (
        (
            "INSERT INTO person_merges "
            "(id, institution, kept, merged, reason, state, was, moved, asked_at, asked_by) "
            "VALUES ('m', :mine, :one, :two, 'twice', 'asked', 'confirmed', '[]', now(), :by)"
        ),
        (
            "INSERT INTO person_ties (id, institution, person, other, kind, relation, since, by) "
            "VALUES ('t', :mine, :two, :one, 'mother', 'mother', now(), :by)"
        ),
    )
    for statement in lawful:
        with hospital.database.app.begin() as conn:
            conn.execute(text(statement), told)
        assert found(hospital, watch, rule) == []
        with hospital.database.owner.begin() as conn:
            conn.execute(text("DELETE FROM person_merges"))
            conn.execute(text("DELETE FROM person_ties"))
    assert len(found(hospital, watch, rule)) == 1


def test_an_emergency_that_one_alone_let_pass_is_lawful(hospital: Hospital, watch: Watch) -> None:
    rule, wang = "refused_then_passed_alone", Clerk(hospital, an_account(hospital, "c0001"))
    hospital.enrol(ZHANG)
    switched_on(hospital, watch, rule, wang.account)
    item = wang.emergency()
    wang.take(item)
    wang.sees(item, document(ZHANG))
    assert found(hospital, watch, rule) == []


def test_a_rule_is_tried_before_it_is_on_and_again_when_it_changes(
    hospital: Hospital, watch: Watch
) -> None:
    by, rule = an_account(hospital, "w0001"), "one_proxy_for_many"
    with hospital.database.app.begin() as conn:
        on = lambda known: running.switch(known, conn, rule, by, hospital.clock(), on=True)  # noqa: E731
        assert code(lambda: on(watch)) == "watch.not_tried"
        running.dry_run(watch, conn, rule, by, hospital.clock())
        assert conn.scalar(text("SELECT count(*) FROM watch_cases")) == 0
        on(watch)
        changed = watch.rules.model_copy(
            update={
                "rules": [
                    one.model_copy(update={"parameters": {"people": 3.0, "days": 30.0}})
                    if one.id == rule
                    else one
                    for one in watch.rules.rules
                ]
            }
        )
        assert code(lambda: on(replace(watch, rules=changed))) == "watch.not_tried"
        states = running.states(replace(watch, rules=changed), conn)
        assert (states[rule].on, states[rule].same) == (True, False)


def test_a_case_is_heard_before_a_second_person_confirms_and_what_was_said_is_sealed(
    hospital: Hospital, watch: Watch
) -> None:
    first, second = (an_account(hospital, login) for login in ("w0001", "w0002"))
    one = hospital.enrol(ZHANG)
    hospital.enrol(replace(LI, face=ZHANG.face))
    switched_on(hospital, watch, "one_face_two_identities", first)
    (case,) = found(hospital, watch, "one_face_two_identities")
    at, said = hospital.clock(), "是我的孪生兄弟"
    with hospital.database.app.begin() as conn:
        cases.take(conn, INSTITUTION, case.id, first)
        assert code(lambda: cases.propose(conn, INSTITUTION, case.id, first)) == "watch.not_heard"
        cases.hear(conn, hospital.keyring, INSTITUTION, case.id, said, first, at)
        assert code(lambda: cases.confirm(conn, INSTITUTION, case.id, second, at)) == "watch.state"
        cases.propose(conn, INSTITUTION, case.id, first)
        alone = code(lambda: cases.confirm(conn, INSTITUTION, case.id, first, at))
        assert alone == "watch.own_proposal"
        again = code(
            lambda: cases.hear(conn, hospital.keyring, INSTITUTION, case.id, "x", first, at)
        )
        assert again == "watch.state", "both look at the same words"
        now = cases.get(conn, INSTITUTION, case.id)
        assert cases.heard(hospital.keyring, INSTITUTION, now) == said
        assert said.encode() not in (now.heard_sealed or b"")
        cases.explain(conn, watch.rules, INSTITUTION, case.id, "twins", second, at)
        assert cases.shares(conn, INSTITUTION) == {"one_face_two_identities": (1, 1)}
        assert code(lambda: cases.take(conn, INSTITUTION, case.id, first)) == "watch.state"
        copy = subject.export(conn, hospital.keyring, INSTITUTION, one)
        (looked,) = copy.looked_at
        assert (looked.rule, looked.cause) == (case.rule, "twins")
        assert looked.said is None, "which of the two said it, nobody wrote down"
    said_of = ("tried", "switched", "found", "taken", "heard", "proposed", "closed")
    kinds = [f"watch.{each}" for each in said_of]
    with hospital.database.app.begin() as conn:
        entered = conn.scalars(
            text("SELECT kind FROM ledger WHERE kind LIKE 'watch.%' ORDER BY seq")
        )
        assert list(entered) == kinds
        erasure.erase(conn, hospital.gallery, one)
        assert cases.get(conn, INSTITUTION, case.id).heard_sealed is None


def test_another_institution_sees_no_case(hospital: Hospital, watch: Watch) -> None:
    by = an_account(hospital, "w0001")
    hospital.enrol(ZHANG)
    hospital.enrol(replace(LI, face=ZHANG.face))
    switched_on(hospital, watch, "one_face_two_identities", by)
    (case,) = found(hospital, watch, "one_face_two_identities")
    with hospital.database.app.connect() as conn:
        assert cases.listed(conn, "H99010100002") == []
        assert code(lambda: cases.get(conn, "H99010100002", case.id)) == "watch.unknown"
