"""`shualian devices monitor`: every event of some devices as one line."""

import json
import time
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from .base import Reading
from .cli_common import AsJson, fail, plain, quiet, until_stopped
from .errors import MESSAGES
from .manager import (
    ConfigError,
    Connected,
    DeviceConfig,
    Event,
    Lost,
    Manager,
    Recovered,
    Taken,
    Troubled,
)
from .manager.config import load, parse
from .manager.kinds import KINDS

_LOOK_S = 0.25
"""How late Ctrl-C is seen at most."""
_PLACE = ("latitude", "longitude")
_STYLES = {"lost": "red", "recovered": "green", "connected": "green", "troubled": "yellow"}

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="TOML with the terminal's devices.")
]


def monitor(
    config: ConfigFile = None,
    port: Annotated[str | None, typer.Option(help="One device: its port.")] = None,
    kind: Annotated[str | None, typer.Option(help="One device: its kind.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help='One device: a setting as TOML has it, dialect="family_a".'),
    ] = None,
    every: Annotated[
        float, typer.Option(help="Seconds between two reads of a card that lies there.", min=0.0)
    ] = 1.0,
    show: Annotated[
        bool, typer.Option("--show", help="Print personal fields and places too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Watch devices: one line whenever one connects, gives something, is lost or comes back.

    Runs until Ctrl-C or SIGTERM. What a card or a code says, and where a receiver is, stays hidden.
    """
    devices = devices_of(config, port, kind, settings or [])
    quiet()
    stop, console = until_stopped(), Console(soft_wrap=True, highlight=False)
    with Manager(devices) as manager:
        asking = _Asking(manager, every)
        while not stop.is_set():
            asking.ask()
            if (event := manager.next(_LOOK_S)) is None:
                continue
            asking.heard(event)
            said = said_of(event, show)
            if as_json:
                typer.echo(json.dumps(said, ensure_ascii=False))
            else:
                console.print(_line(said))


def devices_of(
    config: Path | None, port: str | None, kind: str | None, settings: list[str]
) -> list[DeviceConfig]:
    """The devices of a file, or the one that the options name; ends the program if there is none.

    `settings` are lines of TOML, one setting each.
    """
    try:
        if config is not None and port is None and kind is None and not settings:
            return load(config)
        if config is None and port is not None and kind is not None:
            given = tomllib.loads("\n".join(settings))
            name = kind.replace("_", "-")
            entry = {"name": name, "kind": name.replace("-", "_"), "port": port, "settings": given}
            return parse({"device": [entry]})
    except tomllib.TOMLDecodeError as error:
        fail(f"A setting is no TOML: {error}.", ConfigError.code)
    except ConfigError as error:
        fail(f"{error}.", error.code)
    raise typer.BadParameter("give --config, or --port and --kind")


class _Asking:
    """Asks every device, but one on which a card lies only every so often."""

    def __init__(self, manager: Manager, every: float) -> None:
        self._manager, self._every = manager, every
        self._kinds = {health.name: KINDS[health.kind] for health in manager.health()}
        self._resting: dict[str, float] = {}
        self._asked: set[str] | None = None

    def ask(self) -> None:
        """Tell the manager what is wanted now, if that has changed."""
        now = time.monotonic()
        self._resting = {name: until for name, until in self._resting.items() if until > now}
        wanted = set(self._kinds) - set(self._resting)
        if wanted != self._asked:
            self._asked = wanted
            self._manager.want(wanted)

    def heard(self, event: Event) -> None:
        """Let a reader rest that has read a card."""
        if isinstance(event, Taken) and self._kinds[event.device].lies:
            self._resting[event.device] = time.monotonic() + self._every


def said_of(event: Event, show: bool) -> dict[str, Any]:
    """An event as JSON has it; without `show` nothing personal is in it."""
    head = {"at": _time(event.at), "device": event.device, "event": type(event).__name__.lower()}
    match event:
        case Connected():
            return head | {"simulated": event.simulated}
        case Lost() | Troubled():
            return head | {"code": event.code}
        case Recovered():
            return head | {"away_s": round(event.away_s, 1)}
        case Taken():
            return head | {"kind": event.kind, "value": _value(event.value, show)}
    return head


def _value(value: object, show: bool) -> dict[str, Any]:
    """What a device gave, by the kinds of values that there are."""
    if isinstance(value, Reading):
        said = plain(value)
        return said if show else said | {"fields": dict.fromkeys(value.fields)}
    if callable(as_plain := getattr(value, "plain", None)):
        said = dict(as_plain())
        return said if show else {n: v for n, v in said.items() if n not in _PLACE}
    return {"value": str(value) if show else type(value).__name__}


def _line(said: Mapping[str, Any]) -> Text:
    clock = f"{datetime.fromisoformat(said['at']).astimezone():%H:%M:%S}"
    line = Text(f"{clock}  {said['device']:<12}  ")
    line.append(f"{said['event']:<9}", _STYLES.get(said["event"], "bold"))
    return line.append(f"  {_words(said)}")


def _words(said: Mapping[str, Any]) -> str:
    match said["event"]:
        case "connected":
            return "a simulator" if said["simulated"] else ""
        case "recovered":
            return f"after {said['away_s']} s"
        case "taken":
            return ", ".join(_pairs(said["value"]))
    code = said["code"]
    title = MESSAGES[code].title if code in MESSAGES else ""
    return f"{title} [{code}]"


def _pairs(value: Mapping[str, Any]) -> list[str]:
    pairs: list[str] = []
    for name, what in value.items():
        if isinstance(what, Mapping):
            pairs += [f"{n}={'•••' if v is None else v}" for n, v in what.items()]
        elif what not in (None, [], ""):
            pairs.append(f"{name}={what}")
    return pairs


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
