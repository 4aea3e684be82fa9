"""How each device is, for the console and `/metrics`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Where a device's worker stands."""

    STARTING = "starting"
    """Not yet opened once."""
    READY = "ready"
    LOST = "lost"
    """Not there, or silent; it is tried again."""
    STOPPED = "stopped"


@dataclass(frozen=True)
class Health:
    """One device as it stands. Holds nothing of what it read."""

    name: str
    kind: str
    port: str
    state: State
    since: datetime
    """When this state began, UTC."""
    simulated: bool | None
    """None until it was opened once."""
    code: str | None
    """Why it is lost, or its last trouble."""
    taken: int
    """Readings, fixes, statuses since the start."""
    troubles: int
    losses: int

    def plain(self) -> dict[str, object]:
        """As JSON has it."""
        return {
            "name": self.name,
            "kind": self.kind,
            "port": self.port,
            "state": self.state.value,
            "since": self.since.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "simulated": self.simulated,
            "code": self.code,
            "taken": self.taken,
            "troubles": self.troubles,
            "losses": self.losses,
        }


def exposition(devices: list[Health]) -> str:
    """The same as Prometheus reads it (text format 0.0.4)."""
    gauges = {
        "shualian_device_ready": ("gauge", "1 while the device answers.", _ready),
        "shualian_device_taken_total": ("counter", "What the device gave.", _taken),
        "shualian_device_troubles_total": (
            "counter",
            "Troubles that a try mends.",
            _troubles,
        ),
        "shualian_device_losses_total": ("counter", "Times the device went away.", _losses),
    }
    lines = []
    for name, (kind, help_text, value) in gauges.items():
        lines += [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{_labels(device)} {value(device)}" for device in devices]
    return "\n".join(lines) + "\n"


def _labels(device: Health) -> str:
    return f'{{device="{device.name}",kind="{device.kind}"}}'


def _ready(device: Health) -> int:
    return int(device.state is State.READY)


def _taken(device: Health) -> int:
    return device.taken


def _troubles(device: Health) -> int:
    return device.troubles


def _losses(device: Health) -> int:
    return device.losses
