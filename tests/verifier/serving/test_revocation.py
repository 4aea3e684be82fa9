"""A terminal that is suspended or revoked gets nothing from the next request on, on any route."""

from collections.abc import Callable

import httpx
import pytest

from verifier.protocol.claim import claim_hash
from verifier.protocol.values import new_id
from verifier.trust import terminal_states
from verifier.trust.terminal_states import State, StateRefused

from ..fixtures import INSTITUTION
from .hospital import Hospital, Terminal, faceless, invent

ZHANG = invent(1)
Request = Callable[[Terminal, str, str, str], httpx.Response]

ROUTES: dict[str, Request] = {
    "a challenge": lambda t, *_: t.ask(),
    "a claim": lambda t, claim, *_: t.send(claim),
    "the same claim": lambda t, _, done, __: t.send(done),
    "the state of a claim": lambda t, _, done, __: t.get(f"/v1/claims/{claim_hash(done)}"),
    "the state of no claim": lambda t, *_: t.get(f"/v1/claims/{'A' * 43}"),
    "a receipt": lambda t, _, __, receipt: t.get(f"/v1/receipts/{receipt}"),
    "no receipt": lambda t, *_: t.get(f"/v1/receipts/{new_id()}"),
}


def move(hospital: Hospital, terminal: Terminal, state: State) -> bool:
    with hospital.database.app.begin() as conn:
        return terminal_states.change(conn, INSTITUTION, terminal.id, state)


@pytest.mark.parametrize("state", [State.SUSPENDED, State.REVOKED])
@pytest.mark.parametrize("route", ROUTES)
def test_it_is_refused_within_one_request_though_its_record_is_remembered(
    hospital: Hospital, terminal: Terminal, route: str, state: State
) -> None:
    done = terminal.sign(terminal.challenge(), faceless(ZHANG))
    receipt = terminal.send(done).json()["receipt_id"]
    waiting = terminal.sign(terminal.challenge(), faceless(ZHANG))
    assert move(hospital, terminal, state)
    remembered = hospital.site.directory.remembered(terminal.id)
    assert remembered is not None
    assert remembered.active
    answer = ROUTES[route](terminal, waiting, done, receipt)
    assert (answer.status_code, answer.json()["code"]) == (403, "terminal.suspended")


def test_a_reinstated_terminal_goes_on_where_it_was(hospital: Hospital, terminal: Terminal) -> None:
    terminal.decide(faceless(ZHANG))
    challenge = terminal.challenge()
    move(hospital, terminal, State.SUSPENDED)
    refused = terminal.sign(challenge, faceless(ZHANG))
    assert terminal.send(refused).json()["code"] == "terminal.suspended"
    hospital.site.directory.forget(terminal.id)
    move(hospital, terminal, State.ACTIVE)
    terminal.challenge()
    status = terminal.get(f"/v1/claims/{claim_hash(refused)}").json()
    assert (status["state"], status["refusal"]["code"]) == ("recorded", "terminal.suspended")
    terminal.previous = claim_hash(refused)
    assert terminal.decide(faceless(ZHANG)).decision.outcome == "accepted"


@pytest.mark.parametrize("state", [State.REVOKED, State.CLONE_SUSPECTED])
def test_a_key_that_may_be_in_other_hands_is_never_reinstated(
    hospital: Hospital, terminal: Terminal, state: State
) -> None:
    with hospital.database.app.begin() as conn:
        terminal_states.move(conn, terminal.id, state)
    with pytest.raises(StateRefused) as refused:
        move(hospital, terminal, State.ACTIVE)
    assert refused.value.code == "terminal.for_good"


def test_each_change_is_one_entry_in_the_ledger(hospital: Hospital, terminal: Terminal) -> None:
    for state in (State.SUSPENDED, State.SUSPENDED, State.ACTIVE, State.REVOKED, State.REVOKED):
        move(hospital, terminal, state)
    for kind in ("suspended", "reinstated", "revoked"):
        assert hospital.count("ledger", f"kind = 'terminal.{kind}'") == 1


def test_nobody_changes_a_terminal_of_another_institution(
    hospital: Hospital, terminal: Terminal
) -> None:
    with hospital.database.app.begin() as conn, pytest.raises(StateRefused) as refused:
        terminal_states.change(conn, "H2", terminal.id, State.REVOKED)
    assert refused.value.code == "terminal.unknown"


def test_after_a_restore_terminals_begin_their_chains_anew(
    hospital: Hospital, terminal: Terminal
) -> None:
    """The database is older than the chain: what it last knew was many claims ago."""
    for _ in range(2):
        terminal.decide(faceless(ZHANG))
    with hospital.database.app.begin() as conn:
        conn.exec_driver_sql("UPDATE terminals SET last_counter = 1, last_claim = repeat('B', 43)")
        assert terminal_states.rejoin(conn, INSTITUTION) == 1
    for _ in range(2):
        assert terminal.decide(faceless(ZHANG)).decision.outcome == "accepted"
    assert hospital.count("ledger", "kind = 'terminal.rejoined'") == 1
