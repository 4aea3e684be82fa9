"""`shualian accounts` as an operator types it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from verifier.cli_accounts import app
from verifier.identity import institutions
from verifier.protocol.values import now
from verifier.settings import load
from verifier.store.database import Database, open_database
from verifier.trust.accounts import second_factor
from verifier.trust.accounts.roles import Role
from verifier.trust.accounts.sessions import Doors, SignInRefused
from verifier.trust.keys import KeyRing

from ..fixtures import INSTITUTION
from .staff import NEXT, PASSWORD

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SHUALIAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SHUALIAN_INSTITUTION", INSTITUTION)

    def typed(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return typed


@pytest.fixture
def store(run: Run) -> Iterator[Database]:
    with open_database(load()) as opened:
        assert run("list").stderr.strip().endswith("[store.not_migrated]")
        opened.migrate()
        with opened.app.begin() as conn:
            institutions.ensure(conn, INSTITUTION, "演示医院", demo=True)
        yield opened


def test_a_first_administrator_is_made_on_the_server_and_helped_back_in(
    run: Run, store: Database
) -> None:
    made = json.loads(run("first", "system_admin", "g0001", "--json").stdout)
    doors = Doors(store.app, KeyRing.load(load().keys), INSTITUTION)
    at = now()
    secret = doors.take_up(made["code"], PASSWORD, at).secret
    doors.confirm(made["code"], second_factor.code_at(secret, at), at)
    later = at + NEXT
    token = doors.sign_in("g0001", PASSWORD, second_factor.code_at(secret, later), later)
    signed_in = doors.of_token(token, later)
    assert signed_in is not None
    assert signed_in.roles == {Role.SYSTEM_ADMIN}
    renewed = json.loads(run("renew", "g0001", "--json").stdout)
    assert doors.of_token(token, later) is None
    with pytest.raises(SignInRefused):
        doors.sign_in("g0001", PASSWORD, second_factor.code_at(secret, later), later + NEXT)
    doors.take_up(renewed["code"], PASSWORD, later)
    (line,) = json.loads(run("list", "--json").stdout)
    assert (line["login"], line["state"], line["roles"]) == ("g0001", "invited", ["system_admin"])
    assert "g0001" in run("list").stdout


def test_what_cannot_be_is_one_sentence_with_its_code(run: Run, store: Database) -> None:
    assert run("first", "auditor", "g0001").exit_code == 0
    for arguments, code in (
        (("first", "auditor", "g0001"), "account.login_taken"),
        (("first", "auditor", "张三"), "account.login_malformed"),
        (("renew", "nobody"), "account.unknown"),
    ):
        refused = run(*arguments)
        assert (refused.exit_code, refused.stderr.strip().endswith(f"[{code}]")) == (1, True)
    assert run("first", "emperor", "g0002").exit_code == 2


def test_every_role_is_listed_with_what_it_may_do(run: Run) -> None:
    said = run("roles").stdout
    assert all(role in said for role in Role)
    assert "system_admin       accounts:manage, accounts:read" in said
