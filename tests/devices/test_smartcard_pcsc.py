"""The operating system's PC/SC service for real: pcscd, vpcd's virtual reader with a virtual card
in it, and the reference driver for serial CCID readers before our own simulated reader.
"""

import fcntl
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devices import smartcard, social_security_card
from devices.errors import CardRemoved, DeviceError, NoCard, Refused, Unplugged
from devices.smartcard import CardConnection, PcscSettings
from devices.smartcard.ccid.simulator import CcidSimulator
from devices.smartcard.pcsc.vpcd import VpcdCard
from devices.smartcard.virtual import CardFault
from devices.social_security_card.invented import invented_card
from devices.social_security_card.virtual import Kind, VirtualCard

DRIVERS = Path("/usr/lib/pcsc/drivers/serial")
SOCKET = Path("/run/pcscd/pcscd.comm")
CARD, OTHER = invented_card(7), invented_card(8)
VIRTUAL, TWIN = "Shualian vpcd", "Shualian Twin"
CONFIGURATION = """
FRIENDLYNAME "{virtual}"
DEVICENAME   /dev/null:{port}
LIBPATH      {drivers}/libifdvpcd.so
CHANNELID    {port}

FRIENDLYNAME "{twin}"
DEVICENAME   {path}:GemPCTwin
LIBPATH      {drivers}/libccidtwin.so
"""


def lacking() -> str | None:
    """What this machine lacks for these tests."""
    if importlib.util.find_spec("smartcard") is None:
        return "pip install pyscard"
    drivers = all((DRIVERS / f"lib{name}.so").exists() for name in ("ifdvpcd", "ccidtwin"))
    if shutil.which("pcscd") is None or not drivers:
        return "apt-get install pcscd libccid vsmartcard-vpcd"
    return None if os.geteuid() == 0 else "root, for a service of its own"


@dataclass
class Service:
    """A running pcscd with two readers."""

    twin: CcidSimulator
    port: int


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    if (lack := lacking()) is not None:
        pytest.skip(f"needs PC/SC: {lack}")
    with (Path(tempfile.gettempdir()) / "shualian-tests-pcscd.lock").open("w") as lock:
        fcntl.flock(
            lock, fcntl.LOCK_EX
        )  # a machine has one such service, and tests run in parallel
        if _answers():
            pytest.skip("needs PC/SC: no service of somebody else's running")
        folder = tmp_path_factory.mktemp("pcscd")
        with (
            CcidSimulator(VirtualCard.of(OTHER)) as twin,
            socket.create_server(("127.0.0.1", 0)) as free,
        ):
            port = free.getsockname()[1]
            free.close()
            (folder / "readers").write_text(
                CONFIGURATION.format(
                    virtual=VIRTUAL, twin=TWIN, drivers=DRIVERS, port=hex(port), path=twin.url
                )
            )
            yield from _served(folder, Service(twin, port))


