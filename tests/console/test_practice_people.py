"""The registry of practitioners on the pages, without a browser."""

import io
import re

import openpyxl
import pytest

from codes import id_number
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.practice.clinic import number
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import member
from verifier.practice import listing, registry
from verifier.trust.accounts.roles import Role

from .desk import Desk, code, leads_to
from .test_practice_board import at_a_desk
from .ward import Ward

PEOPLE = "/console/practice/people"
NEW, IMPORT = f"{PEOPLE}/new", f"{PEOPLE}/import"
HEAD = "医师代码,姓名,身份证号,科室,执业权,起始日期,截止日期,依据,文件号,医保支付资格,工号\n"


def resident(seed: int) -> str:
    """An ID number of an unassigned region."""
    first = f"990101198001{seed % 28 + 1:02d}{seed % 1000:03d}"
    return first + id_number.check_digit(first)


@pytest.fixture
def registrar(hospital: Hospital) -> Desk:
    """Somebody of medical affairs, in a hospital with departments."""
    Ward(hospital)
    return at_a_desk(hospital, member(hospital, "g0001", Role.MEDICAL_AFFAIRS))


def add(desk: Desk, **instead: str) -> str:
    """The page of a new practitioner."""
    said = {"code": number(1), "name": "张仲景", "number": resident(1), "department": "cardiology"}
    return leads_to(desk.post(NEW, NEW, **said | instead))


def test_a_practitioner_is_added_found_and_registered(hospital: Hospital, registrar: Desk) -> None:
    one = add(registrar, code=number(1).lower(), login="d0001")
    assert "没有登记" in registrar.get(one).text
    said = {"right": "independent", "basis": "registered", "from": "2026-01-01"}
    assert leads_to(registrar.post(f"{one}/registrations", one, **said)) == one
    rated = {"state": "suspended", "since": "2026-02-01", "source": "医保〔2026〕8号"}
    assert leads_to(registrar.post(f"{one}/qualification", one, **rated)) == one
    page = registrar.get(one).text
    for word in ("独立执业", "有效", "暂停", "医保〔2026〕8号", "d0001"):
        assert word in page
    for query in ("q=仲景", f"q={number(1)}", "q=d990101", "department=cardiology"):
        assert "张仲景" in registrar.get(f"{PEOPLE}?{query}").text, query
    assert "没有符合的人员" in registrar.get(f"{PEOPLE}?q=华佗").text
    assert resident(1) not in page


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("code", "X990101000001", "代码格式不对"),
        ("code", "D9901", "代码格式不对"),
        ("number", resident(1)[:17] + ("0" if resident(1)[17] != "0" else "1"), "校验位要对"),
        ("name", "", "请填写姓名"),
        ("department", "nowhere", "没有这个科室"),
        ("login", "张三", "工号是3至32位"),
    ],
)
def test_what_will_not_do_is_asked_for_again(
    registrar: Desk, field: str, value: str, said: str
) -> None:
    form = {"code": number(1), "name": "张仲景", "number": resident(1), "department": "cardiology"}
    answer = registrar.post(NEW, NEW, **form | {field: value})
    assert answer.status_code in (409, 422)
    assert said in answer.text
    assert "张仲景" in answer.text or field == "name"


def test_code_number_name_and_work_number_are_one_persons(registrar: Desk) -> None:
    add(registrar, login="d0001")
    form = {"code": number(2), "name": "李时珍", "number": resident(2), "department": "cardiology"}
    for changed, said in (
        ({"code": number(1)}, "这个代码已经登记"),
        ({"number": resident(1), "name": "张仲景"}, "已有另一个代码"),
        ({"number": resident(1), "code": number(1)}, "登记为另一个姓名"),
        ({"login": "d0001"}, "工号已属于另一位"),
    ):
        assert said in registrar.post(NEW, NEW, **form | changed).text, changed


def test_a_registration_says_what_it_rests_on_and_is_ended_for_good(
    hospital: Hospital, registrar: Desk
) -> None:
    one = add(registrar)
    said = {"right": "granted", "basis": "alliance", "from": "2026-01-01", "to": "2027-01-01"}
    for wrong in ({}, {"document": "x", "to": ""}, {"document": "x", "from": ""}):
        answer = registrar.post(f"{one}/registrations", one, **said | wrong)
        assert "登记不完整" in answer.text, wrong
    registrar.post(f"{one}/registrations", one, **said, document="医联体〔2026〕1号")
    assert "医联体〔2026〕1号" in registrar.get(one).text
    found = re.search(rf"{one}/registrations/([\w-]+)/ended", registrar.get(one).text)
    assert found is not None
    ended = f"{one}/registrations/{found[1]}/ended"
    assert code(registrar.post(ended, one)) == "form.malformed"
    assert leads_to(registrar.post(ended, one, sure="yes")) == one
    assert "已于" in registrar.get(one).text
    assert code(registrar.post(ended, one, sure="yes")) == "practice.unknown"


