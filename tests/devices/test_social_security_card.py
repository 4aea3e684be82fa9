"""The driver before every simulated reader, over pseudo-terminals and TCP, and every fault."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from devices import social_security_card
from devices.base import (
    BadFrame,
    CardRemoved,
    DeviceError,
    NoCard,
    Refused,
    Timeout,
    Unplugged,
)
from devices.framing import stx_etx
from devices.serial_line import SerialLine
from devices.simulation import LineFault
from devices.smartcard import CardConnection, CcidSerialSettings, FamilyASettings, Transport
from devices.smartcard.apdu import CommandApdu, exchange
from devices.smartcard.ccid.simulator import CcidSimulator
from devices.smartcard.family_a.simulator import FamilyASimulator
from devices.smartcard.simulator import CardReaderSimulator
from devices.smartcard.virtual import Asked, CardFault, Icc
from devices.social_security_card import (
    CardFacts,
    Proof,
    ReaderSettings,
    SocialSecurityCardReader,
    simulated,
)
from devices.social_security_card.commands import Dialect, read_record, select_application
from devices.social_security_card.invented import invented_card
from devices.social_security_card.layout import SocialSecurityCard, Tag
from devices.social_security_card.virtual import Kind, VirtualCard

CARD = invented_card(7)
TRANSMIT, POWER_OFF = b"\x00\x23", b"\x00\x24"
"""The simulated reader's own choice: no public source gives these two commands."""
SELECT = select_application().tpdu()
READ_NAME = read_record(Tag.NAME, Dialect()).encode()

TRANSPORTS: dict[str, Transport] = {
    "ccid": CcidSerialSettings(),
    "ccid-no-echo": CcidSerialSettings(echo=False),
    "family-a": FamilyASettings(TRANSMIT, POWER_OFF),
    "family-a-split": FamilyASettings(TRANSMIT, None, split=True),
}


KNOBS = [
    (name, fault)
    for name, transport in TRANSPORTS.items()
    for fault in (CcidSimulator if "ccid" in name else FamilyASimulator).faults()
]


def device_of(
    transport: Transport, card: Icc | None, at: str | None = None, seed: int = 0
) -> CardReaderSimulator:
    """A simulated reader that speaks as the transport says."""
    if isinstance(transport, FamilyASettings):
        return FamilyASimulator(card, settings=transport, at=at, lateness=0.3, seed=seed)
    assert isinstance(transport, CcidSerialSettings)
    return CcidSimulator(card, echo=transport.echo, at=at, lateness=0.3, seed=seed)


def hasty(transport: Transport) -> Transport:
    """The same with little patience."""
    assert isinstance(transport, CcidSerialSettings | FamilyASettings)
    quick = replace(transport, tries=2, reader_timeout=0.25, card_timeout=0.25)
    if isinstance(quick, CcidSerialSettings):
        return replace(quick, firmware_timeout=0.25, longest_wait=1.0)
    return quick


def plain_fields(card: SocialSecurityCard = CARD) -> dict[str, str]:
    return card.fields() | {"atr_history": simulated.HISTORY.hex().upper()}


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> Transport:
    return TRANSPORTS[request.param]


@pytest.fixture(params=[None, "tcp://127.0.0.1:0"], ids=["pty", "tcp"])
def simulator(
    transport: Transport, request: pytest.FixtureRequest
) -> Iterator[CardReaderSimulator]:
    with device_of(transport, VirtualCard.of(CARD), request.param) as simulator:
        yield simulator


@pytest.fixture
def pty_simulator(transport: Transport) -> Iterator[CardReaderSimulator]:
    with device_of(transport, VirtualCard.of(CARD)) as simulator:
        yield simulator


