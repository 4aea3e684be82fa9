"""What can happen to a terminal's devices, as values on one queue."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Event:
    """Something happened to the device of this name, at this time (UTC)."""

    device: str
    at: datetime


@dataclass(frozen=True)
class Connected(Event):
    """The device answers for the first time."""

    simulated: bool


@dataclass(frozen=True)
class Lost(Event):
    """The device is not there, went away, or answers nothing any more. Said once."""

    code: str


@dataclass(frozen=True)
class Recovered(Event):
    """A lost device answers again. Said once."""

    away_s: float


@dataclass(frozen=True)
class Troubled(Event):
    """Something that the person at the screen, or another try, may mend: a card taken away too
    early, a damaged answer.
    """

    code: str
    ticket: int | None = None
    """For which the device was asked."""


@dataclass(frozen=True)
class Taken(Event):
    """What the device gave: a `Reading`, a `Fix`, a printer's `Status`. `repr` leaves it out."""

    kind: str
    value: Any = field(repr=False)
    ticket: int | None
    """For which it was wanted; None for a device that speaks unasked."""
    photo: bytes | None = field(default=None, repr=False)
    """Of the card's chip, opaque, where the reader gave one beside the reading."""
