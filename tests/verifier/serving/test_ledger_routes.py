"""What a terminal and a hospital's system see of the sealed ledger."""

import json
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from verifier.protocol import merkle
from verifier.protocol.checkpoint import Checkpoint, check
from verifier.protocol.receipt import read_receipt
from verifier.protocol.values import from_b64url

from ..fixtures import INSTITUTION
from .hospital import Hospital, Terminal, faceless, invent

ZHANG = invent(1)


@pytest.fixture
def keys(hospital: Hospital) -> dict[str, OKPKey]:
    """The public keys as anybody fetches them."""
    found: dict[str, Any] = hospital.http.get("/.well-known/checkpoint-jwks.json").json()
    return {str(key["kid"]): OKPKey.import_key(key) for key in found["keys"]}


def newest(terminal: Terminal, keys: dict[str, OKPKey]) -> Checkpoint:
    answer = terminal.get("/v1/ledger/checkpoint")
    assert answer.status_code == 200, answer.text
    return check(answer.text, keys.get, INSTITUTION)


def decided(hospital: Hospital, terminal: Terminal) -> str:
    """A decision, sealed; its receipt."""
    receipt = terminal.decide(faceless(ZHANG)).receipt
    hospital.site.sealer.seal()
    return receipt


def test_before_anything_is_sealed_there_is_no_checkpoint(
    hospital: Hospital, terminal: Terminal
) -> None:
    answer = terminal.get("/v1/ledger/checkpoint")
    assert (answer.status_code, answer.json()["code"]) == (404, "ledger.unknown")
    assert terminal.challenge().checkpoint is None


def test_every_challenge_carries_the_newest_checkpoint(
    hospital: Hospital, terminal: Terminal, keys: dict[str, OKPKey]
) -> None:
    decided(hospital, terminal)
    carried = terminal.challenge().checkpoint
    assert carried is not None
    assert check(carried, keys.get, INSTITUTION) == newest(terminal, keys)


def test_a_terminal_that_kept_a_checkpoint_proves_that_history_only_grew(
    hospital: Hospital, terminal: Terminal, keys: dict[str, OKPKey]
) -> None:
    decided(hospital, terminal)
    before = newest(terminal, keys)
    decided(hospital, terminal)
    after = newest(terminal, keys)
    answer = terminal.get(f"/v1/ledger/consistency/{before.size}/{after.size}")
    proof = [from_b64url(step) for step in answer.json()["proof"]]
    roots = from_b64url(before.root), from_b64url(after.root)
    assert before.size < after.size
    assert merkle.is_consistent(before.size, roots[0], after.size, roots[1], proof)


def test_the_leaf_that_a_receipt_cites_is_proved_to_stand_in_the_ledger(
    hospital: Hospital, terminal: Terminal, keys: dict[str, OKPKey]
) -> None:
    receipt = decided(hospital, terminal)
    decided(hospital, terminal)
    jwks = hospital.http.get("/.well-known/jwks.json").json()
    leaf = read_receipt(receipt, jwks).ledger_leaf
    found = terminal.get(f"/v1/ledger/inclusion/{leaf}").json()
    under = check(found["checkpoint"], keys.get, INSTITUTION)
    assert merkle.is_included(
        from_b64url(leaf),
        found["index"],
        under.size,
        [from_b64url(step) for step in found["proof"]],
        from_b64url(under.root),
    )


@pytest.mark.parametrize("path", ["consistency/1/999", "consistency/2/1", f"inclusion/{'A' * 43}"])
def test_what_is_not_sealed_is_not_proved(
    hospital: Hospital, terminal: Terminal, path: str
) -> None:
    decided(hospital, terminal)
    answer = terminal.get(f"/v1/ledger/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "ledger.unknown")


@pytest.mark.parametrize("path", ["consistency/0/1", "consistency/x/1", "inclusion/short"])
def test_a_question_that_is_none_is_malformed(terminal: Terminal, path: str) -> None:
    answer = terminal.get(f"/v1/ledger/{path}")
    assert (answer.status_code, answer.json()["code"]) == (422, "request.malformed")


def test_the_receipts_keys_and_the_checkpoints_keys_are_sets_apart(
    hospital: Hospital, keys: dict[str, OKPKey]
) -> None:
    receipts = hospital.http.get("/.well-known/jwks.json").json()
    assert not keys.keys() & {key["kid"] for key in receipts["keys"]}
    assert '"d"' not in json.dumps(hospital.http.get("/.well-known/checkpoint-jwks.json").json())
