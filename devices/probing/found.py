"""What a probe says: a device, and the steps that led to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Found:
    """A device, as a list of devices would have it."""

    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Those that differ from the kind's own."""
    device: str | None = None
    """How it names itself, if it does."""
    simulated: bool | None = None
    """None where that is not known."""

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "kind": self.kind,
            "settings": dict(self.settings),
            "device": self.device,
            "simulated": self.simulated,
        }


@dataclass(frozen=True)
class Step:
    """One thing that was done to a port."""

    asked: str
    baudrate: int | None
    """None behind a serial server, which keeps its own."""
    sent: bytes
    """Empty for one that only listened."""
    answer: str
    """In a few words; never what a card says."""

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "asked": self.asked,
            "baudrate": self.baudrate,
            "sent": self.sent.hex(" ").upper(),
            "answer": self.answer,
        }
