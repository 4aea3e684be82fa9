"""The commands as a person types them, each in a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from devices.resident_id.invented import invented_card
from devices.resident_id.simulator import ResidentIdSimulator
from devices.scanner.invented import invented_code
from devices.scanner.simulator import ScannerSimulator

DEVICES = [sys.executable, "-m", "devices.cli"]
ROOT = Path(__file__).parents[2]
PERSON = """
name = "欧阳演示"
number = "99010119900228001X"
address = "演示省虚构市某路2号"
valid_from = 2021-05-01
valid_to = "2041-05-01"
"""


def devices(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DEVICES, *args], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )


@contextmanager
def running(*args: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A command that runs on, and the first line that it printed."""
    process = subprocess.Popen([*DEVICES, *args], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.terminate()  # so that it takes its port's link and its folder with it
        process.communicate()


@pytest.fixture
def person(tmp_path: Path) -> Path:
    path = tmp_path / "person.toml"
    path.write_text(PERSON.replace("00228001X", "002280010"), "utf-8")
    return path


def test_a_simulator_in_one_process_is_read_by_another(person: Path) -> None:
    with running("simulate", "resident-id", "--person", str(person)) as (_, port):
        done = devices("read", "resident-id", "--port", port, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    reading = json.loads(done.stdout)
    assert reading["kind"] == "resident_id"
    assert (reading["authenticated"], reading["simulated"]) == (True, True)
    assert datetime.fromisoformat(reading["read_at"]).utcoffset() is not None
    assert reading["fields"] == {
        "layout": "citizen",
        "name": "欧阳演示",
        "sex": "male",
        "nation": "01",
        "birth": "1990-02-28",
        "address": "演示省虚构市某路2号",
        "number": "990101199002280010",
        "authority": "演示市公安局",
        "valid_from": "2021-05-01",
        "valid_to": "2041-05-01",
    }


def test_a_scanner_in_one_process_is_read_by_another() -> None:
    with running("simulate", "scanner", "--ending", "none", "--json") as (_, line):
        port = json.loads(line)["port"]
        done = devices("read", "scanner", "--port", port, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    reading = json.loads(done.stdout)
    assert reading["fields"] == {"token": invented_code(0), "province": "99"}
    assert (reading["kind"], reading["simulated"]) == ("nhsa_qr", True)


def test_a_scanner_before_which_nothing_is_held_is_one_sentence_and_a_code() -> None:
    with ScannerSimulator() as simulator:
        done = devices("read", "scanner", "--port", simulator.url, "--timeout", "0.1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "No code was shown. [scanner.no_code]\n"


def test_a_permit_is_read_from_a_reader_of_family_a() -> None:
    with running("simulate", "resident-id", "--family-a", "--layout", "foreigner_2023") as (
        _,
        port,
    ):
        done = devices("read", "resident-id", "--port", port, "--family-a", "--json")
    reading = json.loads(done.stdout)
    assert (reading["kind"], reading["fields"]["layout"]) == ("permit", "foreigner_2023")
    assert (reading["device"], reading["simulated"]) == ("family_a", True)


def test_without_json_a_table_for_people_is_printed() -> None:
    card = invented_card(5)
    with ResidentIdSimulator(card) as simulator:
        done = devices("read", "resident-id", "--port", simulator.url)
    assert done.returncode == 0
    assert card.number in done.stdout
    assert "simulated" in done.stdout


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_simulator_stops_cleanly_and_takes_its_port_away(
    stop: signal.Signals, tmp_path: Path
) -> None:
    link = tmp_path / "reader"
    with running("simulate", "resident-id", "--at", str(link), "--json") as (process, line):
        assert json.loads(line)["port"] == str(link)
        assert os.path.lexists(link)
        process.send_signal(stop)
        assert process.wait(timeout=10) == 0
    assert not os.path.lexists(link)


def test_a_simulator_that_was_killed_can_be_started_at_the_same_path(tmp_path: Path) -> None:
    link = tmp_path / "reader"
    with running("simulate", "resident-id", "--at", str(link)) as (process, _):
        process.kill()
        process.wait()
    with running("simulate", "resident-id", "--at", str(link)) as (_, port):
        assert devices("read", "resident-id", "--port", port, "--json").returncode == 0


def test_a_reader_without_a_card_is_one_sentence_and_a_code() -> None:
    with ResidentIdSimulator() as simulator:
        done = devices("read", "resident-id", "--port", simulator.url, "--timeout", "0.1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "No card is on the reader. [device.no_card]\n"


def test_a_port_that_is_not_there_is_one_sentence_and_a_code(tmp_path: Path) -> None:
    done = devices("read", "resident-id", "--port", str(tmp_path / "none"), "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "The device is not connected. [device.unplugged]\n"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("name = ", "person_file.malformed"),
        ('name = "张三"', "person_file.malformed"),
        (PERSON, "id_number.check_digit"),
        (PERSON + 'colour = "red"', "person_file.malformed"),
    ],
)
def test_a_person_file_that_is_none_is_one_sentence_and_a_code(
    tmp_path: Path, content: str, code: str
) -> None:
    path = tmp_path / "person.toml"
    path.write_text(content, "utf-8")
    done = devices("simulate", "resident-id", "--person", str(path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The person file cannot be used: ")
    assert done.stderr.endswith(f"[{code}]\n")
    assert done.stderr.count("\n") == 1


def test_a_path_that_something_else_holds_is_one_sentence_and_a_code(tmp_path: Path) -> None:
    taken = tmp_path / "reader"
    taken.write_text("keep me")
    done = devices("simulate", "resident-id", "--at", str(taken))
    assert done.returncode == 1
    assert "[simulator.port_unavailable]" in done.stderr
    assert taken.read_text() == "keep me"


def test_a_link_to_something_else_is_left_alone(tmp_path: Path) -> None:
    link = tmp_path / "reader"
    link.symlink_to(tmp_path / "elsewhere")
    done = devices("simulate", "resident-id", "--at", str(link))
    assert done.returncode == 1
    assert link.readlink() == tmp_path / "elsewhere"
