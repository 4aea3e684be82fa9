"""The page of figures without a browser: plots, filters and refusals, files."""

import csv
import html
import io
import re

import openpyxl
import pytest

from tests.verifier.figures.book import DAY, Book, at
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import Member, member
from verifier.trust.accounts.roles import Role

from .desk import Desk, code

PAGE = "/console/figures"
RANGE = f"from={DAY}&to={DAY}"


def at_a_desk(hospital: Hospital, somebody: Member) -> Desk:
    desk = Desk(hospital)
    desk.cookies["session"] = somebody.token
    return desk


@pytest.fixture
def office(hospital: Hospital) -> Desk:
    """Somebody of the insurance office."""
    return at_a_desk(hospital, member(hospital, "g0001", Role.INSURANCE_OFFICE))


def some_visits(hospital: Hospital) -> str:
    """Three at one terminal, one at another; the first terminal's id."""
    with hospital.database.app.begin() as conn:
        book = Book(conn)
        hall = book.terminal("=hall", "east")
        book.decision(at(8), terminal=hall)
        book.decision(at(8), terminal=hall)
        book.decision(at(9), "rejected", terminal=hall, reasons=("face_differs",))
        book.decision(at(9), "refer", terminal=book.terminal("ward"), reasons=("not_enrolled",))
    return hall


def totals(page: str) -> list[int]:
    """The legend's numbers, in the order of the outcomes."""
    legend = page.partition('<ul class="legend">')[2].partition("</ul>")[0]
    return [int(each.replace(",", "")) for each in re.findall("<strong>(.*?)</strong>", legend)]


def test_the_page_shows_visits_by_hour_and_what_they_mean(hospital: Hospital, office: Desk) -> None:
    some_visits(hospital)
    page = office.get(f"{PAGE}?{RANGE}").text
    assert totals(page) == [2, 0, 1, 1, 0, 0]
    assert "03-10 08:00–09:00 终端核实 2" in page
    assert "不决定能否就诊" in page
    assert "镜头里的样子与登记照片没对上" in page


def test_without_a_visit_today_it_says_so(hospital: Hospital, office: Desk) -> None:
    assert "今天还没有就诊" in office.get(PAGE).text
    assert "这段时间没有就诊" in office.get(f"{PAGE}?{RANGE}").text


def test_filters_stand_in_the_address_and_stay_in_the_form(
    hospital: Hospital, office: Desk
) -> None:
    hall = some_visits(hospital)
    page = office.get(f"{PAGE}?{RANGE}&terminal={hall}&site=east&purpose=settlement").text
    assert totals(page) == [2, 0, 1, 0, 0, 0]
    for kept in (f'<option value="{hall}" selected>', '<option value="east" selected>'):
        assert kept in page
    links = [html.unescape(each) for each in re.findall(r'href="([^"]*)"', page)]
    files = [each for each in links if each.startswith(f"{PAGE}/table")]
    assert files
    assert all(f"terminal={hall}" in each and f"from={DAY}" in each for each in files)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-02-30", "年-月-日"),
        ("from=2026-03-10&to=2026-03-01", "开始日期晚于结束日期"),
        ("from=2024-01-01&to=2026-03-01", "最多看366天"),
        ("from=1900-01-01", "太早"),
        ("to=9999-12-31", "太晚"),
        ("site=nowhere", "重新选择"),
        ("terminal=%00%27", "重新选择"),
        ("purpose=practice_check_in", "重新选择"),
    ],
)
def test_what_cannot_be_counted_is_said_and_nothing_typed_is_lost(
    hospital: Hospital, office: Desk, query: str, said: str
) -> None:
    hall = some_visits(hospital)
    answer = office.get(f"{PAGE}?{query}" + ("" if "terminal=" in query else f"&terminal={hall}"))
    assert answer.status_code == 422
    assert said in answer.text
    if "terminal=" not in query:
        assert f'<option value="{hall}" selected>' in answer.text
    if query.startswith("from="):
        assert f'value="{query[5:15]}"' in answer.text
    assert '<svg class="figure"' not in answer.text


def test_a_table_is_a_file_with_its_range_filters_and_time(
    hospital: Hospital, office: Desk
) -> None:
    hall = some_visits(hospital)
    asked = f"{PAGE}/table?part=visits&{RANGE}&terminal={hall}"
    answer = office.get(f"{asked}&as=csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert f'filename="figures-visits-{DAY}-{DAY}.csv"' in answer.headers["content-disposition"]
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    above = dict(line for line in lines if len(line) == 2)
    assert above["日期范围"] == f"{DAY} – {DAY}"
    assert above["终端"] == "'=hall (east)", "no formula"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", above["生成时间（北京时间）"])
    assert lines[-24 + 8] == ["03-10 08:00–09:00", "2", "0", "0", "0", "0", "0"]
    book = openpyxl.load_workbook(io.BytesIO(office.get(f"{asked}&as=xlsx").content))
    rows = list(book["1"].iter_rows(values_only=True))
    assert rows[-24 + 8][:3] == ("03-10 08:00–09:00", 2, 0)
    assert {cell.data_type for row in book["1"].iter_rows() for cell in row} <= {"s", "n"}


def test_an_unknown_table_or_kind_is_not_there(hospital: Hospital, office: Desk) -> None:
    for asked in ("part=visits&as=pdf", "part=people&as=csv", ""):
        assert office.get(f"{PAGE}/table?{asked}").status_code == 404
    wrong = office.get(f"{PAGE}/table?part=visits&as=csv&from=yesterday")
    assert code(wrong) == "figures.day_malformed"


def test_who_may_see_figures(hospital: Hospital) -> None:
    for number, role in enumerate((Role.INSURANCE_OFFICE, Role.AUDITOR, Role.HOSPITAL_ADMIN)):
        desk = at_a_desk(hospital, member(hospital, f"g100{number}", role))
        assert desk.get(PAGE).status_code == 200
        assert PAGE in desk.get("/console").text
    clerk = at_a_desk(hospital, member(hospital, "g0009", Role.COUNTER))
    assert code(clerk.get(PAGE)) == "account.forbidden"
    assert code(clerk.get(f"{PAGE}/table?part=visits&as=csv")) == "account.forbidden"
