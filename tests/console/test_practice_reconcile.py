"""A claims file on the page: each reason in words, files to take away, and nothing kept."""

import csv
import io
from datetime import timedelta

import httpx
import openpyxl
import pytest

from tests.verifier.fixtures import dump
from tests.verifier.practice.clinic import number
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import member
from verifier.practice.reconciling import MOST_LINES
from verifier.practice.registry import HOSPITAL
from verifier.trust.accounts.roles import Role

from .desk import Desk
from .test_practice_board import at_a_desk
from .ward import HOUR, Ward

RECONCILE = "/console/practice/reconcile"
COMPLETENESS = f"{RECONCILE}/completeness"


@pytest.fixture
def office(hospital: Hospital) -> Desk:
    """Somebody of the insurance office."""
    return at_a_desk(hospital, member(hospital, "g0002", Role.INSURANCE_OFFICE))


def claims(hospital: Hospital) -> bytes:
    """One line that matches, and one for every reason why one may not."""
    ward = Ward(hospital)
    with hospital.database.app.begin() as conn:
        conn.exec_driver_sql("UPDATE sites SET licence = 'H99010100009' WHERE code = 'west'")
    now = ward.now.astimezone(HOSPITAL) - timedelta(minutes=30)
    present = f"{now:%Y-%m-%d %H:%M:%S}"
    chief = ward.doctor(1, "张仲景")
    absent, unregistered = ward.doctor(2), ward.doctor(3, right="unregistered")
    suspended = ward.doctor(4)
    learner = ward.doctor(
        5, right="supervised", supervisor=absent.person, basis="training", document="7号"
    )
    for who in (chief, unregistered, suspended, learner):
        ward.window(who)
    ward.qualify(suspended, "suspended")
    lines = [
        f"{number(1)},{present},,ok",
        f"{number(2)},{present},,no-window",
        f"{number(1)},{present},H99010100009,site",
        f"{number(3)},{present},,unregistered",
        f"{number(4)},{present},,suspended",
        f"{number(5)},{present},,learner",
        f"{number(99)},{present},,unknown",
        f"{number(1)},2020-01-01 08:00,,old",
        f"{number(1)},someday,,unreadable",
        f"{number(1)},{present},H99010100077,elsewhere",
        f"{number(1)},2199-01-01 08:00,,future",
    ]
    return ("人员代码,时间,机构代码,流水号\n" + "\n".join(lines) + "\n").encode("gb18030")


WORDS = {
    "no-window": "未对上：当时没有执业时段",
    "site": "未对上：时段在另一院区",
    "unregistered": "未对上：当日没有执业登记",
    "suspended": "未对上：医保支付资格暂停",
    "learner": "未对上：带教人不在执业",
    "unknown": "未对上：没有这个代码",
    "old": "超过180天",
    "unreadable": "这一行读不出",
    "elsewhere": "其他机构",
    "future": "时间在将来",
}


def sent(desk: Desk, data: bytes, kind: str = "page") -> httpx.Response:
    said = {"form_token": desk.token(RECONCILE), "as": kind}
    return desk.send(RECONCILE, said, files={"file": ("claims.csv", data, "text/csv")})


def test_every_line_is_matched_or_says_why_not(hospital: Hospital, office: Desk) -> None:
    page = sent(office, claims(hospital)).text
    assert "共 11 行" in page
    for own_id, words in WORDS.items():
        assert own_id in page
        assert words in page
    assert ">ok<" not in page, "what matches is a number"
    assert "已对上" in page


def test_the_outcome_is_taken_away_as_csv_and_xlsx(hospital: Hospital, office: Desk) -> None:
    data = claims(hospital)
    text = sent(office, data, "csv")
    assert text.headers["content-disposition"] == 'attachment; filename="reconciliation.csv"'
    rows = list(csv.reader(io.StringIO(text.content.decode("utf-8-sig"))))
    assert len(rows) == 12
    assert [row[1] for row in rows[1:]] == ["ok", *WORDS]
    assert rows[1][5] == "已对上"
    assert rows[1][9:] == ["east", "刷脸", "已确认"]
    book = openpyxl.load_workbook(io.BytesIO(sent(office, data, "xlsx").content))
    assert [list(row) for row in book.worksheets[0].values][1][5] == "已对上"


def test_nothing_of_a_claims_file_is_kept(hospital: Hospital, office: Desk) -> None:
    data = claims(hospital)

    def stored() -> bytes:
        with hospital.database.owner.connect() as conn:
            return dump(conn)

    before = len(stored())
    sent(office, data)
    sent(office, data, "csv")
    found = stored()
    assert b"no-window" not in found
    assert abs(len(found) - before) < 200, "a session's time, and no more"


def test_a_large_hospital_s_month_is_answered_line_by_line_in_its_order(
    hospital: Hospital, office: Desk
) -> None:
    ward = Ward(hospital)
    ward.window(ward.doctor(1))
    at = f"{ward.now - HOUR / 2:%Y-%m-%dT%H:%M:%SZ}"
    rows = [f"{number(1 + n % 2)},{at},,{n}" for n in range(MOST_LINES)]
    text = "code,time,institution,id\n" + "\n".join(rows)
    found = list(csv.reader(io.StringIO(sent(office, text.encode(), "csv").text)))
    assert [row[1] for row in found[1:]] == [str(n) for n in range(MOST_LINES)]
    assert [row[5] == "已对上" for row in found[1:]] == [n % 2 == 0 for n in range(MOST_LINES)]
    assert "还有 9700 行没有列出" in sent(office, text.encode()).text
    one_more = f"{text}\n{number(1)},{at},,{MOST_LINES}"
    assert "20000 行，请拆成几份" in sent(office, one_more.encode()).text


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "没有选择文件"), (b"name\nx\n", "没有找到人员代码"), (b"code,time\n", "表头下没有内容")],
)
def test_what_is_no_claims_file_is_said_above_the_form(
    office: Desk, data: bytes, said: str
) -> None:
    assert said in sent(office, data).text


def test_a_month_is_told_by_department_and_never_by_person(
    hospital: Hospital, office: Desk
) -> None:
    ward = Ward(hospital)
    doctors = [ward.doctor(seed, f"张{name}") for seed, name in enumerate("甲乙丙丁戊", 1)]
    for who, by in zip(doctors, ("out", "out", "time", "elsewhere", "correction"), strict=True):
        opened = ward.now - HOUR
        ward.window(who, opened_at=opened, closed_at=opened + HOUR / 2, closed_by=by)
    alone = ward.doctor(9, "钱乙", "paediatrics")
    ward.window(alone, department="paediatrics", site="west", state="provisional")
    month = f"{(ward.now - HOUR).astimezone(HOSPITAL):%Y-%m}"
    page = office.get(f"{COMPLETENESS}?month={month}").text
    assert "心内科</th>" in page
    assert "儿科</th>" not in page, "one person's"
    assert "不显示" in page
    assert "张" not in page
    assert number(1) not in page
    assert "没有可以显示" in office.get(f"{COMPLETENESS}?month={month}&department=paediatrics").text
    assert "没有可以显示" in office.get(f"{COMPLETENESS}?month=2020-01").text
    assert office.get(f"{COMPLETENESS}?month=tomorrow").status_code == 200
