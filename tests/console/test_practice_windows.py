"""A practitioner's windows on the pages, and correcting one."""

from datetime import datetime

import pytest

from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import member
from verifier.practice import windows
from verifier.practice.registry import HOSPITAL
from verifier.trust.accounts.roles import Role

from .desk import Desk, code, leads_to
from .test_practice_board import at_a_desk
from .ward import HOUR, Ward

PEOPLE = "/console/practice/people"


@pytest.fixture
def affairs(hospital: Hospital) -> Desk:
    """Somebody of medical affairs."""
    return at_a_desk(hospital, member(hospital, "g0001", Role.MEDICAL_AFFAIRS))


def local(at: datetime) -> str:
    """As a browser's field gives it."""
    return at.astimezone(HOSPITAL).strftime("%Y-%m-%dT%H:%M")


def test_the_last_31_days_are_listed_the_newest_first(hospital: Hospital, affairs: Desk) -> None:
    ward = Ward(hospital)
    who = ward.doctor(1, "李时珍")
    old = ward.now - 31 * 24 * HOUR
    for opened in (old - 9 * HOUR, old + HOUR, ward.now - 20 * HOUR):
        closed = opened + HOUR
        ward.window(who, opened_at=opened, until=closed, closed_at=closed, closed_by="out")
    page = affairs.get(f"{PEOPLE}/{who.person}/windows").text
    assert page.count("本人签出") == 2
    shown = [page.index(local(at).replace("T", " ")) for at in (ward.now - 20 * HOUR, old + HOUR)]
    assert shown == sorted(shown)
    assert "不统计时长" in page


def test_an_end_is_corrected_to_an_earlier_moment_only(hospital: Hospital, affairs: Desk) -> None:
    ward = Ward(hospital)
    who = ward.doctor(1)
    window = ward.window(who, opened_at=ward.now - 3 * HOUR)
    one = f"{PEOPLE}/{who.person}/windows/{window}"
    for wrong, said in (
        (local(ward.now - 4 * HOUR), "在这一段之内"),
        (local(ward.now + HOUR), "不晚于现在"),
        ("yesterday", "请填写日期和时间"),
    ):
        assert said in affairs.post(f"{one}/correction", one, ends_at=wrong).text
    done = affairs.post(f"{one}/correction", one, ends_at=local(ward.now - HOUR))
    assert leads_to(done) == one
    assert "结束时间已更正" in affairs.get(one).text
    with hospital.database.app.connect() as conn:
        found = windows.get(conn, INSTITUTION, window)
    assert found is not None
    assert found.closed_by == "correction"
    assert local(found.ends_at) == local(ward.now - HOUR)


def test_nobody_corrects_an_own_window(hospital: Hospital, affairs: Desk) -> None:
    ward = Ward(hospital)
    who = ward.doctor(1, login="g0001")
    window = ward.window(who, opened_at=ward.now - 3 * HOUR)
    one = f"{PEOPLE}/{who.person}/windows/{window}"
    assert "/correction" not in affairs.get(one).text
    refused = affairs.post(f"{one}/correction", "/console", ends_at=local(ward.now - HOUR))
    assert code(refused) == "practice.review_own"


def test_who_only_reads_is_offered_no_correction(hospital: Hospital) -> None:
    ward = Ward(hospital)
    who = ward.doctor(1, "李时珍")
    window = ward.window(who)
    auditor = at_a_desk(hospital, member(hospital, "g0002", Role.AUDITOR))
    page = auditor.get(f"{PEOPLE}/{who.person}/windows/{window}").text
    assert "李**" in page
    assert "/correction" not in page
