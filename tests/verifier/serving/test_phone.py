"""A practitioner's phone over the wire: who may enrol one, what it may do, and what it may not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey

from verifier.identity.galleries import Gallery
from verifier.place import Circle, Datum
from verifier.practice import sites
from verifier.protocol import jose
from verifier.protocol.challenge import authorization
from verifier.protocol.practice import PURPOSE, PhoneCheckIn, check_practice_receipt
from verifier.protocol.registration import about_code, bring, bring_phone
from verifier.protocol.values import new_id
from verifier.store.database import Database
from verifier.trust import terminal_states
from verifier.trust.keys import KeyRing
from verifier.trust.phones import LIFETIME
from verifier.trust.terminal_states import State

from ..fixtures import INSTITUTION
from ..practice.clinic import EAST, WEST, Doctor, build, doctor, shift
from .hospital import Hospital, Terminal, open_hospital
from .phones import PHONE, Phone, at_site, enrolled, invite, shown

STEP = timedelta(seconds=31)
WIDE = 900.0
"""Metres of a fence in which both readings of an unknown datum lie."""


@dataclass
class Clinic:
    """Two sites with a terminal each, and a physician of the first."""

    hospital: Hospital
    east: Terminal
    west: Terminal
    hua: Doctor

    def on_shift(self, hours: float = 6, ago: float = 1, site: str = "east") -> datetime:
        start = self.hospital.clock() - timedelta(hours=ago)
        with self.hospital.database.app.begin() as conn:
            return shift(conn, INSTITUTION, self.hua, start, hours, site=site)

    def phone(self) -> Phone:
        made = enrolled(self.hospital, self.hua.person, self.east)
        self.later(STEP)
        return made

    def later(self, by: timedelta) -> None:
        self.hospital.clock.ahead += by

    def code(self, terminal: Terminal | None = None) -> str:
        return str(shown(terminal or self.east)["code"])

    def position(self, point: tuple[float, float] = EAST, **more: Any) -> dict[str, Any]:
        said = {
            "latitude": point[0],
            "longitude": point[1],
            "datum": "unknown",
            "source": "browser",
        }
        return {**said, "accuracy_m": 20.0, "at": datetime.now(UTC).isoformat(), **more}

    def widen(self) -> None:
        with self.hospital.database.app.begin() as conn:
            fence = Circle(*EAST, WIDE, Datum.WGS84, "东院区")
            more = {"point": EAST, "datum": Datum.WGS84, "shapes": [fence], "name": "东院区"}
            sites.put(conn, INSTITUTION, "east", networks=["127.0.0.0/8"], **more)  # type: ignore[arg-type]

    def ledger(self, kind: str) -> int:
        return self.hospital.count("ledger", f"kind = '{kind}'")


@pytest.fixture
def clinic(database: Database, keyring: KeyRing, gallery: Gallery) -> Iterator[Clinic]:
    with open_hospital(database, keyring, gallery, region_key=b"r" * 32) as hospital:
        with database.app.begin() as conn:
            build(conn, INSTITUTION)
            hua = doctor(conn, keyring, INSTITUTION)
        yield Clinic(hospital, at_site(hospital, "east"), at_site(hospital, "west"), hua)


def code_of(answer: Any) -> str:
    return str(answer.json()["code"])


# Enrolment


def test_a_code_of_medical_affairs_and_a_site_s_code_make_a_phone(clinic: Clinic) -> None:
    phone = Phone(clinic.hospital.http)
    answer = phone.enrol(invite(clinic.hospital, clinic.hua.person), clinic.code())
    assert answer.json() == {
        "phone": phone.id,
        "institution": INSTITUTION,
        "site": "东院区",
        "code": clinic.hua.code,
    }
    assert (clinic.ledger("phone.invited"), clinic.ledger("phone.enrolled")) == (1, 1)
    assert phone.state().code == clinic.hua.code


def test_a_typed_code_is_read_as_it_looks_and_a_scanned_one_too(clinic: Clinic) -> None:
    typed = clinic.code().lower().replace("1", "l").replace("0", "o")
    for said in (f" {typed[:4]}-{typed[4:]} ", shown(clinic.east)["payload"]):
        code = invite(clinic.hospital, clinic.hua.person)
        assert Phone(clinic.hospital.http).enrol(code, said).status_code == 200, said


@pytest.mark.parametrize("wrong", ["", "ABCDEFGH", "SLC1:east:x:ABCDEFGH", "é"])
def test_without_the_site_s_code_of_this_moment_nothing_is_enrolled(
    clinic: Clinic, wrong: str
) -> None:
    code, phone = invite(clinic.hospital, clinic.hua.person), Phone(clinic.hospital.http)
    old = clinic.code()
    clinic.later(2 * STEP)
    for said in (wrong, old):
        assert code_of(phone.enrol(code, said)) == "practice.site_code_wrong"
    assert phone.enrol(code, clinic.code()).status_code == 200, "the own code was not used up"


def test_a_suspended_terminal_s_code_is_none(clinic: Clinic) -> None:
    said = clinic.code()
    with clinic.hospital.database.app.begin() as conn:
        terminal_states.change(conn, INSTITUTION, clinic.east.id, State.SUSPENDED)
    code = invite(clinic.hospital, clinic.hua.person)
    answer = Phone(clinic.hospital.http).enrol(code, said)
    assert code_of(answer) == "practice.site_code_wrong"


def test_a_code_counts_once_for_ten_minutes_and_the_newest_alone(clinic: Clinic) -> None:
    first = invite(clinic.hospital, clinic.hua.person)
    second = invite(clinic.hospital, clinic.hua.person)
    phone = Phone(clinic.hospital.http)
    assert code_of(phone.enrol(first, clinic.code())) == "registration.code_invalid"
    clinic.later(LIFETIME)
    assert code_of(phone.enrol(second, clinic.code())) == "registration.code_invalid"
    third = invite(clinic.hospital, clinic.hua.person)
    assert phone.enrol(third, clinic.code()).status_code == 200
    again = phone.id
    assert phone.enrol(third, "whatever").json()["phone"] == again, "the same key is answered again"
    other = Phone(clinic.hospital.http)
    assert code_of(other.enrol(third, clinic.code())) == "registration.code_invalid"


def test_a_new_phone_replaces_the_old_one_at_once(clinic: Clinic) -> None:
    old = clinic.phone()
    assert old.state().window is None
    new = clinic.phone()
    assert code_of(old.get(f"{PHONE}/state")) == "terminal.suspended"
    assert new.state().code == clinic.hua.code
    assert clinic.ledger("terminal.revoked") == 1
    assert clinic.hospital.count("terminals", "kind = 'phone' AND state = 'active'") == 1


def test_a_key_that_was_a_phone_s_is_no_phone_s_again(clinic: Clinic) -> None:
    phone = clinic.phone()
    code = invite(clinic.hospital, clinic.hua.person)
    assert code_of(phone.enrol(code, clinic.code())) == "registration.key_refused"


def test_who_guesses_codes_is_told_to_wait(clinic: Clinic) -> None:
    phone = Phone(clinic.hospital.http)
    codes = [code_of(phone.enrol("AAAA-AAAA-AAAA-AAAA", "x")) for _ in range(21)]
    assert codes == ["registration.code_invalid"] * 20 + ["registration.too_many"]


def test_a_phone_s_code_registers_no_terminal_and_a_terminal_s_no_phone(clinic: Clinic) -> None:
    code = invite(clinic.hospital, clinic.hua.person)
    brought = bring(OKPKey.generate_key("Ed25519"), about_code(code)).model_dump()
    answer = clinic.hospital.http.post("/v1/terminals", json={**brought, "code": code})
    assert code_of(answer) == "registration.code_invalid"


def test_a_proof_of_another_key_code_kind_or_curve_is_refused(clinic: Clinic) -> None:
    code = invite(clinic.hospital, clinic.hua.person)
    key, other = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    right = bring_phone(key, code, clinic.code()).model_dump()
    ed = OKPKey.generate_key("Ed25519").as_dict(private=False)
    p384 = {n: str(v) for n, v in ECKey.generate_key("P-384").as_dict(private=False).items()}
    payload = jose.payload_of(right["proof"])
    for wrong in (
        {"proof": bring_phone(other, code, "x").proof},
        {"proof": bring_phone(key, "another", "x").proof},
        {"proof": jose.sign(jose.PHONE_REQUEST, "new", payload, key)},
        {"proof": jose.sign(jose.RECEIPT, "new", payload, key)},
        {"public_jwk": {n: str(ed[n]) for n in ("kty", "crv", "x")}},
        {"public_jwk": {n: p384[n] for n in ("kty", "crv", "x", "y")}},
        {"public_jwk": right["public_jwk"] | {"d": "AAAA"}},
        {"public_jwk": right["public_jwk"] | {"y": right["public_jwk"]["x"]}},
    ):
        answer = clinic.hospital.http.post(f"{PHONE}/enrolments", json=right | wrong)
        assert code_of(answer) == "auth.invalid", wrong


# Its requests


def test_a_phone_opens_no_route_of_a_fixed_terminal_and_none_a_phone_s(clinic: Clinic) -> None:
    phone = clinic.phone()
    fixed = ("/v1/practice/site-code", "/v1/readings/key", f"/v1/receipts/{new_id()}")
    for kind in (jose.PHONE_REQUEST, jose.Kind(jose.REQUEST.typ, "ES256")):
        phone.kind = kind
        for path in fixed:
            assert code_of(phone.get(path)) == "auth.invalid", path
        for path in ("/v1/challenges", "/v1/practice/check-ins", "/v1/terminals/self/key"):
            assert code_of(phone.post(path, b"{}")) == "auth.invalid", path
    for path in ("state",):
        assert code_of(clinic.east.get(f"{PHONE}/{path}")) == "auth.invalid"
    for path in ("check-ins", "said-out"):
        assert code_of(clinic.east.post(f"{PHONE}/{path}", b"{}")) == "auth.invalid"


def test_a_claim_signed_by_a_phone_is_none(clinic: Clinic) -> None:
    phone = clinic.phone()
    for kind in (jose.Kind(jose.CLAIM.typ, "ES256"), jose.PHONE_REQUEST):
        compact = jose.sign(kind, phone.id, b"{}", phone.key)
        headers = {"content-type": "application/jose"}
        answer = clinic.hospital.http.post("/v1/claims", content=compact, headers=headers)
        assert code_of(answer) == "claim.signature_invalid"


def test_one_typ_and_one_alg_and_the_right_key(clinic: Clinic) -> None:
    phone, path = clinic.phone(), f"{PHONE}/state"
    ed = OKPKey.generate_key("Ed25519")
    proofs = [
        authorization(phone.id, phone.key, "GET", path, b"", jose.PHONE_KEY_PROOF),
        authorization(phone.id, ed, "GET", path, b"", jose.REQUEST),
        authorization(phone.id, ed, "GET", path, b"", jose.Kind(jose.PHONE_REQUEST.typ, "Ed25519")),
        authorization(phone.id, ECKey.generate_key("P-256"), "GET", path, b"", jose.PHONE_REQUEST),
        authorization(phone.id, phone.key, "POST", path, b"", jose.PHONE_REQUEST),
        authorization(phone.id, phone.key, "GET", f"{PHONE}/check-ins", b"", jose.PHONE_REQUEST),
        authorization(phone.id, phone.key, "GET", path, b"{}", jose.PHONE_REQUEST),
    ]
    for proof in proofs:
        answer = clinic.hospital.http.get(path, headers={"authorization": proof})
        assert code_of(answer) == "auth.invalid"
    stranger = Phone(clinic.hospital.http, id=new_id())
    assert code_of(stranger.get(path)) == "terminal.unknown"


def test_a_proof_counts_once(clinic: Clinic) -> None:
    phone = clinic.phone()
    headers = phone.proof("GET", f"{PHONE}/state", b"")
    first, again = (clinic.hospital.http.get(f"{PHONE}/state", headers=headers) for _ in "12")
    assert (first.status_code, code_of(again)) == (200, "auth.invalid")


def test_a_revoked_phone_is_out_at_once_also_at_a_verifier_that_remembers_it(
    clinic: Clinic,
) -> None:
    phone = clinic.phone()
    phone.state()
    with clinic.hospital.database.app.begin() as conn:  # as another process does it
        terminal_states.change(conn, INSTITUTION, phone.id, State.REVOKED)
    assert code_of(phone.send(site_code=clinic.code())) == "terminal.suspended"
    assert clinic.hospital.count("practice_windows") == 0


# In and out


def test_on_shift_with_the_site_s_code_a_window_opens_for_review(clinic: Clinic) -> None:
    ends, phone = clinic.on_shift(), clinic.phone()
    answer = phone.check(site_code=clinic.code(), position=clinic.position())
    assert (answer.outcome, answer.identity, answer.place) == ("provisional", "other_way", "proved")
    assert "practice.other_way" in answer.reasons
    assert answer.until is not None
    assert abs(answer.until - ends - timedelta(minutes=120)) < timedelta(seconds=1)
    assert answer.receipt is not None
    receipt = check_practice_receipt(
        answer.receipt, clinic.hospital.keyring.jwks(), audience=INSTITUTION,
        at=clinic.hospital.clock(),
    )  # fmt: skip
    assert (receipt.way, receipt.proof, receipt.liveness) == ("other", "site_code", "not_assessed")
    state = phone.state()
    assert state.window is not None
    assert (state.window.site, state.window.state, state.window.way) == (
        "东院区",
        "provisional",
        "other",
    )
    assert state.window.review_by is not None


def test_the_same_request_again_is_the_same_window_also_after_it_ended(clinic: Clinic) -> None:
    clinic.on_shift()
    phone, request = clinic.phone(), new_id()
    first = phone.check(request=request, site_code=clinic.code())
    again = phone.check(request=request)
    assert again.window == first.window
    phone.check("out", window=first.window)
    late = phone.check(request=request)
    assert (late.window, clinic.hospital.count("practice_windows")) == (first.window, 1)
    assert phone.state().window is None


def test_out_ends_the_window_that_it_names_and_no_other(clinic: Clinic) -> None:
    clinic.on_shift()
    phone = clinic.phone()
    first = phone.check(site_code=clinic.code())
    assert phone.check("out").outcome == "not_in"
    assert phone.check("out", window=new_id()).outcome == "not_in"
    assert phone.check("out", window=first.window).outcome == "closed"
    clinic.later(STEP)
    second = phone.check(site_code=clinic.code())
    assert phone.check("out", window=first.window).outcome == "not_in", "an old request, replayed"
    assert phone.state().window is not None
    assert phone.check("out", window=second.window).outcome == "closed"


def test_nobody_ends_another_s_window(clinic: Clinic, keyring: KeyRing) -> None:
    clinic.on_shift()
    window = clinic.phone().check(site_code=clinic.code()).window
    with clinic.hospital.database.app.begin() as conn:
        other = doctor(conn, keyring, INSTITUTION, 2)
    theirs = enrolled(clinic.hospital, other.person, clinic.east)
    assert theirs.check("out", window=window).outcome == "not_in"
    assert code_of(theirs.said_out(window or "", clinic.hospital.clock())) == (
        "practice.window_unknown"
    )


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "place.no_position"),
        ({"position": "inside"}, "place.browser_alone"),
        ({"site_code": "ABCDEFGH"}, "practice.site_code_wrong"),
        ({"site_code": "old"}, "practice.site_code_wrong"),
        ({"site_code": "SLC1:east:nobody:ABCDEFGH"}, "practice.site_code_wrong"),
    ],
)
def test_without_a_proof_of_the_place_no_window_opens_and_why_is_said(
    clinic: Clinic, said: dict[str, Any], reason: str
) -> None:
    clinic.on_shift()
    phone, old = clinic.phone(), clinic.code()
    if said.get("site_code") == "old":
        clinic.later(2 * STEP)
        said = {"site_code": old}
    if "position" in said:
        said = {"position": clinic.position()}
    answer = phone.check(**said)
    assert (answer.outcome, answer.place) == ("retry", "not_proved")
    assert reason in answer.reasons
    assert clinic.hospital.count("practice_windows") == 0


def test_who_guesses_site_codes_is_told_to_wait(clinic: Clinic) -> None:
    clinic.on_shift()
    phone = clinic.phone()
    tries = [phone.send(site_code="ABCDEFGH").status_code for _ in range(21)]
    assert tries == [200] * 20 + [429]
    assert code_of(phone.send(site_code=clinic.code())) == "practice.too_many"


def test_a_code_counts_once_for_each(clinic: Clinic) -> None:
    clinic.on_shift()
    phone, code = clinic.phone(), clinic.code()
    window = phone.check(site_code=code).window
    phone.check("out", window=window)
    again = phone.check(site_code=code)
    assert (again.outcome, again.reasons[0]) == ("retry", "practice.site_code_used")


def test_a_position_clearly_outside_beats_the_code(clinic: Clinic) -> None:
    clinic.on_shift()
    answer = clinic.phone().check(site_code=clinic.code(), position=clinic.position(WEST))
    assert (answer.outcome, answer.place) == ("retry", "refuted")
    assert "place.contradicted" in answer.reasons


def test_where_the_datums_differ_the_position_says_nothing_and_the_code_proves(
    clinic: Clinic,
) -> None:
    clinic.on_shift()
    phone = clinic.phone()
    answer = phone.check(site_code=clinic.code(), position=clinic.position())
    assert (answer.outcome, answer.place) == ("provisional", "proved")
    assert "place.datum_unknown" in answer.reasons


def test_on_the_site_s_network_a_position_that_does_not_contradict_proves(clinic: Clinic) -> None:
    clinic.on_shift()
    clinic.widen()
    answer = clinic.phone().check(position=clinic.position())
    assert (answer.outcome, answer.place) == ("provisional", "proved")


def test_a_fix_is_as_old_as_it_was_whatever_the_phone_s_clock_says(clinic: Clinic) -> None:
    clinic.on_shift()
    clinic.widen()
    phone = clinic.phone()
    phone.clock_ahead = timedelta(hours=3)
    fixed_at = (datetime.now(UTC) + phone.clock_ahead).isoformat()
    answer = phone.check(position=clinic.position(at=fixed_at))
    assert answer.place == "proved", answer.reasons
    old = (datetime.now(UTC) + phone.clock_ahead - timedelta(minutes=30)).isoformat()
    phone.check("out", window=answer.window)
    assert phone.check(position=clinic.position(at=old)).place == "not_proved"


def test_outside_the_shift_one_reason_opens_it(clinic: Clinic) -> None:
    phone = clinic.phone()
    code = clinic.code()
    asked = phone.check(site_code=code)
    assert (asked.outcome, "practice.reason_needed" in asked.reasons) == ("retry", True)
    given = phone.check(site_code=code, reason="rescue")
    assert (given.outcome, given.shift) == ("provisional", "unscheduled")


def test_from_another_site_the_person_confirms_the_move(clinic: Clinic) -> None:
    clinic.on_shift()
    phone = clinic.phone()
    phone.check(site_code=clinic.code())
    clinic.later(timedelta(minutes=40))
    code = clinic.code(clinic.west)
    asked = phone.check(site_code=code, reason="urgent_consultation")
    assert asked.elsewhere is not None
    assert (asked.outcome, asked.elsewhere.site, asked.reasons) == (
        "retry",
        "东院区",
        ["practice.move_unconfirmed"],
    )
    moved = phone.check(site_code=code, reason="urgent_consultation", move=True)
    assert moved.outcome == "provisional"
    state = phone.state()
    assert state.window is not None
    assert state.window.site == "西院区"


def test_a_forgotten_window_is_asked_for_and_said_once(clinic: Clinic) -> None:
    clinic.on_shift()
    phone = clinic.phone()
    window = phone.check(site_code=clinic.code()).window or ""
    begun = clinic.hospital.clock()
    assert phone.state().forgotten is None
    early = phone.said_out(window, begun + timedelta(minutes=5))
    assert code_of(early) == "practice.time_outside", "it is still open"
    clinic.later(timedelta(hours=12))
    found = phone.state().forgotten
    assert found is not None
    assert found.window == window
    assert found.suggested < found.ended_at, "the shift's end, not the grace's"
    assert code_of(phone.said_out(window, found.since)) == "practice.time_outside"
    told = phone.said_out(window, found.suggested)
    assert told.json()["forgotten"] is None
    assert phone.said_out(window, found.ended_at).status_code == 200, "once"
    assert clinic.ledger("practice.said_out") == 1


def test_malformed_check_ins_are_refused(clinic: Clinic) -> None:
    phone = clinic.phone()
    for body in (b"", b"[]", b'{"act":"in"}', b'{"request":"x","act":"in"}'):
        assert code_of(phone.post(f"{PHONE}/check-ins", body)) == "request.malformed"
    far = datetime.max.replace(tzinfo=UTC).isoformat()
    asked = PhoneCheckIn.model_validate(
        {"request": new_id(), "act": "in", "position": clinic.position(at=far)}
    )
    answer = phone.post(f"{PHONE}/check-ins", asked.model_dump_json().encode())
    assert answer.status_code == 200


def test_a_phone_is_not_among_the_terminals(clinic: Clinic) -> None:
    clinic.phone()
    with clinic.hospital.database.app.connect() as conn:
        listed = terminal_states.listed(conn, INSTITUTION)
    assert {line.purposes[0] for line in listed} == {PURPOSE}
