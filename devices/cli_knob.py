"""`shualian devices knob`: turn a running simulator's knobs from another process."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from .cli_common import AsJson, fail
from .simulation.control import ControlError, ask


def knob(
    address: Annotated[str, typer.Argument(help="What the simulator printed as its control.")],
    what: Annotated[
        str,
        typer.Argument(
            help="list, clear, unplug, plug-in, what the device has (present, remove, show, hide), "
            "or a fault's name."
        ),
    ] = "list",
    value: Annotated[
        str, typer.Argument(help="For present a person's file, for show the code's text.")
    ] = "",
    times: Annotated[int, typer.Option(help="Answers that the fault spoils.", min=1)] = 1,
    until_cleared: Annotated[
        bool, typer.Option("--until-cleared", help="Spoil every answer until clear.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Turn a knob of a running simulator: a fault, the plug, the card that lies on it."""
    try:
        listed = ask(address, "list")
        if what in listed["actions"]:
            ask(
                address, what, str(Path(value).absolute()) if what == "present" and value else value
            )
        elif what != "list":
            ask(address, "inject", what.replace("-", "_"), None if until_cleared else times)
        listed = ask(address, "list")
    except ControlError as error:
        fail(error.sentence, error.code)
    if as_json:
        typer.echo(json.dumps(listed))
    else:
        typer.echo(_said(listed) if what != "list" else f"{_said(listed)}\n{_known(listed)}")


def _said(listed: dict[str, Any]) -> str:
    """The line and the faults that wait, in one sentence."""
    waiting = [f"{fault['name']} {_how_often(fault['times'])}" for fault in listed["turned"]]
    plug = "plugged in" if listed["plugged_in"] else "unplugged"
    return f"{listed['device']} at {listed['port']}: {plug}; {', '.join(waiting) or 'no fault'}."


def _known(listed: dict[str, Any]) -> str:
    return "\n".join(f"{title}: {', '.join(listed[title])}" for title in ("faults", "actions"))


def _how_often(times: int | None) -> str:
    return "until cleared" if times is None else f"× {times}"
