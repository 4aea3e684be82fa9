"""The board and the reviews without a browser: one status each, names for those who need them."""

import re
from collections import Counter

import pytest

from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import Member, member
from verifier.practice import board, registry, windows
from verifier.practice.board import STATUSES
from verifier.trust.accounts.roles import Role

from .desk import Desk, code, leads_to
from .ward import HOUR, Ward, populated

BOARD, REVIEWS = "/console/practice", "/console/practice/reviews"


def at_a_desk(hospital: Hospital, somebody: Member) -> Desk:
    desk = Desk(hospital)
    desk.cookies["session"] = somebody.token
    return desk


@pytest.fixture
def affairs(hospital: Hospital) -> Desk:
    """Somebody of medical affairs."""
    return at_a_desk(hospital, member(hospital, "g0001", Role.MEDICAL_AFFAIRS))


@pytest.fixture
def office(hospital: Hospital) -> Desk:
    """Somebody of the insurance office, who only reads."""
    return at_a_desk(hospital, member(hospital, "g0002", Role.INSURANCE_OFFICE))


def test_every_practitioner_stands_on_the_board_once_with_one_status(hospital: Hospital) -> None:
    ward, made = populated(hospital)
    with hospital.database.app.connect() as conn:
        found = board.lines(conn, hospital.keyring, None, INSTITUTION, ward.now)
    assert Counter(line.status for line in found) == Counter(STATUSES)
    assert {line.person: line.status for line in found} == {
        who.person: status for status, who in made.items()
    }
    assert board.count_by_site(found) == {"east": 3}


def test_medical_affairs_see_names_and_others_see_them_masked(
    hospital: Hospital, affairs: Desk, office: Desk
) -> None:
    populated(hospital)
    clear, hidden = affairs.get(BOARD).text, office.get(BOARD).text
    assert "张仲景" in clear
    assert "张**" in hidden
    assert "欧阳**" in hidden
    assert "张仲景" not in hidden
    assert "葛洪" not in clear, "who has no shift is a number"
    assert "另有 1 人现在没有排班" in clear


def test_the_board_is_narrowed_by_department_and_site(hospital: Hospital, affairs: Desk) -> None:
    ward, _ = populated(hospital)
    west = ward.doctor(20, "钱乙", "paediatrics")
    ward.window(west, site="west", department="paediatrics")
    for query in ("department=paediatrics", "site=west"):
        page = affairs.get(f"{BOARD}/board?{query}").text
        assert "钱乙" in page
        assert "张仲景" not in page
    assert "没有符合的人员" in affairs.get(f"{BOARD}/board?department=nowhere").text


def test_the_fragment_is_the_board_without_a_frame(hospital: Hospital, affairs: Desk) -> None:
    populated(hospital)
    part = affairs.get(f"{BOARD}/board").text
    assert "<html" not in part
    assert re.search(r"更新于 \d\d:\d\d:\d\d", part)
    assert part.count("<svg") == 2


def test_windows_wait_with_reason_proof_shift_and_way_the_soonest_due_first(
    hospital: Hospital, affairs: Desk
) -> None:
    ward = Ward(hospital)
    late, soon = ward.doctor(1, "李时珍"), ward.doctor(2, "王叔和")
    ward.window(late, state="provisional", shift="unscheduled", reason="rescue")
    ward.window(
        soon, state="provisional", way="other", review_by=ward.now - HOUR, proof="site_code"
    )
    page = affairs.get(REVIEWS).text
    assert page.index("王叔和") < page.index("李时珍")
    for word in ("抢救", "没有排班", "院区固定终端", "院区终端上的动态码", "复核时限已过"):
        assert word in page


def test_a_window_is_approved_once_and_not_twice(hospital: Hospital, affairs: Desk) -> None:
    ward = Ward(hospital)
    window = ward.window(ward.doctor(1), state="provisional")
    one = f"{REVIEWS}/{window}"
    assert leads_to(affairs.post(f"{one}/approved", REVIEWS)) == REVIEWS
    assert "已认可" in affairs.get(REVIEWS).text
    assert code(affairs.post(f"{one}/approved", BOARD)) == "practice.review_done"


