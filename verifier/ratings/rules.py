"""What a hospital decides about ratings and intakes, and when a matter is due."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from verifier.shifts.holidays import DayKind, day_kind

CHINA = timezone(timedelta(hours=8))
"""Asia/Shanghai, which has had no summer time since 1991."""
SATURDAY = 5

Days = Annotated[int, Field(ge=1, le=60)]
IntakeKind = Literal["poor_rating", "reply", "complaint", "request", "question", "correction"]
KINDS: tuple[IntakeKind, ...] = (
    "poor_rating", "reply", "complaint", "request", "question", "correction",
)  # fmt: skip


class RatingRules(BaseModel):
    """The policy's table `[ratings]`: working days in which each kind is answered (限时).

    A poor rating: municipalities' rules under 国办发〔2019〕51号 ask for 5 (some for 15). A
    complaint: 5, as for a hospital's complaints that have to be looked into
    (医疗机构投诉管理办法). The others are this project's own defaults.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    poor_rating: Days = 5
    reply: Days = 5
    complaint: Days = 5
    request: Days = 5
    question: Days = 2
    correction: Days = 15

    def due(self, kind: IntakeKind, received: datetime) -> datetime:
        """The last second of the last working day, counted from the day after it came."""
        days: int = getattr(self, kind)
        last = working_day_after(there(received), days)
        return datetime.combine(last, time(23, 59, 59), CHINA).astimezone(UTC)


def there(at: datetime) -> date:
    """The day in Asia/Shanghai."""
    return at.astimezone(CHINA).date()


def working_day_after(day: date, count: int) -> date:
    """The working day so many working days after a day. Where no holidays are announced yet,
    Monday to Friday count."""
    while count:
        day += timedelta(days=1)
        count -= _is_working(day)
    return day


def _is_working(day: date) -> bool:
    kind = day_kind(day)
    if kind is DayKind.UNKNOWN:
        return day.weekday() < SATURDAY
    return kind is DayKind.WORKDAY
