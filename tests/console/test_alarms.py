"""Alarms: one for each cause while it is open, seen, done, in the ledger; the badge falls."""

import re
from datetime import timedelta

import pytest

from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital, Terminal
from tests.verifier.serving.staff import member
from verifier.identity.retention import PRACTISED, Sweeper
from verifier.trust import alarms
from verifier.trust.accounts.roles import Role
from verifier.trust.alarms import Cause, Raised

from .desk import Desk, code, leads_to
from .test_practice_board import at_a_desk

ALARMS = "/console/alarms"


@pytest.fixture
def terminal(hospital: Hospital) -> Terminal:
    """One whose cause is sounded three times."""
    made, now = hospital.terminal(), hospital.clock()
    with hospital.database.app.begin() as conn:
        for minutes in range(3):
            at = now + timedelta(minutes=minutes)
            alarms.sound(conn, INSTITUTION, Cause.MOVED, made.id, at)
    return made


@pytest.fixture
def admin(hospital: Hospital) -> Desk:
    """The hospital's administrator."""
    return at_a_desk(hospital, member(hospital, "g0001", Role.HOSPITAL_ADMIN))


def open_alarm(hospital: Hospital) -> Raised:
    with hospital.database.app.connect() as conn:
        (found,) = [one for one in alarms.listed(conn, INSTITUTION) if one.state != "done"]
    return found


def badge(desk: Desk) -> str:
    found = re.search(r'class="badge">(\d+)', desk.get("/console").text)
    return found[1] if found else ""


def test_one_cause_is_one_alarm_while_it_is_open_and_leads_to_its_terminal(
    hospital: Hospital, terminal: Terminal, admin: Desk
) -> None:
    found = open_alarm(hospital)
    assert (found.times, found.last_at - found.raised_at) == (3, timedelta(minutes=2))
    page = admin.get(ALARMS).text
    assert page.count('class="card alarm"') == 1
    assert f'href="/console/terminals/{terminal.id}"' in page
    assert "共 3 次" in page


def test_looking_and_finishing_are_in_the_ledger_and_the_badge_falls(
    hospital: Hospital, terminal: Terminal, admin: Desk
) -> None:
    one = f"{ALARMS}/{open_alarm(hospital).id}"
    assert badge(admin) == "1"
    assert leads_to(admin.post(f"{one}/seen", ALARMS)) == ALARMS
    assert badge(admin) == ""
    assert "处理中" in admin.get(ALARMS).text
    assert code(admin.post(f"{one}/done", ALARMS, note=" ")) == "alarm.note"
    assert leads_to(admin.post(f"{one}/done", ALARMS, note="已搬回原处")) == ALARMS
    page = admin.get(ALARMS).text
    assert "已搬回原处" in page
    assert "g0001" in page
    facts = f"body->>'terminal' = '{terminal.id}' AND body->>'cause' = 'terminal.moved'"
    for kind in ("alarm.seen", "alarm.done"):
        assert hospital.count("ledger", f"kind = '{kind}' AND {facts}") == 1
    assert code(admin.post(f"{one}/seen", "/console/self")) == "alarm.done"


def test_what_comes_again_after_it_was_done_is_a_new_alarm(
    hospital: Hospital, terminal: Terminal, admin: Desk
) -> None:
    first = open_alarm(hospital).id
    admin.post(f"{ALARMS}/{first}/done", ALARMS, note="看过了")
    with hospital.database.app.begin() as conn:
        alarms.sound(conn, INSTITUTION, Cause.MOVED, terminal.id, hospital.clock())
    assert open_alarm(hospital).id != first
    assert badge(admin) == "1"


def test_an_auditor_reads_and_acts_on_nothing_and_a_clerk_sees_no_badge(
    hospital: Hospital, terminal: Terminal
) -> None:
    one = open_alarm(hospital).id
    auditor = at_a_desk(hospital, member(hospital, "g0002", Role.AUDITOR))
    page = auditor.get(ALARMS).text
    assert "终端可能被移动" in page
    assert f"{one}/done" not in page
    assert code(auditor.post(f"{ALARMS}/{one}/seen", ALARMS)) == "account.forbidden"
    clerk = at_a_desk(hospital, member(hospital, "g0003", Role.ENROLMENT_CLERK))
    assert badge(clerk) == ""
    assert code(clerk.get(ALARMS)) == "account.forbidden"


def test_what_was_done_goes_after_its_time_and_what_is_open_stays(
    hospital: Hospital, terminal: Terminal, admin: Desk
) -> None:
    admin.post(f"{ALARMS}/{open_alarm(hospital).id}/done", ALARMS, note="看过了")
    at = hospital.clock()
    with hospital.database.app.begin() as conn:
        alarms.sound(conn, INSTITUTION, Cause.CLOCK, terminal.id, at)
    sweeper = Sweeper(hospital.database.app, hospital.gallery)
    sweeper.sweep(at + PRACTISED + timedelta(days=1))
    assert open_alarm(hospital).cause == Cause.CLOCK
    assert hospital.count("alarms") == 1
