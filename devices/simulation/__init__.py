"""What all simulators share: a far end of a line, its faults, a thread that serves it."""

from .base import Simulator
from .faults import LineFault

__all__ = ["LineFault", "Simulator"]
