"""A person's rights over the interface: who may help, with the password once more, and entered."""

from datetime import timedelta

import pytest

from verifier.trust.accounts.roles import Role

from .hospital import Hospital, Person, invent
from .staff import Member, member

ZHANG = invent(1, "张三丰")
PATHS = ("/v1/people/copy", "/v1/people/withdrawal", "/v1/people/erasure")


def whom(person: Person) -> dict[str, str]:
    return {"number": person.number}


@pytest.fixture
def admin(hospital: Hospital) -> Member:
    return member(hospital, "g0001", Role.HOSPITAL_ADMIN)


def test_a_copy_says_everything_and_who_took_it(hospital: Hospital, admin: Member) -> None:
    hospital.enrol(ZHANG)
    said = admin.ask("POST", PATHS[0], json=whom(ZHANG)).json()
    assert (said["name"], said["numbers"][0]["number"]) == (ZHANG.name, ZHANG.number)
    where = f"kind = 'subject.exported' AND body->>'by' = '{admin.account}'"
    assert hospital.count("ledger", where) == 1


def test_a_name_is_set_right_and_the_entry_says_neither(hospital: Hospital, admin: Member) -> None:
    person = hospital.enrol(ZHANG)
    said = whom(ZHANG) | {"name": "张三峰"}
    assert admin.ask("POST", "/v1/people/correction", json=said).status_code == 204
    assert admin.ask("POST", PATHS[0], json=whom(ZHANG)).json()["name"] == "张三峰"
    where = f"kind = 'person.corrected' AND body->>'person' = '{person}' AND body::text !~ '张'"
    assert hospital.count("ledger", where) == 1
    empty = admin.refused("POST", "/v1/people/correction", json=said | {"name": "  "})
    assert empty == "person.name_empty"


def test_a_withdrawal_takes_the_face_and_an_erasure_everything(
    hospital: Hospital, admin: Member
) -> None:
    hospital.enrol(ZHANG)
    assert admin.ask("POST", PATHS[1], json=whom(ZHANG)).status_code == 204
    assert hospital.count("templates") == 0
    assert hospital.count("identifiers") == 1
    assert admin.ask("POST", PATHS[2], json=whom(ZHANG)).status_code == 204
    assert hospital.count("identifiers") == 0
    where = f"kind = 'person.erased' AND body->>'by' = '{admin.account}'"
    assert hospital.count("ledger", where) == 1
    assert admin.refused("POST", PATHS[0], json=whom(ZHANG)) == "person.unknown"


@pytest.mark.parametrize("path", PATHS)
def test_the_password_is_asked_for_once_more_after_five_minutes(
    hospital: Hospital, admin: Member, path: str
) -> None:
    hospital.enrol(ZHANG)
    hospital.clock.ahead += timedelta(minutes=6)
    assert admin.refused("POST", path, json=whom(ZHANG)) == "account.prove_again"
    assert hospital.count("templates") == 1
    assert admin.prove().status_code == 200
    assert admin.ask("POST", path, json=whom(ZHANG)).status_code in (200, 204)


@pytest.mark.parametrize("path", PATHS)
def test_nobody_known_is_said_and_no_number_comes_back(admin: Member, path: str) -> None:
    answer = admin.ask("POST", path, json=whom(ZHANG))
    assert answer.json()["code"] == "person.unknown"
    assert ZHANG.number not in answer.text
    wrong = admin.ask("POST", path, json={"number": [ZHANG.number]})
    assert wrong.json()["code"] == "request.malformed"
    assert ZHANG.number not in wrong.text
