"""`shualian devices read social-security-card` and `simulate social-security-card`."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from . import social_security_card
from .cli_common import AsJson, At, Wait, card_actions, fail, run, show, until_stopped
from .errors import DeviceError
from .resident_id import person_file
from .resident_id.invented import invented_card
from .resident_id.person_file import PersonFileError
from .smartcard import CcidSerialSettings, FamilyASettings, PcscSettings, Transport
from .smartcard.ccid.simulator import CcidSimulator
from .smartcard.family_a.simulator import FamilyASimulator
from .smartcard.pcsc.vpcd import PORT, VpcdCard
from .social_security_card import read_card_bas
from .social_security_card.invented import card_of
from .social_security_card.virtual import Kind, VirtualCard


class Wire(StrEnum):
    """How the reader is spoken to."""

    CCID = "ccid"
    FAMILY_A = "family-a"
    PCSC = "pcsc"


WireOption = Annotated[
    Wire, typer.Option("--transport", help="CCID on a serial line, STX/ETX frames, or PC/SC.")
]
Echo = Annotated[bool, typer.Option(help="CCID: the reader echoes, as the GemPC Twin does.")]
Split = Annotated[bool, typer.Option(help="Family A: every byte is sent as two nibbles.")]
ApduCommand = Annotated[
    str | None, typer.Option(help="Family A: the manual's command for an APDU, four hex digits.")
]
PowerOffCommand = Annotated[
    str | None, typer.Option(help="Family A: the manual's command for power-off, if it has one.")
]


def read(
    port: Annotated[
        str, typer.Option(help="A pyserial URL, or pcsc: and how the reader's name begins.")
    ],
    timeout: Wait = 10.0,
    transport: WireOption = Wire.CCID,
    echo: Echo = True,
    split: Split = False,
    apdu_command: ApduCommand = None,
    power_off_command: PowerOffCommand = None,
    bas: Annotated[
        bool, typer.Option("--bas", help="Print the official ReadCardBas line instead.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read a social-security card (社会保障卡). Prints what the card says, which is personal."""
    settings = _settings(transport, echo, split, apdu_command, power_off_command)
    try:
        with social_security_card.open(port, transport=settings) as reader:
            reading = reader.read(timeout)
        line = read_card_bas(reading.fields, terminal="", device=reading.device)
    except DeviceError as error:
        fail(error.title, error.code)
    if bas:
        typer.echo(line)
    else:
        show(reading, as_json)


def simulate(
    person: Annotated[
        Path | None, typer.Option(help="TOML or JSON with name and number; else someone invented.")
    ] = None,
    card: Annotated[Kind, typer.Option(help="Which card the person holds.")] = Kind.USUAL,
    at: At = None,
    transport: WireOption = Wire.CCID,
    echo: Echo = True,
    split: Split = False,
    apdu_command: ApduCommand = None,
    power_off_command: PowerOffCommand = None,
    as_json: AsJson = False,
) -> None:
    """Be a card reader with a card in it. Prints the port; runs until Ctrl-C or SIGTERM.

    With --transport pcsc be a card in vpcd, the PC/SC service's virtual reader; --at is where vpcd
    listens, by default tcp://127.0.0.1:35963.
    """
    settings = _settings(transport, echo, split, apdu_command, power_off_command)
    try:
        holder = person_file.load(person) if person else invented_card(0)
        virtual = VirtualCard.of_kind(card_of(holder), card)
    except PersonFileError as error:
        fail(f"The person file cannot be used: {error}.", error.code)
    except ValueError as error:
        fail(f"The person file cannot be used: {error}.", "person_file.malformed")
    match settings:
        case FamilyASettings():
            _run(FamilyASimulator(virtual, settings=settings, at=at), virtual, card, as_json)
        case CcidSerialSettings():
            _run(CcidSimulator(virtual, echo=settings.echo, at=at), virtual, card, as_json)
        case PcscSettings():
            _be_in_vpcd(virtual, at, as_json)


def _run(
    simulator: FamilyASimulator | CcidSimulator, first: VirtualCard, kind: Kind, as_json: bool
) -> None:
    def load(path: Path) -> VirtualCard:
        return VirtualCard.of_kind(card_of(person_file.load(path)), kind)

    run(simulator, as_json, card_actions(simulator.present, first, load))


def _settings(
    wire: Wire, echo: bool, split: bool, apdu_command: str | None, power_off_command: str | None
) -> Transport:
    match wire:
        case Wire.PCSC:
            return PcscSettings()
        case Wire.CCID:
            return CcidSerialSettings(echo=echo)
        case Wire.FAMILY_A:
            if apdu_command is None:
                raise typer.BadParameter("family A needs --apdu-command, from the reader's manual")
            try:
                return FamilyASettings(
                    transmit=bytes.fromhex(apdu_command),
                    power_off=bytes.fromhex(power_off_command) if power_off_command else None,
                    split=split,
                )
            except ValueError as error:
                raise typer.BadParameter(str(error)) from None


def _be_in_vpcd(card: VirtualCard, at: str | None, as_json: bool) -> None:
    host, _, port = (at or f"tcp://127.0.0.1:{PORT}").removeprefix("tcp://").rpartition(":")
    stop = until_stopped()
    try:
        with VpcdCard(card, host=host, port=int(port)):
            typer.echo(json.dumps({"port": "pcsc:"}) if as_json else "pcsc:")
            stop.wait()
    except ValueError:
        fail("The address of vpcd is not tcp://HOST:PORT.", "simulator.port_unavailable")
    except OSError as error:
        fail(f"No vpcd answers there: {error.strerror}.", "simulator.port_unavailable")
