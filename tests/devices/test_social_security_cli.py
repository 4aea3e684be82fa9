"""The commands for social-security cards, each in a process of its own."""

import json
from pathlib import Path

import pytest

from devices.social_security_card.invented import invented_card

from .test_cli import devices, running

NUMBER = invented_card(0).number
FAMILY_A = ["--transport", "family-a", "--apdu-command", "0023", "--power-off-command", "0024"]


@pytest.mark.parametrize(
    "options",
    [[], ["--no-echo"], FAMILY_A, [*FAMILY_A, "--split"], ["--at", "tcp://127.0.0.1:0"]],
    ids=["ccid", "no-echo", "family-a", "split", "tcp"],
)
def test_a_simulator_in_one_process_is_read_by_another(options: list[str]) -> None:
    with running("simulate", "social-security-card", *options) as (_, port):
        asking = options if "--at" not in options else []
        done = devices("read", "social-security-card", "--port", port, "--json", *asking)
    assert (done.returncode, done.stderr) == (0, "")
    reading = json.loads(done.stdout)
    assert (reading["kind"], reading["simulated"]) == ("social_security_card", True)
    assert reading["authenticated"] is False
    assert reading["fields"].items() >= invented_card(0).fields().items()


def test_the_official_line_is_printed_where_it_is_asked_for(tmp_path: Path) -> None:
    person = tmp_path / "person.json"
    person.write_text(json.dumps({"name": "欧阳演示", "number": NUMBER}), "utf-8")
    with running("simulate", "social-security-card", "--person", str(person)) as (_, port):
        done = devices("read", "social-security-card", "--port", port, "--bas")
    items = done.stdout.strip().split("|")
    assert (len(items), items[-1]) == (12, "")
    assert (items[0], items[1], items[4]) == ("990101", NUMBER, "欧阳演示")


def test_a_bank_card_is_one_sentence_and_a_code() -> None:
    with running("simulate", "social-security-card", "--card", "bank") as (_, port):
        done = devices("read", "social-security-card", "--port", port)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("[social_security_card.not_this_card]\n")
    assert done.stderr.count("\n") == 1


def test_family_a_asks_for_the_command_that_no_public_source_gives() -> None:
    done = devices("read", "social-security-card", "--port", "x", "--transport", "family-a")
    assert done.returncode == 2
    assert "--apdu-command" in done.stderr


def test_a_name_that_no_card_holds_is_one_sentence_and_a_code(tmp_path: Path) -> None:
    person = tmp_path / "person.json"
    person.write_text(json.dumps({"name": "\ud800", "number": NUMBER}), "utf-8")
    done = devices("simulate", "social-security-card", "--person", str(person))
    assert done.returncode == 1
    assert done.stderr.endswith("[person_file.malformed]\n")


def test_vpcd_that_is_not_there_is_one_sentence_and_a_code() -> None:
    at = ["--transport", "pcsc", "--at", "tcp://127.0.0.1:1"]
    done = devices("simulate", "social-security-card", *at)
    assert done.returncode == 1
    assert done.stderr.endswith("[simulator.port_unavailable]\n")
