"""Whether a position lies in a fence, with its accuracy and its datum taken seriously."""

from dataclasses import dataclass, replace
from enum import StrEnum

from .datums import Datum, furthest
from .distances import signed_distance_m
from .fences import Fence, shapes_of
from .positions import Position, brought_forward, read_as
from .reasons import Reason


class Where(StrEnum):
    """What a position says about a fence."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNCERTAIN = "uncertain"


class How(StrEnum):
    """What was brought forward before measuring."""

    AS_GIVEN = "as_given"
    POSITION_FORWARD = "position_forward"
    FENCE_FORWARD = "fence_forward"
    BOTH_FORWARD = "both_forward"
    """A site drawn in several datums."""
    EITHER_DATUM = "either_datum"
    """A datum unknown: judged as WGS-84 and as GCJ-02."""


@dataclass(frozen=True)
class Judged:
    """One position against one fence."""

    answer: Where
    distance_m: float
    """To the boundary, negative inside."""
    datum_used: Datum
    """In which it was measured. Of two readings, that of the more cautious one."""
    how: How
    reasons: tuple[Reason, ...] = ()
    """Why it is uncertain."""


def judge(fence: Fence, position: Position) -> Judged:
    """Inside or outside where the whole circle of the accuracy is, else uncertain.

    Position and fence are measured in the later of their datums. Of an unknown datum, both
    readings have to agree.
    """
    known = [_judged(fence, reading) for reading in read_as(position)]
    return known[0] if len(known) == 1 else _agreed(known)


def _judged(fence: Fence, position: Position) -> Judged:
    drawn = {shape.datum for shape in shapes_of(fence)}
    datum = furthest(position.datum, *drawn)
    moved = brought_forward(position, datum)
    distance_m = signed_distance_m(fence, moved.latitude, moved.longitude, datum)
    answer = _answer(distance_m, position.accuracy_m)
    reasons = (Reason.AT_THE_EDGE,) if answer is Where.UNCERTAIN else ()
    how = _how(position.datum is not datum, drawn != {datum})
    return Judged(answer, distance_m, datum, how, reasons)


def _answer(distance_m: float, accuracy_m: float) -> Where:
    if distance_m + accuracy_m <= 0:
        return Where.INSIDE
    return Where.OUTSIDE if distance_m - accuracy_m > 0 else Where.UNCERTAIN


def _how(position_moved: bool, fence_moved: bool) -> How:
    if position_moved:
        return How.BOTH_FORWARD if fence_moved else How.POSITION_FORWARD
    return How.FENCE_FORWARD if fence_moved else How.AS_GIVEN


def _agreed(readings: list[Judged]) -> Judged:
    cautious = min(readings, key=lambda judged: abs(judged.distance_m))
    if len({judged.answer for judged in readings}) == 1:
        return replace(cautious, how=How.EITHER_DATUM)
    return replace(
        cautious,
        answer=Where.UNCERTAIN,
        how=How.EITHER_DATUM,
        reasons=(Reason.DATUM_UNKNOWN,),
    )
