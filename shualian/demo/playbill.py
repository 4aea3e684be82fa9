"""Play every visit once, verify every receipt, count what was stored."""

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import monotonic

from verifier.protocol.values import now

from .programme import PROGRAMME
from .results import Played
from .world import World, opened

Report = Callable[[Played], None]


@dataclass(frozen=True)
class Tally:
    """What the verifier stored while the visits were played, and what it had to store."""

    decisions: int
    decisions_expected: int
    receipts: int
    receipts_expected: int

    @property
    def ok(self) -> bool:
        """Nothing lost, nothing twice."""
        return (self.decisions, self.receipts) == (
            self.decisions_expected,
            self.receipts_expected,
        )


@dataclass(frozen=True)
class Playbill:
    """All rows, and the tally.

    Attributes:
        seconds: of the visits alone; `made_ready`: of what came before them.
    """

    rows: tuple[Played, ...]
    tally: Tally
    began: datetime
    made_ready: float
    seconds: float

    @property
    def ok(self) -> bool:
        """Every outcome is the expected one."""
        return bool(self.rows) and self.tally.ok and all(row.ok for row in self.rows)


async def play(folder: Path, report: Report = lambda _: None) -> Playbill:
    """Play the visits on this data folder; `report` hears of each row as it ends.

    Raises what keeps the demo from playing, each with a `code`.
    """
    began, start = now(), monotonic()
    async with opened(folder) as world:
        ready = monotonic()
        before = world.decisions()
        rows = []
        async for row in _every_visit(world):
            report(row)
            rows.append(row)
        checked = tuple(_checked(world, rows))
        tally = _tally(before, world.decisions(), rows)
        return Playbill(checked, tally, began, ready - start, monotonic() - ready)


async def _every_visit(world: World) -> AsyncIterator[Played]:
    for scene in PROGRAMME:
        for visit in scene(world):
            for row in await visit:
                yield row


def _checked(world: World, rows: Iterable[Played]) -> Iterable[Played]:
    """The rows with what the HIS says of their receipts."""
    world.his.sign_in()
    for row in rows:
        if row.answer is None:
            yield row
        else:
            verified = world.his.trusts(row.answer)
            yield replace(row, checks={**row.checks, "receipt_verifies": verified})


def _tally(before: tuple[int, int], after: tuple[int, int], rows: Iterable[Played]) -> Tally:
    stored = [row for row in rows if row.recorded]
    return Tally(
        decisions=after[0] - before[0],
        decisions_expected=sum(row.recorded for row in stored),
        receipts=after[1] - before[1],
        receipts_expected=sum(row.recorded for row in stored if row.answer is not None),
    )
