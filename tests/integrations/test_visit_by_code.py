"""A visit by a code on a phone, from the signed claim over the real verifier, its PostgreSQL and
the adapter to the sandbox, and back."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.verifier.fixtures import INSTITUTION, dump
from tests.verifier.serving.hospital import (
    CHILD,
    NO_FACE,
    Hospital,
    Terminal,
    basis,
    capture,
    invent,
    open_hospital,
    visit_of,
)
from verifier.decision.facts import Reason
from verifier.identity.galleries import Gallery
from verifier.policy.models import ALWAYS_OPEN
from verifier.protocol.claim import CredentialReading, Evidence
from verifier.protocol.decision import ClaimAnswer
from verifier.protocol.receipt import read_receipt
from verifier.protocol.values import Assurance, Consent, Outcome
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from .conftest import IMPATIENT, Platform, opened

ZHANG, LI = invent(1), invent(2, "李四")
FOREIGN = "281234567890123456"


def shown(code: str, **changes: Any) -> CredentialReading:
    """A code as a scanner read it: opaque, and on nobody's authority."""
    said: dict[str, Any] = {
        "kind": "nhsa_qr",
        "fields": {"token": code},
        "device": "scanner",
        "read_at": datetime.now(UTC),
        "authenticated": False,
        "simulated": False,
    }
    return CredentialReading(**(said | changes))


def by_code(code: str, face: Any = None, **changes: Any) -> Evidence:
    """A code, and a face or none."""
    return Evidence(reading=shown(code, **changes), capture=capture(face) if face else None)


def concluded(answer: ClaimAnswer) -> tuple[Outcome, list[str]]:
    return answer.decision.outcome, answer.decision.reasons


def test_own_code_and_own_face_are_accepted_on_both(
    platform: Platform, hospital: Hospital, terminal: Terminal
) -> None:
    person = hospital.enrol(ZHANG)
    answer = terminal.decide(by_code(platform.code(ZHANG), ZHANG.face))
    assert concluded(answer) == (Outcome.ACCEPTED, [])
    assert answer.decision.assurance is Assurance.CARD_FACE
    assert answer.greeting is not None
    assert answer.greeting.masked_name == "张*"
    assert hospital.count("decisions", f"person = '{person}'") == 1


