"""`shualian devices read printer`, `print` and `simulate printer`."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from . import printer
from .cli_common import AsJson, At, Baudrate, Port, fail, run
from .errors import DeviceError
from .printer import Field, NotPrinted, Paragraph, PrinterSettings, Slip
from .simulation.control import ControlError


class Width(StrEnum):
    """Of the paper, in millimetres."""

    NARROW = "58"
    WIDE = "80"

    @property
    def millimetres(self) -> Literal[58, 80]:
        """As a number."""
        return 58 if self is Width.NARROW else 80


class End(StrEnum):
    """How the slip leaves."""

    CUT = "cut"
    PARTIAL_CUT = "partial_cut"
    TEAR = "tear"


class Qr(StrEnum):
    """Who draws a QR code."""

    NATIVE = "native"
    RASTER = "raster"


WidthOption = Annotated[Width, typer.Option(help="Of the paper, in millimetres.")]


def read(port: Port, baudrate: Baudrate = 9600, as_json: AsJson = False) -> None:
    """Ask a receipt printer (凭条打印机) how it is. Moves no paper."""
    try:
        with printer.open(port, settings=PrinterSettings(baudrate=baudrate)) as device:
            plain = device.read(3.0).plain()
    except DeviceError as error:
        fail(error.title, error.code)
    if as_json:
        typer.echo(json.dumps(plain))
        return
    shown = Table(title="printer", show_header=False)
    for name, value in plain.items():
        shown.add_row(name, str(value))
    Console().print(shown)


def print_slip(
    port: Port,
    text: Annotated[list[str] | None, typer.Option(help="A paragraph; may be given often.")] = None,
    title: Annotated[str, typer.Option(help="Large, at the top.")] = "打印测试",
    qr: Annotated[str | None, typer.Option(help="What the QR code says.")] = None,
    width: WidthOption = Width.WIDE,
    end: Annotated[End, typer.Option(help="How the slip leaves.")] = End.PARTIAL_CUT,
    draw: Annotated[Qr, typer.Option("--qr-by", help="Who draws the code.")] = Qr.NATIVE,
    baudrate: Baudrate = 9600,
    as_json: AsJson = False,
) -> None:
    """Print a test slip on a receipt printer, and say how much of that is certain."""
    settings = PrinterSettings(
        width=width.millimetres, baudrate=baudrate, end=end.value, qr=draw.value
    )
    rows = [Paragraph(each) for each in text or ["The quick brown fox. 身份核对，永和九年。"]]
    slip = Slip(title, rows=(Field("宽 width", f"{width.value} mm"), *rows), qr=qr)
    try:
        with printer.open(port, settings=settings) as device:
            proof = device.print(slip)
    except NotPrinted as error:
        fail(f"{error.title} On the paper: {error.on_paper.value}.", error.code)
    except DeviceError as error:
        fail(error.title, error.code)
    typer.echo(json.dumps({"proof": proof.value}) if as_json else proof.value)


def simulate(
    out: Annotated[Path | None, typer.Option(help="Folder for a picture of each slip.")] = None,
    width: WidthOption = Width.WIDE,
    fault: Annotated[list[str] | None, typer.Option(help="A fault that it has; often.")] = None,
    at: At = None,
    baudrate: Baudrate = 9600,
    as_json: AsJson = False,
) -> None:
    """Be a receipt printer. Prints the port; runs until Ctrl-C or SIGTERM."""
    from .printer.paper import font
    from .printer.simulator import PrinterFault, PrinterSimulator

    if out is not None and font() is None:
        typer.echo("No Chinese font was found here: characters are drawn as boxes.", err=True)

    def mend(name: str) -> None:
        fault = simulator.faults().get(name)
        if not isinstance(fault, PrinterFault):
            raise ControlError("control.unknown_fault", "That is nothing that a printer can have.")
        simulator.mend(fault)

    def tear(_: str) -> None:
        try:
            simulator.tear()
        except LookupError as error:
            raise ControlError(
                "simulator.no_paper", f"There is nothing to tear: {error}."
            ) from None

    simulator = PrinterSimulator(width=width.millimetres, out=out, baudrate=baudrate, at=at)
    for name in fault or ():
        if name not in simulator.faults():
            raise typer.BadParameter(f"a fault is one of {', '.join(simulator.faults())}")
        simulator.knob(name)
    run(simulator, as_json, {"mend": mend, "tear": tear})
