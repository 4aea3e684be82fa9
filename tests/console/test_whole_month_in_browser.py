"""A month of a department as its people live it: one server, four people, a browser each.

The scheduler imports the grid, two physicians swap a shift on their phones, the one who took it
checks in, medical affairs approves, and the board shows it.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.kiosk.browser import LAPTOP, PHONE
from tests.verifier.practice.clinic import Doctor
from tests.verifier.practice.hospital import LUNG, open_hospital
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.phones import at_site
from tests.verifier.serving.staff import Member, member
from tests.verifier.shifts.invented import CHEN, LIN, at
from verifier.practice import roster_keepers
from verifier.trust.accounts.roles import Role

from .browser import Screen, screens
from .physician import Physician
from .test_roster_in_browser import upload, workbook

pytestmark = pytest.mark.browser

REST = ["休"] * 31


def grid() -> bytes:
    """Chen has the morning of the 10th, Lin the afternoon of the 11th; else both are off."""
    chen, lin = [*REST], [*REST]
    chen[9], lin[10] = "门上", "门下"
    return workbook(("00123", "陈甲", "", *chen), ("00124", "林乙", "", *lin))


def until(hospital: Hospital, *terminals: Any, day: int, hour: int) -> None:
    """It becomes this hour of December, at the verifier and its terminals."""
    hospital.clock.ahead = at(day, hour) - datetime.now(UTC)
    for terminal in terminals:
        terminal.clock_ahead = hospital.clock.ahead


def import_the_month(screen: Screen, scheduler: Member) -> None:
    screen.sign_in(scheduler)
    screen.page.click("nav >> text=排班")
    screen.page.click("text=导入排班表")
    upload(screen, grid())
    screen.page.click("text=确认保存")
    assert "排班已保存" in screen.page.inner_text("[role=status]")
    screen.sign_out()


def swap_on_their_phones(chen: Physician, lin: Physician) -> None:
    chen.page.locator("summary").last.click()
    chen.page.select_option("#swap-theirs", label=option(chen, "林乙"))
    chen.press("发出申请")
    assert "已发出" in chen.told()
    lin.open()
    assert "陈甲 想用" in lin.page.inner_text(".swaps")
    lin.press("同意")
    assert "已同意，班次已改" in lin.told()


def option(physician: Physician, name: str) -> str:
    texts: list[str] = physician.page.locator("#swap-theirs option").all_inner_texts()
    return next(text for text in texts if name in text)


def approve(screen: Screen, affairs: Member, who: str) -> None:
    screen.sign_in(affairs)
    screen.page.click("nav >> text=执业看板")
    line = screen.page.locator("#board tr", has_text=who)
    assert "待复核" in line.inner_text()
    screen.page.click("nav >> text=待复核")
    screen.page.locator("section.card", has_text=who).locator(
        "button", has_text="认可"
    ).first.click()
    assert "已认可" in screen.page.inner_text("[role=status]")
    screen.page.click("nav >> text=执业看板")
    assert "已认可" in line.inner_text()


def test_from_the_grid_to_the_board(chromium: str, hospital: Hospital) -> None:
    until(hospital, day=9, hour=9)
    parts = hospital.site.parts
    scheduler = member(hospital, "g0003", Role.SCHEDULER)
    affairs = member(hospital, "g0001", Role.MEDICAL_AFFAIRS)
    with hospital.database.app.begin() as conn:
        ids = open_hospital(conn, parts.keyring, parts.institution).ids
        given = (scheduler.account, LUNG, parts.clock(), "operator")
        roster_keepers.give(conn, parts.institution, *given)
    east, west = at_site(hospital, "east"), at_site(hospital, "west")
    until(hospital, east, west, day=9, hour=10)
    with screens(chromium, hospital, LAPTOP, PHONE, PHONE) as (desk, first, second):
        chen = Physician(hospital, east, west, Doctor(ids[CHEN], CHEN), first)
        lin = Physician(hospital, east, west, Doctor(ids[LIN], LIN), second)
        import_the_month(desk, scheduler)
        for each in (chen, lin):
            each.stand(None)
            each.enrol()
        swap_on_their_phones(chen, lin)

        until(hospital, east, west, day=10, hour=9)
        chen.open()
        assert chen.page.inner_text(".stretches li").splitlines()[0] == "休"
        lin.open()
        assert "门上" in lin.page.inner_text(".stretches")
        assert "已签到" in lin.enter(lin.code())
        assert "由医务科复核" in lin.stands()
        lin.later(timedelta(minutes=5))

        approve(desk, affairs, "林乙")
        assert desk.page.locator("#board tr", has_text="陈甲").count() == 0
        lin.open()
        assert "由医务科复核" not in lin.stands()
        for screen in (desk, first, second):
            assert screen.complaints == []