def test_own_code_and_anothers_face_are_rejected(
    platform: Platform, hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    answer = terminal.decide(by_code(platform.code(ZHANG), LI.face))
    assert concluded(answer) == (Outcome.REJECTED, [Reason.FACE_DIFFERS])


@pytest.mark.parametrize("kind", ["nhsa_qr", "e_social_card"])
def test_a_code_alone_is_worth_a_card_that_its_platform_authenticated(
    platform: Platform, hospital: Hospital, terminal: Terminal, kind: str
) -> None:
    hospital.enrol(ZHANG)
    evidence = by_code(platform.code(ZHANG, kind), kind=kind)
    answer = terminal.decide(evidence, legal_basis=basis(NO_FACE))
    assert answer.decision.outcome is Outcome.ACCEPTED
    assert answer.decision.assurance is Assurance.CARD


def test_a_face_authorisation_is_resolved_like_a_code(
    platform: Platform, hospital: Hospital, terminal: Terminal
) -> None:
    answer = terminal.decide(by_code(platform.code(ZHANG, "face")))
    assert answer.decision.assurance is Assurance.CARD


def test_a_code_of_somebody_unknown_here_is_accepted_and_enrolment_offered(
    platform: Platform, terminal: Terminal
) -> None:
    answer = terminal.decide(by_code(platform.code(ZHANG)))
    assert concluded(answer) == (Outcome.ACCEPTED, [Reason.NOT_ENROLLED])
    assert answer.decision.enrolment_offered


def test_a_code_whose_name_is_not_the_registered_one_is_referred(
    platform: Platform, hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    renamed = invent(1, "张五")
    answer = terminal.decide(by_code(platform.code(renamed), ZHANG.face))
    assert concluded(answer) == (Outcome.REFER, [Reason.NAME_DIFFERS])


def test_an_expired_code_is_shown_again_and_its_face_is_not_looked_at(
    platform: Platform, hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    code = platform.code(ZHANG)
    platform.clock.ahead = timedelta(seconds=61)
    looked = hospital.embedder.calls
    answer = terminal.decide(by_code(code, ZHANG.face))
    assert concluded(answer) == (Outcome.RETRY, [Reason.CODE_EXPIRED])
    assert "show_fresh_code" in answer.decision.next_steps
    assert set(ALWAYS_OPEN) <= set(answer.decision.next_steps)
    assert hospital.embedder.calls == looked
    assert hospital.count("seen_crops") == hospital.count("used_tokens") == 0
    fresh = terminal.decide(by_code(platform.code(ZHANG), ZHANG.face))
    assert fresh.decision.outcome is Outcome.ACCEPTED


def test_another_kind_of_code_is_asked_for_and_never_sent_on(
    platform: Platform, terminal: Terminal
) -> None:
    answer = terminal.decide(by_code(FOREIGN))
    assert concluded(answer) == (Outcome.RETRY, [Reason.CODE_FOREIGN])
    assert platform.asked("ec.query") == 0


@pytest.mark.parametrize("fault", ["down", "busy", "not_json", "data_not_json", "wrong_message"])
def test_a_platform_that_cannot_say_refers_and_leaves_the_code_unused(
    platform: Platform, hospital: Hospital, terminal: Terminal, fault: str
) -> None:
    code = platform.code(ZHANG)
    platform.knob(fault)
    answer = terminal.decide(by_code(code, ZHANG.face))
    assert concluded(answer) == (Outcome.REFER, [Reason.PLATFORM_UNAVAILABLE])
    assert "present_card" in answer.decision.next_steps
    assert set(ALWAYS_OPEN) <= set(answer.decision.next_steps)
    assert hospital.count("used_tokens") == 0
    assert terminal.decide(by_code(code)).decision.outcome is Outcome.ACCEPTED


def test_a_platform_that_says_nothing_refers(
    platform: Platform, database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    platform.knob("timeout")
    with (
        opened(platform.settings(**IMPATIENT)) as resolver,
        open_hospital(database, keyring, gallery, resolver=resolver) as hospital,
    ):
        answer = hospital.terminal().decide(by_code(platform.code(ZHANG)))
    assert concluded(answer) == (Outcome.REFER, [Reason.PLATFORM_UNAVAILABLE])


@pytest.mark.parametrize("kind", ["nhsa_qr", "e_social_card"])
def test_an_institution_without_a_resolver_refers_to_another_door(
    database: Database, keyring: KeyRing, gallery: Gallery, kind: str
) -> None:
    with open_hospital(database, keyring, gallery) as hospital:
        answer = hospital.terminal().decide(by_code("424" + "1" * 19 + "130000", kind=kind))
    assert concluded(answer) == (Outcome.REFER, [Reason.CREDENTIAL_UNAVAILABLE])
    assert "present_card" in answer.decision.next_steps


def test_a_document_that_is_not_taken_here_is_referred(
    platform: Platform, database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    with (
        opened(platform.settings(id_kinds={})) as resolver,
        open_hospital(database, keyring, gallery, resolver=resolver) as hospital,
    ):
        answer = hospital.terminal().decide(by_code(platform.code(ZHANG)))
    assert concluded(answer) == (Outcome.REFER, [Reason.CREDENTIAL_UNAVAILABLE])


def test_a_code_counts_once(platform: Platform, hospital: Hospital, terminal: Terminal) -> None:
    code = platform.code(ZHANG)
    terminal.decide(by_code(code))
    asked = platform.asked("ec.query")
    assert terminal.refused(by_code(code)) == "credential.token_used"
    assert hospital.terminal().refused(by_code(code)) == "credential.token_used"
    assert platform.asked("ec.query") == asked


def test_the_same_claim_again_gets_the_same_answer_without_asking_again(
    platform: Platform, hospital: Hospital, terminal: Terminal
) -> None:
    hospital.register(ZHANG)
    compact = terminal.sign(terminal.challenge(), by_code(platform.code(ZHANG)))
    first, again = terminal.send(compact), terminal.send(compact)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["greeting"] == {"masked_name": "张*"}
    assert platform.asked("ec.query") == 1


def test_a_used_code_is_refused_again_for_the_same_bytes(
    platform: Platform, terminal: Terminal
) -> None:
    code = platform.code(ZHANG)
    terminal.decide(by_code(code))
    compact = terminal.sign(terminal.challenge(), by_code(code))
    codes = [terminal.send(compact).json()["code"] for _ in range(2)]
    assert codes == ["credential.token_used"] * 2


def test_of_two_claims_with_one_code_at_once_one_is_decided(
    platform: Platform, hospital: Hospital
) -> None:
    code = platform.code(ZHANG)
    platform.knob("slow", times=2, on="ec.query")  # so that both have looked before either is done
    terminals = [hospital.terminal() for _ in range(2)]
    claims = [one.sign(one.challenge(), by_code(code)) for one in terminals]
    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(one.send, claim) for one, claim in zip(terminals, claims, strict=True)]
    answers = [each.result() for each in sent]
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert hospital.count("used_tokens") == 1


def test_a_used_code_is_forgotten_when_its_life_is_over(
    platform: Platform, hospital: Hospital, terminal: Terminal
) -> None:
    code = platform.code(ZHANG)
    terminal.decide(by_code(code))
    assert hospital.site.housekeeper.sweep()["used_tokens"] == 0
    hospital.clock.ahead = timedelta(seconds=601)
    terminal.decide(by_code(code))  # the sandbox's own clock stands still: it takes the code again
    hospital.clock.ahead = timedelta(seconds=1300)
    assert hospital.site.housekeeper.sweep()["used_tokens"] == 1


def test_of_a_visit_by_code_only_a_keyed_hash_of_the_code_is_kept(
    platform: Platform, hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    codes = [platform.code(ZHANG) for _ in range(3)]
    terminal.decide(by_code(codes[0], ZHANG.face))
    platform.knob("wrong_message")
    terminal.decide(by_code(codes[1]))
    terminal.refused(by_code(codes[0]))
    tokens = list(platform.server.sandbox.state.tokens)
    with hospital.database.owner.connect() as conn:
        everything = dump(conn)
    for secret in (*codes, *tokens, ZHANG.number, ZHANG.name, LI.number):
        assert secret.encode() not in everything
    assert tokens
    key = hospital.keyring.token_key(INSTITUTION)
    assert bytes(key) not in everything
    assert hospital.count("used_tokens", "length(token_key) = 43") == 1


def test_whatever_rests_on_the_sandbox_is_simulated_up_to_the_receipt(
    platform: Platform, hospital: Hospital, terminal: Terminal
) -> None:
    expired = by_code("424" + "1" * 19 + "130000")
    for evidence in (by_code(platform.code(ZHANG)), expired):
        answer = terminal.decide(evidence)
        assert answer.decision.simulated
        assert read_receipt(answer.receipt, hospital.keyring.jwks()).simulated


def test_a_real_institution_refuses_what_a_sandbox_says(
    platform: Platform, database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    with (
        opened(platform.settings()) as resolver,
        open_hospital(database, keyring, gallery, resolver=resolver, demo=False) as hospital,
    ):
        terminal = hospital.terminal()
        assert terminal.refused(by_code(platform.code(ZHANG))) == "evidence.simulated"
        unknown = by_code("424" + "1" * 19 + "130000")
        assert terminal.refused(unknown) == "evidence.simulated"


def test_a_child_known_only_from_the_platform_needs_a_guardian_before_a_face_is_decoded(
    platform: Platform, hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(CHILD)
    looked = hospital.embedder.calls
    code = terminal.refused(by_code(platform.code(CHILD), CHILD.face))
    assert code == "legal_basis.guardian_missing"
    assert hospital.embedder.calls == looked
    answer = terminal.decide(
        by_code(platform.code(CHILD), CHILD.face), legal_basis=basis(Consent.GUARDIAN)
    )
    assert answer.decision.assurance is Assurance.CARD_FACE


@pytest.mark.parametrize(
    "fields",
    [{}, {"token": ""}, {"number": ZHANG.number}, {"token": "t", "number": ZHANG.number}],
)
def test_a_terminal_that_decodes_a_code_itself_is_not_believed(
    terminal: Terminal, fields: dict[str, str]
) -> None:
    evidence = Evidence(reading=shown("t", fields=fields, authenticated=True))
    assert terminal.refused(evidence) == "evidence.malformed"


def test_nothing_goes_to_the_platform_for_a_claim_without_a_legal_basis(
    platform: Platform, terminal: Terminal
) -> None:
    evidence = by_code(platform.code(ZHANG), ZHANG.face)
    assert terminal.refused(evidence, legal_basis=basis(NO_FACE)) == "legal_basis.contradiction"
    assert platform.asked("ec.query") == 0


class Held:
    """A resolver that waits until it is let go."""

    def __init__(self, inner: Any, expected: int) -> None:
        self._inner = inner
        self.all_wait = threading.Barrier(expected + 1)
        self.go_on = threading.Event()

    def takes(self, kind: str) -> bool:
        return bool(self._inner.takes(kind))

    def resolve(self, *asked: Any) -> Any:
        self.all_wait.wait(60)
        assert self.go_on.wait(60)
        return self._inner.resolve(*asked)


def while_held(
    platform: Platform, parts: tuple[Database, KeyRing, Gallery], waiting: int
) -> Callable[[Callable[[Hospital], None]], list[ClaimAnswer]]:
    """The answers of `waiting` visits by code that waited while `look` looked."""

    def run(look: Callable[[Hospital], None]) -> list[ClaimAnswer]:
        with opened(platform.settings()) as inner, ThreadPoolExecutor(waiting) as pool:
            held = Held(inner, waiting)
            with open_hospital(*parts, resolver=held) as hospital:
                visits = [
                    pool.submit(hospital.terminal().decide, by_code(platform.code(ZHANG)))
                    for _ in range(waiting)
                ]
                held.all_wait.wait(60)
                try:
                    look(hospital)
                finally:
                    held.go_on.set()
                return [visit.result(60) for visit in visits]

    return run


def test_no_transaction_is_open_while_the_platform_lets_us_wait(
    platform: Platform, database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    def look(hospital: Hospital) -> None:
        query = (
            "SELECT count(*) FILTER (WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid()), "
            "count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND usename = 'shualian_app'"
        )
        with hospital.database.owner.connect() as conn:
            open_ones, connections = conn.exec_driver_sql(query).one()
        assert open_ones == 0
        assert connections > 0

    (answer,) = while_held(platform, (database, keyring, gallery), 1)(look)
    assert answer.decision.outcome is Outcome.ACCEPTED


def test_people_with_cards_are_served_while_a_platform_keeps_others_waiting(
    platform: Platform, database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    def look(hospital: Hospital) -> None:
        hospital.enrol(LI)
        other = hospital.terminal().decide(by_code(platform.code(ZHANG)))
        assert concluded(other) == (Outcome.REFER, [Reason.PLATFORM_UNAVAILABLE])
        answer = hospital.terminal().decide(visit_of(LI))
        assert answer.decision.assurance is Assurance.CARD_FACE

    answers = while_held(platform, (database, keyring, gallery), 3)(look)
    assert [answer.decision.outcome for answer in answers] == [Outcome.ACCEPTED] * 3
