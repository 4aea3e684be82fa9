"""`shualian verifier` as an operator types it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, OKPKey
from typer.testing import CliRunner, Result

from verifier.cli import app

from ..fixtures import INSTITUTION
from .hospital import NOTICE, Hospital, Terminal, faceless, invent

Run = Callable[..., Result]
ZHANG = invent(1)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line on a folder of its own."""
    monkeypatch.setenv("SHUALIAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SHUALIAN_INSTITUTION", INSTITUTION)
    monkeypatch.delenv("SHUALIAN_MODE", raising=False)
    monkeypatch.setattr(
        "verifier.cli.configure", lambda *_: None
    )  # this process's logs are pytest's

    def typed(*arguments: str) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return typed


def failed(result: Result, code: str) -> None:
    """One sentence and the code on standard error, nothing else."""
    assert result.exit_code == 1
    assert result.stderr.strip().endswith(f"[{code}]"), result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)


def written(folder: Path, name: str, value: object) -> Path:
    file = folder / name
    file.write_text(value if isinstance(value, str) else json.dumps(value))
    return file


def test_a_verifier_without_a_mode_does_not_start(run: Run) -> None:
    failed(run("serve"), "settings.mode_missing")


def test_central_mode_without_an_assessment_does_not_start(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHUALIAN_MODE", "central")
    monkeypatch.setenv("SHUALIAN_NOTICE_VERSION", NOTICE)
    failed(run("serve"), "settings.pia_missing")


def test_the_shipped_policy_is_printed_whole(run: Run) -> None:
    said = json.loads(run("policy").stdout)
    assert len(said["digest"]) == 43
    assert "settlement" in said["purposes"]


def test_a_policy_that_is_not_complete_is_refused(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path, "policy.toml", "[purposes.surgery]\ntitle_zh = '手术'\n")
    failed(run("policy", file), "policy.invalid")
    failed(run("policy", tmp_path / "none.toml"), "policy.unreadable")


def test_what_is_registered_stays_registered(run: Run, tmp_path: Path) -> None:
    assert run("institutions", "register", INSTITUTION, "演示医院", "--demo").exit_code == 0
    public = OKPKey.generate_key("Ed25519").as_dict(private=False)
    key = written(tmp_path, "terminal.jwk", public)
    words = ["terminals", "register", "--key", key, "--site", "hall", "--label", "kiosk 1"]
    first = run(*words, "--purpose", "settlement", "--json")
    again = run(*words, "--purpose", "settlement", "--purpose", "dispensing", "--json")
    assert first.exit_code == 0, first.stderr
    assert json.loads(first.stdout) == json.loads(again.stdout)
    assert run("terminals", "suspend", json.loads(first.stdout)["terminal"]).exit_code == 0
    failed(run("terminals", "suspend", "A" * 22), "terminal.unknown")
    name = json.loads(first.stdout)["terminal"]
    for verb, state in (("reinstate", "active"), ("revoke", "revoked")):
        assert run("terminals", verb, name).exit_code == 0
        [line] = json.loads(run("terminals", "list", "--json").stdout)
        assert (line["id"], line["state"]) == (name, state)
    assert "revoked" in run("terminals", "list").stdout
    failed(run("terminals", "reinstate", name), "terminal.for_good")
    assert "1 terminals" in run("terminals", "rejoin").stdout
    failed(run(*words, "--purpose", "surgery"), "input.unreadable")
    his = written(tmp_path, "his.jwk", ECKey.generate_key("P-256").as_dict(private=False))
    registered = run("clients", "register", "his", "--key", his)
    assert "receipts:read" in registered.stdout
    assert run("migrate").exit_code == 0


def test_a_private_key_is_not_registered(run: Run, tmp_path: Path) -> None:
    run("institutions", "register", INSTITUTION, "演示医院")
    private = OKPKey.generate_key("Ed25519").as_dict(private=True)
    key = written(tmp_path, "terminal.jwk", private)
    words = ["terminals", "register", "--key", key, "--site", "hall", "--label", "kiosk 1"]
    result = run(*words, "--purpose", "settlement")
    failed(result, "key.private")
    assert str(private["d"]) not in result.stderr


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00"])
def test_a_file_that_is_no_key_is_refused(run: Run, tmp_path: Path, text: str) -> None:
    key = written(tmp_path, "key.jwk", text)
    failed(run("clients", "register", "his", "--key", key), "input.unreadable")


def test_a_receipt_is_checked_from_two_files(
    run: Run, tmp_path: Path, hospital: Hospital, terminal: Terminal
) -> None:
    answer = terminal.decide(faceless(ZHANG))
    receipt = written(tmp_path, "receipt.jws", answer.receipt + "\n")
    jwks = written(tmp_path, "jwks.json", hospital.keyring.jwks())
    words = ["receipt", "check", receipt, "--jwks", jwks, "--audience"]
    good = run(*words, INSTITUTION, "--visit", answer.decision.visit)
    assert json.loads(good.stdout)["outcome"] == "accepted"
    failed(run(*words, "H0"), "receipt.wrong_audience")
    failed(run(*words, INSTITUTION, "--visit", "another"), "receipt.other_visit")
    written(tmp_path, "receipt.jws", answer.receipt[:-4] + "AAAA")
    failed(run(*words, INSTITUTION), "receipt.signature_invalid")


def test_the_way_back_is_shown_before_it_is_gone(run: Run) -> None:
    assert run("migrate").exit_code == 0
    shown = run("migrate", "--back-to", "terminal_trust")
    assert "accounts: 0 rows would go" in shown.stdout
    assert "nothing was changed" in shown.stdout
    assert "accounts: 0 rows would go" in run("migrate", "--back-to", "terminal_trust").stdout
    assert "are gone" in run("migrate", "--back-to", "terminal_trust", "--yes").stdout
    failed(run("migrate", "--back-to", "terminal_trust"), "database.no_such_revision")
    assert "up to date" in run("migrate").stdout


def test_a_client_of_another_institution_is_not_taken_over(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = written(tmp_path, "his.json", ECKey.generate_key("P-256").as_dict(private=False))
    for code in ("H99010100002", INSTITUTION):
        monkeypatch.setenv("SHUALIAN_INSTITUTION", code)
        assert run("institutions", "register", code, "医院").exit_code == 0
        done = run("clients", "register", "his", "--key", str(key))
    failed(done, "client.taken")
