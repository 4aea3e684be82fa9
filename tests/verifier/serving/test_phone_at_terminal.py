"""绑定手机 at a terminal, over the wire: by a face just recognised, once, for ten minutes."""

from datetime import timedelta

import pytest

from verifier.protocol.practice import PURPOSE
from verifier.protocol.registration import PhoneInvited
from verifier.protocol.values import Consent
from verifier.trust.phones import LIFETIME

from .hospital import STAFF_NOTICE, Terminal, basis, faceless, invent, visit_of
from .phones import Phone, shown
from .physicians import HUA, Clinic, ahead

PATH = "/v1/practice/phone-invitations"


def decided(terminal: Terminal, *, face: bool = True) -> str:
    """The receipt of a decision of this terminal on the physician."""
    if face:
        return terminal.decide(visit_of(HUA), PURPOSE).receipt_id
    changes = {"legal_basis": basis(Consent.NO_FACE, STAFF_NOTICE)}
    return terminal.decide(faceless(HUA), PURPOSE, **changes).receipt_id


def asked(terminal: Terminal, receipt: str) -> str | PhoneInvited:
    """The code, or that of a refusal."""
    answer = terminal.post(PATH, f'{{"receipt_id":"{receipt}"}}'.encode())
    if answer.status_code == 200:
        return PhoneInvited.model_validate_json(answer.content)
    return str(answer.json()["code"])


def invited(clinic: Clinic) -> PhoneInvited:
    made = asked(clinic.east, decided(clinic.east))
    assert isinstance(made, PhoneInvited), made
    return made


def code_of(answer: object) -> str:
    return str(answer.json()["code"])  # type: ignore[attr-defined]


def test_a_phone_with_the_code_and_the_site_s_is_that_physician_s(clinic: Clinic) -> None:
    phone = Phone(clinic.hospital.http)
    answer = phone.enrol(invited(clinic).code, shown(clinic.east)["code"])
    assert answer.status_code == 200, answer.text
    assert answer.json()["code"] == clinic.hua.code
    assert phone.state().code == clinic.hua.code
    count = clinic.hospital.count
    assert count("terminals", f"kind = 'phone' AND holder = '{clinic.hua.person}'") == 1
    where = f"kind = 'phone.invited' AND body->>'terminal' = '{clinic.east.id}'"
    assert count("ledger", where) == 1


def test_a_code_counts_once_and_no_longer_than_ten_minutes(clinic: Clinic) -> None:
    made = invited(clinic)
    assert made.expires_at - clinic.now() <= LIFETIME
    site = shown(clinic.east)["code"]
    assert Phone(clinic.hospital.http).enrol(made.code, site).status_code == 200
    again = Phone(clinic.hospital.http).enrol(made.code, site)
    assert code_of(again) == "registration.code_invalid"
    late = invited(clinic)
    clinic.hospital.clock.ahead += LIFETIME + timedelta(seconds=1)
    refused = Phone(clinic.hospital.http).enrol(late.code, shown(clinic.east)["code"])
    assert code_of(refused) == "registration.code_invalid"


def test_a_newer_code_takes_the_place_of_the_older(clinic: Clinic) -> None:
    first, second = invited(clinic), invited(clinic)
    site = shown(clinic.east)["code"]
    refused = Phone(clinic.hospital.http).enrol(first.code, site)
    assert code_of(refused) == "registration.code_invalid"
    assert Phone(clinic.hospital.http).enrol(second.code, site).status_code == 200


def test_the_new_phone_takes_the_place_of_the_old_one(clinic: Clinic) -> None:
    phones = [Phone(clinic.hospital.http), Phone(clinic.hospital.http)]
    for phone in phones:
        code = invited(clinic).code
        assert phone.enrol(code, shown(clinic.east)["code"]).status_code == 200
    assert code_of(phones[0].get("/v1/practice/phone/state")) == "terminal.suspended"
    assert phones[1].state().code == clinic.hua.code


def test_a_card_alone_is_not_enough(clinic: Clinic) -> None:
    assert asked(clinic.east, decided(clinic.east, face=False)) == "practice.face_needed"
    assert clinic.hospital.count("phone_invitations") == 0


def test_who_is_no_practitioner_is_refused(clinic: Clinic) -> None:
    patient = invent(2, "李四")
    clinic.hospital.enrol(patient)
    receipt = clinic.east.decide(visit_of(patient), PURPOSE).receipt_id
    assert asked(clinic.east, receipt) == "practice.unknown"
    assert clinic.hospital.count("phone_invitations") == 0


def test_an_old_decision_or_another_terminal_s_is_refused(clinic: Clinic) -> None:
    receipt = decided(clinic.east)
    assert asked(clinic.west, receipt) == "practice.decision_unusable"
    ahead(clinic, minutes=2.1)
    assert asked(clinic.east, receipt) == "practice.decision_unusable"


@pytest.mark.parametrize("purposes", [["settlement"], [PURPOSE]])
def test_a_terminal_that_is_not_surveyed_or_not_for_practitioners_makes_none(
    clinic: Clinic, purposes: list[str]
) -> None:
    other = clinic.hospital.terminal(purposes)  # its site is recorded nowhere
    receipt = other.decide(visit_of(HUA), purposes[0]).receipt_id
    expected = "practice.site_unknown" if purposes == [PURPOSE] else "purpose.unknown"
    assert asked(other, receipt) == expected
