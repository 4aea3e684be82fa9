"""A simulator's control channel, asked from outside the simulator."""

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices import resident_id
from devices.base import NoCard
from devices.resident_id import codec
from devices.resident_id.layout import CardData
from devices.resident_id.simulator import ResidentIdSimulator
from devices.simulation.control import MAX_LINE, Control, ControlError, ask

from .conftest import PATIENT


@pytest.fixture(params=[False, True], ids=["unix", "tcp"])
def control(request: pytest.FixtureRequest, simulator: ResidentIdSimulator) -> Iterator[Control]:
    actions = {"remove": lambda _: simulator.remove()}
    with Control(simulator, actions, tcp=request.param) as control:
        yield control


def refused(address: str, do: str, argument: str = "") -> str:
    with pytest.raises(ControlError) as error:
        ask(address, do, argument)
    return error.value.code


def said_to(address: str, line: bytes) -> bytes:
    """What comes back for bytes that `ask` would not send."""
    secret, _, place = address.removeprefix("tcp://").rpartition("@")
    connection = socket.socket(socket.AF_INET if secret else socket.AF_UNIX)
    with connection:
        host, _, port = place.rpartition(":")
        connection.connect((host, int(port)) if secret else address)
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(4096), b""))


def test_a_fault_that_is_turned_from_outside_spoils_answers_and_is_cleared(
    control: Control, simulator: ResidentIdSimulator, card: CardData
) -> None:
    ask(control.address, "inject", "wrong_checksum", 2)
    assert ask(control.address, "list")["turned"] == [{"name": "wrong_checksum", "times": 2}]
    with resident_id.open(simulator.url, settings=PATIENT) as reader:
        assert reader.read(5).fields == card.fields()
    ask(control.address, "inject", "busy", None)
    assert ask(control.address, "list")["turned"] == [{"name": "busy", "times": None}]
    ask(control.address, "clear")
    assert ask(control.address, "list")["turned"] == []


def test_the_plug_is_pulled_and_put_back_from_outside(
    control: Control, simulator: ResidentIdSimulator
) -> None:
    ask(control.address, "unplug")
    assert not ask(control.address, "list")["plugged_in"]
    ask(control.address, "plug-in")
    assert ask(control.address, "list")["plugged_in"]
    with resident_id.open(simulator.url, settings=PATIENT) as reader:
        assert reader.simulated


def test_what_only_this_device_can_do_is_listed_and_done(
    control: Control, simulator: ResidentIdSimulator
) -> None:
    listed = ask(control.address, "list")
    assert listed["actions"] == ["clear", "unplug", "plug-in", "remove"]
    assert "pulled_in_read" in listed["faults"]
    assert (listed["device"], listed["port"]) == ("ResidentIdSimulator", simulator.url)
    ask(control.address, "remove")
    with (
        resident_id.open(simulator.url, settings=PATIENT) as reader,
        pytest.raises(NoCard),
    ):
        reader.read(0)


def test_what_it_cannot_do_is_refused_by_name(control: Control) -> None:
    assert refused(control.address, "inject", "on_fire") == "control.unknown_fault"
    assert refused(control.address, "explode") == "control.unknown_action"


@pytest.mark.parametrize(
    "line",
    [
        b"POST / HTTP/1.1\r\n",
        b"[]\n",
        b"[" * 5000 + b"\n",
        b'{"do": 3}\n',
        b'{"secret": null}\n',
        b'{"do": "list", "times": true}\n',
        b"x" * (MAX_LINE + 5000),
    ],
    ids=["http", "list", "deep", "number", "null", "true", "long"],
)
def test_a_line_that_is_no_request_is_refused_and_the_next_is_served(
    control: Control, line: bytes
) -> None:
    try:
        answer = said_to(control.address, line)
    except OSError:  # it hung up before all of a long line was sent
        answer = b"control.malformed"
    assert b"control." in answer
    assert ask(control.address, "list")["plugged_in"]


def test_who_hangs_up_without_a_word_disturbs_nobody(control: Control) -> None:
    assert said_to(control.address, b"") == b""
    assert ask(control.address, "list")["plugged_in"]


def test_a_control_on_loopback_wants_its_secret(simulator: ResidentIdSimulator) -> None:
    with Control(simulator, tcp=True) as control:
        without = "tcp://x@" + control.address.rpartition("@")[2]
        assert refused(without, "unplug") == "control.not_allowed"
        assert ask(control.address, "list")["plugged_in"]


def test_a_control_on_a_path_stands_where_only_its_owner_may_enter(
    simulator: ResidentIdSimulator,
) -> None:
    with Control(simulator, tcp=False) as control:
        folder = Path(control.address).parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()


@pytest.mark.parametrize(
    "address", ["/nowhere/control", "tcp://x@127.0.0.1:1", "tcp://", "tcp://x@host:port"]
)
def test_an_address_at_which_nobody_answers_says_so(address: str) -> None:
    assert refused(address, "list") == "control.unreachable"


def test_a_knob_does_not_count_as_a_question_of_the_host(
    control: Control, simulator: ResidentIdSimulator
) -> None:
    ask(control.address, "list")
    assert codec.SAM_STATUS not in simulator.heard
