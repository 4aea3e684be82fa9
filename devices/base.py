"""The one shape of a device: `open(url)`, `read(timeout) -> Reading`, typed errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .errors import (
    BadFrame,
    CardRemoved,
    DeviceError,
    NoCard,
    Refused,
    Timeout,
    Unplugged,
)

__all__ = [
    "BadFrame",
    "CardRemoved",
    "DeviceError",
    "NoCard",
    "Reading",
    "Refused",
    "Timeout",
    "Unplugged",
]


@dataclass(frozen=True)
class Reading:
    """One credential as a device read it.

    `repr` leaves the fields out, since they are personal.
    """

    kind: str
    """`resident_id`; other credentials of DESIGN §3 later."""
    fields: Mapping[str, str] = field(repr=False)
    """The credential's own fields by their English names."""
    device: str
    """Which device read it, at most 64 characters: `sam:` and the module's number."""
    read_at: datetime
    """Aware, UTC."""
    authenticated: bool
    """Whether the device proved that the credential is genuine (a SAM does; a free read does not).
    """
    simulated: bool
    """Whether the device says of itself that it is a simulator."""
