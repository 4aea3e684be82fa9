"""换班 and 替班 between two phones."""

import json
from datetime import timedelta
from typing import Any

import pytest

from verifier.practice.registry import HOSPITAL
from verifier.trust.keys import KeyRing

from ..fixtures import INSTITUTION
from ..practice.clinic import Doctor, doctor, shift
from .phones import PHONE, Phone, enrolled
from .test_phone import Clinic, clinic, code_of

__all__ = ["clinic"]
STEP = timedelta(seconds=31)


@pytest.fixture
def both(clinic: Clinic, keyring: KeyRing) -> tuple[Phone, Phone, Doctor]:
    """Two phones of one department, each of whose holders has one shift, on different days."""
    with clinic.hospital.database.app.begin() as conn:
        other = doctor(conn, keyring, INSTITUTION, 2)
        noon = clinic.hospital.clock().astimezone(HOSPITAL).replace(hour=8, minute=0, second=0)
        for who, days in ((clinic.hua, 3), (other, 6)):
            shift(conn, INSTITUTION, who, noon + timedelta(days=days), 4)
    phones = [enrolled(clinic.hospital, who.person, clinic.east) for who in (clinic.hua, other)]
    return phones[0], phones[1], other


def swaps(phone: Phone) -> Any:
    answer = phone.get(f"{PHONE}/swaps")
    assert answer.status_code == 200, answer.text
    return answer.json()


def ask(phone: Phone, **said: Any) -> Any:
    return phone.post(f"{PHONE}/swaps", json.dumps(said).encode())


def answered(phone: Phone, request: str, answer: str) -> Any:
    body = f'{{"request":"{request}","answer":"{answer}"}}'.encode()
    return phone.post(f"{PHONE}/swap-answers", body)


def test_two_phones_change_their_shifts(both: tuple[Phone, Phone, Doctor]) -> None:
    hua, lin, other = both
    seen = swaps(hua)
    given, taken = seen["own"][0], seen["theirs"][0]
    assert taken["who"] == other.code
    for _ in range(2):
        asked = ask(hua, given=given, accepter=other.code, taken=taken)
        assert asked.status_code == 200, asked.text
    (request,) = swaps(lin)["requests"]
    assert request["mine"] is False
    assert code_of(answered(hua, request["id"], "accept")).startswith("roster.swap_")
    done = answered(lin, request["id"], "accept")
    assert done.status_code == 200, done.text
    assert swaps(hua)["own"][0]["day"] == taken["day"]
    assert swaps(lin)["own"][0]["day"] == given["day"]
    assert code_of(answered(lin, request["id"], "decline")).startswith("roster.swap_")


def test_a_stand_in_is_asked_and_the_request_taken_back(
    both: tuple[Phone, Phone, Doctor],
) -> None:
    hua, lin, other = both
    ask(hua, given=swaps(hua)["own"][0], accepter=other.code)
    (request,) = swaps(hua)["requests"]
    assert (request["mine"], request["taken"]) == (True, None)
    assert answered(hua, request["id"], "withdraw").json()["requests"] == []
    assert swaps(lin)["requests"] == []


def test_nobody_gives_another_s_shift_away(both: tuple[Phone, Phone, Doctor]) -> None:
    hua, lin, other = both
    theirs = swaps(hua)["theirs"][0]
    answer = ask(hua, given=theirs, accepter=other.code)
    assert answer.status_code >= 400
    assert swaps(lin)["requests"] == []
