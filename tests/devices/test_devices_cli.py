"""`list`, `probe`, `monitor` and `knob`, and every kind read from a simulator, as typed."""

import json
import queue
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from devices import cli
from devices.manager.kinds import KINDS
from devices.resident_id.invented import invented_card
from devices.resident_id.simulator import ResidentIdSimulator

from .test_cli import DEVICES, PERSON, ROOT, devices, running

WAIT_S = 60.0
READ: dict[str, tuple[list[str], list[str]]] = {
    "resident-id": ([], ["--timeout", "30"]),
    "social-security-card": ([], ["--timeout", "30"]),
    "scanner": ([], ["--timeout", "30"]),
    "gnss": ([], ["--timeout", "30"]),
    "printer": ([], []),
}
"""By command: what `simulate` and `read` need beside the port."""
DIALECTS = {
    "resident-id": (["--family-a"], ["--family-a"]),
    "social-security-card": (
        ["--transport", "family-a", "--apdu-command", "0023"],
        ["--transport", "family-a", "--apdu-command", "0023"],
    ),
}
ANYWHERE = pytest.mark.parametrize("at", [[], ["--at", "tcp://127.0.0.1:0"]], ids=["pty", "tcp"])


class Lines:
    """The JSON lines that a command prints, as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._came: queue.Queue[dict[str, Any]] = queue.Queue()
        self._source = process.stdout
        threading.Thread(target=self._take, daemon=True).start()

    def until(self, event: str) -> list[dict[str, Any]]:
        """All up to the first of this event."""
        came = []
        while not came or came[-1]["event"] != event:
            came.append(self._came.get(timeout=WAIT_S))
        return came

    def _take(self) -> None:
        for line in self._source or ():
            self._came.put(json.loads(line))


@contextmanager
def monitoring(*args: str) -> Iterator[Lines]:
    command = [*DEVICES, "monitor", *args, "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        yield Lines(process)
    finally:
        process.kill()
        process.communicate()


@ANYWHERE
@pytest.mark.parametrize("name", READ)
def test_every_kind_is_read_by_its_command_from_its_simulator(name: str, at: list[str]) -> None:
    be, ask = READ[name]
    with running("simulate", name, *be, *at, "--json") as (_, line):
        done = devices("read", name, "--port", json.loads(line)["port"], *ask, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["simulated"] is True


@ANYWHERE
@pytest.mark.parametrize("name", DIALECTS)
def test_every_further_dialect_is_read_too(name: str, at: list[str]) -> None:
    be, ask = DIALECTS[name]
    with running("simulate", name, *be, *at, "--json") as (_, line):
        done = devices("read", name, "--port", json.loads(line)["port"], *ask, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["simulated"] is True


def test_no_kind_is_left_out() -> None:
    named = {command.name for command in cli.read.registered_commands}
    assert named == {*READ, "vendor"}  # a library has no wire to be simulated on
    assert named <= {command.name for command in cli.simulate.registered_commands}


@pytest.mark.parametrize("transport", ["pty", "tcp"])
def test_a_simulator_that_is_killed_and_started_again_is_lost_once_and_recovered_once(
    transport: str, tmp_path: Path
) -> None:
    at = str(tmp_path / "reader") if transport == "pty" else "tcp://127.0.0.1:0"
    with running("simulate", "resident-id", "--at", at, "--json") as (first, line):
        port = json.loads(line)["port"]
        watched = ("--port", port, "--kind", "resident-id", "--every", "0.2")
        with monitoring(*watched) as lines:
            before = lines.until("taken")
            first.kill()
            first.wait()
            if transport == "pty":  # as udev does; its number is another's soon
                Path(at).unlink()
            gone = lines.until("lost")
            again = port.replace("socket://", "tcp://")
            with running("simulate", "resident-id", "--at", again, "--json") as (_, line):
                assert json.loads(line)["port"] == port
                back = lines.until("recovered")
                after = lines.until("taken") + lines.until("taken")
    events = [one["event"] for one in before + gone + back + after]
    assert (events[0], events.count("connected")) == ("connected", 1)
    assert (events.count("lost"), events.count("recovered")) == (1, 1)
    assert back == [{**back[0], "event": "recovered", "device": "resident-id"}]
    assert [one["event"] for one in after] == ["taken", "taken"]


def test_what_a_monitor_shows_holds_nothing_personal_unless_asked() -> None:
    card = invented_card(5)
    with ResidentIdSimulator(card) as simulator:
        watched = ("--port", simulator.url, "--kind", "resident-id")
        with monitoring(*watched) as lines:
            hidden = lines.until("taken")[-1]
        with monitoring(*watched, "--show") as lines:
            shown = lines.until("taken")[-1]
    assert hidden["value"]["fields"] == dict.fromkeys(card.fields())
    assert hidden["value"]["simulated"] is True
    assert card.number not in json.dumps(hidden)
    assert shown["value"]["fields"] == card.fields()


def test_a_monitor_of_a_receiver_tells_how_good_a_fix_is_and_not_where() -> None:
    with (
        running("simulate", "gnss", "--every", "0.5", "--json") as (_, line),
        monitoring("--port", json.loads(line)["port"], "--kind", "gnss") as lines,
    ):
        value = lines.until("taken")[-1]["value"]
    assert value["quality"] == 1
    assert not {"latitude", "longitude"} & set(value)


def test_a_monitor_of_a_list_prints_a_line_for_people_and_stops_when_told(tmp_path: Path) -> None:
    card = invented_card(5)
    with ResidentIdSimulator(card) as simulator:
        config = listed(tmp_path, simulator.url)
        with running("monitor", "--config", str(config)) as (process, line):
            assert process.stdout is not None
            taken = next(line for line in process.stdout if "taken" in line)
            process.terminate()
            assert process.wait(timeout=30) == 0
    assert "front-desk" in line
    assert "connected" in line
    assert "name=•••" in taken
    assert card.name not in taken


@pytest.mark.parametrize(
    "args",
    [[], ["--port", "COM3"], ["--kind", "gnss"], ["--config", "x.toml", "--port", "COM3"]],
)
def test_a_monitor_of_nothing_says_what_it_needs(args: list[str]) -> None:
    done = devices("monitor", *args)
    assert done.returncode == 2
    assert "--config" in done.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["--port", "COM3", "--kind", "toaster"],
        ["--port", "COM3", "--kind", "gnss", "--set", "volume=11"],
        ["--port", "COM3", "--kind", "gnss", "--set", "volume"],
        ["--config", "/nowhere/devices.toml"],
    ],
)
def test_a_list_that_is_wrong_is_one_sentence_and_a_code(args: list[str]) -> None:
    done = devices("monitor", *args)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("[devices.config_invalid]\n")


def test_the_kinds_are_listed_with_their_settings() -> None:
    kinds = json.loads(devices("list", "--kinds", "--json").stdout)["kinds"]
    assert [kind["kind"] for kind in kinds] == list(KINDS)
    assert all(kind["settings"] for kind in kinds)
    scanner = next(kind for kind in kinds if kind["kind"] == "scanner")
    assert scanner["settings"][""]["idle_gap"] == 0.08
    assert "scanner: 2-D scanner 扫码器" in devices("list", "--kinds").stdout


def test_listed_devices_are_told_with_how_they_are(tmp_path: Path) -> None:
    with ResidentIdSimulator() as simulator:
        config = listed(tmp_path, simulator.url, absent=True)
        found = json.loads(devices("list", "--config", str(config), "--json").stdout)
        table = devices("list", "--config", str(config)).stdout
    assert isinstance(found["ports"], list)
    states = {one["name"]: (one["state"], one["code"]) for one in found["devices"]}
    assert states["front-desk"] == ("ready", None)
    assert states["absent"] == ("lost", "device.unplugged")
    assert "front-desk" in table


def test_what_a_probe_found_is_a_list_that_can_be_used(tmp_path: Path) -> None:
    with ResidentIdSimulator(invented_card(4)) as simulator:
        toml = devices("probe", simulator.url, "--listen", "0.3", "--toml").stdout
        config = tmp_path / "devices.toml"
        config.write_text(toml)
        with monitoring("--config", str(config)) as lines:
            assert lines.until("taken")[-1]["device"] == "resident-id"


def test_a_probe_tells_every_step_and_what_it_sent(tmp_path: Path) -> None:
    with ResidentIdSimulator() as simulator:
        done = devices("probe", simulator.url, str(tmp_path / "none"), "--listen", "0.3")
    assert "listen for a GNSS receiver at 9600: silence" in done.stdout
    assert "(10 04 01)" in done.stdout
    assert "→ resident_id, sam:00.00-" in done.stdout
    assert "[device.unplugged]" in done.stdout


def test_a_knob_of_a_simulator_in_another_process_is_turned(tmp_path: Path) -> None:
    person = tmp_path / "person.toml"
    person.write_text(PERSON.replace("00228001X", "002280010"), "utf-8")
    with running("simulate", "resident-id", "--json") as (_, line):
        said = json.loads(line)
        port, control = said["port"], said["control"]
        assert "faults: busy" in devices("knob", control).stdout
        turned = devices("knob", control, "wrong-checksum", "--times", "2").stdout
        assert "wrong_checksum × 2" in turned
        devices("knob", control, "remove")
        done = devices("read", "resident-id", "--port", port, "--timeout", "0.1")
        assert done.stderr == "No card is on the reader. [device.no_card]\n"
        devices("knob", control, "present", str(person))
        done = devices("read", "resident-id", "--port", port, "--json")
        assert json.loads(done.stdout)["fields"]["name"] == "欧阳演示"
        assert "unplugged" in devices("knob", control, "unplug").stdout
        done = devices("read", "resident-id", "--port", port)
        assert done.stderr == "The device is not connected. [device.unplugged]\n"
        listed = json.loads(devices("knob", control, "plug-in", "--json").stdout)
        assert listed["plugged_in"]


def test_a_code_is_shown_to_a_scanner_in_another_process() -> None:
    with running("simulate", "scanner", "--at", "tcp://127.0.0.1:0", "--json") as (_, line):
        said = json.loads(line)
        devices("knob", said["control"], "show", "MZ000123")
        done = devices("read", "scanner", "--port", said["port"], "--json")
        assert json.loads(done.stdout)["fields"]["token"] == "MZ000123"
        devices("knob", said["control"], "hide")
        done = devices("read", "scanner", "--port", said["port"], "--timeout", "0.5")
        assert "[scanner.no_code]" in done.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["on_fire"], "control.unknown_fault"),
        (["present", "/nowhere/person.toml"], "person_file.unreadable"),
    ],
)
def test_a_knob_that_is_not_there_is_one_sentence_and_a_code(words: list[str], code: str) -> None:
    with running("simulate", "social-security-card", "--json") as (_, line):
        done = devices("knob", json.loads(line)["control"], *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(f"[{code}]\n")


def listed(folder: Path, port: str, *, absent: bool = False) -> Path:
    """A list of one device, or of one and one that is not there."""
    entries = [("front-desk", port)] + ([("absent", str(folder / "none"))] if absent else [])
    path = folder / "devices.toml"
    path.write_text(
        "\n".join(
            f'[[device]]\nname = "{name}"\nkind = "resident_id"\nport = "{where}"\n'
            for name, where in entries
        )
    )
    return path
