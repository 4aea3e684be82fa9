"""What is strange about a fix beside the host's clock and the fix before: week rollover, jumps.

GPS counts weeks in ten bits. A receiver whose firmware is older than half a round gives dates that
lie a whole number of 1024 weeks (19.6 years) back. Told by the host's clock: if the date so many
rounds later lies within a day of it, the time is mended by these rounds; every such fix says so in
`doubts`. Any other difference is reported and left: nobody knows which of the two clocks is wrong.
A host's clock that shows a time before this was written (an empty battery) mends nothing.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from .fix import Fix, distance_m
from .settings import GnssSettings

ROUND = timedelta(weeks=1024)
_NEAR = timedelta(days=1)
_WRITTEN = datetime(2025, 1, 1, tzinfo=UTC)


class Continuity:
    """Judges one line's fixes in their order. Pure: moments come in as values."""

    def __init__(self, settings: GnssSettings) -> None:
        self._settings = settings
        self._last: tuple[Fix, float] | None = None
        self._standing: tuple[str, ...] = ()

    def judge(self, fix: Fix, at: float) -> tuple[Fix, list[str]]:
        """The fix with its doubts and its time mended, and the codes that are to be reported now.

        A week rollover and a clock that differs are reported when they begin, a jump each time.
        `at`: seconds on a clock that only rises, when the fix's epoch came.
        """
        fix, standing = self._dated(fix)
        jumps = self._jumps(fix, at)
        news = [code for code in standing if code not in self._standing]
        fix = replace(fix, doubts=(*standing, *jumps))
        self._standing, self._last = standing, (fix, at)
        return fix, news + jumps

    def _dated(self, fix: Fix) -> tuple[Fix, tuple[str, ...]]:
        standing: tuple[str, ...] = ()
        if rounds := _rounds(fix):
            fix = replace(fix, time=fix.time + rounds * ROUND)
            standing = ("gnss.week_rollover",)
        if abs(fix.skew.total_seconds()) > self._settings.clock_skew:
            standing += ("gnss.clock_differs",)
        return fix, standing

    def _jumps(self, fix: Fix, at: float) -> list[str]:
        if self._last is None:
            return []
        before, then = self._last
        passed, counted = at - then, (fix.time - before.time).total_seconds()
        if abs(counted - passed) > self._settings.time_jump:
            time_jump = ["gnss.time_jump"]
        else:
            # Epochs that were fetched late come closer together than they were made.
            time_jump, passed = [], max(passed, counted)
        within = max(passed, 0) * self._settings.max_speed_mps + before.accuracy_m + fix.accuracy_m
        far = distance_m(before.position, fix.position) > within
        return time_jump + (["gnss.place_jump"] if far else [])


def _rounds(fix: Fix) -> int:
    """How many rounds the date lies back; 0 if it is not a matter of rounds."""
    behind = fix.received_at - fix.time
    rounds = round(behind / ROUND)
    plausible = fix.received_at >= _WRITTEN and abs(behind - rounds * ROUND) <= _NEAR
    return rounds if rounds > 0 and plausible else 0
