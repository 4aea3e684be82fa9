"""`shualian verifier serve` with the adapters of this house, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from joserfc.jwk import OKPKey
from typer.testing import CliRunner

from integrations.nhsa.sandbox.app import Sandbox
from integrations.nhsa.sandbox.serve import SandboxServer
from shualian.verifying import app
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import NO_FACE, NOTICE, Terminal, basis
from tests.waiting import WAIT
from verifier.protocol.claim import CredentialReading, Evidence
from verifier.protocol.values import Assurance
from verifier.settings import load
from verifier.store.database import open_database
from verifier.trust import terminals


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder of its own, and a verifier that may serve."""
    pia = tmp_path / "pia.md"
    pia.write_text("# assessment\n")
    said = {
        "DATA": str(tmp_path / "data"),
        "INSTITUTION": INSTITUTION,
        "MODE": "central",
        "PIA": str(pia),
        "NOTICE_VERSION": NOTICE,
        "PORT": "0",
    }
    for name, value in said.items():
        monkeypatch.setenv(f"SHUALIAN_{name}", value)


@contextmanager
def serving() -> Iterator[str]:
    """A verifier's address, while it serves."""
    command = [sys.executable, "-m", "shualian", "verifier", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as child:
        try:
            assert child.stdout is not None
            lines = iter(child.stdout.readline, "")
            yield next(line.split()[-1] for line in lines if line.startswith("listening on"))
        finally:
            child.terminate()


def registered(url: str) -> Terminal:
    """A terminal of it."""
    key = OKPKey.generate_key("Ed25519")
    public = key.as_dict(private=False)
    with open_database(load()) as database, database.app.begin() as conn:
        name = terminals.register(conn, INSTITUTION, "hall", "kiosk", public, ["settlement"])
    return Terminal(name, key, cast("Any", httpx.Client(base_url=url, timeout=30)))


@pytest.mark.usefixtures("environment", "engine")
def test_a_served_verifier_asks_the_platform_that_the_settings_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = CliRunner().invoke(app, ["institutions", "register", INSTITUTION, "演示医院", "--demo"])
    assert made.exit_code == 0, made.stderr
    with SandboxServer(Sandbox()) as platform:
        monkeypatch.setenv("SHUALIAN_NHSA_CODE_URL", platform.code_url)
        code = httpx.post(f"{platform.url}/sandbox/codes", timeout=WAIT).json()["code"]
        reading = CredentialReading(
            kind="nhsa_qr",
            fields={"token": code},
            device="scanner",
            read_at=datetime.now(UTC),
            authenticated=False,
            simulated=False,
        )
        with serving() as url:
            answer = registered(url).decide(Evidence(reading=reading), legal_basis=basis(NO_FACE))
            pages = httpx.get(f"{url}/console/sign-in", timeout=WAIT)
    assert "演示医院" in pages.text, "the staff's pages stand beside the interface"
    assert answer.decision.assurance is Assurance.CARD
    assert answer.decision.simulated


@pytest.mark.usefixtures("environment")
def test_a_verifier_with_a_platform_that_may_not_be_asked_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHUALIAN_NHSA_CODE_URL", "http://platform.example/ec")
    result = CliRunner().invoke(app, ["serve"])
    assert result.exit_code == 1
    assert result.stderr.strip().endswith("[settings.invalid]")
    assert "platform.example" not in result.stderr
