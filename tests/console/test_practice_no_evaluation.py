"""Face and place serve no evaluation of anybody's work: no page, call, column or export adds it up.

What looks for words alone would miss a number without a name, so pages about one person are also
looked through for bare numbers, and figures for whoever they may be about.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

import web
from console.registry import PAGES
from tests.verifier.practice.clinic import number
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import member
from verifier.api.app import bare_app, openapi
from verifier.practice import board, completeness, intake_rows, reconciling_export
from verifier.practice.listing import Entry
from verifier.practice.windows import Window
from verifier.shifts import codes, export
from verifier.shifts.month import Month
from verifier.shifts.plan import Place
from verifier.store.metadata import Base
from verifier.trust.accounts.roles import Role

from .desk import Desk
from .test_practice_board import at_a_desk
from .ward import HOUR, Ward, populated

NAMES = {
    "late", "lateness", "latecomers", "early", "punctual", "punctuality", "absence", "absences",
    "absent", "attendance", "overtime", "rank", "ranks", "ranking", "hours", "worked",
    "performance", "timeliness",
}  # fmt: skip
"""What no field, column, path or label is called."""

SAID = re.compile(
    r"迟到|早退|缺勤|旷工|工时|时长|排名|考勤|出勤|考核|绩效|准点|评价"
    r"|\b(?:late(?:ness)?|punctual\w*|absen(?:t|ces?)|attendance|overtime|ranking|evaluat\w+"
    r"|hours worked|working hours|performance)\b",
    re.IGNORECASE,
)
DENIED = re.compile(r"不|无|没有|\b(?:no|not|never|nobody|nothing|none)\b", re.IGNORECASE)
"""Makes a sentence one that says it is not done."""

EXCEPTIONS = {"extra_hours"}
"""A reason that somebody touches once at a check-in outside the own shift. It is never counted."""


def wrong_names(names: Iterator[str]) -> set[str]:
    return {n for n in names if n not in EXCEPTIONS and NAMES & set(re.split(r"[^a-z]+", n))}


def wrong_sentences(text: str) -> list[str]:
    sentences = re.split(r"[。；！？\n]|[.;!?](?:\s|$)", text)
    return [each for each in sentences if SAID.search(each) and not DENIED.search(each)]


def names_in(schema: Any) -> Iterator[str]:
    """Every field's name and every value of an enumeration in the interface's description."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        yield from (str(value) for value in schema.get("enum", ()) if isinstance(value, str))
        for each in schema.values():
            yield from names_in(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from names_in(each)


def test_no_call_has_a_field_for_it() -> None:
    described = openapi(bare_app())
    assert wrong_names(iter(described["paths"])) == set()
    assert wrong_names(names_in(described)) == set()


def test_no_table_has_a_column_for_it() -> None:
    columns = (f"{t.name}.{c.name}" for t in Base.metadata.sorted_tables for c in t.columns)
    assert wrong_names(columns) == set()


def test_no_record_that_pages_are_made_from_has_a_field_for_it() -> None:
    for kind in (board.Line, board.Standing, Window, Entry, completeness.Total):
        assert wrong_names(iter(kind.__dataclass_fields__)) == set(), kind


def test_a_departments_month_has_no_person_in_it() -> None:
    assert set(completeness.Total.__dataclass_fields__) == {"department", "ends", "reviews"}


@pytest.mark.parametrize("language", web.LANGUAGES)
def test_no_export_has_a_column_for_it(language: str) -> None:
    t = web.translator(language)
    (header,) = reconciling_export.rows([], t)
    assert [each for each in header if SAID.search(each)] == []
    known = [word for words in intake_rows.HEADERS.values() for word in words]
    assert [each for each in known if SAID.search(each)] == []
    place = Place("cardiology", "east")
    roster = export.write_grid_csv([], Month(2026, 12), place, [], codes.load_codes())
    assert not SAID.search(roster.decode("utf-8-sig"))


def test_no_page_is_for_it() -> None:
    assert wrong_names(page.path for page in PAGES) == set()
    assert [page for page in PAGES if wrong_sentences(page.does)] == []


@pytest.mark.parametrize("language", web.LANGUAGES)
def test_no_text_names_it_but_to_say_that_it_is_not_done(language: str) -> None:
    texts = {k: v for k, v in web.catalogue(language).items() if k.startswith("console.")}
    assert {k: v for k, v in texts.items() if wrong_sentences(v)} == {}


def test_the_board_and_the_windows_say_that_it_is_no_attendance(hospital: Hospital) -> None:
    _, pages = shown(hospital)
    for path in ("/console/practice", next(path for path in pages if path.endswith("/windows"))):
        assert "不是考勤" in pages[path]


def shown(hospital: Hospital) -> tuple[Ward, dict[str, str]]:
    """Every page of practice that can be looked at, with somebody of every status on it."""
    ward, made = populated(hospital)
    who = made["in"]
    for back in (30, 55, 80):
        opened = ward.now - back * HOUR
        ward.window(who, opened_at=opened, closed_at=opened + HOUR, closed_by="out")
    window = ward.window(made["off"], opened_at=ward.now - 3 * HOUR)
    desk: Desk = at_a_desk(hospital, member(hospital, "g0001", Role.MEDICAL_AFFAIRS))
    ids = {"person": who.person, "window": window}
    found = {}
    for page in PAGES:
        if page.method == "GET" and page.path.startswith("/console/practice"):
            if page.path.endswith("{window}"):
                ids["person"] = made["off"].person
            answer = desk.get(page.path.format(**ids))
            assert answer.status_code == 200, page.path
            found[page.path.format(**ids)] = answer.text
            ids["person"] = who.person
    return ward, found


def cells(page: str) -> list[str]:
    """What stands in the cells of tables and pairs, without tags."""
    found = re.findall(r"<(?:td|dd|th)\b[^>]*>(.*?)</(?:td|dd|th)>", page, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", each).strip() for each in found]


def test_no_page_labels_it_and_none_about_a_person_has_a_bare_number(hospital: Hospital) -> None:
    _, pages = shown(hospital)
    assert len(pages) >= 10
    for path, page in pages.items():
        labels = re.findall(r"<(?:th|dt|label|h1|h2)\b[^>]*>(.*?)</", page, re.DOTALL)
        assert [each for each in labels if SAID.search(each)] == [], path
        text = re.sub(r"<[^>]+>", "\n", page)
        assert wrong_sentences(text) == [], path
        if not path.endswith("/completeness"):
            assert [each for each in cells(page) if re.fullmatch(r"[\d.,]+\s*%?", each)] == [], path
        assert "%" not in text, path


def test_figures_of_a_month_have_no_name_and_no_code_beside_them(hospital: Hospital) -> None:
    ward = Ward(hospital)
    for seed, name in enumerate("甲乙丙丁戊", 1):
        ward.window(ward.doctor(seed, f"赵{name}"))
    desk = at_a_desk(hospital, member(hospital, "g0001", Role.MEDICAL_AFFAIRS))
    month = (ward.now - HOUR).astimezone(completeness.HOSPITAL).date()
    path = f"/console/practice/reconcile/completeness?month={month:%Y-%m}"
    page = desk.get(path).text
    assert "心内科</th>" in page
    assert not re.search(r"赵[甲乙丙丁戊]|D990101\d{6}", page)
    assert number(1) not in page
