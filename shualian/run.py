"""`shualian run`: the demo hospital on one machine, in one command.

The parent fetches the models, makes the hospital with its staff and what happened this morning, and
watches three children: the verifier, a terminal with simulated devices, and the front desk (the
staff's door and the enrolment desk's reader). A child that dies is started again; Ctrl-C ends them
and keeps the data.
"""

import os
import secrets
import signal
import socket
import threading
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import typer

from shualian import children, frontdesk, home
from shualian.children import Child, ChildFailed, ReadyCheck

if TYPE_CHECKING:
    from shualian.demo.hospital import Hospital

VERIFIER_PORT = 8370
PAGE_PORT = 8380
DOOR_PORT = 8390
MOST_RESTARTS = 5

app = typer.Typer(add_completion=False)


@app.command()
def run(
    verifier_port: int = typer.Option(VERIFIER_PORT, help="Of the verifier, on 127.0.0.1."),
    page_port: int = typer.Option(PAGE_PORT, help="Of the terminal's page, on 127.0.0.1."),
    door_port: int = typer.Option(DOOR_PORT, help="Of the staff's door, on 127.0.0.1."),
    silhouette: bool = typer.Option(False, help="Show a drawn silhouette instead of the person."),
    camera: str = typer.Option(
        "", help="A real camera (index or URL) in place of the simulated one."
    ),
) -> None:
    """Start the demo hospital: verifier, terminal and staff's pages, on simulated devices."""
    stop = threading.Event()
    _stop_on_signals(stop)
    try:
        with ExitStack() as stack:
            folder = home.data_folder()
            stack.callback(os.close, home.take(folder))
            ports = (verifier_port, page_port, door_port)
            _serve(stack, folder, ports, (silhouette, camera), stop)
    except Exception as error:
        if stop.is_set():  # whatever Ctrl-C cut short
            typer.echo("Stopped.")
            return
        code = getattr(error, "code", None)
        if code is None:
            raise
        typer.echo(f"{error} [{code}]", err=True)
        raise typer.Exit(1) from None


class Interrupted(Exception):
    """Ctrl-C before everything stood."""


def _serve(
    stack: ExitStack,
    folder: Path,
    ports: tuple[int, int, int],
    look: tuple[bool, str],
    stop: threading.Event,
) -> None:
    from shualian.demo import hospital, staff
    from shualian.demo.platform import platform

    _say("Models: fetching and checking the default pack…", stop)
    engine = hospital.ready_engine()
    _say("Database: starting and migrating…", stop)
    verifier_port, page_port, door_port = (_free(port) for port in ports)
    place = hospital.open_hospital(folder, verifier_port)
    stack.callback(place.close)
    insurance = stack.enter_context(platform())
    _say("Demo hospital: invented people, 2,000 in the gallery…", stop)
    place.establish(engine, (hospital.SCREEN, hospital.LOBBY, hospital.FRONT_DESK))
    del engine
    staff.ensure(place.database, place.keyring, hospital.INSTITUTION, place.staff_file)
    logs, key = folder / "logs", secrets.token_urlsafe(16)
    parts = [
        Part(
            "verifier",
            ["shualian", "verifier", "serve"],
            {**place.verifier_environment(), **insurance.environment},
            f"http://127.0.0.1:{verifier_port}/readyz",
        ),
        Part(
            "terminal",
            ["shualian.terminal", "--port", str(page_port), "--platform", insurance.server.url]
            + (["--silhouette"] if look[0] else [])
            + (["--camera", look[1]] if look[1] else []),
            place.terminal_environment(),
            f"http://127.0.0.1:{page_port}/",
        ),
        Part(
            "front desk",
            ["shualian.frontdesk", "--port", str(door_port), "--staff", str(place.staff_file)],
            {**place.front_desk_environment(), frontdesk.KEY: key},
            f"http://127.0.0.1:{door_port}/ready",
        ),
    ]
    for part in parts:
        _say(f"Starting the {part.name}…", stop)
        stack.callback(part.stop)
        part.start(logs, stop)
        if part is parts[0]:
            _begin_the_day(place, stop)
    typer.echo(f"\nTerminal page   http://127.0.0.1:{page_port}/")
    typer.echo(f"Staff's pages   http://127.0.0.1:{door_port}/enter?key={key}")
    typer.echo(f"API docs        http://127.0.0.1:{verifier_port}/docs")
    typer.echo("Stop            Ctrl-C (data is kept; `make reset` forgets it)")
    typer.echo("\nLiveness is not judged yet: a photograph is not told from a person.")
    _watch(parts, logs, stop)
    typer.echo("Stopping…")


def _begin_the_day(place: "Hospital", stop: threading.Event) -> None:
    """Scenery: without it the demo stands as well, and says so."""
    from shualian.demo import morning

    _say("This morning: who is expected, who came…", stop)
    try:
        morning.begin(place, stop)
    except Exception as error:
        typer.echo(f"The morning was not played ({type(error).__name__}).", err=True)


class Part:
    """One child and how to know that it is ready."""

    def __init__(self, name: str, arguments: list[str], env: dict[str, str], url: str) -> None:
        self.name = name
        self._arguments, self._env, self._ready = arguments, env, ReadyCheck(url)
        self._child: Child | None = None
        self.restarts = 0

    def start(self, logs: Path, stop: threading.Event) -> None:
        """Start and wait until it answers. Raises `ChildFailed`, and `Interrupted` on Ctrl-C."""
        log = logs / f"{self.name}.log"
        self._child = children.start(self.name, self._arguments, self._env, log)
        if not children.wait_until(self._child, self._ready, stop):
            raise Interrupted

    @property
    def running(self) -> bool:
        """True while the process lives."""
        return self._child is not None and self._child.running

    def stop(self) -> None:
        """End it."""
        if self._child is not None:
            self._child.stop()


def _watch(parts: list[Part], logs: Path, stop: threading.Event) -> None:
    """Until Ctrl-C; a part that died is started again, five times at most."""
    while not stop.wait(0.5):
        for part in parts:
            if part.running:
                continue
            part.restarts += 1
            if part.restarts > MOST_RESTARTS:
                raise ChildFailed(f"the {part.name} keeps ending; see {logs}/{part.name}.log")
            typer.echo(f"The {part.name} ended by itself; starting it again.", err=True)
            part.start(logs, stop)


def _say(line: str, stop: threading.Event) -> None:
    if stop.is_set():
        raise Interrupted
    typer.echo(line)


def _stop_on_signals(stop: threading.Event) -> None:
    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)


def _free(port: int) -> int:
    """This port, or any free one where it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            with socket.socket() as other:
                other.bind(("127.0.0.1", 0))
                return int(other.getsockname()[1])
    return port
