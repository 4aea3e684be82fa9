"""Limits of the checks on a position. Engineering, not a standard: a hospital may set its own."""

import math
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class CheckLimits:
    """What a position may be like. Raises `ValueError` where a limit is negative or not finite."""

    max_age_s: float = 60.0
    """A phone's page asks, the person looks into the camera, the request travels: a minute covers
    it, and nobody walks out of a hospital meanwhile.
    """
    max_ahead_s: float = 5.0
    """Phones and receivers keep time to a second or two; the rest is slack."""
    max_accuracy_m: float = 100.0
    """Wi-Fi positions indoors reach 20 to 60 m, a mobile cell's 500 m and more: 100 m lies between
    and is about a building.
    """
    least_gnss_m: float = 0.01
    """A receiver with corrections (RTK) comes to 2 cm; less is made up."""
    least_browser_m: float = 2.0
    """Phones say 3 m at best, browsers' developer tools 0 or 1 when they pretend (from memory, not
    confirmed).
    """
    max_speed_kmh: float = 250.0
    """From door to door. Trains run at 350 km/h, but nobody checks in at their doors; flying is
    slower than this with the ways to and from the airport, up to some 1,500 km.
    """
    slack_m: float = 50.0
    """Added to both accuracies: each is exceeded one time in twenty, indoors more often."""
    allow_simulated: bool = False
    """For the demo hospital only."""

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            if not math.isfinite(value) or value < 0:
                raise ValueError(f"{limit.name} is a finite number, 0 or more")


DEFAULTS = CheckLimits()
