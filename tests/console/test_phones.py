"""Practitioners' phones at the desk of medical affairs, without a browser."""

import re

import httpx
import pytest

from tests.verifier.fixtures import INSTITUTION
from tests.verifier.practice import clinic
from tests.verifier.serving import phones
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import member
from verifier.trust.accounts.roles import Role

from .desk import Desk, code, leads_to
from .test_rooms import at_a_desk

PHONES = "/console/practice/phones"


@pytest.fixture
def affairs(hospital: Hospital) -> Desk:
    """Medical affairs at a desk, in a hospital with a physician and a terminal."""
    with hospital.database.app.begin() as conn:
        clinic.build(conn, INSTITUTION)
        clinic.doctor(conn, hospital.keyring, INSTITUTION)
    return at_a_desk(hospital, member(hospital, "g3001", Role.MEDICAL_AFFAIRS))


def own_code(answer: httpx.Response) -> str:
    found = re.search(r"<code>([0-9A-Z-]{19})</code>", answer.text)
    assert found is not None, answer.text
    return found[1]


def test_medical_affairs_finds_a_physician_and_shows_a_code_once(
    hospital: Hospital, affairs: Desk
) -> None:
    page = affairs.get(f"{PHONES}?who=d9901").text
    assert "华佗" in page
    assert "还没有登记过手机" in page
    shown = affairs.post(PHONES, PHONES, code=clinic.number(1))
    assert '<svg class="qr"' in shown.text
    assert "http://verifier/console/phone" in shown.text
    assert own_code(shown) not in affairs.get(PHONES).text
    terminal, phone = phones.at_site(hospital, "east"), phones.Phone(hospital.http)
    assert phone.enrol(own_code(shown), phones.shown(terminal)["code"]).status_code == 200
    phone.state()
    page = affairs.get(PHONES).text
    assert clinic.number(1) in page
    assert "东院区" in page
    assert "最近使用" in page


def test_a_phone_is_revoked_at_once_by_who_is_sure(hospital: Hospital, affairs: Desk) -> None:
    shown = own_code(affairs.post(PHONES, PHONES, code=clinic.number(1)))
    terminal, phone = phones.at_site(hospital, "east"), phones.Phone(hospital.http)
    phone.enrol(shown, phones.shown(terminal)["code"])
    one = f"{PHONES}/{phone.id}/revoked"
    assert code(affairs.post(one, PHONES)) == "form.malformed", "not sure"
    assert leads_to(affairs.post(one, PHONES, sure="yes")) == PHONES
    assert "的手机已吊销" in affairs.get(PHONES).text
    assert phone.get(f"{phones.PHONE}/state").json()["code"] == "terminal.suspended"
    kiosk = f"{PHONES}/{terminal.id}/revoked"
    assert code(affairs.post(kiosk, PHONES, sure="yes")) == "request.not_found", "no phone"


def test_nobody_makes_a_code_for_an_own_phone_or_for_nobody_s(
    hospital: Hospital, affairs: Desk
) -> None:
    with hospital.database.app.begin() as conn:
        conn.exec_driver_sql("UPDATE practitioners SET login = 'g3001'")
    own = affairs.post(PHONES, PHONES, code=clinic.number(1))
    assert (own.status_code, "不能为自己登记手机" in own.text) == (403, True)
    nobody = affairs.post(PHONES, PHONES, code=clinic.number(2))
    assert (nobody.status_code, "没有这位医务人员" in nobody.text) == (404, True)
    assert hospital.count("phone_invitations") == 0


def test_the_phone_s_page_needs_nobody_signed_in_and_may_ask_where_it_is(
    hospital: Hospital,
) -> None:
    answer = Desk(hospital).get("/console/phone")
    assert answer.status_code == 200
    assert (
        answer.headers["permissions-policy"] == "camera=(self), geolocation=(self), microphone=()"
    )
