"""`shualian kiosk …` as an operator types it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.identity import TerminalIdentity
from kiosk.journal import Journal
from kiosk.settings import KioskSettings
from verifier.protocol.values import new_id

RUN = CliRunner()


def data(folder: Path) -> list[str]:
    return ["--data", str(folder)]


def test_a_terminal_is_made_known_in_two_steps(tmp_path: Path) -> None:
    named = ["--institution", "H99010100001", "--verifier", "https://verifier.test"]
    made = RUN.invoke(app, ["key", *named, *data(tmp_path)])
    assert made.exit_code == 0
    assert json.loads(made.stdout)["crv"] == "Ed25519"
    assert "d" not in json.loads(made.stdout)
    terminal = new_id()
    assert RUN.invoke(app, ["register", *data(tmp_path), "--", terminal]).exit_code == 0
    path = KioskSettings(data=tmp_path).identity_file
    assert TerminalIdentity.load(path).terminal == terminal


def test_a_key_that_is_there_is_not_lost_by_chance(tmp_path: Path) -> None:
    named = ["--institution", "H99010100001", "--verifier", "https://verifier.test"]
    RUN.invoke(app, ["key", *named, *data(tmp_path)])
    again = RUN.invoke(app, ["key", *named, *data(tmp_path)])
    assert again.exit_code == 1
    assert "kiosk.identity_exists" in again.stderr
    assert RUN.invoke(app, ["key", *named, *data(tmp_path), "--force"]).exit_code == 0


def test_an_address_without_tls_is_refused(tmp_path: Path) -> None:
    named = ["--institution", "H99010100001", "--verifier", "http://10.0.0.7"]
    made = RUN.invoke(app, ["key", *named, *data(tmp_path)])
    assert (made.exit_code, "kiosk.insecure_address" in made.stderr) == (1, True)


def test_without_a_key_the_agent_says_what_to_do_and_its_code(tmp_path: Path) -> None:
    ran = RUN.invoke(app, ["run", *data(tmp_path)])
    assert ran.exit_code == 1
    assert "register" in ran.stderr
    assert "kiosk.identity_missing" in ran.stderr


def test_referrals_are_listed_for_the_counter(tmp_path: Path) -> None:
    settings = KioskSettings(data=tmp_path)
    line = Journal(settings.journal_file).refer(new_id(), "settlement", "kiosk.no_answer")
    listed = RUN.invoke(app, ["referrals", "--json", *data(tmp_path)])
    assert json.loads(listed.stdout)[0]["visit"] == line.visit
    assert line.visit in RUN.invoke(app, ["referrals", *data(tmp_path)]).stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_agent_serves_its_page_and_stops_at_once(tmp_path: Path, engine, number) -> None:  # type: ignore[no-untyped-def]
    path = KioskSettings(data=tmp_path).identity_file
    TerminalIdentity.create(path, "H99010100001", "https://verifier.test")
    TerminalIdentity.register(path, new_id())
    assert engine.pack.name
    command = [sys.executable, "-m", "shualian", "kiosk", "run", "--port", "0", *data(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as run:
        assert run.stdout is not None
        address = run.stdout.readline().split()[-1]
        assert address.startswith("http://127.0.0.1:")
        run.send_signal(number)
        assert run.wait(timeout=15) == 0
