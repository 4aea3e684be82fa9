"""Planned time of practice (计划执业时段): a physician is at one place at a time, or contested.

Every check-in lies within one of these intervals, or within the use of an on-call shift
(`verifier.shifts.plan.overlay_at`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from .codes import ShiftCodes, ShiftKind
from .plan import Assignment, Interval, Place, by_start, intervals_of


@dataclass(frozen=True)
class Practising:
    """Planned time of practice. A physician has at most one at any moment.

    Attributes:
        codes: of the shifts that were merged into it, in the order of their beginning.
        places: one, or several where the plan contradicts itself (`contested`).
    """

    physician: str
    start_utc: datetime
    end_utc: datetime
    codes: tuple[str, ...]
    places: tuple[Place, ...]

    @property
    def contested(self) -> bool:
        """Two places at once: a conflict that was saved nonetheless. It permits neither."""
        return len(self.places) > 1


def practising_intervals(
    assignments: Iterable[Assignment], codes: ShiftCodes
) -> tuple[Practising, ...]:
    """Work only, by physician and time; shifts that overlap at one place are merged.

    Shifts that only touch stay two. Where two places overlap (`verifier.shifts.conflicts` refuses
    that before saving), the common time is cut out and has both places. Raises `RosterRefused`
    (`roster.code_unknown`).
    """
    work: dict[tuple[str, Place], set[Interval]] = defaultdict(set)
    for one in assignments:
        for interval in intervals_of(one, codes):
            if interval.kind is ShiftKind.WORK:
                work[one.physician, one.place].add(interval)
    merged: dict[str, list[Practising]] = defaultdict(list)
    for (physician, _), intervals in work.items():
        merged[physician].extend(_merged(sorted(intervals, key=by_start)))
    return tuple(piece for physician in sorted(merged) for piece in _cut(merged[physician]))


def _merged(intervals: Sequence[Interval]) -> Iterator[Practising]:
    """The unions of overlapping intervals of one physician at one place, given by beginning."""
    group: list[Interval] = []
    for interval in intervals:
        if group and interval.start_utc >= max(i.end_utc for i in group):
            yield _joined(group)
            group = []
        group.append(interval)
    if group:
        yield _joined(group)


def _joined(group: Sequence[Interval]) -> Practising:
    return Practising(
        physician=group[0].assignment.physician,
        start_utc=group[0].start_utc,
        end_utc=max(interval.end_utc for interval in group),
        codes=tuple(dict.fromkeys(interval.code for interval in group)),
        places=(group[0].assignment.place,),
    )


def _cut(pieces: Sequence[Practising]) -> Iterator[Practising]:
    """One physician's time at all places, cut where another place begins or ends."""
    bounds = sorted({bound for piece in pieces for bound in (piece.start_utc, piece.end_utc)})
    ordered = sorted(pieces, key=lambda piece: (piece.start_utc, piece.places))
    open_now: list[Practising] = []
    following = 0
    for start, end in pairwise(bounds):
        open_now = [piece for piece in open_now if piece.end_utc > start]
        while following < len(ordered) and ordered[following].start_utc <= start:
            open_now.append(ordered[following])
            following += 1
        if open_now:
            yield _between(start, end, open_now)


def _between(start: datetime, end: datetime, pieces: Sequence[Practising]) -> Practising:
    codes = dict.fromkeys(code for piece in pieces for code in piece.codes)
    places = sorted({place for piece in pieces for place in piece.places})
    return Practising(pieces[0].physician, start, end, tuple(codes), tuple(places))
