"""Stable codes of what speaks against a position, or explains an answer on place."""

from enum import StrEnum


class Reason(StrEnum):
    """Each is kept with the check-in. None is a sign of fraud by itself."""

    STALE = "place.stale"
    """Measured too long ago."""
    FUTURE = "place.future"
    """Measured after now: a clock is wrong, or the time is made up."""
    TOO_COARSE = "place.too_coarse"
    """Its accuracy is too poor to say which building."""
    IMPOSSIBLY_GOOD = "place.impossibly_good"
    """More exact than its source can be: simulators often say so."""
    REPEATED = "place.repeated"
    """To the last bit where the previous fix was: receivers tremble, recordings do not."""
    TOO_FAST = "place.too_fast"
    """Nobody comes here so soon from the last check-in's point."""
    SOURCES_DISAGREE = "place.sources_disagree"
    """Two sources are farther apart than both may err."""
    SIMULATED = "place.simulated"
    """It carries a simulator's mark."""
    DATUM_UNKNOWN = "place.datum_unknown"
    """The two datums that it may be meant in give different answers."""
    AT_THE_EDGE = "place.at_the_edge"
    """The fence's boundary lies within the accuracy."""
    BROWSER_ALONE = "place.browser_alone"
    """A phone's own word, and nothing beside it."""
    NO_POSITION = "place.no_position"
    """No position that counts."""
    TERMINAL_MOVED = "place.terminal_moved"
    """A fixed terminal's receiver says that the terminal is elsewhere."""
    REGISTERED_OUTSIDE = "place.registered_outside"
    """A fixed terminal is registered outside the fence: one of the two is entered wrongly."""
    CONTRADICTED = "place.contradicted"
    """The site's code or network was there, and the position clearly was not: passed on?"""


AGAINST_COUNTING = frozenset(
    {
        Reason.STALE,
        Reason.FUTURE,
        Reason.TOO_COARSE,
        Reason.IMPOSSIBLY_GOOD,
        Reason.REPEATED,
        Reason.SIMULATED,
    }
)
"""A position with one of these is as good as none, for and against."""

AGAINST_BELIEF = AGAINST_COUNTING | {Reason.TOO_FAST, Reason.SOURCES_DISAGREE}
"""A position with one of these supports nothing. Where only the last two hold, one that lies
clearly outside still contradicts: a doubt must not help whoever brings it.
"""
