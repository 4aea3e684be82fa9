"""换班 and 替班 as they are kept: asked, answered once, applied."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select

from verifier.practice import roster, roster_requests
from verifier.practice.roster_requests import Request
from verifier.practice.roster_swaps import answer_swap, ask_swap, open_swaps, withdraw_swap
from verifier.shifts import RosterRefused, SwapKind, SwapState
from verifier.store.database import Database
from verifier.store.practice_tables import PracticeRegistration, RosterSlot
from verifier.store.schema import LedgerEntry

from ..shifts.invented import CHEN, CODES, DECEMBER, LIN, WU, at
from .hospital import LUNG, Hospital, planned

NOW = at(1, 9)
MINE, THEIRS, REST = planned("门上", 7), planned("夜门", 9, LIN), planned("休", 9)
TERMS: dict[str, Any] = {"codes": CODES, "at": NOW}


@pytest.fixture
def asked(conn: Connection, hospital: Hospital) -> Request:
    """Chen asks Lin to change Monday's morning for Wednesday's evening; committed."""
    plan = [MINE, THEIRS, REST]
    roster.save(conn, hospital.code, LUNG, DECEMBER, plan, "operator", **TERMS)
    made = ask_swap(conn, hospital.code, SwapKind.SWAP, MINE, LIN, THEIRS, **TERMS)
    conn.commit()
    return made


def refused(act: Any, *arguments: Any, **more: Any) -> str:
    with pytest.raises(RosterRefused) as error:
        act(*arguments, **more)
    return error.value.code


def test_an_accepted_request_changes_the_roster(
    conn: Connection, hospital: Hospital, asked: Request
) -> None:
    for who in (CHEN, LIN):
        assert open_swaps(conn, hospital.code, hospital.ids[who], at=NOW) == (asked,)
    assert open_swaps(conn, hospital.code, hospital.ids[WU], at=NOW) == ()
    swap = answer_swap(conn, hospital.code, asked.id, hospital.ids[LIN], "accept", **TERMS)
    assert swap.state is SwapState.ACCEPTED
    assert set(roster.month(conn, hospital.code, LUNG, DECEMBER)) == {
        replace(MINE, physician=LIN), replace(THEIRS, physician=CHEN),
        replace(REST, physician=LIN),
    }  # fmt: skip
    (row,) = conn.execute(select(RosterSlot.__table__).where(RosterSlot.shift == "门上"))
    assert (row.practitioner, row.starts_at) == (hospital.ids[LIN], at(7, 8))
    assert open_swaps(conn, hospital.code, hospital.ids[CHEN], at=NOW) == ()
    (seen,) = roster_requests.of_department(
        conn, hospital.code, LUNG, DECEMBER.first_day, DECEMBER.last_day, NOW
    )
    assert seen.swap == swap


def test_a_declined_or_withdrawn_request_changes_nothing_and_ends(
    conn: Connection, hospital: Hospital, asked: Request
) -> None:
    before = roster.month(conn, hospital.code, LUNG, DECEMBER)
    for end, by in ((_decline, LIN), (withdraw_swap, CHEN)):
        with conn.begin_nested() as once:
            end(conn, hospital.code, asked.id, hospital.ids[by], at=NOW)
            assert roster.month(conn, hospital.code, LUNG, DECEMBER) == before
            again = refused(end, conn, hospital.code, asked.id, hospital.ids[by], at=NOW)
            assert again == "roster.swap_answered"
            once.rollback()


def _decline(conn: Connection, institution: str, request: str, by: str, **more: Any) -> None:
    answer_swap(conn, institution, request, by, "decline", **{**TERMS, **more})


def test_each_step_is_in_the_ledger(conn: Connection, hospital: Hospital, asked: Request) -> None:
    answer_swap(conn, hospital.code, asked.id, hospital.ids[LIN], "accept", **TERMS)
    entries = conn.execute(
        select(LedgerEntry.kind, LedgerEntry.body).where(LedgerEntry.kind.like("roster.swap_%"))
    ).all()
    body = {"swap": asked.id, "department": LUNG}
    assert [tuple(entry) for entry in entries] == [
        ("roster.swap_asked", {**body, "by": hospital.ids[CHEN]}),
        ("roster.swap_accepted", {**body, "by": hospital.ids[LIN]}),
    ]


def test_only_the_asked_answers_and_only_the_asker_withdraws(
    conn: Connection, hospital: Hospital, asked: Request
) -> None:
    for who in (CHEN, WU):
        arguments = (conn, hospital.code, asked.id, hospital.ids[who])
        assert refused(_decline, *arguments) == "roster.swap_other_person"
        assert refused(answer_swap, *arguments, "accept", **TERMS) == "roster.swap_other_person"
    lin = (conn, hospital.code, asked.id, hospital.ids[LIN])
    assert refused(withdraw_swap, *lin, at=NOW) == "roster.swap_other_person"
    unknown = (conn, hospital.code, "x", hospital.ids[LIN])
    assert refused(withdraw_swap, *unknown, at=NOW) == "roster.swap_unknown"


def test_an_unanswered_request_ends_when_the_first_shift_begins(
    conn: Connection, hospital: Hospital, asked: Request
) -> None:
    later = at(7, 8)
    assert open_swaps(conn, hospital.code, hospital.ids[LIN], at=later) == ()
    lin = (conn, hospital.code, asked.id, hospital.ids[LIN])
    assert refused(_decline, *lin, at=later) == "roster.swap_expired"
    days = (DECEMBER.first_day, DECEMBER.last_day)
    (seen,) = roster_requests.of_department(conn, hospital.code, LUNG, *days, later)
    assert seen.swap.state is SwapState.EXPIRED


def test_a_request_is_judged_anew_on_what_is_stored_now(
    conn: Connection, hospital: Hospital, asked: Request
) -> None:
    lin = (conn, hospital.code, asked.id, hospital.ids[LIN], "accept")
    with conn.begin_nested() as once:
        mine = PracticeRegistration.practitioner == hospital.ids[CHEN]
        conn.execute(delete(RosterSlot).where(RosterSlot.shift == "门上"))
        assert refused(answer_swap, *lin, **TERMS) == "roster.swap_not_there"
        once.rollback()
    conn.execute(
        PracticeRegistration.__table__.update().where(mine).values(ended_at=NOW)  # type: ignore[attr-defined]
    )
    assert refused(answer_swap, *lin, **TERMS) == "roster.swap_not_registered"


def test_nobody_of_another_department_is_asked(
    conn: Connection, hospital: Hospital, asked: Request
) -> None:
    other = "D990101000009"
    arguments = (conn, hospital.code, SwapKind.SUBSTITUTE, MINE, other, None)
    assert refused(ask_swap, *arguments, **TERMS) == "roster.physician_not_listed"


@pytest.mark.parametrize("answers", [("accept", "accept"), ("accept", "withdraw")])
def test_of_two_answers_at_once_exactly_one_counts(
    database: Database, hospital: Hospital, asked: Request, answers: tuple[str, str]
) -> None:
    together = Barrier(2)

    def give(answer: str) -> str:
        together.wait()
        try:
            with database.app.begin() as conn:
                if answer == "withdraw":
                    withdraw_swap(conn, hospital.code, asked.id, hospital.ids[CHEN], at=NOW)
                else:
                    lin = hospital.ids[LIN]
                    answer_swap(conn, hospital.code, asked.id, lin, "accept", **TERMS)
        except RosterRefused as error:
            return error.code
        return "counts"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(give, answers)) == ["counts", "roster.swap_answered"]
