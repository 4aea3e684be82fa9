"""The same bytes again: one effect, one answer, whoever sends them how often."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx

from models.types import Crops, Floats
from verifier.identity import erasure
from verifier.identity.galleries import Gallery
from verifier.protocol.decision import ClaimAnswer
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from .hospital import (
    Hospital,
    PatchEmbedder,
    Terminal,
    faceless,
    invent,
    open_hospital,
    visit_of,
    without_card,
)

ZHANG = invent(1)


class HeldEmbedder(PatchEmbedder):
    """Waits until it is let go, so that a test can look at a claim that is being judged."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def embed(self, crops: Crops, mirror: bool = False) -> Floats:
        self.reached.set()
        assert self.go_on.wait(30)
        return super().embed(crops, mirror)


def test_the_same_claim_again_gets_the_same_answer_and_has_no_second_effect(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    compact = terminal.sign(terminal.challenge(), visit_of(ZHANG))
    entries = hospital.count("ledger")
    first = ClaimAnswer.model_validate_json(terminal.send(compact).content)
    second = ClaimAnswer.model_validate_json(terminal.send(compact).content)
    assert first == second
    assert hospital.count("decisions") == hospital.count("receipts") == 1
    assert hospital.count("ledger") == entries + 1


def test_the_same_claim_without_a_card_again_gets_the_same_answer(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    evidence = without_card(ZHANG.face, ZHANG.number[-4:])
    compact = terminal.sign(terminal.challenge("outpatient_registration"), evidence)
    first, second = terminal.send(compact).json(), terminal.send(compact).json()
    assert first["greeting"] == {"masked_name": "张*"}
    assert first == second


def test_the_same_claim_of_a_person_erased_since_is_answered_without_their_name(
    hospital: Hospital, terminal: Terminal
) -> None:
    person = hospital.enrol(ZHANG)
    evidence = without_card(ZHANG.face, ZHANG.number[-4:])
    compact = terminal.sign(terminal.challenge("outpatient_registration"), evidence)
    first = terminal.send(compact).json()
    with hospital.database.app.begin() as conn:
        erasure.erase(conn, hospital.gallery, person)
    again = terminal.send(compact).json()
    assert again["receipt"] == first["receipt"]
    assert again["greeting"] is None


def test_the_same_claim_after_the_challenge_has_expired_still_gets_its_answer(
    hospital: Hospital, terminal: Terminal
) -> None:
    compact = terminal.sign(terminal.challenge(), faceless(ZHANG))
    first = terminal.send(compact).json()
    hospital.clock.ahead = timedelta(hours=1)
    assert terminal.send(compact).json()["receipt"] == first["receipt"]


def test_the_same_claim_from_another_verifier_of_the_same_store_gets_its_answer(
    hospital: Hospital, terminal: Terminal
) -> None:
    compact = terminal.sign(terminal.challenge(), faceless(ZHANG))
    first = terminal.send(compact).json()
    with open_hospital(hospital.database, hospital.keyring, hospital.gallery) as other:
        terminal.http = other.http
        assert terminal.send(compact).json() == first


def test_eight_at_once_make_one_decision_and_get_one_receipt(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    compact = terminal.sign(terminal.challenge(), visit_of(ZHANG))
    together = threading.Barrier(8)

    def insist(_: int) -> str:
        together.wait(10)
        while (answer := terminal.send(compact)).status_code == 409:
            assert answer.json()["code"] == "claim.in_progress"
            assert answer.json()["retry_after"] > 0
        assert answer.status_code == 200, answer.text
        return str(answer.json()["receipt"])

    with ThreadPoolExecutor(8) as pool:
        receipts = set(pool.map(insist, range(8)))
    assert len(receipts) == 1
    assert hospital.count("decisions") == hospital.count("receipts") == 1
    assert hospital.count("ledger", "kind = 'claim.decided'") == 1


def test_eight_different_claims_over_one_challenge_make_one_decision(
    hospital: Hospital, terminal: Terminal
) -> None:
    challenge = terminal.challenge()
    claims = [terminal.sign(challenge, faceless(ZHANG)) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(terminal.send, claims))
    codes = sorted(answer.json().get("code", "decided") for answer in answers)
    assert codes == ["challenge.spent"] * 7 + ["decided"]
    assert hospital.count("decisions") == 1


def test_a_claim_that_is_being_judged_is_in_progress_and_then_answered(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    embedder = HeldEmbedder()
    with open_hospital(database, keyring, gallery, embedder=embedder) as hospital:
        terminal = hospital.terminal()
        compact = terminal.sign(terminal.challenge(), visit_of(ZHANG))
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(terminal.send, compact)
            assert embedder.reached.wait(30)
            assert _code(terminal.send(compact)) == "claim.in_progress"
            embedder.go_on.set()
            answer = first.result(30)
        assert answer.status_code == 200, answer.text
        assert terminal.send(compact).json() == answer.json()


def test_two_claims_of_one_terminal_with_the_same_counter_make_one_decision(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    """The older claim is still judged when a newer challenge is opened and used."""
    embedder = HeldEmbedder()
    with open_hospital(database, keyring, gallery, embedder=embedder) as hospital:
        terminal = hospital.terminal()
        slow = terminal.sign(terminal.challenge(), visit_of(ZHANG), counter=5)
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(terminal.send, slow)
            assert embedder.reached.wait(30)
            quick = terminal.sign(terminal.challenge(), faceless(ZHANG), counter=5)
            assert terminal.send(quick).status_code == 200
            embedder.go_on.set()
            assert _code(first.result(30)) == "terminal.clone_suspected"
        assert _code(terminal.send(slow)) == "terminal.clone_suspected"
        assert hospital.count("decisions", "outcome <> 'refused'") == 1


def test_one_crop_in_two_claims_at_once_is_judged_once(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    embedder = HeldEmbedder()
    with open_hospital(database, keyring, gallery, embedder=embedder) as hospital:
        one, other = hospital.terminal(), hospital.terminal()
        evidence = visit_of(ZHANG)
        claims = [(t, t.sign(t.challenge(), evidence)) for t in (one, other)]
        with ThreadPoolExecutor(2) as pool:
            sent = [pool.submit(t.send, compact) for t, compact in claims]
            assert embedder.reached.wait(30)
            embedder.go_on.set()
            codes = sorted(_code(answer.result(30)) for answer in sent)
        assert codes == ["capture.injected", "decided"]


def _code(answer: httpx.Response) -> str:
    return str(answer.json().get("code", "decided"))
