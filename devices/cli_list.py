"""`shualian devices list`: ports, listed devices and how they are, kinds and their settings."""

import json
import time
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from .cli_common import AsJson, quiet
from .cli_monitor import ConfigFile, devices_of
from .manager import DeviceConfig, Manager, State
from .manager.kinds import KINDS
from .ports import serial_ports

_SHOWN = {
    "ports": ("port", "usb", "words", "serial_number", "stable"),
    "devices": ("name", "kind", "state", "code", "simulated", "port"),
}
"""What a table has of each; JSON has all."""
_PATIENCE_S = 10.0
"""For all devices together to be opened or not; a reader is looked for at several rates."""


def list_devices(
    config: ConfigFile = None,
    kinds: Annotated[
        bool, typer.Option("--kinds", help="The kinds of device and their settings instead.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List serial ports with their USB ids, and how the devices of --config are.

    The devices are opened for a moment and nothing is read. --kinds lists what can be listed.
    """
    if kinds:
        _print_kinds(as_json)
        return
    found = {"ports": [port.plain() for port in serial_ports()]}
    if config is not None:
        found["devices"] = _states(devices_of(config, None, None, []))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for title, rows in found.items():
        Console().print(_table(title, rows, _SHOWN[title]))


def _states(devices: list[DeviceConfig]) -> list[dict[str, Any]]:
    """How each is after it was opened, or was not."""
    quiet()
    with Manager(devices) as manager:
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until and any(
            device.state is State.STARTING for device in manager.health()
        ):
            manager.next(0.1)
        return [device.plain() for device in manager.health()]


def _kind(name: str) -> dict[str, Any]:
    kind = KINDS[name]
    return {
        "kind": name,
        "words": kind.words,
        "on_demand": kind.on_demand,
        "settings": {
            chosen: {field.name: _default(field) for field in fields(form)}
            for chosen, form in kind.settings().items()
        },
    }


def _default(field: Field[Any]) -> object:
    """As JSON has it; what has none must be given."""
    if field.default is not MISSING:
        return _plain(field.default)
    if field.default_factory is not MISSING:
        return _plain(field.default_factory())
    return "must be given"


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, bytes):
        return value.hex().upper()
    return value if isinstance(value, int | float | str | None) else str(value)


def _print_kinds(as_json: bool) -> None:
    kinds = [_kind(name) for name in KINDS]
    if as_json:
        typer.echo(json.dumps({"kinds": kinds}, ensure_ascii=False))
        return
    for kind in kinds:
        when = "read on demand" if kind["on_demand"] else "speaks unasked"
        typer.echo(f"{kind['kind']}: {kind['words']}; {when}")
        for chosen, settings in kind["settings"].items():
            pairs = ", ".join(f"{name} = {json.dumps(value)}" for name, value in settings.items())
            typer.echo(f"    {chosen}{': ' if chosen else ''}{pairs or 'no settings'}")


def _table(title: str, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in columns))
    return table
