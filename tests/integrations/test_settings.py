"""Settings of the adapter, its breaker, and the commands that join it."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from integrations.nhsa.breaker import Breaker
from integrations.nhsa.resolver import open_resolver
from integrations.nhsa.settings import NhsaSettings, load
from tests.verifier.fixtures import INSTITUTION
from tests.waiting import WAIT
from verifier.settings import SettingsRefused


@pytest.fixture
def token(tmp_path: Path) -> Path:
    """A secret's file, ours alone."""
    file = tmp_path / "token"
    file.write_text("sixteen-letters-or-more")
    file.chmod(0o600)
    return file


def refused(**said: Any) -> str:
    with pytest.raises(SettingsRefused) as error, open_resolver(load(**said)):
        pass
    return error.value.code


def test_without_an_address_there_is_no_door_and_nothing_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHUALIAN_INSTITUTION", "H1")
    with open_resolver(load()) as resolver:
        assert resolver is None


def test_the_institution_is_the_verifiers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHUALIAN_INSTITUTION", INSTITUTION)
    monkeypatch.setenv("SHUALIAN_NHSA_CODE_URL", "https://platform.example/ec")
    assert load().desk().org_id == INSTITUTION


def test_a_file_says_what_a_province_does_differently(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "nhsa.toml"
    file.write_text(
        f'institution = "{INSTITUTION}"\n'
        'code_url = "https://platform.example/ec"\ncode_field = "qrCode"\n'
        '[id_kinds]\n"01" = "resident_id"\n"08" = "passport"\n'
    )
    file.chmod(0o600)
    monkeypatch.setenv("SHUALIAN_NHSA_CONFIG", str(file))
    settings = load()
    assert settings.id_kinds == {"01": "resident_id", "08": "passport"}
    assert (settings.code_field, settings.institution) == ("qrCode", INSTITUTION)
    file.chmod(0o644)
    with pytest.raises(SettingsRefused) as error:
        load()
    assert error.value.code == "settings.secret_readable"


@pytest.mark.parametrize(
    "url",
    [
        "http://platform.example/ec",
        "http://8.8.8.8/ec",
        "ftp://127.0.0.1/ec",
        "nonsense",
        "http://[",
    ],
)
def test_an_open_address_without_tls_is_refused(url: str) -> None:
    assert refused(institution=INSTITUTION, code_url=url) == "settings.invalid"


@pytest.mark.parametrize("url", ["http://10.38.22.15:8081/ec", "https://platform.example/ec"])
def test_a_private_line_or_tls_is_taken(url: str) -> None:
    assert NhsaSettings(institution=INSTITUTION, code_url=url).opens_a_door


def test_an_institution_that_the_platform_cannot_know_is_refused() -> None:
    assert refused(institution="H1", code_url="https://platform.example/ec") == "settings.invalid"


def test_signed_headers_need_a_secret(token: Path) -> None:
    said = {"institution": INSTITUTION, "code_url": "https://platform.example/ec", "headers": "tif"}
    assert refused(**said) == "settings.invalid"
    assert refused(**said, secret_file=token.with_name("none")) == "settings.file_unreadable"
    token.chmod(0o640)
    assert refused(**said, secret_file=token) == "settings.secret_readable"
    token.chmod(0o600)
    token.write_text("short")
    assert refused(**said, secret_file=token) == "settings.secret_weak"


def test_a_secret_does_not_show(token: Path) -> None:
    settings = NhsaSettings(institution=INSTITUTION, headers="apikey", secret_file=token)
    assert "sixteen" not in repr(settings)
    assert "sixteen" not in repr(settings.sign())


def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_try() -> None:
    time = 0.0
    breaker = Breaker(after=2, rest_s=10, tick=lambda: time)
    assert [breaker.failed(), breaker.may_ask(), breaker.failed()] == [False, True, True]
    assert not breaker.may_ask()
    time = 10.0
    assert [breaker.may_ask(), breaker.may_ask()] == [True, False]
    assert breaker.answered()
    assert [breaker.may_ask(), breaker.may_ask(), breaker.answered()] == [True, True, False]


def test_a_breaker_forgets_failures_that_are_not_in_a_row() -> None:
    breaker = Breaker(after=2)
    for _ in range(5):
        breaker.failed()
        breaker.answered()
    assert breaker.may_ask()


def test_the_sandbox_as_an_operator_starts_it() -> None:
    command = [sys.executable, "-m", "shualian", "integrations", "nhsa-sandbox", "--port", "0"]
    with subprocess.Popen(
        [*command, "--json"], stdout=subprocess.PIPE, text=True, env=os.environ
    ) as child:
        assert child.stdout is not None
        said = json.loads(child.stdout.readline())
        try:
            code = httpx.post(said["url"] + "/sandbox/codes", timeout=WAIT).json()["code"]
            assert re.fullmatch(r"424\d{25}", code)
            assert said["settings"]["SHUALIAN_NHSA_CODE_URL"] == said["url"] + "/ec"
        finally:
            child.send_signal(signal.SIGTERM)
            assert child.wait(30) == 0
