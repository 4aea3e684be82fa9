"""`shualian devices`: read a device, or be one."""

from pathlib import Path
from typing import Annotated

import typer

from . import (
    cli_gnss,
    cli_knob,
    cli_list,
    cli_monitor,
    cli_printer,
    cli_probe,
    cli_social_security_card,
    cli_vendor,
    resident_id,
    scanner,
)
from .cli_common import AsJson, At, Baudrate, Port, Wait, card_actions, fail, run, show
from .errors import DeviceError
from .resident_id import ReaderSettings, person_file
from .resident_id.family_a_simulator import FamilyASimulator
from .resident_id.invented import invented_card
from .resident_id.layout import Certificate
from .resident_id.person_file import PersonFileError
from .resident_id.simulator import ResidentIdSimulator
from .scanner import ScannerSettings
from .scanner.invented import invented_code
from .scanner.simulator import ScannerSimulator
from .scanner.virtual import Ending
from .simulation.control import Action

app = typer.Typer(help="Devices on the wire, and simulators of them.", no_args_is_help=True)
read = typer.Typer(help="Read one credential.", no_args_is_help=True)
simulate = typer.Typer(help="Be a device, on a pseudo-terminal or TCP.", no_args_is_help=True)
app.add_typer(read, name="read")
app.add_typer(simulate, name="simulate")

FamilyA = Annotated[bool, typer.Option("--family-a", help="Speak STX … ETX frames, not a SAM's.")]

app.command("list")(cli_list.list_devices)
app.command("probe")(cli_probe.probe)
app.command("monitor")(cli_monitor.monitor)
app.command("knob")(cli_knob.knob)
read.command("social-security-card")(cli_social_security_card.read)
simulate.command("social-security-card")(cli_social_security_card.simulate)
read.command("gnss")(cli_gnss.read)
simulate.command("gnss")(cli_gnss.simulate)
read.command("vendor")(cli_vendor.read)
simulate.command("vendor")(cli_vendor.simulate)
read.command("printer")(cli_printer.read)
simulate.command("printer")(cli_printer.simulate)
app.command("print")(cli_printer.print_slip)


@read.command("resident-id")
def read_resident_id(
    port: Port,
    timeout: Wait = 10.0,
    baudrate: Baudrate = 115_200,
    family_a: FamilyA = False,
    as_json: AsJson = False,
) -> None:
    """Read a resident ID card (居民身份证). Prints what the card says, which is personal."""
    dialect: resident_id.Dialect = "family_a" if family_a else "sam"
    settings = ReaderSettings(baudrate=baudrate)
    try:
        with resident_id.open(port, dialect=dialect, settings=settings) as reader:
            reading = reader.read(timeout)
    except DeviceError as error:
        fail(error.title, error.code)
    show(reading, as_json)


@simulate.command("resident-id")
def simulate_resident_id(
    person: Annotated[
        Path | None, typer.Option(help="TOML or JSON with name and number; else someone invented.")
    ] = None,
    at: At = None,
    layout: Annotated[
        Certificate, typer.Option(help="The invented person's kind of card.")
    ] = Certificate.CITIZEN,
    baudrate: Baudrate = 115_200,
    family_a: FamilyA = False,
    as_json: AsJson = False,
) -> None:
    """Be a resident-ID reader with a card on it. Prints the port; runs until Ctrl-C or SIGTERM."""
    try:
        card = person_file.load(person) if person else invented_card(0, layout)
    except PersonFileError as error:
        fail(f"The person file cannot be used: {error}.", error.code)
    kind = FamilyASimulator if family_a else ResidentIdSimulator
    simulator = kind(card, baudrate=baudrate, at=at)
    run(simulator, as_json, card_actions(simulator.present, card, person_file.load))


@read.command("scanner")
def read_scanner(
    port: Port,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for a code.", min=0.0)] = 10.0,
    baudrate: Baudrate = 9600,
    as_json: AsJson = False,
) -> None:
    """Read a code from a 2-D scanner (扫码器). Prints what it says, a secret while it lives."""
    try:
        with scanner.open(port, settings=ScannerSettings(baudrate=baudrate)) as device:
            reading = device.read(timeout)
    except DeviceError as error:
        fail(error.title, error.code)
    show(reading, as_json)


@simulate.command("scanner")
def simulate_scanner(
    payload: Annotated[
        str | None, typer.Option(help="What the code says; else an invented 医保码.")
    ] = None,
    ending: Annotated[Ending, typer.Option(help="What is sent behind it.")] = Ending.CR,
    every: Annotated[float, typer.Option(help="Seconds between two scans.", min=0.1)] = 0.3,
    at: At = None,
    baudrate: Baudrate = 9600,
    as_json: AsJson = False,
) -> None:
    """Be a 2-D scanner with a code before it. Prints the port; runs until Ctrl-C or SIGTERM."""
    held = invented_code(0) if payload is None else payload
    simulator = ScannerSimulator(held, ending=ending, repeat_every=every, baudrate=baudrate, at=at)
    actions: dict[str, Action] = {
        "show": lambda text: simulator.show(text or held),
        "hide": lambda _: simulator.hide(),
    }
    run(simulator, as_json, actions)


if __name__ == "__main__":
    app()