def test_a_card_is_read_over_the_wire(simulator: CardReaderSimulator, transport: Transport) -> None:
    before = datetime.now(UTC)
    with social_security_card.open(simulator.url, transport=transport) as reader:
        readings = [reader.read(5), reader.read(5)]
    for reading in readings:
        assert reading.fields == plain_fields()
        assert (reading.kind, reading.authenticated) == ("social_security_card", False)
        assert reading.device in ("ccid:SHUALIAN-SIMULATOR", "family-a:unnamed")
        assert before <= reading.read_at <= datetime.now(UTC)
        assert reading.simulated
        assert CARD.number not in repr(reading)
        assert CARD.name not in repr(reading)


def test_the_power_is_taken_from_a_card_that_was_read() -> None:
    settings = CcidSerialSettings()
    with (
        device_of(settings, VirtualCard.of(CARD)) as simulator,
        social_security_card.open(simulator.url, transport=settings) as reader,
    ):
        reader.read(5)
        assert simulator.heard[-1] == Asked.POWER_OFF


@pytest.mark.parametrize("kind", [Kind.OLD, Kind.EXPIRED, Kind.LONG_NAME])
def test_every_kind_of_card_is_read(
    pty_simulator: CardReaderSimulator, transport: Transport, kind: Kind
) -> None:
    pty_simulator.present(VirtualCard.of_kind(CARD, kind))
    with social_security_card.open(pty_simulator.url, transport=transport) as reader:
        fields = reader.read(5).fields
    assert fields["number"] == CARD.number
    assert len(fields["name"]) == (17 if kind is Kind.LONG_NAME else len(CARD.name))


def test_a_bank_card_is_refused_at_once(
    pty_simulator: CardReaderSimulator, transport: Transport
) -> None:
    pty_simulator.present(VirtualCard.of_kind(CARD, Kind.BANK))
    with social_security_card.open(pty_simulator.url, transport=transport) as reader:
        with pytest.raises(Refused) as failure:
            reader.read(5)
        assert failure.value.code == "social_security_card.not_this_card"
        assert pty_simulator.heard.count(SELECT) <= 1
        pty_simulator.present(VirtualCard.of(CARD))
        assert reader.read(5).fields == plain_fields()


def test_a_card_put_in_while_the_driver_waits_is_read(
    pty_simulator: CardReaderSimulator, transport: Transport
) -> None:
    pty_simulator.remove()
    asked = Asked.PRESENCE if isinstance(transport, CcidSerialSettings) else Asked.POWER_ON

    def put_in_after_the_second_question() -> None:
        pty_simulator.wait_for(asked)
        pty_simulator.wait_for(asked)
        pty_simulator.present(VirtualCard.of(CARD))

    hand = threading.Thread(target=put_in_after_the_second_question)
    with social_security_card.open(pty_simulator.url, transport=transport) as reader:
        hand.start()
        assert reader.read(10).fields == plain_fields()
    hand.join()


def test_a_reader_without_a_card_says_so_in_time(
    pty_simulator: CardReaderSimulator, transport: Transport
) -> None:
    pty_simulator.remove()
    with social_security_card.open(pty_simulator.url, transport=transport) as reader:
        started = time.monotonic()
        with pytest.raises(NoCard) as failure:
            reader.read(0.3)
    assert type(failure.value) is NoCard
    assert failure.value.code == "smartcard.no_card"
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("pull", [CardFault.PULLED_AT_POWER_ON, CardFault.PULLED_IN_READ])
def test_a_card_pulled_during_the_read_is_asked_for_again_and_then_read(
    pty_simulator: CardReaderSimulator, transport: Transport, pull: CardFault
) -> None:
    with social_security_card.open(pty_simulator.url, transport=transport) as reader:
        pty_simulator.inject(pull)
        with pytest.raises(NoCard) as failure:
            reader.read(0.2)
        asked_by_power = isinstance(transport, FamilyASettings)
        never_there = asked_by_power and pull is CardFault.PULLED_AT_POWER_ON
        assert isinstance(failure.value, CardRemoved) is not never_there
        pty_simulator.present(VirtualCard.of(CARD))
        assert reader.read(5).fields == plain_fields()


