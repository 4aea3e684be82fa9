"""What all commands of `shualian devices` share: options, output, a simulator that runs on."""

import json
import logging
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from .base import Reading
from .resident_id.person_file import PersonFileError
from .simulation import Simulator
from .simulation.control import Action, Control, ControlError

Card = TypeVar("Card")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Baudrate = Annotated[int, typer.Option(help="The line's rate.")]
Port = Annotated[
    str, typer.Option(help="/dev/ttyUSB0, COM3, socket://host:port or another pyserial URL.")
]
Wait = Annotated[float, typer.Option(help="Seconds to wait for a card.", min=0.0)]
At = Annotated[
    str | None,
    typer.Option(help="Where the port shall stand: a path, or tcp://HOST:PORT; else new."),
]


def show(reading: Reading, as_json: bool) -> None:
    """Print what was read: JSON, or a table for people."""
    if as_json:
        typer.echo(json.dumps(plain(reading), ensure_ascii=False))
    else:
        Console().print(table(reading))


def run(simulator: Simulator, as_json: bool, actions: Mapping[str, Action] | None = None) -> None:
    """Be the simulator: print its port and its control's address, until Ctrl-C or SIGTERM.

    `actions` is what `devices knob` can make of it beside what all can.
    """
    stop = until_stopped()
    try:
        with simulator:
            tcp = simulator.url.startswith("socket:")
            with Control(simulator, actions, tcp=tcp) as control:
                if as_json:
                    typer.echo(json.dumps({"port": simulator.url, "control": control.address}))
                else:
                    typer.echo(f"{simulator.url}\ncontrol {control.address}")
                stop.wait()
    except ImportError:
        fail("Simulators need a POSIX system.", "simulator.unsupported")
    except OSError as error:
        fail(
            f"The simulator's port cannot be made: {error.strerror}.", "simulator.port_unavailable"
        )


def card_actions(
    present: Callable[[Card | None], None], first: Card, load: Callable[[Path], Card]
) -> dict[str, Action]:
    """`present` (the first card again, or that of a person's file) and `remove`, for `run`."""

    def lay(argument: str) -> None:
        try:
            present(load(Path(argument)) if argument else first)
        except PersonFileError as error:
            raise ControlError(error.code, f"The person file cannot be used: {error}.") from None
        except ValueError as error:
            raise ControlError("person_file.malformed", f"{error}.") from None

    return {"present": lay, "remove": lambda _: present(None)}


def until_stopped() -> threading.Event:
    """Set on Ctrl-C and SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def quiet() -> None:
    """Log nothing to the screen, for commands that say the same themselves."""
    logging.getLogger("devices").addHandler(logging.NullHandler())


def fail(sentence: str, code: str) -> NoReturn:
    """One sentence and a code on standard error; exit status 1."""
    typer.echo(f"{sentence} [{code}]", err=True)
    raise typer.Exit(1)


def plain(reading: Reading) -> dict[str, object]:
    """A reading as JSON has it."""
    return {
        "kind": reading.kind,
        "fields": dict(reading.fields),
        "device": reading.device,
        "read_at": reading.read_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "authenticated": reading.authenticated,
        "simulated": reading.simulated,
    }


def table(reading: Reading) -> Table:
    """A reading for people."""
    shown = Table(title=reading.kind, show_header=False)
    for name, value in reading.fields.items():
        shown.add_row(name, value)
    for name in ("device", "read_at", "authenticated", "simulated"):
        shown.add_row(name, str(plain(reading)[name]), style="dim")
    return shown