def _served(folder: Path, service: Service) -> Iterator[Service]:
    SOCKET.parent.mkdir(exist_ok=True)
    process = subprocess.Popen(
        ["pcscd", "--foreground", "--critical", "--config", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 30
        while not all(_is_there(name) for name in (VIRTUAL, TWIN)):
            assert process.poll() is None, "the service ended"
            assert time.monotonic() < until, "the service does not know its readers"
            time.sleep(0.1)
        yield service
    finally:
        process.terminate()
        process.wait()


def _answers() -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(SOCKET)) == 0


def _is_there(name: str) -> bool:
    try:
        smartcard.open(f"pcsc:{name}").close()
    except DeviceError:
        return False
    return True


def test_a_card_in_the_virtual_reader_is_read(service: Service) -> None:
    with (
        VpcdCard(VirtualCard.of(CARD), port=service.port) as inserted,
        social_security_card.open(f"pcsc:{VIRTUAL}") as reader,
    ):
        readings = [reader.read(10), reader.read(10)]
    for reading in readings:
        assert CARD.fields().items() <= reading.fields.items()
        assert (reading.simulated, reading.authenticated) == (True, False)
        assert reading.device.startswith(f"pcsc:{VIRTUAL}")
    assert bytes.fromhex("00B2012812") in inserted.heard


def test_a_bank_card_in_the_virtual_reader_is_refused(service: Service) -> None:
    with (
        VpcdCard(VirtualCard.of_kind(CARD, Kind.BANK), port=service.port),
        social_security_card.open(f"pcsc:{VIRTUAL}") as reader,
        pytest.raises(Refused) as failure,
    ):
        reader.read(10)
    assert failure.value.code == "social_security_card.not_this_card"


def test_an_empty_reader_says_so(service: Service) -> None:
    with social_security_card.open("", transport=PcscSettings()) as reader:
        _until_empty(reader)
        with pytest.raises(NoCard) as failure:
            reader.read(0.2)
    assert failure.value.code == "smartcard.no_card"


def test_a_card_pulled_in_the_read_is_asked_for_again(service: Service) -> None:
    pulled = VpcdCard(VirtualCard.of(CARD), port=service.port)
    pulled.inject(CardFault.PULLED_IN_READ)
    with social_security_card.open(f"pcsc:{VIRTUAL}") as reader:
        with pulled, pytest.raises(CardRemoved):
            reader.read(10)
        assert _put_in_until_read(reader, service) == CARD.number


def test_a_reader_that_another_program_holds_is_busy(service: Service) -> None:
    with VpcdCard(VirtualCard.of(CARD), port=service.port):
        first = smartcard.open(f"pcsc:{VIRTUAL}")
        second = smartcard.open(f"pcsc:{VIRTUAL}")
        _power_on(first)
        with pytest.raises(Refused) as failure:
            second.power_on()
        assert failure.value.code == "device.port_busy"
        first.close()
        _power_on(second)
        second.close()


def test_the_reference_driver_reads_the_simulated_serial_reader(service: Service) -> None:
    with social_security_card.open(f"pcsc:{TWIN}") as reader:
        assert OTHER.fields().items() <= reader.read(10).fields.items()
        service.twin.remove()
        _until_empty(reader)
        with pytest.raises(NoCard):
            reader.read(0)
        service.twin.present(VirtualCard.of(CARD))
        assert reader.read(10).fields["number"] == CARD.number
        service.twin.present(VirtualCard.of(OTHER))


def test_a_mute_card_before_the_reference_driver_has_its_sentence(service: Service) -> None:
    with social_security_card.open(f"pcsc:{TWIN}") as reader:
        reader.read(10)
        service.twin.inject(CardFault.MUTE, times=None)
        with pytest.raises(Refused) as failure:
            reader.read(10)
        service.twin.clear()
        assert failure.value.code == "smartcard.card_mute"
        service.twin.present(VirtualCard.of(OTHER))
        _read_again(reader)


def test_a_reader_that_the_service_does_not_know_is_unplugged(service: Service) -> None:
    with pytest.raises(Unplugged) as failure:
        smartcard.open("pcsc:No such reader")
    assert failure.value.code == "device.unplugged"


def test_a_closed_reader_is_unplugged(service: Service) -> None:
    reader = smartcard.open(f"pcsc:{VIRTUAL}")
    reader.close()
    reader.close()
    with pytest.raises(Unplugged):
        reader.is_card_present()


def test_without_pyscard_the_error_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcard.scard", None)
    with pytest.raises(Refused) as failure:
        smartcard.open("pcsc:")
    assert failure.value.code == "smartcard.pcsc_missing"


def test_a_card_without_vpcd_is_an_error_of_the_system() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ConnectionRefusedError), VpcdCard(VirtualCard.of(CARD), port=port):
        pass


def _until_empty(reader: social_security_card.SocialSecurityCardReader) -> None:
    """The service looks for cards a few times a second, so a card that left is seen a bit later."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            reader.read(0)
        except NoCard:
            return
        except DeviceError:
            time.sleep(0.05)


def _put_in_until_read(
    reader: social_security_card.SocialSecurityCardReader, service: Service
) -> str:
    """As a person does: the service misses a card that is exchanged between two of its looks."""
    for _ in range(5):
        with VpcdCard(VirtualCard.of(CARD), port=service.port):
            try:
                return reader.read(2).fields["number"]
            except NoCard:
                continue
    raise AssertionError("never read")


def _power_on(reader: CardConnection) -> None:
    """The service knows of a card a bit before it can power it."""
    until = time.monotonic() + 10
    while True:
        try:
            assert reader.power_on()
            return
        except DeviceError:
            assert time.monotonic() < until


def _read_again(reader: social_security_card.SocialSecurityCardReader) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            assert reader.read(5).fields["number"] == OTHER.number
            return
        except DeviceError:
            assert time.monotonic() < until