@pytest.mark.parametrize("step", [Asked.POWER_ON, SELECT, READ_NAME], ids=["on", "select", "read"])
@pytest.mark.parametrize(
    "fault",
    [
        LineFault.BUSY,
        LineFault.GARBLED,
        LineFault.SHORT,
        LineFault.DOUBLED,
        LineFault.NOISE_BEFORE,
        LineFault.SLOW,
    ],
)
def test_one_damaged_answer_is_got_over(
    pty_simulator: CardReaderSimulator,
    transport: Transport,
    fault: LineFault,
    step: Asked | bytes,
) -> None:
    assert isinstance(transport, CcidSerialSettings | FamilyASettings)
    patient = replace(transport, card_timeout=0.6)
    with social_security_card.open(pty_simulator.url, transport=patient) as reader:
        pty_simulator.inject(fault, on=step)
        assert reader.read(10).fields == plain_fields()


@pytest.mark.parametrize("at", [None, "tcp://127.0.0.1:0"], ids=["pty", "tcp"])
@pytest.mark.parametrize(("name", "fault"), KNOBS)
def test_every_fault_that_stays_is_survived_and_nothing_is_lost_after_it(
    name: str, fault: str, at: str | None
) -> None:
    transport = TRANSPORTS[name]
    with device_of(transport, VirtualCard.of(CARD), at) as simulator:
        with social_security_card.open(simulator.url, transport=hasty(transport)) as reader:
            simulator.knob(fault, times=None)
            assert _read_or_error(reader) in (plain_fields(), "error")
        simulator.clear()
        simulator.plug_in()
        simulator.present(VirtualCard.of(CARD))
        with social_security_card.open(simulator.url, transport=transport) as reader:
            assert reader.read(5).fields == plain_fields()


def _read_or_error(reader: SocialSecurityCardReader) -> Mapping[str, str] | str:
    try:
        return reader.read(2).fields
    except DeviceError:
        return "error"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (LineFault.BUSY, Timeout),
        (LineFault.SHORT, BadFrame),
        (LineFault.UNPLUGGED, Unplugged),
    ],
)
def test_answers_that_stay_damaged_are_a_typed_error(
    pty_simulator: CardReaderSimulator,
    transport: Transport,
    fault: LineFault,
    kind: type[DeviceError],
) -> None:
    with social_security_card.open(pty_simulator.url, transport=hasty(transport)) as reader:
        pty_simulator.inject(fault, times=None, on=READ_NAME)
        with pytest.raises(kind):
            reader.read(5)


def test_a_card_that_stays_mute_has_its_sentence() -> None:
    settings = CcidSerialSettings()
    with (
        device_of(settings, VirtualCard.of(CARD)) as simulator,
        social_security_card.open(simulator.url, transport=settings) as reader,
    ):
        simulator.inject(CardFault.MUTE, times=None)
        with pytest.raises(Refused) as failure:
            reader.read(5)
    assert failure.value.code == "smartcard.card_mute"
    assert "芯片朝上" in failure.value.detail


@pytest.mark.parametrize("seed", range(4))
def test_answers_that_are_all_garbled_are_a_typed_error(transport: Transport, seed: int) -> None:
    with (
        device_of(transport, VirtualCard.of(CARD), seed=seed) as simulator,
        social_security_card.open(simulator.url, transport=hasty(transport)) as reader,
    ):
        simulator.inject(LineFault.GARBLED, times=None)
        with pytest.raises(DeviceError):
            reader.read(2)


def test_a_card_of_a_real_region_with_a_real_answer_to_reset_is_not_simulated() -> None:
    """Only the wire tells: a reader without a name, and both marks of the card taken away."""
    card = VirtualCard.of(replace(CARD, card_id="110000D1560000050000000000000007"))
    card.atr = bytes.fromhex("3B6D000000814A444686603906B1C2D3E4")
    settings = TRANSPORTS["family-a"]
    with (
        device_of(settings, card) as simulator,
        social_security_card.open(simulator.url, transport=settings) as reader,
    ):
        reading = reader.read(5)
    assert not reading.simulated
    assert reading.fields["region"] == "110000"
    assert reading.fields["atr_history"] == "00814A444686603906B1C2D3E4"


