"""`shualian devices read vendor`, and why there is no `simulate vendor`."""

from pathlib import Path
from typing import Annotated

import typer

from . import vendor
from .cli_common import AsJson, Wait, fail, show
from .errors import DeviceError


def read(
    port: Annotated[Path, typer.Option(help="The TOML that describes the library.")],
    timeout: Wait = 10.0,
    as_json: AsJson = False,
) -> None:
    """Read a card through a vendor's library (动态库). Prints what it says, which is personal."""
    try:
        with vendor.open(port) as reader:
            reading = reader.read(timeout)
    except DeviceError as error:
        title = f"{error.title.removesuffix('.')}: {error.note}." if error.note else error.title
        fail(title, error.code)
    show(reading, as_json)


def simulate() -> None:
    """Not possible: a library has no wire that a simulator could stand at."""
    fail(
        "A vendor's library has no wire to be simulated on; docs/devices/vendor.md says how to try"
        " one without a reader.",
        "simulator.unsupported",
    )
