"""All devices of a terminal at once: opened, watched, opened again, and heard through one queue."""

from .config import ConfigError, DeviceConfig
from .events import Connected, Event, Lost, Recovered, Taken, Troubled
from .health import Health, State
from .manager import Manager

__all__ = [
    "ConfigError",
    "Connected",
    "DeviceConfig",
    "Event",
    "Health",
    "Lost",
    "Manager",
    "Recovered",
    "State",
    "Taken",
    "Troubled",
]
