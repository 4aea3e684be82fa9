"""When a stay may be looked in on, by when it should be, and when nothing found becomes a hint.

Pure. Days and half-days are the hospital's (Asia/Shanghai); moments come in aware.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from verifier.shifts.month import CHINA


class WardKind(StrEnum):
    """What a ward is for, as far as looking in is concerned."""

    ORDINARY = "ordinary"
    ICU = "icu"
    THEATRE = "theatre"
    DELIVERY = "delivery"
    EMERGENCY = "emergency"
    ISOLATION = "isolation"


NEVER = frozenset(WardKind) - {WardKind.ORDINARY}
"""Where nobody is ever asked to look into a camera."""


class Found(StrEnum):
    """What one look found."""

    FACE = "face"
    """The face of the person who was admitted."""
    WRISTBAND = "wristband"
    """Wristband and two identifiers: whoever does not want a face, or has none to show."""
    AWAY = "away"
    """Not in the bed, for a reason that the ward knows."""
    ASLEEP = "asleep"
    """In the bed and asleep: nobody is woken, the look is for later."""
    UNSURE = "unsure"
    """Somebody is in the bed; face and record were not brought together."""
    EMPTY = "empty"
    """Nobody in the bed, and nobody knows why."""


class Away(StrEnum):
    """Why somebody is not in the bed: one touch."""

    EXAMINATION = "examination"
    """检查"""
    OPERATION = "operation"
    """手术"""
    DIALYSIS = "dialysis"
    """透析"""
    LEAVE = "leave"
    """请假"""


class NotNow(StrEnum):
    """Why a stay is not looked in on at this moment. Each is a stable code."""

    NOT_IN = "presence.not_in"
    """Not admitted yet, or discharged."""
    WARD = "presence.ward"
    """This ward is never looked in on."""
    NIGHT = "presence.night"
    """Between 21 and 7 o'clock."""
    DONE = "presence.done_today"
    """Somebody was with this person today."""
    HALF_DAY = "presence.half_day"
    """Looked for in this half of the day; once more in the next."""


SETTLED = frozenset({Found.FACE, Found.WRISTBAND, Found.AWAY, Found.UNSURE})
"""Looks after which nobody comes again that day: each disturbed somebody, or explains itself."""


@dataclass(frozen=True)
class Rules:
    """What a hospital may narrow, never widen."""

    earliest: time = time(7)
    latest: time = time(21)
    first_within: timedelta = timedelta(hours=24)

    def __post_init__(self) -> None:
        if not time(7) <= self.earliest < self.latest <= time(21):
            raise ValueError("looks are between 7 and 21 o'clock")
        if not timedelta() < self.first_within <= timedelta(hours=24):
            raise ValueError("the first look is due within 24 hours")


@dataclass(frozen=True)
class Stay:
    """One person's stay, as the hospital's system tells it."""

    admitted_at: datetime
    ward: WardKind = WardKind.ORDINARY
    ended_at: datetime | None = None

    def lasts_at(self, at: datetime) -> bool:
        """Whether the person is admitted at this moment."""
        return self.admitted_at <= at and (self.ended_at is None or at < self.ended_at)


@dataclass(frozen=True)
class Look:
    """One look in, and what it found."""

    at: datetime
    found: Found


DEFAULTS = Rules()


def not_now(
    stay: Stay, looks: Iterable[Look], at: datetime, rules: Rules = DEFAULTS
) -> NotNow | None:
    """Why this stay is not looked in on now; None where it may be."""
    if not stay.lasts_at(at):
        return NotNow.NOT_IN
    if stay.ward in NEVER:
        return NotNow.WARD
    if not rules.earliest <= _there(at).time() < rules.latest:
        return NotNow.NIGHT
    today = [look for look in looks if _day(look.at) == _day(at)]
    if any(look.found in SETTLED for look in today):
        return NotNow.DONE
    if any(look.found is Found.EMPTY and half_day(look.at) == half_day(at) for look in today):
        return NotNow.HALF_DAY
    return None


def due_by(stay: Stay, looks: Iterable[Look], rules: Rules = DEFAULTS) -> datetime | None:
    """By when the first look should be; None where there was one, or none is made in this ward.

    Where the 24 hours end at night, it is the end of the evening before.
    """
    if stay.ward in NEVER or any(look.found in SETTLED for look in looks):
        return None
    latest = _there(stay.admitted_at + rules.first_within)
    evening = datetime.combine(latest.date(), rules.latest, CHINA)
    if latest.time() < rules.earliest:
        evening -= timedelta(days=1)
    return min(latest, evening).astimezone(stay.admitted_at.tzinfo)


def is_hint(looks: Sequence[Look]) -> bool:
    """Whether an empty bed was met in two different half-days, and the person not since.

    A hint asks somebody to read the hospital's own record. It is no finding and changes nothing.
    """
    last = max((look.at for look in looks if look.found in SETTLED), default=None)
    since = [look for look in looks if last is None or look.at > last]
    return len({half_day(look.at) for look in since if look.found is Found.EMPTY}) >= 2


def half_day(at: datetime) -> tuple[date, bool]:
    """Day and whether it is after noon, in the hospital's time."""
    there = _there(at)
    return there.date(), there.hour >= 12


def _there(at: datetime) -> datetime:
    return at.astimezone(CHINA)


def _day(at: datetime) -> date:
    return _there(at).date()
