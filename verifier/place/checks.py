"""Checks on whether a position can be trusted: one small function each, and all of them at once.

They find mistakes and clumsy pretence. Who controls a phone controls what its browser says.
"""

from collections.abc import Sequence
from datetime import datetime

from .errors import in_utc
from .journeys import gap_m, travel_possible
from .limits import DEFAULTS, CheckLimits
from .positions import Position, Source
from .reasons import Reason


def checked(
    position: Position,
    now: datetime,
    previous: Position | None = None,
    others: Sequence[Position] = (),
    limits: CheckLimits = DEFAULTS,
) -> tuple[Reason, ...]:
    """All that speaks against a position; empty if nothing does.

    `previous` is the same physician's last check-in's point, or the same receiver's last fix;
    `others` are positions of other sources at the same moment.

    Raises:
        PlaceRefused: `place.position_malformed` where `now` has no offset.
    """
    now = in_utc(now)
    found = {
        Reason.STALE: is_stale(position, now, limits),
        Reason.FUTURE: is_future(position, now, limits),
        Reason.TOO_COARSE: is_too_coarse(position, limits),
        Reason.IMPOSSIBLY_GOOD: is_impossibly_good(position, limits),
        Reason.REPEATED: previous is not None and is_repeated(position, previous),
        Reason.TOO_FAST: previous is not None and is_too_fast(position, previous, limits),
        Reason.SOURCES_DISAGREE: disagrees(position, others, limits),
        Reason.SIMULATED: position.simulated and not limits.allow_simulated,
    }
    return tuple(reason for reason, holds in found.items() if holds)


def is_stale(position: Position, now: datetime, limits: CheckLimits = DEFAULTS) -> bool:
    """Whether it was measured too long before `now` (aware). A surveyed point does not age."""
    if position.source is Source.SURVEYED:
        return False
    return (now - position.at).total_seconds() > limits.max_age_s


def is_future(position: Position, now: datetime, limits: CheckLimits = DEFAULTS) -> bool:
    """Whether it was measured after `now` (aware), by more than clocks differ."""
    return (position.at - now).total_seconds() > limits.max_ahead_s


def is_too_coarse(position: Position, limits: CheckLimits = DEFAULTS) -> bool:
    """Whether its accuracy cannot tell one building from the next."""
    return position.accuracy_m > limits.max_accuracy_m


def is_impossibly_good(position: Position, limits: CheckLimits = DEFAULTS) -> bool:
    """Whether it claims to be more exact than its source can be."""
    least = {Source.GNSS: limits.least_gnss_m, Source.BROWSER: limits.least_browser_m}
    return position.accuracy_m < least.get(position.source, 0.0)


def is_repeated(position: Position, previous: Position) -> bool:
    """Whether a receiver gives the very same degrees again. Browsers and surveys may."""
    if {position.source, previous.source} != {Source.GNSS}:
        return False
    return (position.latitude, position.longitude) == (previous.latitude, previous.longitude)


def is_too_fast(position: Position, previous: Position, limits: CheckLimits = DEFAULTS) -> bool:
    """Whether nobody can have come here from the previous point in the time between them."""
    seconds = (position.at - previous.at).total_seconds()
    return not travel_possible(previous, position, seconds, limits)


def disagrees(
    position: Position, others: Sequence[Position], limits: CheckLimits = DEFAULTS
) -> bool:
    """Whether another source is farther off than both accuracies and the slack allow."""
    return any(gap_m(position, other) > limits.slack_m for other in others)
