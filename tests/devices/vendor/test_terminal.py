"""A library as a terminal and an engineer meet it: in the list of devices, and by command."""

import json

import pytest

from devices.manager import Connected, DeviceConfig, Lost, Manager, Taken, Troubled
from devices.manager.config import ConfigError, parse
from tests.devices.test_cli import devices
from tests.devices.test_manager import until

from .conftest import FUNCTIONS, Described
from .test_reader import CARD, bas


def listed(described: Described, function: str = "ReadCardBas", **settings: float) -> DeviceConfig:
    path = described.of(function, deadline=30.0)
    return DeviceConfig("vendor", "vendor", str(path), settings)


def test_a_library_among_the_devices_is_read_once_somebody_wants_that(
    described: Described,
) -> None:
    described.put("card", bas())
    with Manager([listed(described)]) as manager:
        until(manager, Connected)
        manager.want_everything(5)
        taken, _ = until(manager, Taken)
    assert isinstance(taken, Taken)
    assert (taken.value.fields["number"], taken.ticket) == (CARD.number, 5)


def test_a_library_that_crashes_once_is_a_trouble_and_one_that_always_does_is_lost(
    described: Described,
) -> None:
    described.put("card", bas())
    with Manager([listed(described, "CrashOnce")]) as manager:
        manager.want_everything()
        troubled, before = until(manager, Troubled)
        assert isinstance(troubled, Troubled)
        assert troubled.code == "vendor.crashed"
        until(manager, Taken)
    assert not any(isinstance(event, Lost) for event in before)
    with Manager([listed(described, "Crash")]) as manager:
        manager.want_everything()
        lost, _ = until(manager, Lost)
        assert isinstance(lost, Lost)
        assert lost.code == "vendor.crashed"


def test_a_description_that_is_mended_brings_the_device_back(described: Described) -> None:
    device = listed(described, "ReadNothing")
    with Manager([device]) as manager:
        lost, _ = until(manager, Lost)
        assert isinstance(lost, Lost)
        assert lost.code == "vendor.function_missing"
        listed(described)
        until(manager, Connected)


def test_a_hanging_library_does_not_keep_another_device_waiting(described: Described) -> None:
    described.put("card", bas())
    good = described.folder / "good.toml"
    good.write_text(described.of("ReadCardBas").read_text())
    hanging = described.of("Hang", deadline=1.0)
    both = [DeviceConfig("a", "vendor", str(hanging)), DeviceConfig("b", "vendor", str(good))]
    with Manager(both) as manager:
        manager.want_everything()
        taken, _ = until(manager, Taken)
        assert taken.device == "b"


def test_settings_that_a_library_does_not_know_are_refused() -> None:
    entry = {"name": "v", "kind": "vendor", "port": "x.toml", "settings": {"volume": 1}}
    with pytest.raises(ConfigError, match="volume"):
        parse({"device": [entry]})


def test_a_card_is_read_by_command(described: Described) -> None:
    described.put("card", bas())
    port = str(described.write(FUNCTIONS))
    done = devices("read", "vendor", "--port", port, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    reading = json.loads(done.stdout)
    assert (reading["kind"], reading["device"]) == ("social_security_card", "vendor:library")
    assert (reading["authenticated"], reading["simulated"]) == (False, True)
    assert reading["fields"]["number"] == CARD.number


def test_a_description_that_is_wrong_is_one_sentence_with_its_place_and_a_code(
    described: Described,
) -> None:
    port = str(described.write(FUNCTIONS, encoding="big5"))
    done = devices("read", "vendor", "--port", port)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "The description of the vendor's library cannot be used: encoding: one of gb18030, gbk,"
        " utf-8. [vendor.description_invalid]\n"
    )


def test_a_library_cannot_be_simulated_and_says_why() -> None:
    done = devices("simulate", "vendor")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("[simulator.unsupported]\n")
    assert "docs/devices/vendor.md" in done.stderr
