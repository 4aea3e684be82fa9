"""Texts of policies against the ledger: which one was in force, and that nobody changed it."""

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from verifier.ledger import policies
from verifier.ledger.sealing import Sealer
from verifier.ledger.verifying import verify
from verifier.policy.load import load_policy, shipped
from verifier.protocol.values import now
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from .fixtures import INSTITUTION

Codes = Callable[[], list[str]]
FIRST, SECOND = (load_policy(path).policy.model_dump_json() for path in (None, shipped("demo")))


def in_force(database: Database, said: str) -> str:
    with database.app.begin() as conn:
        return policies.put_in_force(conn, INSTITUTION, said, now())


@pytest.fixture
def codes(database: Database, keyring: KeyRing) -> Codes:
    """What `ledger verify` finds."""

    def found() -> list[str]:
        Sealer(database.app, keyring, INSTITUTION, now).seal()
        public = {keyring.checkpoint_key.kid or "": keyring.checkpoint_key}
        with database.app.connect() as conn:
            report = verify(conn, INSTITUTION, public.get, keyring=keyring)
        return [finding.code for finding in report.findings]

    return found


def test_a_policy_is_entered_when_it_comes_into_force_and_again_when_it_returns(
    database: Database, codes: Codes
) -> None:
    digests = [in_force(database, said) for said in (FIRST, FIRST, SECOND, FIRST)]
    with database.app.connect() as conn:
        entries = conn.scalars(
            text("SELECT body->>'policy' FROM ledger WHERE kind = 'policy.in_force' ORDER BY seq")
        ).all()
    assert entries == [digests[0], digests[2], digests[0]]
    assert digests[0] == load_policy().digest, "as decisions' entries cite it"
    assert codes() == []


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE policies SET said = replace(said, '0.01', '0.5')", "policy.changed"),
        ("DELETE FROM policies", "policy.removed"),
    ],
)
def test_a_text_that_was_touched_is_found(
    database: Database, codes: Codes, statement: str, code: str
) -> None:
    in_force(database, FIRST)
    with database.owner.begin() as conn:
        assert conn.execute(text(statement)).rowcount == 1
    assert codes() == [code]


def test_a_text_that_was_never_in_force_is_found(database: Database, codes: Codes) -> None:
    in_force(database, FIRST)
    with database.owner.begin() as conn:
        conn.execute(
            text("INSERT INTO policies VALUES (:institution, :digest, '{}', now())"),
            {"institution": INSTITUTION, "digest": policies.digest("{}")},
        )
    assert codes() == ["policy.added"]


@pytest.mark.parametrize("verb", ["UPDATE policies SET said = ''", "DELETE FROM policies"])
def test_the_app_cannot_change_a_text(database: Database, verb: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), database.app.begin() as conn:
        conn.execute(text(verb))
