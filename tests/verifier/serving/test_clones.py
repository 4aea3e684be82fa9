"""A terminal's key in two hands: caught no later than when both have claimed from one state."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from joserfc.jwk import OKPKey

from verifier.identity.galleries import Gallery
from verifier.protocol.claim import Evidence
from verifier.protocol.values import new_id
from verifier.store.database import Database
from verifier.trust import terminal_states, terminals
from verifier.trust.keys import KeyRing
from verifier.trust.terminal_states import State

from ..fixtures import INSTITUTION
from .hospital import (
    Hospital,
    Terminal,
    capture,
    card,
    crop_of,
    faceless,
    invent,
    open_hospital,
    visit_of,
)
from .test_claim_again import HeldEmbedder
from .test_claim_refusals import GARBAGE

ZHANG = invent(1)
SUSPECTED, SUSPENDED = "terminal.clone_suspected", "terminal.suspended"


def code(answer: httpx.Response) -> str:
    return str(answer.json().get("code", "decided"))


def claims(terminal: Terminal) -> str:
    return code(terminal.send(terminal.sign(terminal.challenge(), faceless(ZHANG))))


def assert_suspended(hospital: Hospital, *copies: Terminal) -> None:
    for copy in copies:
        refused = copy.ask()
        assert code(refused) == SUSPENDED
        assert "联系信息科" in refused.json()["detail"]
    assert hospital.count("terminals", "state = 'clone_suspected'") == 1
    assert hospital.count("ledger", f"kind = '{SUSPECTED}'") == 1
    assert hospital.count("decisions", f"refusal_code = '{SUSPECTED}'") == 1
    assert hospital.count("alarms", f"cause = '{SUSPECTED}' AND times = 1") == 1


@pytest.mark.parametrize("history", [0, 1, 3])
@pytest.mark.parametrize("honest_first", [True, False])
def test_a_copied_key_is_caught_when_both_have_claimed_from_one_state(
    hospital: Hospital, terminal: Terminal, history: int, honest_first: bool
) -> None:
    for _ in range(history):
        terminal.decide(faceless(ZHANG))
    clone = terminal.copy()
    first, second = (terminal, clone) if honest_first else (clone, terminal)
    assert claims(first) == "decided"
    assert claims(second) == SUSPECTED
    assert_suspended(hospital, terminal, clone)


def test_a_copy_that_is_ahead_makes_the_honest_claim_the_fork(
    hospital: Hospital, terminal: Terminal
) -> None:
    terminal.decide(faceless(ZHANG))
    clone = terminal.copy()
    for _ in range(3):
        assert claims(clone) == "decided"
    assert claims(terminal) == SUSPECTED
    assert_suspended(hospital, terminal, clone)


def test_a_counter_far_ahead_does_not_hide_a_fork(hospital: Hospital, terminal: Terminal) -> None:
    terminal.decide(faceless(ZHANG))
    clone = terminal.copy()
    terminal.decide(faceless(ZHANG))
    clone.counter += 1000
    assert claims(clone) == SUSPECTED
    assert_suspended(hospital, terminal, clone)


def test_a_fork_is_caught_though_its_claim_would_be_refused_anyway(
    hospital: Hospital, terminal: Terminal
) -> None:
    """A refusal is a result that moves the chain, so none may come before this one."""
    terminal.decide(faceless(ZHANG))
    clone = terminal.copy()
    terminal.decide(faceless(ZHANG))
    assert clone.refused(GARBAGE, legal_basis=None, aud="H00000000001") == SUSPECTED
    assert_suspended(hospital, terminal, clone)


def test_a_clones_refused_claim_counts_as_one(hospital: Hospital, terminal: Terminal) -> None:
    terminal.decide(faceless(ZHANG))
    clone = terminal.copy()
    assert clone.refused(GARBAGE) == "evidence.unreadable"
    assert claims(terminal) == SUSPECTED
    assert_suspended(hospital, terminal, clone)


@pytest.mark.parametrize("round_", range(5))
def test_two_copies_at_the_same_moment_get_one_decision_at_most_and_are_caught(
    hospital: Hospital, terminal: Terminal, round_: int
) -> None:
    terminal.decide(faceless(ZHANG))
    clone = terminal.copy()
    together = threading.Barrier(2)

    def claim_until_judged(who: Terminal) -> str:
        together.wait(10)
        while True:
            asked = who.ask()
            if asked.status_code != 200:
                return code(asked)
            compact = who.sign(who.challenge(), faceless(ZHANG))
            if (said := code(who.send(compact))) != "challenge.superseded":
                return said

    with ThreadPoolExecutor(2) as pool:
        codes = sorted(pool.map(claim_until_judged, (terminal, clone)))
    assert codes in (["decided", SUSPECTED], [SUSPECTED, SUSPENDED]), codes
    assert_suspended(hospital, terminal, clone)


@contextmanager
def held(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> Iterator[tuple[Hospital, HeldEmbedder]]:
    embedder = HeldEmbedder()
    with open_hospital(database, keyring, gallery, embedder=embedder) as hospital:
        yield hospital, embedder


@pytest.mark.parametrize("slow_is_refused", [False, True])
def test_a_claim_overtaken_while_it_is_judged_is_the_fork(
    database: Database, keyring: KeyRing, gallery: Gallery, slow_is_refused: bool
) -> None:
    with held(database, keyring, gallery) as (hospital, embedder), ThreadPoolExecutor(1) as pool:
        terminal = hospital.terminal()
        terminal.decide(faceless(ZHANG))
        clone = terminal.copy()
        evidence = visit_of(ZHANG)
        if slow_is_refused:
            wrong = crop_of(ZHANG.face.crop(), claimed=invent(2).face.crop())
            look = capture(ZHANG.face).model_copy(update={"crops": [wrong]})
            evidence = Evidence(reading=card(ZHANG), capture=look)
        slow = pool.submit(terminal.send, terminal.sign(terminal.challenge(), evidence))
        assert embedder.reached.wait(30)
        assert claims(clone) == "decided"
        embedder.go_on.set()
        assert code(slow.result(30)) == SUSPECTED
        assert_suspended(hospital, terminal, clone)


@pytest.mark.parametrize("state", [State.SUSPENDED, State.REVOKED])
def test_a_claim_whose_terminal_is_stopped_while_it_is_judged_gets_nothing(
    database: Database, keyring: KeyRing, gallery: Gallery, state: State
) -> None:
    with held(database, keyring, gallery) as (hospital, embedder), ThreadPoolExecutor(1) as pool:
        terminal = hospital.terminal()
        compact = terminal.sign(terminal.challenge(), visit_of(ZHANG))
        slow = pool.submit(terminal.send, compact)
        assert embedder.reached.wait(30)
        with database.app.begin() as conn:
            terminal_states.change(conn, INSTITUTION, terminal.id, state)
        embedder.go_on.set()
        assert code(slow.result(30)) == SUSPENDED
        assert hospital.count("decisions", "outcome <> 'refused'") == 0
        assert hospital.count("ledger", f"kind = '{SUSPECTED}'") == 0


def test_the_fork_again_gets_its_stored_refusal_and_an_older_decision_is_not_read_again(
    hospital: Hospital, terminal: Terminal
) -> None:
    first = terminal.sign(terminal.challenge(), faceless(ZHANG))
    clone = terminal.copy()
    clone.counter -= 1
    assert code(terminal.send(first)) == "decided"
    fork = clone.sign(clone.challenge(), faceless(ZHANG))
    assert [code(clone.send(fork)) for _ in range(2)] == [SUSPECTED] * 2
    assert code(clone.send(first)) == SUSPENDED
    assert hospital.count("ledger", f"kind = '{SUSPECTED}'") == 1


def test_a_suspected_clone_is_counted_once(hospital: Hospital, terminal: Terminal) -> None:
    clone = terminal.copy()
    terminal.decide(faceless(ZHANG))
    fork = clone.sign(clone.challenge(), faceless(ZHANG))
    for _ in range(2):
        clone.send(fork)
    assert "shualian_terminal_clones_suspected_total 1.0" in hospital.http.get("/metrics").text


def test_a_terminal_with_a_history_elsewhere_starts_here_with_it(hospital: Hospital) -> None:
    terminal = hospital.terminal()
    terminal.counter, terminal.previous = 400, "A" * 43
    assert [claims(terminal) for _ in range(3)] == ["decided"] * 3


def test_a_clone_gets_no_receipt_either(hospital: Hospital, terminal: Terminal) -> None:
    receipt = terminal.decide(faceless(ZHANG)).receipt_id
    clone = terminal.copy()
    clone.counter -= 1
    assert terminal.get(f"/v1/receipts/{receipt}").status_code == 200
    assert claims(clone) == SUSPECTED
    assert code(clone.get(f"/v1/receipts/{receipt}")) == SUSPENDED


def test_a_fork_of_a_revoked_terminal_raises_no_second_alarm(
    hospital: Hospital, terminal: Terminal
) -> None:
    clone, challenge = terminal.copy(), terminal.challenge()
    terminal.counter += 1
    with hospital.database.app.begin() as conn:
        terminal_states.change(conn, INSTITUTION, terminal.id, State.REVOKED)
    assert code(clone.send(clone.sign(challenge, faceless(ZHANG)))) == SUSPENDED
    with hospital.database.app.connect() as conn:
        record = terminals.get(conn, terminal.id)
    assert record is not None
    assert record.state == State.REVOKED


def test_a_strangers_claim_suspends_nobody(hospital: Hospital, terminal: Terminal) -> None:
    terminal.decide(faceless(ZHANG))
    stranger = terminal.copy()
    stranger.key = OKPKey.generate_key("Ed25519")
    challenge = terminal.challenge()
    assert code(stranger.send(stranger.sign(challenge, faceless(ZHANG)))) == (
        "claim.signature_invalid"
    )
    other = hospital.terminal()
    assert code(other.send(other.sign(challenge, faceless(ZHANG)))) == "challenge.unknown"
    stale = terminal.sign(terminal.challenge(visit=new_id()), faceless(ZHANG))
    terminal.challenge()
    assert code(terminal.send(stale)) == "challenge.superseded"
    assert claims(terminal) == "decided"
