"""Lists of devices: read from a TOML, checked, written as one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from devices.manager import ConfigError, DeviceConfig
from devices.manager.config import load, parse
from devices.manager.lists import written

LISTED = """
[[device]]
name = "id-reader"
kind = "resident_id"
port = "/dev/ttyUSB0"
settings = { baudrate = 57600 }
"""


def test_a_list_is_read_from_a_toml(tmp_path: Path) -> None:
    path = tmp_path / "devices.toml"
    path.write_text(LISTED)
    assert load(path) == [
        DeviceConfig("id-reader", "resident_id", "/dev/ttyUSB0", {"baudrate": 57600})
    ]


def changed(change: Callable[[dict[str, object]], None]) -> dict[str, object]:
    entry: dict[str, object] = {"name": "id", "kind": "resident_id", "port": "COM3"}
    change(entry)
    return {"device": [entry]}


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"devices": []}, "nothing else"),
        ({"device": [{"name": "id"}]}, "device 1: needs"),
        (changed(lambda e: e.update(name="ID!")), "lower-case"),
        (changed(lambda e: e.update(kind="toaster")), "kind 'toaster'"),
        (changed(lambda e: e.update(port="")), "port is missing"),
        (changed(lambda e: e.update(settings=3)), "settings are a table"),
        (changed(lambda e: e.update(settings={"volume": 11})), "volume"),
        ({"device": [changed(lambda _: None)["device"][0]] * 2}, "stands twice"),  # type: ignore[index]
    ],
)
def test_a_list_that_is_wrong_says_where(document: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as refused:
        parse(document)
    assert refused.value.code == "devices.config_invalid"


def test_a_list_that_is_no_toml_or_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "none.toml")
    (tmp_path / "broken.toml").write_text("[[device")
    with pytest.raises(ConfigError, match="no TOML"):
        load(tmp_path / "broken.toml")


def test_a_list_that_was_written_reads_as_it_was(tmp_path: Path) -> None:
    devices = [
        DeviceConfig("id", "resident_id", "/dev/serial/by-id/a b", {"tries": 2, "halved": True}),
        DeviceConfig("sign", "scanner", 'COM3"\\\x7f扫', {"idle_gap": 0.1, "name": "前台"}),
        DeviceConfig("card", "social_security_card", "pcsc:", {"transport": "pcsc"}),
        DeviceConfig("old", "social_security_card", "COM4", {"voltages": [1, 2]}),
        DeviceConfig("plain", "gnss", "COM5"),
    ]
    path = tmp_path / "devices.toml"
    path.write_text(written(devices), "utf-8")
    assert load(path) == devices
    with pytest.raises(TypeError):
        written([DeviceConfig("id", "resident_id", "COM3", {"tries": object()})])


def test_bytes_are_written_as_the_kinds_take_them(tmp_path: Path) -> None:
    settings = {"transport": "family_a", "transmit": b"\x00\x23", "power_off": b"\x00\x24"}
    path = tmp_path / "devices.toml"
    path.write_text(written([DeviceConfig("card", "social_security_card", "COM3", settings)]))
    assert load(path)[0].settings["transmit"] == "0023"
