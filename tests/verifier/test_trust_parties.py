"""Terminals and machine clients: known by public keys, bound to their institution."""

from datetime import timedelta

import pytest
from joserfc.jwk import ECKey, OKPKey
from sqlalchemy import Connection

from verifier.identity import institutions
from verifier.protocol.values import new_id, now
from verifier.trust import clients, terminal_states, terminals
from verifier.trust.terminal_states import State
from verifier.trust.terminals import KeyRefused


def ed25519() -> tuple[OKPKey, dict[str, str]]:
    """A key pair, and its public half."""
    key = OKPKey.generate_key("Ed25519")
    return key, {name: str(value) for name, value in key.as_dict(private=False).items()}


def test_a_terminal_is_known_by_its_id_with_its_key_and_purposes(
    conn: Connection, institution: str
) -> None:
    key, jwk = ed25519()
    terminal = terminals.register(
        conn, institution, "门诊一楼", "自助机 1", jwk, ["visit.check_in"]
    )
    found = terminals.get(conn, terminal)
    assert found is not None
    assert found.public_key.thumbprint() == key.thumbprint()
    assert (found.institution, found.purposes) == (institution, frozenset({"visit.check_in"}))
    assert (found.active, found.last_counter, found.last_claim) == (True, 0, None)
    assert terminals.get(conn, new_id()) is None


def test_the_same_key_again_keeps_its_id_and_takes_the_new_purposes(
    conn: Connection, institution: str
) -> None:
    _, jwk = ed25519()
    first = terminals.register(conn, institution, "a", "b", jwk, ["visit.check_in"])
    second = terminals.register(conn, institution, "c", "d", jwk, ["ward.round"])
    found = terminals.get(conn, second)
    assert found is not None
    assert (first, found.site, found.purposes) == (second, "c", frozenset({"ward.round"}))


def test_the_same_key_at_another_institution_is_another_terminal(
    conn: Connection, institution: str
) -> None:
    institutions.ensure(conn, "H2", "另一医院")
    _, jwk = ed25519()
    first = terminals.register(conn, institution, "a", "b", jwk, [])
    assert terminals.register(conn, "H2", "a", "b", jwk, []) != first


def test_a_terminal_that_names_its_own_id_keeps_it(conn: Connection, institution: str) -> None:
    _, jwk = ed25519()
    own = new_id()
    for _ in range(2):
        assert terminals.register(conn, institution, "a", "b", {**jwk, "kid": own}, []) == own
    assert terminals.register(conn, institution, "a", "b", jwk, []) == own


def test_an_id_is_never_taken_over_by_another_key(conn: Connection, institution: str) -> None:
    institutions.ensure(conn, "H2", "另一医院")
    own, first, second = new_id(), ed25519()[1], ed25519()[1]
    terminals.register(conn, institution, "a", "b", {**first, "kid": own}, [])
    for place, key, wanted in (
        (institution, second, own),
        ("H2", first, own),
        (institution, first, new_id()),
    ):
        with pytest.raises(KeyRefused) as refused:
            terminals.register(conn, place, "a", "b", {**key, "kid": wanted}, [])
        assert refused.value.code == "key.id_taken"
    found = terminals.get(conn, own)
    assert found is not None
    assert found.public_key.as_dict(private=False)["x"] == first["x"]


def test_a_suspended_terminal_is_not_active(conn: Connection, institution: str) -> None:
    _, jwk = ed25519()
    terminal = terminals.register(conn, institution, "a", "b", jwk, [])
    assert terminal_states.change(conn, institution, terminal, State.SUSPENDED)
    found = terminals.get(conn, terminal)
    assert found is not None
    assert not found.active


def test_a_terminals_clock_skew_is_kept(conn: Connection, institution: str) -> None:
    _, jwk = ed25519()
    terminal = terminals.register(conn, institution, "a", "b", jwk, [])
    terminals.note_seen(conn, terminal, -612.5)
    found = terminals.get(conn, terminal)
    assert found is not None
    assert found.clock_skew_s == -612.5
    assert found.last_seen_at is not None
    assert now() - found.last_seen_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("jwk", "code"),
    [
        (OKPKey.generate_key("Ed25519").as_dict(private=True), "key.private"),
        (OKPKey.generate_key("X25519").as_dict(private=False), "key.unsuitable"),
        (ECKey.generate_key("P-256").as_dict(private=False), "key.unsuitable"),
        ({"kty": "OKP", "crv": "Ed25519", "x": "!!"}, "key.unsuitable"),
        ({"kty": "OKP", "crv": "Ed25519", "x": "AA"}, "key.unsuitable"),
        ({}, "key.unsuitable"),
    ],
)
def test_only_a_public_ed25519_key_makes_a_terminal(
    conn: Connection, institution: str, jwk: dict[str, str], code: str
) -> None:
    with pytest.raises(KeyRefused) as refused:
        terminals.register(conn, institution, "a", "b", jwk, [])
    assert refused.value.code == code


def test_a_client_is_registered_replaced_and_known_by_either_kind_of_key(
    conn: Connection, institution: str
) -> None:
    old = ECKey.generate_key("P-256")
    clients.register(conn, "his", institution, old.as_dict(private=False), ["receipts:read"])
    found = clients.get(conn, "his")
    assert found is not None
    assert found.public_key.thumbprint() == old.thumbprint()
    new, jwk = ed25519()
    clients.register(conn, "his", institution, jwk, [])
    found = clients.get(conn, "his")
    assert found is not None
    assert (found.public_key.thumbprint(), found.scopes) == (new.thumbprint(), frozenset())
    assert found.active
    assert clients.get(conn, "nobody") is None


def test_one_institution_cannot_take_anothers_client(conn: Connection, institution: str) -> None:
    institutions.ensure(conn, "H2", "另一医院")
    clients.register(conn, "his", institution, ed25519()[1], [])
    with pytest.raises(KeyRefused) as refused:
        clients.register(conn, "his", "H2", ed25519()[1], [])
    assert refused.value.code == "client.taken"


@pytest.mark.parametrize(
    ("jwk", "code"),
    [
        (ECKey.generate_key("P-256").as_dict(private=True), "key.private"),
        (ECKey.generate_key("P-384").as_dict(private=False), "key.unsuitable"),
        ({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, "key.unsuitable"),
        ({"kty": "oct", "k": "AAAA"}, "key.unsuitable"),
    ],
)
def test_a_clients_key_is_a_public_one_of_a_known_curve(
    conn: Connection, institution: str, jwk: dict[str, str], code: str
) -> None:
    with pytest.raises(KeyRefused) as refused:
        clients.register(conn, "his", institution, jwk, [])
    assert refused.value.code == code


def test_a_clients_assertion_is_taken_once(conn: Connection, institution: str) -> None:
    for client in ("his", "lis"):
        clients.register(conn, client, institution, ed25519()[1], [])
    soon = now() + timedelta(minutes=1)
    assert clients.use_assertion(conn, "his", "jti-1", soon)
    assert not clients.use_assertion(conn, "his", "jti-1", soon)
    assert clients.use_assertion(conn, "lis", "jti-1", soon)


def test_an_expired_assertion_is_forgotten(conn: Connection, institution: str) -> None:
    clients.register(conn, "his", institution, ed25519()[1], [])
    assert clients.use_assertion(conn, "his", "jti-1", now() - timedelta(minutes=1))
    assert clients.use_assertion(conn, "his", "jti-1", now() + timedelta(minutes=1))
