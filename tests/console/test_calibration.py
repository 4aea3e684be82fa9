"""The page of thresholds: what is in force in words, a measurement here, a change tried out."""

import os

import pytest

from tests.verifier.fixtures import INSTITUTION, register_somebody, unit_vectors
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import Member, member
from verifier.identity import synthetic, templates
from verifier.trust.accounts.roles import Role

from .browser import SIZES, a_screen
from .desk import Desk, code, leads_to

PAGE = "/console/calibration"
SHOTS = os.environ.get("SHUALIAN_SHOTS", "")


def at_a_desk(hospital: Hospital, somebody: Member) -> Desk:
    desk = Desk(hospital)
    desk.cookies["session"] = somebody.token
    return desk


@pytest.fixture
def office(hospital: Hospital) -> Desk:
    """Somebody of the insurance office."""
    return at_a_desk(hospital, member(hospital, "g0001", Role.INSURANCE_OFFICE))


def enrol_some(hospital: Hospital, count: int = 60) -> None:
    gallery = hospital.gallery
    with hospital.database.app.begin() as conn:
        for index, vector in enumerate(unit_vectors(count, gallery.dim, seed=5)):
            number = synthetic.number(1000 + index)
            who = register_somebody(conn, hospital.keyring, INSTITUTION, number)
            templates.enrol(conn, hospital.keyring, gallery, who.id, who.consent, vector[None], 0.9)


def measured(hospital: Hospital, desk: Desk) -> str:
    """The page after a measurement."""
    assert leads_to(desk.post(f"{PAGE}/measurement", PAGE)) == PAGE
    measure = hospital.http.app.state.site_measure
    measure.thread.join(60)
    return desk.get(PAGE).text


def test_every_purpose_stands_there_with_its_rate_in_words(
    hospital: Hospital, office: Desk
) -> None:
    page = office.get(PAGE).text
    for rules in hospital.site.rules.purposes.values():
        assert rules.purpose.title_zh in page
    assert "每 10,000 次他人比对，约有一次会被误认为本人" in page
    assert "1000 人" in page.replace(",", "")


def test_the_hospitals_own_people_are_measured_and_the_ledger_says_so(
    hospital: Hospital, office: Desk
) -> None:
    enrol_some(hospital)
    page = measured(hospital, office)
    assert "比对 60 人" in page
    assert "1,770 对" in page
    assert "<svg" in page
    with hospital.database.app.connect() as conn:
        asked = "SELECT body FROM ledger WHERE kind = 'calibration.measured'"
        [body] = [row[0] for row in conn.exec_driver_sql(asked)]
    assert (body["people"], body["pairs"]) == (60, 1770)


def test_of_too_few_people_the_page_says_so(hospital: Hospital, office: Desk) -> None:
    assert "不足 30 人" in measured(hospital, office)


def test_a_change_is_tried_out_and_changes_nothing(hospital: Hospital, office: Desk) -> None:
    page = office.get(f"{PAGE}?one_in=100000&people=1000").text
    assert "0.995&nbsp;%" in page
    below = office.get(f"{PAGE}?one_in=900000000&people=1").text
    assert "试算" in below
    for odd in ("one_in=abc&people=1", "one_in=0&people=1", "one_in=1&people=99999999999"):
        assert office.get(f"{PAGE}?{odd}").status_code == 200


def test_an_auditor_reads_and_does_not_measure_and_others_see_nothing(hospital: Hospital) -> None:
    auditor = at_a_desk(hospital, member(hospital, "g0002", Role.AUDITOR))
    assert auditor.get(PAGE).status_code == 200
    assert code(auditor.post(f"{PAGE}/measurement", PAGE)) == "account.forbidden"
    clerk = at_a_desk(hospital, member(hospital, "g0003", Role.ENROLMENT_CLERK))
    assert code(clerk.get(PAGE)) == "account.forbidden"


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
def test_the_page_keeps_its_shape(chromium: str, hospital: Hospital, size: str) -> None:
    enrol_some(hospital)
    somebody = member(hospital, "g0001", Role.INSURANCE_OFFICE)
    measured(hospital, at_a_desk(hospital, somebody))
    with a_screen(chromium, hospital, SIZES[size]) as screen:
        screen.sign_in(somebody)
        for language in ("en", "zh"):
            screen.open("/console")
            screen.speak(language)
            screen.open(f"{PAGE}?one_in=20000&people=1000")
            assert screen.wrong() == []
            if SHOTS:
                path = f"{SHOTS}/calibration-{size}-{language}.png"
                screen.page.screenshot(path=path, full_page=True)
        assert screen.complaints == []
