"""A department's month: looked at, saved, refused, taken back."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, select, update

from verifier.identity import erasure
from verifier.identity.galleries import Gallery
from verifier.practice import roster, roster_versions
from verifier.practice.roster_changes import ChangeKind
from verifier.practice.roster_errors import RosterBlocked
from verifier.shifts import Assignment, Month, RosterRefused
from verifier.store.database import Database
from verifier.store.practice_tables import PracticeRegistration, RosterSlot, RosterVersion
from verifier.store.schema import LedgerEntry
from verifier.trust.keys import KeyRing

from ..shifts.invented import CHEN, CODES, DECEMBER, LIN, WU, at
from .hospital import EAST, EMERGENCY, LUNG, Hospital, employ, planned

NOW = at(1, 9)
GRID = """2026年12月 排班表
医师代码,姓名,1,2,3,7
D990101000001,陈甲,门上/门下,夜班,下夜休,门上
D990101000002,林乙,病房,,病房,值25
"""


def save(
    conn: Connection, hospital: Hospital, wanted: Iterable[Assignment], **more: Any
) -> roster.Saved:
    terms = {"department": LUNG, "month": DECEMBER, "by": "operator", "codes": CODES, "at": NOW}
    return roster.save(conn, hospital.code, assignments=wanted, **{**terms, **more})


def stored(conn: Connection, hospital: Hospital, department: str = LUNG) -> set[Assignment]:
    return set(roster.month(conn, hospital.code, department, DECEMBER))


def looked_at(
    conn: Connection, keyring: KeyRing, hospital: Hospital, grid: str = GRID, **more: Any
) -> roster.Preview:
    terms: dict[str, Any] = {"codes": CODES, "at": NOW}
    return roster.preview(conn, keyring, hospital.code, LUNG, grid.encode(), **{**terms, **more})


def refused(*arguments: Any, **more: Any) -> str:
    with pytest.raises(RosterRefused) as error:
        save(*arguments, **more)
    return error.value.code


def test_a_saved_month_is_read_back_and_each_stretch_is_a_row(
    conn: Connection, hospital: Hospital
) -> None:
    plan = {planned("门上"), planned("二线"), planned("门全", 8), planned("休", 9, LIN)}
    saved = save(conn, hospital, plan)
    assert stored(conn, hospital) == plan
    assert [change.kind for change in saved.changes] == [ChangeKind.ADDED] * 3
    assert conn.scalar(select(func.count()).where(RosterSlot.shift == "门全")) == 2
    row = conn.execute(select(RosterSlot.__table__).where(RosterSlot.shift == "门上")).one()
    assert (row.kind, row.starts_at, row.ends_at) == ("work", at(7, 8), at(7, 12))
    assert row.practitioner == hospital.ids[CHEN]


def test_saving_replaces_the_month_and_leaves_others(conn: Connection, hospital: Hospital) -> None:
    save(conn, hospital, [planned("门上"), planned("门下", 9)])
    save(conn, hospital, [planned("急白", 10, LIN, EMERGENCY)], department=EMERGENCY)
    save(
        conn,
        hospital,
        [planned("门上", 5, month=11)],
        month=Month(2026, 11),
        at=at(1, 9) - timedelta(days=40),
    )
    save(conn, hospital, [planned("门下", 9), planned("门上", 11)])
    assert stored(conn, hospital) == {planned("门下", 9), planned("门上", 11)}
    assert stored(conn, hospital, EMERGENCY) == {planned("急白", 10, LIN, EMERGENCY)}
    assert roster.month(conn, hospital.code, LUNG, Month(2026, 11))


def test_the_ledger_says_who_saved_which_month_and_no_name(
    conn: Connection, hospital: Hospital
) -> None:
    saved = save(conn, hospital, [planned("门上"), planned("二线"), planned("门下", 8)])
    (body,) = conn.scalars(select(LedgerEntry.body).where(LedgerEntry.kind == "roster.saved"))
    assert body == {
        "department": LUNG, "year": 2026, "month": 12, "cells": 2, "by": "operator",
        "version": saved.version,
    }  # fmt: skip


def test_a_preview_shows_problems_conflicts_and_changes_and_writes_nothing(
    conn: Connection, keyring: KeyRing, hospital: Hospital
) -> None:
    save(conn, hospital, [planned("门下"), planned("门上", 20), planned("手术", 7, WU)])
    save(conn, hospital, [planned("急夜", 2, CHEN, EMERGENCY)], department=EMERGENCY)
    seen = looked_at(conn, keyring, hospital)
    assert [(one.address, one.code) for one in seen.report.problems] == [
        ("F4", "roster.cell_unknown_code")
    ]
    assert [(one.code, one.day) for one in seen.blocked] == [("roster.overlap", date(2026, 12, 2))]
    assert "2026-12-02 急夜 急诊科 西院" in seen.blocked[0].zh
    assert "2026-12-02 夜班 呼吸内科 东院" in seen.blocked[0].en
    kinds = {(one.physician, one.day.day): one.kind for one in seen.changes}
    assert kinds[CHEN, 7] is ChangeKind.CHANGED
    assert kinds[WU, 7] is ChangeKind.REMOVED
    assert kinds[LIN, 1] is ChangeKind.ADDED
    assert planned("门上", 20) in seen.planned  # the grid has no column for the 20th
    assert stored(conn, hospital) == {planned("门下"), planned("门上", 20), planned("手术", 7, WU)}


def test_what_was_previewed_is_saved_unless_somebody_changed_it_meanwhile(
    conn: Connection, keyring: KeyRing, hospital: Hospital
) -> None:
    seen = looked_at(conn, keyring, hospital)
    assert seen.blocked == ()
    save(conn, hospital, [planned("门上", 20)])
    assert refused(conn, hospital, seen.planned, base=seen.base) == "roster.changed_meanwhile"
    seen = looked_at(conn, keyring, hospital)
    saved = save(conn, hospital, seen.planned, base=seen.base)
    assert saved.changes == seen.changes
    assert stored(conn, hospital) == set(seen.planned)


def test_a_grid_of_full_dates_needs_one_month(
    conn: Connection, keyring: KeyRing, hospital: Hospital
) -> None:
    head = "医师代码,2026-12-07,{}\nD990101000001,门上,门下\n"
    assert looked_at(conn, keyring, hospital, head.format("2026-12-08")).month == DECEMBER
    with pytest.raises(RosterRefused) as error:
        looked_at(conn, keyring, hospital, head.format("2027-01-01"))
    assert error.value.code == "roster.grid_month_missing"


def test_days_that_are_over_stay_as_they_are(
    conn: Connection, keyring: KeyRing, hospital: Hospital
) -> None:
    before = {planned("门上", 1), planned("夜班", 2), planned("门下", 20)}
    save(conn, hospital, before)
    seen = looked_at(conn, keyring, hospital, at=at(3, 12))
    assert [(one.physician, one.day.day) for one in seen.past] == [(CHEN, 1), (LIN, 1)]
    saved = save(conn, hospital, [planned("手术", 1), planned("门上", 3)], at=at(3, 12))
    assert stored(conn, hospital) == {planned("门上", 1), planned("夜班", 2), planned("门上", 3)}
    assert [one.day.day for one in saved.past] == [1, 2]
    save(conn, hospital, [], at=at(31, 12) + timedelta(days=9))
    assert planned("门上", 3) in stored(conn, hospital)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ([planned("门上"), planned("休")], "roster.codes_together"),
        ([planned("急诊白")], "roster.code_unknown"),
        ([planned("病房", 10, LIN)], "roster.overlap"),
        ([planned("门上", 7, WU)], "roster.beyond_registration"),
    ],
)
def test_what_blocks_is_refused_and_named(
    conn: Connection, hospital: Hospital, wanted: list[Assignment], code: str
) -> None:
    save(
        conn,
        hospital,
        [planned("值24", 10, LIN, EMERGENCY)],
        department=EMERGENCY,
    )
    save(conn, hospital, [planned("病房", 8, LIN)])
    conn.execute(
        update(PracticeRegistration)
        .where(PracticeRegistration.practitioner == hospital.ids[WU])
        .values(to_day=date(2026, 12, 6))
    )
    with pytest.raises(RosterBlocked) as blocked:
        save(conn, hospital, wanted)
    assert {one.code for one in blocked.value.conflicts} == {code}
    assert stored(conn, hospital) == {planned("病房", 8, LIN)}


def test_shifts_that_only_touch_do_not_block(conn: Connection, hospital: Hospital) -> None:
    save(conn, hospital, [planned("值24", 10, LIN, EMERGENCY)], department=EMERGENCY)
    assert save(conn, hospital, [planned("值24", 9, LIN)])  # until the 10th at eight


def test_a_hint_does_not_hinder(conn: Connection, hospital: Hospital) -> None:
    assert save(conn, hospital, [planned("夜班"), planned("门上", 8)])


def test_what_others_planned_against_each_other_does_not_hinder(
    conn: Connection, keyring: KeyRing, hospital: Hospital
) -> None:
    save(conn, hospital, [planned("门上", 7, LIN)])
    conn.execute(
        update(PracticeRegistration)
        .where(PracticeRegistration.practitioner == hospital.ids[LIN])
        .values(to_day=date(2026, 12, 6))
    )
    elsewhere = [planned("急白", 5, LIN, EMERGENCY)]
    assert save(conn, hospital, elsewhere, department=EMERGENCY)
    assert refused(conn, hospital, [planned("门上", 7, LIN)]) == "roster.conflicts_block"


def test_only_own_shifts_of_known_people_are_saved(conn: Connection, hospital: Hospital) -> None:
    assert refused(conn, hospital, [planned("门上", 7, "D9")]) == "roster.physician_not_listed"
    assert refused(conn, hospital, [], department="x") == "roster.department_unknown"
    for other in (
        planned("门上", 7, department=EMERGENCY),
        Assignment(CHEN, LUNG, "north", date(2026, 12, 7), "门上"),
        Assignment(CHEN, LUNG, EAST, date(2027, 1, 7), "门上"),
    ):
        assert refused(conn, hospital, [other]) == "roster.shift_elsewhere"


def test_a_saving_is_taken_back_and_that_too(conn: Connection, hospital: Hospital) -> None:
    first, second = {planned("门上"), planned("门下", 9)}, {planned("病房", 9, LIN)}
    save(conn, hospital, first)
    saved = save(conn, hospital, second)
    last = roster_versions.last(conn, hospital.code, LUNG, DECEMBER)
    assert last is not None
    assert (last.id, set(last.planned)) == (saved.version, first)
    back = roster.restore(conn, hospital.code, saved.version, "operator", codes=CODES, at=NOW)
    assert stored(conn, hospital) == first
    roster.restore(conn, hospital.code, back.version, "operator", codes=CODES, at=NOW)
    assert stored(conn, hospital) == second


def test_a_saving_is_not_taken_back_over_a_later_change(
    conn: Connection, hospital: Hospital
) -> None:
    saved = save(conn, hospital, [planned("门上")])
    save(conn, hospital, [planned("门下")])
    terms: dict[str, Any] = {"codes": CODES, "at": NOW}
    with pytest.raises(RosterRefused, match=r"roster\.changed_meanwhile"):
        roster.restore(conn, hospital.code, saved.version, "operator", **terms)
    with pytest.raises(RosterRefused, match=r"roster\.version_unknown"):
        roster.restore(conn, hospital.code, "x", "operator", **terms)
    conn.execute(delete(RosterSlot))
    assert roster_versions.last(conn, hospital.code, LUNG, DECEMBER) is None
    conn.execute(delete(RosterVersion))
    assert roster_versions.last(conn, hospital.code, LUNG, DECEMBER) is None


def test_who_was_erased_stands_in_no_directory(
    conn: Connection, keyring: KeyRing, gallery: Gallery, hospital: Hospital
) -> None:
    employ(conn, keyring, hospital.code, "D990101000009", EMERGENCY)
    known = roster.directory(conn, keyring, hospital.code)
    assert [(one.code, one.name, one.work_number) for one in known.physicians] == [
        (CHEN, "陈甲", "00123"), (LIN, "林乙", "00124"), (WU, "吴丙", "A0125"),
        ("D990101000009", "医师009", ""),
    ]  # fmt: skip
    erasure.erase(conn, gallery, hospital.ids[CHEN])
    left = roster.directory(conn, keyring, hospital.code, LUNG)
    assert [one.code for one in left.physicians] == [LIN, WU]


def test_two_departments_that_plan_one_physician_at_once_are_told_apart(
    database: Database, hospital: Hospital
) -> None:
    together = Barrier(2)

    def plan(department: str, code: str) -> str:
        together.wait()
        try:
            with database.app.begin() as conn:
                wanted = [planned(code, 10, LIN, department)]
                save(conn, hospital, wanted, department=department)
        except RosterRefused as error:
            return error.code
        return "saved"

    with ThreadPoolExecutor(2) as both:
        results = list(both.map(plan, (LUNG, EMERGENCY), ("病房", "急白")))
    assert sorted(results) == ["roster.conflicts_block", "saved"]
