"""A department's roster, kept: looked at before it is saved, saved as a whole month, taken back.

A roster says who may practise where and when. Days that are over stay as they are: a plan is not
rewritten after the event, so what a file says of them is shown and not saved. Every function works
in the caller's transaction; `at` is now.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from verifier import ledger
from verifier.shifts import Assignment, GridReport, Month, ShiftCodes, read_grid
from verifier.shifts.errors import refuse as refuse_grid
from verifier.shifts.month import local_day
from verifier.trust.keys import KeyRing

from . import roster_people as people
from . import roster_store as store
from . import roster_versions as versions
from .roster_changes import Change
from .roster_errors import RosterBlocked, refuse
from .roster_judging import Judged, judge
from .roster_people import directory
from .roster_store import assignments, month
from .shift_now import ShiftNow, shift_at

__all__ = [
    "Judged",
    "Preview",
    "Saved",
    "ShiftNow",
    "assignments",
    "directory",
    "month",
    "preview",
    "restore",
    "save",
    "shift_at",
]


@dataclass(frozen=True)
class Preview(Judged):
    """What an uploaded grid would make of a month; nothing is written."""

    report: GridReport


@dataclass(frozen=True)
class Saved:
    """A saving that is done.

    Attributes:
        version: under which `restore` brings back what was there before.
        past: cells of days that are over, which were wanted otherwise and left.
    """

    version: str
    changes: tuple[Change, ...]
    past: tuple[Change, ...]


def preview(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    department: str,
    data: bytes,
    month: Month | None = None,
    *,
    codes: ShiftCodes,
    at: datetime,
) -> Preview:
    """What saving this file would do.

    Days without a column stay as they are; on the others, who has no row has no shift. Raises
    `RosterRefused`.
    """
    where = people.department(conn, institution, department)
    known = people.directory(conn, keyring, institution)
    report = read_grid(data, where.place, codes, known, month)
    which = _month_of(report)
    stored = store.month(conn, institution, department, which)
    kept = [one for one in stored if one.day not in report.days]
    judged = judge(conn, institution, where, which, [*kept, *report.accepted], codes=codes, at=at)
    return Preview(**vars(judged), report=report)


def save(
    conn: Connection,
    institution: str,
    department: str,
    month: Month,
    assignments: Iterable[Assignment],
    by: str,
    *,
    codes: ShiftCodes,
    at: datetime,
    base: str | None = None,
) -> Saved:
    """Replace a department's month from today on; what was there is kept as a version.

    With the `base` that was looked at (`Judged.base`), only if nothing changed since. Raises
    `RosterRefused`: `roster.changed_meanwhile`, `roster.conflicts_block` (`RosterBlocked`),
    `roster.physician_not_listed`, `roster.shift_elsewhere`, `roster.department_unknown`.
    """
    wanted, today = set(assignments), local_day(at)
    store.hold(conn, institution, department)
    where = people.department(conn, institution, department)
    to_come = {one.physician for one in wanted if one.day >= today}
    ids = store.hold_people(conn, institution, to_come)
    judged = judge(conn, institution, where, month, wanted, codes=codes, at=at)
    if base not in (None, judged.base):
        raise refuse("roster.changed_meanwhile", f"{department} {month.title}")
    if judged.blocked:
        raise RosterBlocked(judged.blocked)
    after = store.digest(judged.planned)
    version = versions.keep(conn, institution, department, month, after=after, by=by, at=at)
    store.remove_days(conn, institution, department, max(today, month.first_day), month.last_day)
    open_days = [one for one in judged.planned if one.day >= today]
    store.add(conn, institution, open_days, ids, codes)
    _note(conn, institution, department, judged, by, version)
    return Saved(version, judged.changes, judged.past)


def restore(
    conn: Connection,
    institution: str,
    version: str,
    by: str,
    *,
    codes: ShiftCodes,
    at: datetime,
    department: str | None = None,
) -> Saved:
    """Bring a month back to what it was before a saving, if nothing changed it since.

    It is a saving itself: judged as any other, and taken back as any other. With a `department`
    only one of its versions. Raises `RosterRefused`: `roster.version_unknown`, and as `save`.
    """
    was = versions.find(conn, institution, version)
    if department not in (None, was.department):
        raise refuse("roster.version_unknown", version[:32])
    saved = save(
        conn, institution, was.department, was.month, was.planned, by,
        codes=codes, at=at, base=was.after,
    )  # fmt: skip
    ledger.append(conn, institution, "roster.restored", {"version": version, "by": by})
    return saved


def _month_of(report: GridReport) -> Month:
    """The one month of a grid whose columns may carry full dates."""
    if report.month is not None:
        return report.month
    months = {Month(day.year, day.month) for day in report.days}
    if len(months) != 1:
        raise refuse_grid("roster.grid_month_missing", "columns of several months, or of none")
    return months.pop()


def _note(
    conn: Connection, institution: str, department: str, judged: Judged, by: str, version: str
) -> None:
    body = {
        "department": department,
        "year": judged.month.year,
        "month": judged.month.month,
        "cells": len({(one.physician, one.day) for one in judged.planned}),
        "by": by,
        "version": version,
    }
    ledger.append(conn, institution, "roster.saved", body)
