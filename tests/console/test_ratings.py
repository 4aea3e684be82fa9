"""意见与好差评 without a browser: who may, filters, files, forms that are not whole."""

import csv
import io
import re

import pytest

from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.raters import Rater, noon
from tests.verifier.serving.staff import Member, member
from verifier.trust.accounts.roles import Role

from .desk import Desk, code, leads_to

PAGE, NEW = "/console/ratings", "/console/ratings/new"
SAID, PHONE = "药房的叫号屏看不见", "13900000000"


def at_a_desk(hospital: Hospital, somebody: Member) -> Desk:
    desk = Desk(hospital)
    desk.cookies["session"] = somebody.token
    return desk


@pytest.fixture
def office(hospital: Hospital) -> Desk:
    """Somebody of the insurance office."""
    return at_a_desk(hospital, member(hospital, "i0001", Role.INSURANCE_OFFICE))


@pytest.fixture
def rater(hospital: Hospital) -> Rater:
    return Rater(hospital)


def the_one(desk: Desk) -> str:
    """The address of the matter that is listed."""
    (found,) = re.findall(rf'href="({PAGE}/intakes/[^"]+)"', desk.get(f"{PAGE}?state=").text)
    return str(found)


def listed(desk: Desk, query: str) -> list[str]:
    """The numbers in the list."""
    return re.findall(r">(\d{4}-\d{5})</a>", desk.get(f"{PAGE}?{query}").text)


def test_filters_stand_in_the_address_and_stay_in_the_form(office: Desk, rater: Rater) -> None:
    at = noon().isoformat()
    rater.rate("dissatisfied", door="phone", rated_at=at)
    rater.bring(kind="question", received_at=at)
    assert len(listed(office, "state=open")) == 2
    assert len(listed(office, "state=open&kind=question")) == 1
    assert listed(office, "state=overdue") == listed(office, "state=closed") == []
    page = office.get(f"{PAGE}?kind=question&state=open&door=counter&from=2026-01-05").text
    for kept in ('"question" selected', '"open" selected', '"counter" selected', "2026-01-05"):
        assert kept in page
    assert "这段时间没有好差评" in page, "none at a counter"


@pytest.mark.parametrize(
    "query",
    ["from=2026-02-30", "to=9999-12-31", "kind=%00%27", "state=%3Cscript%3E", "door=x&from=x"],
)
def test_an_address_that_says_nothing_shows_what_is_usual(office: Desk, query: str) -> None:
    answer = office.get(f"{PAGE}?{query}")
    assert answer.status_code == 200
    assert "<script>" not in answer.text


def test_files_have_the_weeks_and_the_matters_and_nobodys_words(office: Desk, rater: Rater) -> None:
    rater.rate("dissatisfied", text=SAID, reach=PHONE, reasons=["signs"], site=None)
    office.post(f"{the_one(office)}/taken", the_one(office))
    answer = office.get(f"{PAGE}/table?part=intakes&state=open")
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert lines[-1][1:4] == ["差评", "窗口", ""]
    assert lines[-1][-2:] == ["不满意", "指引不清"]
    assert "attachment" in answer.headers["content-disposition"]
    weeks = office.get(f"{PAGE}/table?part=weeks").content.decode("utf-8-sig")
    assert weeks.strip().splitlines()[-1].endswith(",0,0,0,1,0")
    assert "i0001" not in answer.text, "nobody's matters are added up from it"
    for text in (answer.text, weeks, office.get(PAGE).text):
        assert SAID not in text
        assert PHONE not in text
    assert office.get(f"{PAGE}/table?part=else").status_code == 404


def test_a_matter_is_dealt_with_and_what_is_missing_is_said(office: Desk, rater: Rater) -> None:
    rater.rate("very_dissatisfied", text=SAID, reach=PHONE)
    one = the_one(office)
    early = office.post(f"{one}/closed", one, outcome="changed", words="换了")
    assert code(early) == "intake.state"
    assert leads_to(office.post(f"{one}/taken", one)) == one
    page = office.get(one).text
    assert SAID in page
    assert PHONE in page
    closing = {"outcome": "changed", "words": "换了更大的屏"}
    assert code(office.post(f"{one}/closed", one, **closing)) == "intake.answer_missing"
    office.post(f"{one}/told", one, words="五个工作日内答复")
    assert code(office.post(f"{one}/told", one, words="又说")) == "intake.told"
    office.post(f"{one}/noted", one, words="看过现场")
    office.post(f"{one}/answered", one, words="已答复")
    nothing = office.post(f"{one}/closed", one, outcome="changed", words="")
    assert (nothing.status_code, code(nothing)) == (422, "intake.change_missing")
    office.post(f"{one}/closed", one, **closing)
    assert "换了更大的屏" in office.get(one).text
    assert code(office.post(f"{one}/reopened", one, words="")) == "intake.words_malformed"
    office.post(f"{one}/reopened", one, words="还是看不见")
    assert "办理中" in office.get(one).text


def test_a_form_that_is_not_whole_keeps_what_was_typed(office: Desk) -> None:
    said = {"kind": "question", "door": "counter", "said": "字" * 501, "reach": PHONE}
    answer = office.post(NEW, NEW, **said)
    assert answer.status_code == 422
    assert "不超过500字" in answer.text
    assert PHONE in answer.text
    assert '"question" selected' in answer.text
    wrong = office.post(NEW, NEW, **said | {"kind": "poor_rating", "said": SAID})
    assert "请选择类别和渠道" in wrong.text
    zero = office.post(NEW, NEW, **said | {"said": "a\0b"})
    assert code(zero) == "form.malformed"


def test_an_unknown_matter_and_a_zero_byte_are_told_as_that(office: Desk) -> None:
    for name, told in (("nothing", "intake.unknown"), ("a%00b", "request.not_found")):
        answer = office.get(f"{PAGE}/intakes/{name}")
        assert (answer.status_code, code(answer)) == (404, told)


def test_markup_in_words_is_text(office: Desk, rater: Rater) -> None:
    rater.rate("dissatisfied", text="<script>alert(1)</script>")
    assert "<script>alert" not in office.get(the_one(office)).text


def test_an_auditor_reads_and_others_do_not(hospital: Hospital, rater: Rater) -> None:
    rater.rate("dissatisfied")
    auditor = at_a_desk(hospital, member(hospital, "a0001", Role.AUDITOR))
    one = the_one(auditor)
    assert auditor.get(one).status_code == 200
    assert auditor.get(NEW).status_code == 403
    for act in ("taken", "told", "noted", "answered", "closed", "reopened"):
        assert auditor.post(f"{one}/{act}", "/console", words="x").status_code == 403
    clerk = at_a_desk(hospital, member(hospital, "e0001", Role.ENROLMENT_CLERK))
    for path in (PAGE, one, f"{PAGE}/table?part=weeks"):
        assert clerk.get(path).status_code == 403
