"""A month that somebody wants, held against what is stored and what others have planned."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from verifier.shifts import (
    Assignment,
    Conflict,
    Month,
    ShiftCodes,
    blocking,
    uncovered_holidays,
)
from verifier.shifts.month import local_day

from . import roster_store as store
from .roster_changes import Change, changes, own_conflicts
from .roster_errors import refuse
from .roster_people import Department, departments, registrations


@dataclass(frozen=True)
class Judged:
    """A month as it would be saved.

    Attributes:
        planned: the whole month; days that are over as they stand.
        conflicts: what it brings, holidays without anybody included; some may block.
        changes: cells that would be others than what is stored.
        past: cells of days that are over which were wanted otherwise; they are left.
        base: digest of what is stored, for `verifier.practice.roster.save`.
    """

    month: Month
    planned: tuple[Assignment, ...]
    conflicts: tuple[Conflict, ...]
    changes: tuple[Change, ...]
    past: tuple[Change, ...]
    base: str

    @property
    def blocked(self) -> tuple[Conflict, ...]:
        """The conflicts with which it is not saved."""
        return blocking(self.conflicts)


def judge(
    conn: Connection,
    institution: str,
    where: Department,
    month: Month,
    wanted: Iterable[Assignment],
    *,
    codes: ShiftCodes,
    at: datetime,
) -> Judged:
    """What saving this month at this time would do; nothing is written.

    Raises `RosterRefused` with `roster.shift_elsewhere`.
    """
    today = local_day(at)
    stored = set(store.month(conn, institution, where.code, month))
    meant = {_spelled(one, codes) for one in wanted}
    over = {one for one in stored if one.day < today}
    to_come = {one for one in meant if one.day >= today}
    _refuse_elsewhere(to_come, where, month)
    planned = over | to_come
    return Judged(
        month=month,
        planned=tuple(sorted(planned)),
        conflicts=(
            *_conflicts(conn, institution, to_come, stored - over, month, codes),
            *_holidays(where, month, planned, codes),
        ),
        changes=changes(stored, planned),
        past=changes(over, meant - to_come),
        base=store.digest(stored),
    )


def _conflicts(
    conn: Connection,
    institution: str,
    to_come: set[Assignment],
    replaced: set[Assignment],
    month: Month,
    codes: ShiftCodes,
) -> tuple[Conflict, ...]:
    """Of the days to come, with every other department's plan for the same people."""
    who = {one.physician for one in to_come}
    around = store.of_people(conn, institution, who, month.first_day, month.last_day)
    others = set(around) - replaced
    allowed = registrations(conn, institution, who)
    found = own_conflicts(to_come, others, codes, allowed)
    return tuple(_named(one, departments(conn, institution)) for one in found) if found else ()


def _named(one: Conflict, known: tuple[Department, ...]) -> Conflict:
    """With the names of departments and sites where its sentences have their codes."""
    words = {f"{d.code} {d.site}": f"{d.name} {d.site_name}" for d in known}
    words |= {d.site: d.site_name for d in known}
    codes = "|".join(re.escape(code) for code in sorted(words, key=len, reverse=True))
    ends = re.compile(rf"(?<= )({codes})(?= /|[。.]$)")
    zh, en = (ends.sub(lambda found: words[found[1]], text) for text in (one.zh, one.en))
    return replace(one, zh=zh, en=en)


def _holidays(
    where: Department, month: Month, planned: set[Assignment], codes: ShiftCodes
) -> tuple[Conflict, ...]:
    known = [one for one in planned if one.code in codes]
    return uncovered_holidays(where.code, month, known, codes)


def _refuse_elsewhere(planned: set[Assignment], where: Department, month: Month) -> None:
    for one in planned:
        if one.place != where.place or one.day not in month:
            raise refuse("roster.shift_elsewhere", f"{one.day} {one.code} {one.department}")


def _spelled(one: Assignment, codes: ShiftCodes) -> Assignment:
    """With the table's own spelling of its code; one that is none of the table's blocks later."""
    if one.code not in codes:
        return one
    return Assignment(one.physician, one.department, one.site, one.day, codes.get(one.code).code)
