"""One statement says of any moment what the pure core says."""

from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, text

from verifier.practice import roster_store, shift_now
from verifier.practice.shift_now import ShiftNow, shift_at
from verifier.shifts import Assignment, status_at
from verifier.store.practice_tables import RosterSlot

from ..shifts.invented import CHEN, CODES, LIN, WU, at
from .hospital import EAST, EMERGENCY, LUNG, WEST, Hospital, planned

PLANS = st.sets(
    st.builds(
        planned,
        st.sampled_from([one.code for one in CODES]),
        st.integers(6, 9),
        st.sampled_from([CHEN, LIN, WU]),
        st.sampled_from([LUNG, EMERGENCY]),
    ),
    max_size=20,
)
MOMENTS = st.lists(
    st.builds(at, st.integers(5, 11), st.integers(0, 23), st.sampled_from([0, 29, 30])),
    min_size=10,
    max_size=30,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(plan=PLANS, moments=MOMENTS, site=st.sampled_from([None, EAST, WEST]))
def test_the_store_agrees_with_the_plan_at_every_moment(
    conn: Connection,
    hospital: Hospital,
    plan: set[Assignment],
    moments: list[datetime],
    site: str | None,
) -> None:
    conn.execute(delete(RosterSlot))
    roster_store.add(conn, hospital.code, plan, hospital.ids, CODES)
    there = [one for one in plan if site in (None, one.site)]
    for moment in moments:
        for code, person in hospital.ids.items():
            found = shift_at(conn, person, site, moment)
            assert found.status == status_at(there, code, moment, CODES)
            assert (found.ends_at is None) == (found.status == "unscheduled")
            assert found.ends_at is None or found.ends_at > moment


def test_it_says_where_and_until_when(conn: Connection, hospital: Hospital) -> None:
    plan = [planned("门上", 7), planned("听班", 7, department=EMERGENCY), planned("值24", 8)]
    roster_store.add(conn, hospital.code, plan, hospital.ids, CODES)
    chen = hospital.ids[CHEN]
    assert shift_at(conn, chen, None, at(7, 9)) == ShiftNow("on_shift", LUNG, EAST, at(7, 12))
    assert shift_at(conn, chen, WEST, at(7, 18)).status == "on_call"
    assert shift_at(conn, chen, EAST, at(9, 7, 59)).ends_at == at(9, 8)
    assert shift_at(conn, chen, None, at(9, 8)) == ShiftNow("unscheduled")
    assert shift_at(conn, hospital.ids[LIN], None, at(7, 9)) == ShiftNow("unscheduled")


def test_it_is_read_from_an_index(conn: Connection, hospital: Hospital) -> None:
    plan = [planned("门上", day, who) for day in range(1, 29) for who in (CHEN, LIN, WU)]
    roster_store.add(conn, hospital.code, plan, hospital.ids, CODES)
    conn.execute(text("SET LOCAL enable_seqscan = off"))
    told = conn.execute(
        text(f"EXPLAIN {shift_now._NOW}"),
        {"person": hospital.ids[CHEN], "at": at(7, 9), "site": None},
    ).scalars()
    plan_of_it = "\n".join(told)
    assert "ix_roster_slots_practitioner_starts_at" in plan_of_it
    assert "Index Cond: (((practitioner)::text = " in plan_of_it
    assert "starts_at > " in plan_of_it.partition("Index Cond")[2].partition("\n")[0]
