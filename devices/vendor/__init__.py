"""Readers that ship only a shared library (动态库), run in a program of their own.

A library of 32 bits, or one that crashes, hangs or writes where it should not, lives in a host
program (`host/`) and cannot take the terminal's agent down. `docs/devices/vendor.md` says how a
library is described.
"""

from pathlib import Path

from . import description
from .driver import VendorReader, VendorSettings
from .transactions import EcReply

__all__ = ["EcReply", "VendorReader", "VendorSettings", "open"]


def open(url: str | Path, *, settings: VendorSettings | None = None) -> VendorReader:  # noqa: A001
    """The reader that the TOML at this path describes, with its library loaded.

    Raises `Refused` (`vendor.description_invalid`; `vendor.refused` where a function that is called
    on start says no), `Unplugged` (`vendor.host_missing`, `vendor.library_missing`,
    `vendor.function_missing`, `vendor.wrong_bitness`), `Timeout` (`vendor.hung`, `vendor.crashed`)
    or `BadFrame` (`vendor.garbled`).
    """
    return VendorReader(description.load(Path(url)), settings or VendorSettings())
