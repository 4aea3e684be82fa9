"""A regional supervisor: pseudonyms that join hospitals, and a person only behind a step."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from verifier.identity import erasure, supervision
from verifier.protocol.values import now
from verifier.trust import clients
from verifier.trust.clients import IDENTIFY, READ_SUPERVISION
from verifier.trust.terminals import KeyRefused

from .hospital import Hospital, faceless, invent, visit_of
from .test_api_access import His

REGION = b"r" * 32
ZHANG, LI = invent(1), invent(2, "李四")
CASE = "case-2026-0001"


class Supervisor(His):
    """The region's system."""

    def __init__(self, hospital: Hospital) -> None:
        scopes = (READ_SUPERVISION, IDENTIFY)
        super().__init__(hospital, "region", scopes=scopes, role="supervisor")

    def decisions(self, **instead: str) -> Any:
        said = {
            "start": (now() - timedelta(days=1)).isoformat(),
            "end": (now() + timedelta(days=1)).isoformat(),
        }
        headers = {"authorization": f"Bearer {self.token()}"}
        return self.http.get("/v1/supervision/decisions", params=said | instead, headers=headers)

    def see(self, decision: str, token: str | None = None, case: str = CASE) -> Any:
        headers = {"authorization": f"Bearer {token or self.token(scope=IDENTIFY)}"}
        said = {"decision": decision, "case": case}
        return self.http.post("/v1/supervision/identities", json=said, headers=headers)


@pytest.fixture
def hospital(hospital: Hospital) -> Hospital:
    """One that takes part in the region's supervision."""
    hospital.site.parts = replace(hospital.site.parts, region_key=REGION)
    return hospital


def test_decisions_are_seen_under_pseudonyms_and_name_nobody(hospital: Hospital) -> None:
    terminal = hospital.terminal()
    hospital.enrol(ZHANG)
    for person in (ZHANG, LI, ZHANG):
        terminal.decide(faceless(person))
    answer = Supervisor(hospital).decisions()
    first, second, third = answer.json()["decisions"]
    assert first["person"] == third["person"] == supervision.pseudonym(REGION, ZHANG.number)
    assert second["person"] is None, "nobody is enrolled under that card"
    assert first["at"] < second["at"] < third["at"]
    for secret in (ZHANG.number, ZHANG.name, LI.number):
        assert secret not in answer.text


def test_a_pseudonym_hangs_on_number_and_region_alone(hospital: Hospital) -> None:
    """So one person has the same in every hospital of a region, and another in another region."""
    hospital.enrol(ZHANG)
    hospital.terminal().decide(faceless(ZHANG))
    (seen,) = Supervisor(hospital).decisions().json()["decisions"]
    elsewhere = f" {ZHANG.number.lower()} "
    assert seen["person"] == supervision.pseudonym(REGION, elsewhere)
    assert seen["person"] != supervision.pseudonym(b"s" * 32, ZHANG.number)


def test_a_person_is_seen_for_a_case_with_a_token_of_its_own_and_that_is_entered(
    hospital: Hospital,
) -> None:
    hospital.enrol(ZHANG)
    hospital.terminal().decide(visit_of(ZHANG))
    region = Supervisor(hospital)
    decision = region.decisions().json()["decisions"][0]["decision"]
    assert region.see(decision, region.token()).json()["code"] == "auth.forbidden"
    once = region.token(scope=IDENTIFY)
    found = region.see(decision, once).json()
    assert (found["name"], found["numbers"]) == (ZHANG.name, {"resident_id": ZHANG.number})
    assert region.see(decision, once).json()["code"] == "auth.invalid", "once"
    with hospital.database.app.connect() as conn:
        body = conn.scalar(text("SELECT body FROM ledger WHERE kind = 'supervision.identified'"))
    assert (body["client"], body["case"], body["decision"]) == ("region", CASE, decision)
    assert ZHANG.number not in str(body)


def test_to_see_a_person_is_asked_for_alone_and_lasts_a_minute(hospital: Hospital) -> None:
    region = Supervisor(hospital)
    assert region.ask(scope=f"{READ_SUPERVISION} {IDENTIFY}").json()["code"] == "auth.forbidden"
    assert IDENTIFY not in region.ask().json()["scope"], "never by the way"
    assert region.ask(scope=IDENTIFY).json()["expires_in"] == 60
    late = region.token(scope=IDENTIFY)
    hospital.clock.ahead += timedelta(seconds=61)
    assert region.see("x" * 22, late).json()["code"] == "auth.invalid"


@pytest.mark.parametrize("case", ["", "abc", "no text, please", "x" * 65])
def test_a_case_is_a_number_and_no_text(hospital: Hospital, case: str) -> None:
    answer = Supervisor(hospital).see("x" * 22, case=case)
    assert answer.json()["code"] == "request.malformed"


def test_whoever_was_erased_is_nobody_to_the_supervisor_too(hospital: Hospital) -> None:
    person = hospital.enrol(ZHANG)
    hospital.terminal().decide(faceless(ZHANG))
    with hospital.database.app.begin() as conn:
        erasure.erase(conn, hospital.gallery, person)
    region = Supervisor(hospital)
    (seen,) = region.decisions().json()["decisions"]
    assert seen["person"] is None
    assert region.see(seen["decision"]).json()["code"] == "supervision.nobody"
    assert region.see("A" * 22).json()["code"] == "supervision.nobody"


@pytest.mark.parametrize(
    "instead",
    [{"end": "2020-01-01T00:00:00Z"}, {"start": "2026-01-01T00:00:00"}, {"limit": "0"}],
    ids=str,
)
def test_a_span_that_is_none_is_refused(hospital: Hospital, instead: dict[str, str]) -> None:
    assert Supervisor(hospital).decisions(**instead).json()["code"] == "request.malformed"


def test_without_a_regions_key_there_is_no_supervision(hospital: Hospital) -> None:
    hospital.site.parts = replace(hospital.site.parts, region_key=None)
    assert Supervisor(hospital).decisions().json()["code"] == "supervision.off"


def test_a_his_is_no_supervisor_and_a_supervisor_reads_no_receipts(hospital: Hospital) -> None:
    his = His(hospital)
    assert his.ask(scope=READ_SUPERVISION).json()["code"] == "auth.forbidden"
    answer = hospital.terminal().decide(faceless(ZHANG))
    assert Supervisor(hospital).read(answer.receipt_id).json()["code"] == "auth.forbidden"
    public = his.key.as_dict(private=False)
    for kind, scope in (("his", READ_SUPERVISION), ("supervisor", "receipts:read")):
        with pytest.raises(KeyRefused) as refused, hospital.database.app.begin() as conn:
            clients.register(conn, "x", "H99010100001", public, [scope], kind)
        assert refused.value.code == "client.scope"