def test_a_supervised_right_names_a_supervisor_who_is_here(registrar: Desk) -> None:
    chief, learner = (
        add(registrar),
        add(registrar, code=number(2), name="李时珍", number=resident(2)),
    )
    said = {"right": "supervised", "basis": "training", "from": "2026-01-01", "document": "7号"}
    nobody = registrar.post(f"{learner}/registrations", learner, **said, supervisor=number(9))
    assert "没有这个代码的带教人" in nobody.text
    registrar.post(f"{learner}/registrations", learner, **said, supervisor=number(1))
    assert number(1) in registrar.get(learner).text
    assert chief != learner


def test_who_only_reads_sees_masked_names_and_no_form(hospital: Hospital, registrar: Desk) -> None:
    one = add(registrar)
    office = at_a_desk(hospital, member(hospital, "g0002", Role.INSURANCE_OFFICE))
    page = office.get(one).text
    assert "张**" in page
    assert "张仲景" not in page
    assert "/registrations" not in page
    assert "张**" not in office.get(f"{PEOPLE}?q=张仲景").text, "no guessing at names"
    assert code(office.get(NEW)) == "account.forbidden"


def upload(desk: Desk, data: bytes, name: str = "people.csv") -> str:
    """The report on a file."""
    answer = desk.send(
        IMPORT, {"form_token": desk.token(IMPORT)}, files={"file": (name, data, "text/csv")}
    )
    return answer.text


def carried(page: str) -> str:
    found = re.search(r'name="rows" value="([^"]*)"', page)
    assert found is not None
    return found[1].replace("&#34;", '"').replace("&amp;", "&")


def lines(*rows: str) -> str:
    return HEAD + "\n".join(rows) + "\n"


def test_a_file_is_looked_at_first_then_imported_and_the_same_again_changes_nothing(
    hospital: Hospital, registrar: Desk
) -> None:
    text = lines(
        f"{number(1)},张仲景,{resident(1)},心内科,独立,2026-01-01,,执业注册,,正常,d0001",
        f"{number(2)},李时珍,{resident(2)},surgery,授权,2026/1/1,2026年12月31日,会诊,9号,,",
    )
    page = upload(registrar, text.encode("gb18030"))
    assert "新增人员 2" in page
    assert number(1) not in registrar.get(PEOPLE).text, "nothing is recorded yet"
    done = registrar.post(f"{IMPORT}/confirmed", IMPORT, rows=carried(page))
    assert leads_to(done) == PEOPLE
    assert "2 行有变化" in registrar.get(PEOPLE).text
    with hospital.database.app.connect() as conn:
        known = registry.find(conn, INSTITUTION, number(2))
        assert known is not None
        (held,) = listing.registrations(conn, INSTITUTION, known.person)
    assert (held.right, held.basis, held.document) == ("granted", "consultation", "9号")
    again = upload(registrar, text.encode())
    assert "没有变化 2" in again
    registrar.post(f"{IMPORT}/confirmed", IMPORT, rows=carried(again))
    with hospital.database.app.connect() as conn:
        assert len(listing.registrations(conn, INSTITUTION, known.person)) == 1


def test_one_wrong_row_keeps_the_whole_file_out_and_says_which(registrar: Desk) -> None:
    page = upload(
        registrar,
        lines(
            f"{number(1)},张仲景,{resident(1)},心内科,独立,2026-01-01,,,,,",
            f"{number(2)},李时珍,{resident(2)[:-1]}Y,心内科,主任,昨天,,,,,",
            f"{number(2)},王叔和,{resident(3)},眼科,,,,,,,",
        ).encode(),
    )
    for word in ("身份证号不对", "执业权看不懂", "日期不对", "没有这个科室", "重复", "需要改 2"):
        assert word in page
    assert "confirmed" not in page


def test_a_workbook_is_read_as_well(registrar: Desk) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["code", "name", "number", "department"])
    book.active.append([number(1), "张仲景", resident(1), "cardiology"])
    file = io.BytesIO()
    book.save(file)
    assert "新增人员 1" in upload(registrar, file.getvalue(), "people.xlsx")


def test_what_is_no_such_file_is_refused_in_words(registrar: Desk) -> None:
    assert "文件读不出来" in upload(registrar, b"PK\x03\x04 no workbook")
    assert "缺少要有的列" in upload(registrar, "姓名\n张三\n".encode())
    broken = registrar.post(f"{IMPORT}/confirmed", IMPORT, rows="[1]")
    assert code(broken) == "form.malformed"
