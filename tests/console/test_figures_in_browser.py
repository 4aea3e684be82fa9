"""The page of figures in a real Chromium: filtered without a script, read at two metres, by all."""

import os
import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.verifier.figures.book import DAY, Book, at
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital, invent
from tests.verifier.serving.staff import member
from verifier.identity import erasure
from verifier.ledger.sealing import Sealer
from verifier.trust import alarms
from verifier.trust.accounts import accounts
from verifier.trust.accounts.roles import Role
from verifier.trust.alarms import Cause

from .browser import SIZES, a_screen

pytestmark = pytest.mark.browser

PAGE = "/console/figures"
SHOTS = os.environ.get("SHUALIAN_SHOTS", "")
WALL = (1920, 1080)
GIVEN = "演示医院|刷脸|中文|门诊大厅|住院部"
LEAST_PX = 28
"""Of a plot's type on a wall's screen: a letter of 9 mm at 0.28 mm a pixel with its ascenders."""


def a_busy_day(hospital: Hospital) -> None:
    """Visits of every outcome over a day, and a few on the day before."""
    with hospital.database.app.begin() as conn:
        book = Book(conn)
        hall, ward = book.terminal("门诊大厅 1", "east"), book.terminal("住院部 2", "west")
        for hour, many in enumerate([0] * 7 + [9, 30, 41, 36, 22, 8, 14, 27, 25, 12, 4]):
            for number in range(many):
                place, when = (hall, ward)[number % 3 == 0], at(hour, number)
                outcome, reasons = "accepted", ()
                if number % 7 == 3:
                    outcome, reasons = "refer", ("card_expired", "name_differs")[number % 2 :][:1]
                elif number % 11 == 5:
                    outcome, reasons = "rejected", ("face_differs",)
                elif number % 17 == 8:
                    outcome, reasons = "retry", ("code_expired",)
                if number == 20:
                    book.decision(when, "refused", terminal=place, refusal="capture.undecodable")
                    continue
                score = 0.82 - (number % 13) * 0.03 if outcome != "rejected" else 0.21
                comparison = {"score": score, "threshold": 0.38, "fmr": 1e-4, "extrapolated": False}
                faces = outcome in ("accepted", "rejected")
                book.decision(
                    when, outcome, terminal=place, reasons=tuple(reasons), calibration="zoo-1",
                    comparison=comparison if faces else None, identification=None,
                )  # fmt: skip
        before = at(10, day=DAY - timedelta(days=1))
        for number in range(9):
            comparison = {
                "score": 0.5 + number / 40, "threshold": 0.42, "fmr": 1e-5, "extrapolated": True,
            }  # fmt: skip
            book.decision(before, terminal=ward, calibration="zoo-1", comparison=comparison)
        alarms.sound(conn, INSTITUTION, Cause.MOVED, ward, at(11))
        clerk = accounts.create(conn, hospital.keyring, INSTITUTION, "c0001", at(7)).account
        book.result(book.item(at(9), state="resolved", terminal=hall), at(10), clerk)
        book.item(at(10), origin="emergency", state="later")
        book.item(at(10), origin="pressed", state="left", end="self_pay")
    people = [hospital.enrol(invent(n)) for n in range(4)]
    with hospital.database.app.begin() as conn:
        erasure.erase(conn, hospital.gallery, people[0])
    parts = hospital.site.parts
    Sealer(parts.engine, parts.keyring, INSTITUTION, parts.clock).seal()
    with hospital.database.app.begin() as conn:
        erasure.withdraw(conn, hospital.gallery, people[1])
    with hospital.database.owner.begin() as conn:
        days = text("UPDATE ledger SET at = :at WHERE body->>'person' = :person")
        for number, person in enumerate(people):
            when = at(9, day=DAY - timedelta(days=3 - number))
            conn.execute(days, {"at": when, "person": person})


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [*SIZES, "wall"])
def test_the_page_is_whole_and_open_to_all(
    chromium: str, hospital: Hospital, size: str, language: str
) -> None:
    a_busy_day(hospital)
    office = member(hospital, "i0001", Role.INSURANCE_OFFICE)
    wrong: list[str] = []
    with a_screen(chromium, hospital, {**SIZES, "wall": WALL}[size]) as screen:

        def look(name: str) -> None:
            wrong.extend(f"{name}: {each}" for each in screen.wrong())
            if language == "en":
                text = re.sub(GIVEN, "", screen.page.inner_text("main"))
                wrong.extend(f"{name}: {each}" for each in re.findall("[一-鿿]+", text))
            if SHOTS:
                path = f"{SHOTS}/figures-{name}-{size}-{language}.png"
                screen.page.screenshot(path=path, full_page=True)

        screen.sign_in(office)
        screen.speak(language)
        screen.open(PAGE)
        look("empty")
        screen.open(f"{PAGE}?from={DAY - timedelta(days=6)}&to={DAY}")
        look("week")
        screen.open(f"{PAGE}?from={DAY}&site=east")
        for each in screen.page.locator("main summary").all():
            each.click()
        look("day")
        screen.open(f"{PAGE}?from=2026-02-30&site=west")
        look("refused")
        assert [each for each in screen.complaints if "422" not in each] == []
    assert wrong == []


def test_type_on_a_walls_screen_is_read_at_two_metres(chromium: str, hospital: Hospital) -> None:
    a_busy_day(hospital)
    office = member(hospital, "i0001", Role.INSURANCE_OFFICE)
    with a_screen(chromium, hospital, WALL) as screen:
        screen.sign_in(office)
        screen.open(f"{PAGE}?from={DAY}")
        sizes = screen.page.evaluate(
            """() => [...document.querySelectorAll('.figure')].flatMap((plot) => {
                 const scale = plot.getBoundingClientRect().width / plot.viewBox.baseVal.width;
                 return [...plot.querySelectorAll('text')].map(
                   (text) => parseFloat(getComputedStyle(text).fontSize) * scale);
               })"""
        )
        assert len(sizes) > 10
        assert min(sizes) >= LEAST_PX


def test_a_range_is_asked_for_with_the_keyboard_alone(chromium: str, hospital: Hospital) -> None:
    a_busy_day(hospital)
    office = member(hospital, "i0001", Role.INSURANCE_OFFICE)
    with a_screen(chromium, hospital) as screen:
        page = screen.page
        screen.sign_in(office)
        page.click("nav a[href='/console/figures']")
        page.fill("#from", str(DAY))
        page.fill("#to", str(DAY))
        page.focus("#site")
        page.keyboard.type("west")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") == "BUTTON"
        page.keyboard.press("Enter")
        page.wait_for_url(f"**from={DAY}&to={DAY}&purpose=&site=west&terminal=")
        assert page.locator("#site").input_value() == "west"
        with page.expect_download() as saved:
            page.locator(".files a", has_text="CSV").first.click()
        assert saved.value.suggested_filename == f"figures-visits-{DAY}-{DAY}.csv"
        assert screen.complaints == []
