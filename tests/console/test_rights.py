"""A person's rights on the pages: copy, name, withdrawal, erasure; by whom, and at what price."""

import json
import re
from urllib.parse import quote

import pytest

from tests.verifier.serving.hospital import CHILD, Hospital, invent
from tests.verifier.serving.staff import Member, member
from verifier.trust.accounts import sessions
from verifier.trust.accounts.roles import Role

from .browser import SIZES, a_screen
from .desk import Desk, code, leads_to

RIGHTS = "/console/rights"
ZHANG = invent(1, "张甲")


@pytest.fixture
def admin(hospital: Hospital) -> Member:
    return member(hospital, "h0001", Role.HOSPITAL_ADMIN)


@pytest.fixture
def desk(hospital: Hospital, admin: Member) -> Desk:
    made = Desk(hospital)
    made.cookies["session"] = admin.token
    return made


def opened(desk: Desk) -> str:
    """The address of the page of Zhang's rights."""
    return leads_to(desk.post(RIGHTS, RIGHTS, kind="resident_id", number=ZHANG.number))


def test_the_page_shows_just_enough_to_compare_with_a_document(
    hospital: Hospital, desk: Desk
) -> None:
    person = hospital.enrol(ZHANG)
    at = opened(desk)
    assert at == f"{RIGHTS}/{person}"
    page = desk.get(at).text
    assert "张*" in page
    assert ZHANG.number[-4:-1] in page
    assert ZHANG.name not in page
    assert ZHANG.number not in page


def test_a_copy_is_handed_out_as_a_page_and_as_data_and_it_is_entered_by_whom(
    hospital: Hospital, desk: Desk, admin: Member
) -> None:
    hospital.enrol(ZHANG)
    at = opened(desk)
    page = desk.post(f"{at}/copy", at, form="page")
    assert page.headers["content-disposition"].startswith('attachment; filename="copy-')
    assert ZHANG.number in page.text
    data = json.loads(desk.post(f"{at}/copy", at, form="data").text)
    assert data["name"] == ZHANG.name
    where = f"kind = 'subject.exported' AND body->>'by' = '{admin.account}'"
    assert hospital.count("ledger", where) == 2
    assert code(desk.post(f"{at}/copy", at, form="xml")) == "form.malformed"
    assert hospital.count("ledger", where) == 2


def test_a_name_is_set_right_and_an_empty_one_changes_nothing(
    hospital: Hospital, desk: Desk
) -> None:
    hospital.enrol(ZHANG)
    at = opened(desk)
    assert 'role="alert"' in desk.post(f"{at}/name", at, name=" ").text
    assert leads_to(desk.post(f"{at}/name", at, name="李甲")) == at
    assert json.loads(desk.post(f"{at}/copy", at, form="data").text)["name"] == "李甲"


def test_withdrawal_takes_the_face_and_erasure_the_rest(hospital: Hospital, desk: Desk) -> None:
    person = hospital.enrol(ZHANG)
    at = opened(desk)
    assert code(desk.post(f"{at}/withdrawn", at)) == "form.malformed", "sure was not ticked"
    assert hospital.count("templates") == 1
    assert leads_to(desk.post(f"{at}/withdrawn", at, sure="yes")) == at
    assert hospital.count("templates") == 0
    assert code(desk.post(f"{at}/erased", at)) == "form.malformed"
    assert leads_to(desk.post(f"{at}/erased", at, sure="yes")) == RIGHTS
    assert hospital.count("people", f"id = '{person}' AND data_key_sealed IS NULL") == 1
    again = desk.post(RIGHTS, RIGHTS, kind="resident_id", number=ZHANG.number)
    assert "没有" in again.text
    assert hospital.count("ledger", "kind = 'person.erased'") == 1


def test_each_step_asks_for_the_password_again_and_goes_on_where_one_was(
    hospital: Hospital, desk: Desk
) -> None:
    hospital.enrol(ZHANG)
    at = opened(desk)
    token = desk.token(at)
    hospital.clock.ahead += sessions.PROVEN
    for step in ("copy", "name", "withdrawn", "erased"):
        said = {"form_token": token, "form": "page", "sure": "yes", "name": "李甲"}
        assert leads_to(desk.send(f"{at}/{step}", said)).startswith("/console/proof?back=")
    assert hospital.count("templates") == 1
    assert hospital.count("ledger", "kind = 'subject.exported'") == 0
    for page in (RIGHTS, at):
        assert leads_to(desk.get(page)) == f"/console/proof?back={quote(page, safe='')}"
    answer = desk.send(RIGHTS, {"form_token": token, "kind": "resident_id"})
    assert leads_to(answer) == f"/console/proof?back={quote(RIGHTS, safe='')}"


def test_a_number_and_an_id_of_nobody_are_not_found(hospital: Hospital, desk: Desk) -> None:
    hospital.enrol(ZHANG)
    page = desk.post(RIGHTS, RIGHTS, kind="resident_id", number=CHILD.number)
    assert 'role="alert"' in page.text
    token = desk.token(RIGHTS)
    for step in ("copy", "name", "withdrawn", "erased"):
        said = {"form_token": token, "form": "page", "sure": "yes", "name": "李甲"}
        answer = desk.send(f"{RIGHTS}/AAAAAAAAAAAAAAAAAAAAAA/{step}", said)
        assert (answer.status_code, code(answer)) == (404, "desk.person.unknown"), step
    assert hospital.count("templates") == 1


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
def test_the_pages_are_whole_in_both_languages_and_a_copy_comes_down(
    chromium: str, hospital: Hospital, admin: Member, size: str
) -> None:
    hospital.enrol(ZHANG)
    wrong: list[str] = []
    with a_screen(chromium, hospital, SIZES[size]) as screen:
        page = screen.page
        screen.sign_in(admin)
        for language in ("zh", "en"):
            screen.open(RIGHTS)
            screen.speak(language)
            wrong += screen.wrong()
            page.fill("#number", ZHANG.number)
            page.click("main form button")
            wrong += screen.wrong()
            for each in page.locator("main summary").all():
                each.click()
            wrong += screen.wrong()
            if language == "en":
                wrong += re.findall("[一-鿿]+", page.inner_text("main").replace("张*", ""))
        for _ in range(2):  # the page stays, and may be asked again
            with page.expect_download() as download:
                page.click("button:has-text('page to print')")
            assert download.value.suggested_filename.endswith(".html")
        assert wrong == []
        page.check("form[action$='/erased'] input[name=sure]")
        page.click("form[action$='/erased'] button")
        page.wait_for_url(f"**{RIGHTS}")
        assert "Erased" in page.inner_text("[role=status]")
    assert hospital.count("templates") == 0