@pytest.mark.parametrize("mark", ["region", "history"])
def test_one_of_the_two_marks_is_enough_to_be_simulated(mark: str) -> None:
    card = VirtualCard.of(CARD)
    if mark == "region":
        card.atr = bytes.fromhex("3B6D000000814A444686603906B1C2D3E4")
    else:
        card = VirtualCard.of(replace(CARD, card_id="110000D1560000050000000000000007"))
    settings = TRANSPORTS["family-a"]
    with (
        device_of(settings, card) as simulator,
        social_security_card.open(simulator.url, transport=settings) as reader,
    ):
        assert not reader.simulated
        assert reader.read(5).simulated


def test_a_simulated_reader_marks_whatever_card_is_in_it() -> None:
    card = VirtualCard.of(replace(CARD, card_id="110000D1560000050000000000000007"))
    card.atr = bytes.fromhex("3B6D000000814A444686603906B1C2D3E4")
    with CcidSimulator(card) as simulator, social_security_card.open(simulator.url) as reader:
        assert reader.simulated
        assert reader.read(5).simulated


def test_a_reader_that_rests_notices_when_it_is_unplugged(
    pty_simulator: CardReaderSimulator, transport: Transport
) -> None:
    with social_security_card.open(pty_simulator.url, transport=transport) as reader:
        reader.rest(0.05)
        assert reader.read(5).fields == plain_fields()
        pty_simulator.unplug()
        with pytest.raises(Unplugged):
            reader.rest(5)


class Authority:
    """An institution's keys: here only whether the card gives a challenge, over real commands."""

    def __init__(self, refusal: str | None = None) -> None:
        self.refusal, self.seen = refusal, CardFacts("", "", "", b"", 0)

    def authenticate(self, connection: CardConnection, card: CardFacts) -> Proof:
        self.seen = card
        challenge = exchange(connection.transmit, CommandApdu(0, 0x84, 0, 0, le=8))
        assert challenge.ok
        if self.refusal:
            raise Refused(self.refusal)
        return Proof(f"psam:{len(challenge.data)}")


def authenticated_reader(
    simulator: CardReaderSimulator, authority: Authority
) -> AbstractContextManager[SocialSecurityCardReader]:
    return social_security_card.open(simulator.url, authenticator=authority)


@pytest.fixture
def ccid() -> Iterator[CardReaderSimulator]:
    with CcidSimulator(VirtualCard.of(CARD)) as simulator:
        yield simulator


def test_a_card_that_an_authenticator_proves_is_authenticated(ccid: CardReaderSimulator) -> None:
    authority = Authority()
    with authenticated_reader(ccid, authority) as reader:
        reading = reader.read(5)
    assert reading.authenticated
    assert reading.fields == plain_fields() | {"authenticated_by": "psam:8"}
    assert authority.seen == CardFacts(
        "990101", "2.00", CARD.card_id, bytes.fromhex("3B6D0000") + simulated.HISTORY, 3
    )


def test_the_holders_data_are_read_only_after_the_proof(ccid: CardReaderSimulator) -> None:
    with authenticated_reader(ccid, Authority()) as reader:
        reader.read(5)
    asked = [question for question in ccid.heard if isinstance(question, bytes)]
    challenge = asked.index(bytes.fromhex("0084000008"))
    assert [apdu[2] for apdu in asked[:challenge] if apdu[1] == 0xB2] == [0x01, 0x03]


def test_a_card_that_fails_the_verification_is_refused(ccid: CardReaderSimulator) -> None:
    with authenticated_reader(ccid, Authority("social_security_card.not_genuine")) as reader:
        with pytest.raises(Refused) as failure:
            reader.read(5)
        assert failure.value.code == "social_security_card.not_genuine"
    assert READ_NAME not in ccid.heard


