"""`shualian devices probe`: which device answers at which port."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from .cli_common import AsJson
from .errors import MESSAGES
from .manager.config import DeviceConfig
from .manager.lists import written
from .ports import serial_ports
from .probing import Probed
from .probing import probe as probe_port

_AT_ONCE = 8


def probe(
    ports: Annotated[
        list[str] | None, typer.Argument(help="Ports or URLs; else every serial port there is.")
    ] = None,
    ask: Annotated[
        bool, typer.Option("--ask", help="Also ask readers of family A, which reads a card.")
    ] = False,
    listen: Annotated[
        float, typer.Option(help="Seconds to listen at a rate.", min=0.1, max=60.0)
    ] = 1.5,
    as_toml: Annotated[
        bool, typer.Option("--toml", help="Print a list of devices, ready for --config.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find out which device answers at each port. Moves no paper and changes no setting.

    Listens first; then asks for a printer's status, a security module's, a card reader's firmware.
    Every step is printed with the bytes that were sent.
    """
    stable = {port.port: port.stable or port.port for port in serial_ports()}
    one = partial(probe_port, ask_family_a=ask, listen_s=listen)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        results = list(pool.map(one, ports or list(stable)))
    if as_toml:
        typer.echo(written(_listed(results, stable)), nl=False)
    elif as_json:
        typer.echo(json.dumps([result.plain() for result in results], ensure_ascii=False))
    else:
        for result in results:
            Console(soft_wrap=True, highlight=False).print(_words(result), markup=False)
        if not results:
            typer.echo("There is no serial port.")


def _listed(results: list[Probed], stable: dict[str, str]) -> list[DeviceConfig]:
    """What was found, as a list of devices; the second of a kind is `-2`."""
    devices: list[DeviceConfig] = []
    for result in results:
        if (found := result.found) is None:
            continue
        same = sum(device.kind == found.kind for device in devices)
        name = found.kind.replace("_", "-") + (f"-{same + 1}" if same else "")
        port = stable.get(result.port, result.port)
        devices.append(DeviceConfig(name, found.kind, port, found.settings))
    return devices


def _words(result: Probed) -> str:
    lines = [result.port]
    for step in result.steps:
        rate = "" if step.baudrate is None else f" at {step.baudrate}"
        sent = f" ({step.sent.hex(' ').upper()})" if step.sent else ""
        lines.append(f"  {step.asked}{rate}{sent}: {step.answer}")
    return "\n".join([*lines, f"  → {_verdict(result)}"])


def _verdict(result: Probed) -> str:
    if result.code is not None:
        return f"{MESSAGES[result.code].title} [{result.code}]"
    if result.found is None:
        return "nobody that is known; scanners, and readers of family A, tell nothing of themselves"
    found = result.found
    settings = "".join(f", {name} = {value}" for name, value in found.settings.items())
    simulated = ", a simulator" if found.simulated else ""
    return f"{found.kind}{settings}{f', {found.device}' if found.device else ''}{simulated}"
