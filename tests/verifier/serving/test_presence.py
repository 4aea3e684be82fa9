"""Ward presence on real rows: who may be looked in on, what is entered, what follows from it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Face, Hospital, invent
from tests.verifier.serving.inpatients import NOTICE, NURSE, PHYSICIAN, WARD, Beds, at, band
from verifier.identity import erasure, face_marks, people, subject, subject_page
from verifier.identity.retention import Sweeper
from verifier.presence import answers, hints, looks, stays, wards
from verifier.presence.attesting import Said
from verifier.presence.errors import PresenceRefused
from verifier.presence.rules import Away, Found, NotNow, WardKind
from verifier.store.tenancy import SETTING

ZHANG, LI = invent(1), invent(2, "李四")
MET = Found.WRISTBAND


@pytest.fixture
def beds(hospital: Hospital) -> Beds:
    return Beds(hospital)


def code(act) -> str:  # type: ignore[no-untyped-def]
    with pytest.raises(PresenceRefused) as refused:
        act()
    return refused.value.code


def agreed(beds: Beds, stay: str, answer: answers.Answer = "yes", notice: str = NOTICE) -> None:
    with beds.hospital.database.app.begin() as conn:
        lying = stays.one(conn, INSTITUTION, stay)
        answers.answer(conn, beds.room, lying, answer, notice, beds.nurse, at(8))


def offered(beds: Beds, stay: str) -> str:
    with beds.hospital.database.app.connect() as conn:
        return answers.offer(conn, beds.room, stays.one(conn, INSTITUTION, stay), at(8))


def hinted(beds: Beds) -> list[hints.Hint]:
    with beds.hospital.database.app.connect() as conn:
        return hints.listed(conn, INSTITUTION, at(0, -30))


def test_the_first_check_needs_the_wristband_and_both_codes(beds: Beds) -> None:
    beds.admit(ZHANG, "Z-1")
    for wrong, why in (
        (band("Z-2"), "presence.wristband_differs"),
        (band("Z-1", identifiers=("name",)), "presence.identifiers"),
        (band("Z-1", nurse=PHYSICIAN), "presence.code_malformed"),
        (band("Z-1", physician=""), "presence.code_malformed"),
        (band("Z-1", physician="D990101999999"), "presence.code_unknown"),
    ):
        assert beds.refused("Z-1", MET, at(10), said=wrong) == why
    beds.enter("Z-1", MET, at(10), said=band("z-1 "))
    assert not beds.bed("Z-1", at(10)).first
    beds.enter("Z-1", MET, at(10, 1), said=band("Z-1", nurse="", physician=""))
    with beds.hospital.database.app.connect() as conn:
        first, second = conn.scalars(text("SELECT evidence FROM presence_looks ORDER BY at")).all()
    assert first == {
        "wristband": True,
        "identifiers": ["name", "birth"],
        "nurse": NURSE,
        "physician": PHYSICIAN,
    }
    assert second == {"wristband": True, "identifiers": ["name", "birth"]}


@pytest.mark.parametrize("found", [MET, Found.ASLEEP, Found.EMPTY])
def test_nothing_is_entered_at_night_and_nobody_is_woken_twice(beds: Beds, found: Found) -> None:
    beds.admit(ZHANG, "Z-1")
    assert beds.refused("Z-1", found, at(21)) == "presence.night"
    assert beds.refused("Z-1", found, at(6, 1, 59)) == "presence.night"
    beds.enter("Z-1", Found.ASLEEP, at(8))
    assert beds.bed("Z-1", at(9)).not_now is None, "for later"


@pytest.mark.parametrize("kind", sorted(set(WardKind) - {WardKind.ORDINARY}))
def test_some_wards_are_never_looked_in_on(hospital: Hospital, kind: WardKind) -> None:
    beds = Beds(hospital, kind)
    beds.admit(ZHANG, "Z-1")
    assert beds.refused("Z-1", MET, at(10)) == "presence.ward"


def test_a_ward_of_no_stated_kind_is_never_looked_in_on(hospital: Hospital) -> None:
    beds = Beds(hospital, None)
    beds.admit(ZHANG, "Z-1")
    assert beds.refused("Z-1", MET, at(10)) == "presence.ward"
    with hospital.database.app.begin() as conn:
        (ward,) = wards.listed(conn, INSTITUTION, at(10))
        assert (ward.code, ward.kind, ward.stays) == (WARD, None, 1)
        wards.state(conn, INSTITUTION, WARD, WardKind.ORDINARY, beds.nurse, at(10))
    beds.enter("Z-1", MET, at(10))


def test_once_a_day_and_of_a_person_not_of_a_stay(beds: Beds) -> None:
    beds.hospital.register(ZHANG)
    beds.admit(ZHANG, "Z-1")
    beds.admit(ZHANG, "Z-2", bed="13")
    beds.enter("Z-1", MET, at(10))
    assert beds.refused("Z-1", MET, at(20)) == "presence.done_today"
    assert beds.refused("Z-2", Found.EMPTY, at(20)) == "presence.done_today"
    beds.enter("Z-1", MET, at(7, 1))


def test_away_has_a_reason_and_ends_the_day(beds: Beds) -> None:
    beds.admit(ZHANG, "Z-1")
    assert beds.refused("Z-1", Found.AWAY, at(10)) == "presence.unknown"
    beds.enter("Z-1", Found.AWAY, at(10), away=Away.DIALYSIS)
    assert beds.bed("Z-1", at(15)).not_now is NotNow.DONE
    assert beds.bed("Z-1", at(10, 1)).first, "nobody was met yet"


def test_where_somebody_was_may_be_learnt_in_the_same_half_day(beds: Beds) -> None:
    beds.admit(ZHANG, "Z-1")
    beds.enter("Z-1", Found.EMPTY, at(9))
    assert beds.refused("Z-1", MET, at(10)) == "presence.half_day"
    beds.enter("Z-1", Found.AWAY, at(10), away=Away.OPERATION)
    beds.enter("Z-1", Found.EMPTY, at(14, 1))
    assert hinted(beds) == [], "the first one is explained"


def test_nobody_says_by_hand_that_a_face_was_told(beds: Beds) -> None:
    beds.admit(ZHANG, "Z-1")
    for found in (Found.FACE, Found.UNSURE):
        assert beds.refused("Z-1", found, at(10)) == "presence.unknown"


def test_who_is_not_in_is_not_looked_for(beds: Beds) -> None:
    beds.admit(ZHANG, "Z-1", valid_from=at(11).isoformat())
    assert beds.refused("Z-1", MET, at(10)) == "presence.not_in"
    gone = {"valid_from": at(11).isoformat(), "valid_to": at(15).isoformat(), "version": 2}
    beds.admit(ZHANG, "Z-1", state="done", **gone)
    assert beds.refused("Z-1", MET, at(16)) == "presence.not_in"
    assert beds.refused("Z-9", MET, at(16)) == "presence.unknown"


def test_two_nurses_at_once_enter_one_look(beds: Beds) -> None:
    beds.admit(ZHANG, "Z-1")
    accounts = [beds.account(f"n001{n}") for n in range(4)]
    together = threading.Barrier(len(accounts))

    def tries(by: str) -> str:
        together.wait()
        try:
            return beds.enter("Z-1", MET, at(10), by=by)
        except PresenceRefused as refused:
            return refused.code

    with ThreadPoolExecutor(len(accounts)) as pool:
        results = list(pool.map(tries, accounts))
    assert results.count("presence.done_today") == len(accounts) - 1
    assert beds.hospital.count("presence_looks") == 1


def test_two_empty_half_days_are_a_hint_with_the_his_beside_it(beds: Beds) -> None:
    beds.admit(ZHANG, "Z-1")
    beds.enter("Z-1", Found.EMPTY, at(9))
    assert beds.refused("Z-1", Found.EMPTY, at(11)) == "presence.half_day"
    assert hinted(beds) == []
    beds.enter("Z-1", Found.EMPTY, at(14))
    (hint,) = hinted(beds)
    assert (hint.his_state, hint.his_ward, hint.his_bed) == ("planned", WARD, "12")
    assert (hint.empty, hint.heard_at is not None) == ([at(9), at(14)], True)
    assert hint.closed_at is None
    beds.enter("Z-1", Found.EMPTY, at(9, 1))
    assert len(hinted(beds)) == 1, "one at a time"
    assert beds.hospital.count("decisions") == beds.hospital.count("watch_cases") == 0


def test_a_hint_ends_by_itself_when_the_person_is_met(beds: Beds) -> None:
    beds.admit(ZHANG, "Z-1")
    for when in (at(9), at(14)):
        beds.enter("Z-1", Found.EMPTY, when)
    met = beds.enter("Z-1", MET, at(9, 1))
    (hint,) = hinted(beds)
    assert (hint.cause, hint.closed_at) == ("met", at(9, 1))
    with beds.hospital.database.app.begin() as conn:
        looks.undo(conn, beds.room, met, beds.nurse, at(9, 1, 1))
    assert [each.cause for each in hinted(beds)] == [None, "met"], "it was not so"


def test_a_hint_is_explained_once_and_comes_again_only_after_two_more(beds: Beds) -> None:
    beds.admit(ZHANG, "Z-1")
    office = beds.account("i0001")
    for when in (at(9), at(14)):
        beds.enter("Z-1", Found.EMPTY, when)
    (hint,) = hinted(beds)
    with beds.hospital.database.app.begin() as conn:
        for cause in ("met", "guilty"):
            wrong = (conn, INSTITUTION, hint.id, cause, office, at(16))
            assert code(lambda w=wrong: hints.explain(*w)) == "presence.unknown"
        hints.explain(conn, INSTITUTION, hint.id, "dialysis", office, at(16))
        again = (conn, INSTITUTION, hint.id, "leave", office, at(16))
        assert code(lambda: hints.explain(*again)) == "presence.closed"
    beds.enter("Z-1", Found.EMPTY, at(9, 1))
    assert [each.cause for each in hinted(beds)] == ["dialysis"]
    beds.enter("Z-1", Found.EMPTY, at(14, 1))
    assert [each.cause for each in hinted(beds)] == [None, "dialysis"]


def test_an_entry_is_taken_back_for_a_few_minutes_by_who_made_it_and_stays(beds: Beds) -> None:
    beds.admit(ZHANG, "Z-1")
    look = beds.enter("Z-1", Found.EMPTY, at(9))
    undo = at(9, minute=4)
    with beds.hospital.database.app.begin() as conn:
        other = beds.account("n0002")
        over = "presence.undo_over"
        assert code(lambda: looks.undo(conn, beds.room, look, other, undo)) == over
        late = at(9, minute=6)
        assert code(lambda: looks.undo(conn, beds.room, look, beds.nurse, late)) == over
        looks.undo(conn, beds.room, look, beds.nurse, undo)
        assert code(lambda: looks.undo(conn, beds.room, look, beds.nurse, undo)) == over
    assert beds.hospital.count("presence_looks") == 2
    assert beds.hospital.count("presence_looks", "found = 'empty'") == 1
    assert beds.entries("Z-1") == []
    beds.enter("Z-1", Found.AWAY, at(9, minute=5), away=Away.EXAMINATION)


def test_the_database_lets_nobody_change_a_look(beds: Beds) -> None:
    beds.admit(ZHANG, "Z-1")
    beds.enter("Z-1", Found.EMPTY, at(9))
    with beds.hospital.database.app.begin() as conn, pytest.raises(Exception, match="denied"):
        conn.execute(text("UPDATE presence_looks SET found = 'asleep'"))


def test_a_face_is_told_under_a_consent_for_this_stay(beds: Beds) -> None:
    known = beds.hospital.enrol(ZHANG)
    beds.admit(ZHANG, "Z-1")
    assert offered(beds, "Z-1") == "ask", "enrolment's consent is another purpose's"
    assert code(lambda: beds.compare("Z-1", ZHANG.face, at(10))) == "presence.no_consent"
    assert code(lambda: agreed(beds, "Z-1", notice="2025-11")) == "presence.no_consent"
    agreed(beds, "Z-1")
    assert offered(beds, "Z-1") == "agreed"
    without = Said("Z-1", (), "", "")
    assert code(lambda: beds.compare("Z-1", ZHANG.face, at(10), said=without)) == (
        "presence.code_malformed"
    )
    assert beds.compare("Z-1", ZHANG.face, at(10)) is Found.FACE
    (look,) = beds.entries("Z-1")
    assert (look.found, look.person) == ("face", known)
    with beds.hospital.database.app.connect() as conn:
        said = conn.scalar(text("SELECT evidence FROM presence_looks"))
    assert said["band"] in ("clear", "above")
    assert (said["fmr"], said["notice"], said["frames"]) == (1e-4, NOTICE, 3)
    assert said["nurse"] == NURSE
    assert "score" not in said
    assert beds.refused("Z-1", MET, at(11)) == "presence.done_today"
    assert beds.compare("Z-1", ZHANG.face, at(10, 1), said=Said()) is Found.FACE, "no codes again"


def test_another_face_is_no_finding_and_the_wristband_takes_its_place(beds: Beds) -> None:
    beds.hospital.enrol(ZHANG)
    beds.admit(ZHANG, "Z-1")
    agreed(beds, "Z-1")
    assert beds.compare("Z-1", Face(77), at(10)) is Found.UNSURE
    assert beds.bed("Z-1", at(10)).not_now is NotNow.DONE
    assert code(lambda: beds.compare("Z-1", ZHANG.face, at(10, minute=1))) == "presence.done_today"
    other = beds.account("n0002")
    assert beds.refused("Z-1", MET, at(10, minute=2), by=other) == "presence.done_today"
    assert beds.refused("Z-1", Found.EMPTY, at(10, minute=2)) == "presence.done_today"
    beds.enter("Z-1", MET, at(10, minute=3))
    assert [each.found for each in beds.entries("Z-1")] == ["wristband"]
    assert beds.hospital.count("presence_looks") == 2, "both stay on record"
    assert hinted(beds) == []


def test_a_face_is_compared_once_a_day_whatever_is_taken_back(beds: Beds) -> None:
    beds.hospital.enrol(ZHANG)
    beds.admit(ZHANG, "Z-1")
    agreed(beds, "Z-1")
    assert beds.compare("Z-1", Face(77), at(10)) is Found.UNSURE
    (look,) = beds.entries("Z-1")
    with beds.hospital.database.app.begin() as conn:
        looks.undo(conn, beds.room, look.id, beds.nurse, at(10, minute=1))
    assert code(lambda: beds.compare("Z-1", ZHANG.face, at(11))) == "presence.face_once"
    beds.enter("Z-1", MET, at(11))


def test_a_no_is_not_asked_again_and_ends_a_yes(beds: Beds) -> None:
    beds.hospital.enrol(ZHANG)
    beds.admit(ZHANG, "Z-1")
    agreed(beds, "Z-1")
    agreed(beds, "Z-1", "no")
    assert offered(beds, "Z-1") == "declined"
    assert code(lambda: agreed(beds, "Z-1")) == "presence.answered"
    assert code(lambda: beds.compare("Z-1", ZHANG.face, at(10))) == "presence.no_consent"
    beds.enter("Z-1", MET, at(10))
    beds.admit(ZHANG, "Z-2")
    assert offered(beds, "Z-2") == "ask", "another stay"


def test_without_a_face_that_tells_alone_it_is_the_wristband(beds: Beds) -> None:
    beds.admit(ZHANG, "Z-1")
    assert offered(beds, "Z-1") == "none", "nobody is registered"
    known = beds.hospital.register(ZHANG)
    assert offered(beds, "Z-1") == "none", "no template"
    beds.hospital.enrol(ZHANG)
    assert offered(beds, "Z-1") == "ask"
    twin = beds.hospital.enrol(LI)
    with beds.hospital.database.app.begin() as conn:
        people.link_look_alikes(conn, INSTITUTION, [known, twin], "twins")
    assert offered(beds, "Z-1") == "none", "a twin in the bed would pass"
    assert code(lambda: agreed(beds, "Z-1")) == "presence.no_face"


def test_who_goes_without_a_face_is_not_asked_for_one(beds: Beds) -> None:
    known = beds.hospital.enrol(ZHANG)
    beds.admit(ZHANG, "Z-1")
    agreed(beds, "Z-1")
    with beds.hospital.database.app.begin() as conn:
        face_marks.mark(conn, INSTITUTION, known, "own_wish", None, "e0001", at(7))
    assert offered(beds, "Z-1") == "none"
    assert code(lambda: agreed(beds, "Z-1")) == "presence.no_face"
    assert (
        code(lambda: beds.compare("Z-1", ZHANG.face, at(9), said=band("Z-1"))) == "presence.no_face"
    )
    beds.enter("Z-1", MET, at(10))


def test_a_withdrawal_at_the_desk_ends_it_here(beds: Beds) -> None:
    known = beds.hospital.enrol(ZHANG)
    beds.admit(ZHANG, "Z-1")
    agreed(beds, "Z-1")
    with beds.hospital.database.app.begin() as conn:
        erasure.withdraw(conn, beds.hospital.gallery, known)
    assert offered(beds, "Z-1") == "none"
    beds.hospital.enrol(ZHANG)
    assert offered(beds, "Z-1") == "ask", "the old yes is not used again"


def test_what_is_entered_is_in_the_ledger_and_names_nobody(beds: Beds) -> None:
    beds.hospital.enrol(ZHANG)
    beds.admit(ZHANG, "Z-1")
    agreed(beds, "Z-1")
    beds.compare("Z-1", ZHANG.face, at(10))
    with beds.hospital.database.app.connect() as conn:
        rows = conn.execute(
            text("SELECT kind, body FROM ledger WHERE kind LIKE 'presence.%' ORDER BY seq")
        ).all()
    assert [row.kind for row in rows] == ["presence.ward", "presence.agreed", "presence.looked"]
    assert all("Z-1" not in str(row.body) for row in rows)


def test_a_copy_says_it_and_an_erasure_leaves_nothing(beds: Beds) -> None:
    known = beds.hospital.enrol(ZHANG)
    beds.admit(ZHANG, "Z-1")
    agreed(beds, "Z-1")
    for when in (at(9), at(14)):
        beds.enter("Z-1", Found.EMPTY, when)
    beds.enter("Z-1", Found.AWAY, at(16), away=Away.LEAVE)
    with beds.hospital.database.app.begin() as conn:
        copy = subject.export(conn, beds.hospital.keyring, INSTITUTION, known)
        assert [(each.found, each.away) for each in copy.ward.looks] == [
            ("empty", None), ("empty", None), ("away", "leave"),
        ]  # fmt: skip
        assert [(each.answer, each.notice_version) for each in copy.ward.answers] == [
            ("yes", NOTICE)
        ]
        assert [each.cause for each in copy.ward.hints] == ["met"]
        page = subject_page.render(copy)
        assert "在院核验" in page
        assert "请假" in page
        erasure.erase(conn, beds.hospital.gallery, known)
    for table in ("presence_looks", "presence_answers", "presence_hints"):
        assert beds.hospital.count(table) == 0, table


@pytest.mark.parametrize("act", ["face", "wristband", "answer"])
def test_an_erasure_at_the_same_moment_waits_or_wins_and_leaves_nothing(
    beds: Beds, act: str
) -> None:
    known = beds.hospital.enrol(ZHANG)
    beds.admit(ZHANG, "Z-1")
    agreed(beds, "Z-1")
    together = threading.Barrier(2)

    def looked() -> None:
        together.wait()
        try:
            if act == "face":
                beds.compare("Z-1", ZHANG.face, at(10))
            elif act == "wristband":
                beds.enter("Z-1", MET, at(10))
            else:
                agreed(beds, "Z-1", "no")
        except PresenceRefused:
            return  # the erasure was first

    def erased() -> None:
        together.wait()
        with beds.hospital.database.app.begin() as conn:
            erasure.erase(conn, beds.hospital.gallery, known)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(looked), pool.submit(erased)]:
            done.result()
    named = f"person = '{known}'"
    for table in ("presence_looks", "presence_answers", "presence_hints"):
        assert beds.hospital.count(table, named) == 0, table


def test_looks_live_a_quarter_and_wards_stay(beds: Beds) -> None:
    beds.hospital.enrol(ZHANG)
    beds.admit(ZHANG, "Z-1")
    agreed(beds, "Z-1")
    for when in (at(9), at(14)):
        beds.enter("Z-1", Found.EMPTY, when)
    sweeper = Sweeper(beds.hospital.database.app, beds.hospital.gallery)
    assert sweeper.sweep(at(8) + timedelta(days=92))["presence"] == 0
    assert sweeper.sweep(at(15) + timedelta(days=92))["presence"] == 4
    tables = ("presence_looks", "presence_answers", "presence_hints", "presence_wards")
    assert [beds.hospital.count(table) for table in tables] == [0, 0, 0, 1]


def test_another_institution_sees_none_of_it(beds: Beds) -> None:
    beds.hospital.register(ZHANG)
    beds.admit(ZHANG, "Z-1")
    for when in (at(9), at(14)):
        beds.enter("Z-1", Found.EMPTY, when)
    with beds.hospital.database.app.connect() as conn:
        conn.execute(text(f"SET LOCAL {SETTING} = 'H99010100002'"))
        for table in ("presence_wards", "presence_looks", "presence_answers", "presence_hints"):
            assert conn.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
        with pytest.raises(PresenceRefused):
            stays.one(conn, INSTITUTION, "Z-1")
    assert hints.listed  # the rows are there for their own
    assert len(hinted(beds)) == 1


def test_an_address_says_nothing_of_a_stay(beds: Beds) -> None:
    beds.admit(ZHANG, "Z-1")
    keyring = beds.hospital.keyring
    said = stays.token(keyring, INSTITUTION, "Z-1")
    assert "Z-1" not in said
    assert said != stays.token(keyring, "H99010100002", "Z-1")
    with beds.hospital.database.app.connect() as conn:
        assert stays.of_token(conn, keyring, INSTITUTION, said, at(10)).stay == "Z-1"
        other = "A" * 22
        wrong = (conn, keyring, INSTITUTION, other, at(10))
        assert code(lambda: stays.of_token(*wrong)) == "presence.unknown"


def test_a_ward_s_name_is_looked_at(beds: Beds) -> None:
    with beds.hospital.database.app.begin() as conn:
        for ward, name in (("", ""), ("5A", "x" * 65), ("5\nA", "")):
            wrong = (conn, INSTITUTION, ward, WardKind.ORDINARY, beds.nurse, at(9), name)
            assert code(lambda w=wrong: wards.state(*w)) == "presence.name_malformed"
