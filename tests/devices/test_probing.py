"""Probing: who is found, in which order, and that nobody is asked what could do harm."""

from collections.abc import Callable
from pathlib import Path

import pytest

from devices.gnss.simulator import GnssSimulator
from devices.probing import Found, probe
from devices.resident_id import codec
from devices.resident_id.family_a import READ_ALL
from devices.resident_id.family_a_simulator import FamilyASimulator
from devices.resident_id.invented import invented_card
from devices.resident_id.simulator import ResidentIdSimulator
from devices.scanner.invented import invented_code
from devices.scanner.simulator import ScannerSimulator
from devices.simulation import LineFault, Simulator
from devices.smartcard.ccid.simulator import CcidSimulator
from devices.smartcard.virtual import Asked

LISTEN_S = 0.4
SAM = "sam:00.00-00000000-0000000000-0000000000"
CCID = "ccid:SHUALIAN-SIMULATOR"
Make = Callable[..., Simulator]


class PrinterLike(Simulator):
    """Answers `DLE EOT 1` as the ESC/POS family does, and remembers every byte it was sent."""

    def __init__(self, **given: str | None) -> None:
        super().__init__(baudrate=9600, at=given.get("at"))
        self.sent = b""

    def _received(self, data: bytes) -> None:
        self.sent += data
        for _ in range(data.count(b"\x10\x04\x01")):
            self._send(b"\x16")


@pytest.mark.parametrize("at", [None, "tcp://127.0.0.1:0"], ids=["pty", "tcp"])
@pytest.mark.parametrize(
    ("make", "found"),
    [
        (ResidentIdSimulator, Found("resident_id", {}, SAM, True)),
        (CcidSimulator, Found("social_security_card", {}, CCID, True)),
        (
            lambda at: CcidSimulator(echo=False, at=at),
            Found("social_security_card", {"echo": False}, CCID, True),
        ),
        (lambda at: GnssSimulator(interval=0.2, at=at), Found("gnss", {}, None, True)),
        (PrinterLike, Found("printer")),
    ],
    ids=["sam", "ccid", "ccid-no-echo", "gnss", "printer"],
)
def test_a_device_is_found_by_what_it_answers(make: Make, found: Found, at: str | None) -> None:
    with make(at=at) as simulator:
        probed = probe(simulator.url, listen_s=LISTEN_S)
    assert (probed.found, probed.code) == (found, None)


def test_a_reader_at_another_rate_is_found_at_that_rate() -> None:
    with ResidentIdSimulator(baudrate=38_400) as simulator:
        probed = probe(simulator.url, listen_s=LISTEN_S)
    assert probed.found == Found("resident_id", {"baudrate": 38_400}, SAM, True)


@pytest.mark.parametrize("halved", [False, True], ids=["whole", "halves"])
def test_a_reader_of_family_a_is_asked_only_on_request(halved: bool) -> None:
    with FamilyASimulator(invented_card(3), halved=halved) as simulator:
        assert probe(simulator.url, listen_s=LISTEN_S).found is None
        assert READ_ALL not in simulator.heard
        probed = probe(simulator.url, listen_s=LISTEN_S, ask_family_a=True)
    settings = {"dialect": "family_a"} | ({"halved": True} if halved else {})
    assert probed.found == Found("resident_id", settings, None, True)
    assert invented_card(3).number not in str(probed.plain())


def test_a_receiver_that_is_heard_is_sent_nothing() -> None:
    with GnssSimulator(interval=0.2) as simulator:
        probed = probe(simulator.url, listen_s=LISTEN_S)
    assert [step.sent for step in probed.steps] == [b""]


def test_a_printer_is_sent_its_status_question_and_nothing_else() -> None:
    with PrinterLike() as simulator:
        probe(simulator.url, listen_s=LISTEN_S, ask_family_a=True)
        assert simulator.sent == b"\x10\x04\x01" * 2


def test_a_probe_asks_a_card_reader_who_it_is_and_changes_nothing() -> None:
    with CcidSimulator() as simulator:
        probe(simulator.url, listen_s=LISTEN_S)
        assert set(simulator.heard) == {Asked.NAME}
    with ResidentIdSimulator(invented_card(1)) as reader:
        probe(reader.url, listen_s=LISTEN_S)
        assert set(reader.heard) == {codec.SAM_STATUS, codec.SAM_ID}


def test_no_question_of_a_probe_holds_a_line_feed_or_a_cut() -> None:
    with ScannerSimulator() as silent:
        probed = probe(silent.url, listen_s=LISTEN_S, ask_family_a=True)
    assert probed.found is None
    sent = b"".join(step.sent for step in probed.steps)
    assert sent
    assert not set(sent) & set(b"\n\r\x0c\x1b\x1d")


def test_a_scanner_before_which_a_code_is_held_is_nobody_and_the_code_is_not_told() -> None:
    with ScannerSimulator(invented_code(2), repeat_every=0.2) as simulator:
        probed = probe(simulator.url, listen_s=LISTEN_S)
    assert probed.found is None
    assert "no sentence" in probed.steps[0].answer
    assert invented_code(2) not in str(probed.plain())


def test_noise_without_end_is_nobody() -> None:
    with ResidentIdSimulator() as simulator:
        simulator.inject(LineFault.ENDLESS_NOISE, times=None)
        probed = probe(simulator.url, listen_s=LISTEN_S)
    assert probed.found is None


def test_a_port_that_is_not_there_is_a_result_with_a_code(tmp_path: Path) -> None:
    probed = probe(str(tmp_path / "none"))
    assert (probed.found, probed.code, probed.steps) == (None, "device.unplugged", ())


def test_a_port_that_goes_away_keeps_what_was_done_until_then() -> None:
    with ResidentIdSimulator() as simulator:
        simulator.inject(LineFault.UNPLUGGED, on=codec.SAM_STATUS)
        probed = probe(simulator.url, listen_s=LISTEN_S)
    assert probed.code == "device.unplugged"
    assert probed.steps
