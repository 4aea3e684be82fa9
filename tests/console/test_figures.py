"""The page of figures without a browser: plots, filters and refusals, files."""

import csv
import html
import io
import re
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import text

import web
from console.figures_tables import PARTS
from tests.verifier.figures.book import DAY, Book, at
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital, invent
from tests.verifier.serving.staff import Member, member
from verifier import figures
from verifier.figures import asked as asking
from verifier.identity import erasure
from verifier.ledger.sealing import Sealer
from verifier.protocol import checkpoint, merkle
from verifier.protocol.values import from_b64url
from verifier.trust import terminal_states
from verifier.trust.accounts.roles import Role
from verifier.trust.terminal_states import State

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


def an_erasure(hospital: Hospital) -> tuple[str, str]:
    """Somebody enrolled and erased just now: the person's id and the entry's leaf."""
    person = hospital.enrol(invent(7))
    with hospital.database.app.begin() as conn:
        erasure.erase(conn, hospital.gallery, person)
    parts = hospital.site.parts
    Sealer(parts.engine, parts.keyring, INSTITUTION, parts.clock).seal()
    with hospital.database.app.connect() as conn:
        leaf = conn.scalar(text("SELECT leaf FROM ledger WHERE kind = 'person.erased'"))
    return person, str(leaf)


def around_today(hospital: Hospital) -> str:
    """A range that holds this moment, also when midnight comes meanwhile."""
    today = asking.today(hospital.clock())
    return f"from={today - timedelta(days=1)}&to={today + timedelta(days=1)}"


def test_an_erasure_has_a_proof_that_its_checkpoint_bears_out(
    hospital: Hospital, office: Desk
) -> None:
    person, leaf = an_erasure(hospital)
    page = office.get(f"{PAGE}?{around_today(hospital)}").text
    assert f'href="{PAGE}/proof?leaf={leaf}"' in page
    answer = office.get(f"{PAGE}/proof?leaf={leaf}")
    assert "attachment" in answer.headers["content-disposition"]
    told = answer.json()
    key = hospital.keyring.checkpoint_key
    said = checkpoint.check(told["checkpoint"], {key.kid: key}.get, INSTITUTION)
    steps = [from_b64url(step) for step in told["proof"]]
    place = (told["index"], told["size"])
    assert merkle.is_included(from_b64url(leaf), *place, steps, from_b64url(said.root))
    assert person not in page + answer.text


def test_only_an_erasures_leaf_is_proved_here(hospital: Hospital, office: Desk) -> None:
    an_erasure(hospital)
    with hospital.database.app.connect() as conn:
        other = conn.scalar(text("SELECT leaf FROM ledger WHERE kind = 'person.registered'"))
    for leaf in (other, "A" * 43, "A" * 42, "", "%27" * 43):
        assert office.get(f"{PAGE}/proof?leaf={leaf}").status_code == 404


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("part", PARTS)
def test_every_table_is_a_file_and_names_nobody(
    hospital: Hospital, office: Desk, part: str, kind: str
) -> None:
    person, leaf = an_erasure(hospital)
    some_visits(hospital)
    asked = f"part={part}&as={kind}&from={DAY}&to={DAY}"
    if part in ("erasures", "enrolled"):
        asked = f"part={part}&as={kind}&{around_today(hospital)}"
    answer = office.get(f"{PAGE}/table?{asked}")
    assert answer.status_code == 200
    rows = cells(answer.content, kind)
    assert len(rows) > 8 or part in ("counter", "scores", "limits")
    said = " ".join(str(cell) for row in rows for cell in row)
    assert person not in said
    assert invent(7).name not in said
    assert (leaf in said) == (part == "erasures")


def cells(data: bytes, kind: str) -> list[list[object]]:
    if kind == "csv":
        return [list(row) for row in csv.reader(io.StringIO(data.decode("utf-8-sig")))]
    sheet = openpyxl.load_workbook(io.BytesIO(data))["1"]
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_a_changed_threshold_a_suspended_terminal_and_the_whole_hospital_are_told(
    hospital: Hospital, office: Desk
) -> None:
    with hospital.database.app.begin() as conn:
        book = Book(conn)
        for hour, threshold in ((8, 0.38), (9, 0.42)):
            comparison = {"score": 0.4, "threshold": threshold, "fmr": 1e-4, "extrapolated": False}
            outcome = "accepted" if threshold < 0.4 else "rejected"
            book.decision(
                at(hour), outcome, comparison=comparison, calibration="zoo-1", identification=None
            )
        terminal = book.terminal()
        terminal_states.move(conn, terminal, State.SUSPENDED)
    page = office.get(f"{PAGE}?{RANGE}&terminal={terminal}").text
    for said in ("阈值 0.380（1/10,000） 03-10起", "阈值 0.420", "已停用"):
        assert said in page
    assert page.count("全院合计，不受业务、院区、终端筛选影响。") == 2


def test_nothing_counts_by_a_member_of_staff(hospital: Hospital) -> None:
    for language in ("zh", "en"):
        words = web.translator(language)
        told = {key for key in web.catalogue(language) if key.startswith("console.figures.")}
        assert not [key for key in told if re.search("排名|ranking|每人|per clerk", words(key))]
    source = "".join(path.read_text() for path in Path(figures.__file__).parent.glob("*.py"))
    for column in ("account", "handler", "entered_by", "ended_by", "taken_at", "practitioner"):
        assert not re.search(rf"\b{column}\b", source), column
