"""What ward presence keeps of a person, for the person's own copy."""

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import Connection, text


class LookedIn(BaseModel):
    """One look in; `undone` and `instead_of` tell what was corrected."""

    id: str
    at: datetime
    ward: str
    bed: str | None
    found: str
    away: str | None
    instead_of: str | None


class Answered(BaseModel):
    """What was said to the face for one stay."""

    at: datetime
    answer: str
    notice_version: str
    ended_at: datetime | None


class Hinted(BaseModel):
    """That a bed was empty in two half-days, and what explained it."""

    found_at: datetime
    ward: str
    cause: str | None
    closed_at: datetime | None


class WardCopy(BaseModel):
    """All of it."""

    looks: list[LookedIn]
    answers: list[Answered]
    hints: list[Hinted]


_LOOKS = text(
    "SELECT id, at, ward, bed, found, away, instead_of FROM presence_looks "
    "WHERE person = :person ORDER BY at, id"
)
_ANSWERS = text(
    "SELECT at, answer, notice_version, ended_at FROM presence_answers "
    "WHERE person = :person ORDER BY at"
)
_HINTS = text(
    "SELECT found_at, ward, cause, closed_at FROM presence_hints "
    "WHERE person = :person ORDER BY found_at"
)


def copied(conn: Connection, person: str) -> WardCopy:
    """Of somebody of this institution, which the caller has looked at."""
    bound = {"person": person}
    return WardCopy(
        looks=[LookedIn(**row) for row in conn.execute(_LOOKS, bound).mappings()],
        answers=[Answered(**row) for row in conn.execute(_ANSWERS, bound).mappings()],
        hints=[Hinted(**row) for row in conn.execute(_HINTS, bound).mappings()],
    )