def test_not_approving_takes_a_second_step_and_ends_the_window(
    hospital: Hospital, affairs: Desk
) -> None:
    ward = Ward(hospital)
    window = ward.window(ward.doctor(1), state="provisional")
    one = f"{REVIEWS}/{window}"
    assert code(affairs.post(f"{one}/denied", REVIEWS)) == "form.malformed", "not sure"
    assert leads_to(affairs.post(f"{one}/denied", REVIEWS, sure="yes")) == REVIEWS
    with hospital.database.app.connect() as conn:
        found = windows.get(conn, INSTITUTION, window)
    assert found is not None
    assert (found.state, found.closed_by) == ("denied", "review")


def test_nobody_reviews_an_own_window(hospital: Hospital, affairs: Desk) -> None:
    ward = Ward(hospital)
    window = ward.window(ward.doctor(1, login="g0001"), state="provisional")
    page = affairs.get(REVIEWS).text
    assert "这是您本人的时段" in page
    assert f"{window}/approved" not in page
    refused = affairs.post(f"{REVIEWS}/{window}/approved", BOARD)
    assert code(refused) == "practice.review_own"


def test_nobody_reviews_an_own_window_under_an_account_with_another_login(
    hospital: Hospital, affairs: Desk
) -> None:
    ward = Ward(hospital)
    who = ward.doctor(1, login="d0001")
    window = ward.window(who, state="provisional")
    other = at_a_desk(hospital, member(hospital, "g0009", Role.MEDICAL_AFFAIRS))
    one = f"/console/practice/people/{who.person}"
    assert code(other.post(f"{one}/account", BOARD, account="nobody")) == ""
    assert leads_to(other.post(f"{one}/account", BOARD, account="g0001")) == one
    assert "这是您本人的时段" in affairs.get(REVIEWS).text
    assert code(affairs.post(f"{REVIEWS}/{window}/approved", BOARD)) == "practice.review_own"
    corrected = affairs.post(
        f"{one}/windows/{window}/correction", BOARD, ends_at="2026-01-01T00:00"
    )
    assert code(corrected) == "practice.review_own"
    unlinked = affairs.post(f"{one}/account", BOARD, account="")
    assert "请由另一位登记人员" in unlinked.text, "who it is about does not undo the link"
    assert hospital.count("practitioners", "account IS NOT NULL") == 1
    assert hospital.count("ledger", "kind = 'practitioner.account_linked'") == 1


def test_two_practitioners_have_no_work_number_in_common(hospital: Hospital) -> None:
    ward = Ward(hospital)
    ward.doctor(1, login="d0001")
    with pytest.raises(registry.RegistryRefused, match="somebody else's"):
        ward.doctor(2, login="d0001")


def test_who_only_reads_is_offered_nothing(hospital: Hospital, office: Desk) -> None:
    ward = Ward(hospital)
    window = ward.window(ward.doctor(1), state="provisional")
    assert f"{window}/approved" not in office.get(REVIEWS).text
    assert code(office.post(f"{REVIEWS}/{window}/approved", BOARD)) == "account.forbidden"


def test_an_open_question_stands_beside_the_window_and_nothing_is_said_of_it_afterwards(
    hospital: Hospital, affairs: Desk
) -> None:
    ward = Ward(hospital)
    who = ward.doctor(1)
    window = ward.window(who, recheck_by=ward.now + HOUR, planned_until=ward.now + 2 * HOUR)
    page = affairs.get("/console/practice/board").text
    assert page.count("随机核对中") == 1
    with hospital.database.app.begin() as conn:
        said = "UPDATE practice_windows SET rechecked_at = now() WHERE id = %(window)s"
        conn.exec_driver_sql(said, {"window": window})
    assert "随机核对" not in affairs.get("/console/practice/board").text
