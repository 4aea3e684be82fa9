"""The serial ports that this machine has, as its system tells of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serial.tools import list_ports

BY_ID = Path("/dev/serial/by-id")
"""Where Linux keeps names that stay the same whichever socket a device is plugged into."""


@dataclass(frozen=True)
class SerialPort:
    """One port. Nothing was opened to know it."""

    port: str
    stable: str | None
    """A name that stays the same over plugging, which a list of devices should use."""
    words: str
    usb: str | None
    """Vendor and product, `067B:2303`; None for a port that is not on USB."""
    serial_number: str | None

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "port": self.port,
            "stable": self.stable,
            "words": self.words,
            "usb": self.usb,
            "serial_number": self.serial_number,
        }


def serial_ports() -> list[SerialPort]:
    """All of them, in the order of their names."""
    stable = _stable_names()
    return [
        SerialPort(
            port=found.device,
            stable=stable.get(Path(found.device)),
            words=found.description,
            usb=None if found.vid is None else f"{found.vid:04X}:{found.pid:04X}",
            serial_number=found.serial_number,
        )
        for found in sorted(list_ports.comports(), key=lambda found: found.device)
    ]


def _stable_names() -> dict[Path, str]:
    if not BY_ID.is_dir():
        return {}
    return {link.resolve(): str(link) for link in sorted(BY_ID.iterdir())}
