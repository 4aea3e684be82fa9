"""A verifier that may not run does not start."""

import os
from pathlib import Path

import pytest

from verifier.settings import Settings, SettingsRefused, is_private_address, load


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the test says."""
    for name in [name for name in os.environ if name.startswith("SHUALIAN_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def pia(tmp_path: Path) -> Path:
    """An impact assessment's file."""
    path = tmp_path / "pia.md"
    path.write_text("# assessment\n")
    return path


def refused(settings: Settings) -> str:
    """The code with which these settings are refused."""
    with pytest.raises(SettingsRefused) as error:
        settings.check()
    return error.value.code


def test_central_mode_starts_with_an_assessment_and_a_notice_on_loopback(pia: Path) -> None:
    load(mode="central", pia=pia, notice_version="2025-01").check()


def test_the_mode_has_no_default() -> None:
    assert refused(load()) == "settings.mode_missing"


def test_on_device_mode_needs_no_assessment() -> None:
    load(mode="on_device").check()


def test_central_mode_without_an_assessment_is_refused(tmp_path: Path) -> None:
    absent = tmp_path / "absent.md"
    assert refused(load(mode="central", notice_version="1")) == "settings.pia_missing"
    assert refused(load(mode="central", notice_version="1", pia=absent)) == "settings.pia_missing"
    absent.touch()
    assert refused(load(mode="central", notice_version="1", pia=absent)) == "settings.pia_missing"


def test_central_mode_without_a_notice_is_refused(pia: Path) -> None:
    assert refused(load(mode="central", pia=pia)) == "settings.notice_missing"


@pytest.mark.parametrize("host", ["8.8.8.8", "0.0.0.0", "::", "example.org", "169.254.1.1"])
def test_central_mode_on_an_address_that_is_not_private_is_refused(pia: Path, host: str) -> None:
    settings = load(mode="central", pia=pia, notice_version="1", host=host)
    assert refused(settings) == "settings.public_address"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "::1", "10.1.2.3", "192.168.0.9", "fd00::1"]
)
def test_loopback_and_hospital_networks_are_private(host: str) -> None:
    assert is_private_address(host)


def test_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "shualian.toml"
    file.write_text('institution = "H1"\nthreads = 3\n')
    file.chmod(0o600)
    monkeypatch.setenv("SHUALIAN_CONFIG", str(file))
    monkeypatch.setenv("SHUALIAN_THREADS", "4")
    settings = load(port=9000)
    assert (settings.institution, settings.threads, settings.port) == ("H1", 4, 9000)


def test_a_file_that_others_can_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "shualian.toml"
    file.write_text("")
    file.chmod(0o644)
    monkeypatch.setenv("SHUALIAN_CONFIG", str(file))
    with pytest.raises(SettingsRefused) as error:
        load()
    assert error.value.code == "settings.secret_readable"


@pytest.mark.parametrize("content", ["institution = ", None])
def test_a_file_that_is_no_toml_or_absent_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    file = tmp_path / "shualian.toml"
    if content is not None:
        file.write_text(content)
        file.chmod(0o600)
    monkeypatch.setenv("SHUALIAN_CONFIG", str(file))
    with pytest.raises(SettingsRefused) as error:
        load()
    assert error.value.code == "settings.file_unreadable"


def test_a_wrong_value_is_told_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHUALIAN_PORT", "secret-value")
    with pytest.raises(SettingsRefused) as error:
        load()
    assert error.value.code == "settings.invalid"
    assert "port" in str(error.value)
    assert "secret-value" not in str(error.value)


def test_one_database_url_without_the_other_is_refused() -> None:
    with pytest.raises(SettingsRefused) as error:
        load(database_url="postgresql://owner:hunter2@db/shualian")
    assert error.value.code == "settings.invalid"
    assert "hunter2" not in str(error.value)


def test_passwords_do_not_show_in_a_repr() -> None:
    url = "postgresql://owner:hunter2@db/shualian"
    assert "hunter2" not in repr(load(database_url=url, database_app_url=url))