def test_where_the_keys_are_lacking_the_card_is_read_unauthenticated(
    ccid: CardReaderSimulator,
) -> None:
    unable = Authority("social_security_card.authenticator_unable")
    with authenticated_reader(ccid, unable) as reader:
        reading = reader.read(5)
    assert not reading.authenticated
    assert reading.fields == plain_fields()


def test_a_port_that_is_not_there_is_unplugged_whatever_the_transport(transport: Transport) -> None:
    with pytest.raises(Unplugged):
        social_security_card.open("/dev/shualian-nothing", transport=transport)


def test_a_port_that_another_program_holds_is_busy(
    pty_simulator: CardReaderSimulator, transport: Transport
) -> None:
    with (
        social_security_card.open(pty_simulator.url, transport=transport),
        pytest.raises(Refused) as failure,
    ):
        social_security_card.open(pty_simulator.url, transport=transport)
    assert failure.value.code == "device.port_busy"


def test_a_closed_reader_is_unplugged(
    pty_simulator: CardReaderSimulator, transport: Transport
) -> None:
    reader = social_security_card.open(pty_simulator.url, transport=transport)
    reader.close()
    reader.close()
    with pytest.raises(Unplugged):
        reader.read(1)


def test_a_reader_that_says_nothing_is_a_timeout_and_its_port_is_given_back() -> None:
    settings = TRANSPORTS["ccid"]
    with device_of(settings, VirtualCard.of(CARD)) as simulator:
        simulator.inject(LineFault.BUSY, times=None)
        with pytest.raises(Timeout):
            social_security_card.open(simulator.url, transport=hasty(settings))
        simulator.clear()
        with social_security_card.open(simulator.url, transport=settings) as reader:
            assert reader.read(5).fields == plain_fields()


def test_a_read_that_never_works_is_tried_as_often_as_the_settings_say(
    ccid: CardReaderSimulator,
) -> None:
    with social_security_card.open(ccid.url, settings=ReaderSettings(tries=2)) as reader:
        ccid.inject(LineFault.SHORT, times=None, on=READ_NAME)
        with pytest.raises(BadFrame):
            reader.read(5)
    assert ccid.heard.count(READ_NAME) == 2


@pytest.mark.parametrize("command", [b"\x00", b"\x00\x22\x00"])
def test_commands_of_family_a_have_two_bytes(command: bytes) -> None:
    with pytest.raises(ValueError, match="two bytes"):
        FamilyASettings(command, None)


def test_a_status_that_the_manual_gives_for_a_mute_card_is_known() -> None:
    settings = FamilyASettings(TRANSMIT, None, mute=frozenset({b"\xff\xff"}))
    with (
        device_of(settings, VirtualCard.of(CARD)) as simulator,
        social_security_card.open(simulator.url, transport=settings) as reader,
    ):
        simulator.inject(CardFault.MUTE, times=None)
        with pytest.raises(Refused) as failure:
            reader.read(5)
    assert failure.value.code == "smartcard.card_mute"


def test_family_a_powers_a_card_with_the_published_command() -> None:
    assert stx_etx.encode(bytes.fromhex("00220000")).hex().upper() == "02000400220000" + "2203"


def test_answers_of_an_earlier_host_are_not_taken_for_ones_own() -> None:
    """Family A's frames carry no number: what a host that died had asked for comes too late."""
    settings = FamilyASettings(TRANSMIT, POWER_OFF)
    with device_of(settings, VirtualCard.of(CARD)) as simulator:
        with SerialLine(simulator.url, 115_200) as dead:
            simulator.inject(LineFault.SLOW)
            for _ in range(4):
                dead.write(stx_etx.encode(bytes.fromhex("00220000")))
            dead.write(stx_etx.encode(TRANSMIT + READ_NAME))
            assert simulator.wait_for(Asked.POWER_ON)
        with social_security_card.open(simulator.url, transport=settings) as reader:
            assert reader.read(5).fields == plain_fields()
