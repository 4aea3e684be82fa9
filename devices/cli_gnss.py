"""`shualian devices read gnss` and `simulate gnss`."""

import json
import time
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from . import gnss
from .cli_common import AsJson, At, Baudrate, Port, fail, run
from .errors import DeviceError
from .gnss import Doubtful, Fix, GnssReceiver, GnssSettings
from .gnss.fix import Position
from .gnss.simulator import GnssSimulator
from .gnss.virtual import NOWHERE


def read(
    port: Port,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for a fix.", min=0.0)] = 10.0,
    baudrate: Baudrate = 9600,
    detect: Annotated[bool, typer.Option(help="Try the other usual rates too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read a fix from a GNSS receiver (卫星定位). Prints where it is, and what bars a check-in."""
    settings = GnssSettings(baudrate=baudrate, detect_baudrate=detect)
    try:
        with gnss.open(port, settings=settings) as receiver:
            fix = _fix(receiver, time.monotonic() + timeout)
    except DeviceError as error:
        fail(error.title, error.code)
    plain = {**fix.plain(), "refused_by_gate": gnss.gate(fix, datetime.now(UTC))}
    if as_json:
        typer.echo(json.dumps(plain))
    else:
        Console().print(_table(plain))


def simulate(
    latitude: Annotated[float, typer.Option(min=-85, max=85)] = NOWHERE.latitude,
    longitude: Annotated[float, typer.Option(min=-180, max=180)] = NOWHERE.longitude,
    every: Annotated[float, typer.Option(help="Seconds between two epochs.", min=0.1)] = 1.0,
    cold: Annotated[bool, typer.Option(help="Begin with a cold start.")] = False,
    at: At = None,
    baudrate: Baudrate = 9600,
    as_json: AsJson = False,
) -> None:
    """Be a GNSS receiver that stands still. Prints the port; runs until Ctrl-C or SIGTERM."""
    place = Position(latitude, longitude)
    run(GnssSimulator([place], interval=every, cold=cold, baudrate=baudrate, at=at), as_json)


def _fix(receiver: GnssReceiver, until: float) -> Fix:
    """The next fix; what is strange about it is said beside it."""
    while True:
        try:
            return receiver.read(max(0.0, until - time.monotonic()))
        except Doubtful as doubt:
            typer.echo(f"{doubt.title} [{doubt.code}]", err=True)


def _table(plain: dict[str, object]) -> Table:
    shown = Table(title="fix", show_header=False)
    for name, value in plain.items():
        shown.add_row(name, ", ".join(value) if isinstance(value, list) else str(value))
    return shown
