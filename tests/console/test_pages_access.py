"""Who may open which page: as documented, and as it is."""

import re
from datetime import timedelta

import httpx
import pytest

from console import snapshot
from console.pages import Page
from console.registry import PAGES
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import invited, member
from verifier.api.app import bare_app, openapi
from verifier.protocol.values import new_id
from verifier.trust.accounts.roles import Role, roles_with
from verifier.trust.accounts.sessions import PROVEN

from .desk import Desk, code, leads_to

CLOSED = [page for page in PAGES if not page.open]
NAMED = {(page.method, page.path): page for page in PAGES}


def filled(page: Page) -> str:
    return re.sub(r"\{\w+\}", lambda _: new_id(), page.path)


def tried(desk: Desk, page: Page, token: str = "") -> httpx.Response:
    if page.method == "GET":
        return desk.get(filled(page))
    return desk.send(filled(page), {"form_token": token, "role": "counter", "state": "suspended"})


def refused(answer: httpx.Response) -> bool:
    return answer.status_code == 403 and code(answer) == "account.forbidden"


def test_the_committed_table_is_what_the_pages_say() -> None:
    assert snapshot.main(["--check"]) == 0, "run python -m console.snapshot"


def test_every_page_says_what_it_does_and_none_stands_there_twice() -> None:
    assert all(page.does.endswith(".") for page in PAGES)
    assert len(NAMED) == len(PAGES)


def test_what_asks_for_the_password_again_as_a_call_does_so_as_a_page() -> None:
    calls = [o for verbs in openapi(bare_app())["paths"].values() for o in verbs.values()]
    asking = {call["x-permission"] for call in calls if call.get("x-password-again")}
    assert len(asking) == 5
    for page in PAGES:
        if page.permission in asking:
            assert page.again, page


def test_who_is_not_signed_in_sees_no_page_but_the_open_ones(hospital: Hospital) -> None:
    desk = Desk(hospital)
    token = desk.token("/console/sign-in")
    for page in CLOSED:
        answer = tried(desk, page, token)
        if page.method == "GET":
            assert leads_to(answer).startswith("/console/sign-in?back="), page
        else:
            assert (answer.status_code, code(answer)) == (401, "account.session_ended"), page


def test_every_page_is_open_to_the_roles_that_it_names_and_to_no_other(hospital: Hospital) -> None:
    for number, role in enumerate(Role):
        someone = member(hospital, f"g20{number:02d}", role)
        desk = Desk(hospital)
        desk.cookies["session"] = someone.token
        token = desk.token()
        for page in CLOSED:
            if page.permission is not None:
                answer = tried(desk, page, token)
                assert refused(answer) == (role not in roles_with(page.permission)), (role, page)
            elif page.method == "GET":  # a POST here guesses a password, or signs out
                assert tried(desk, page).status_code == 200, (role, page)


@pytest.mark.parametrize("odd", ["%00", "%FF%FE", "%F0%9F%98%80", "A" * 400, "..%2f..", "%0d%0a"])
def test_no_address_is_a_server_error(hospital: Hospital, odd: str) -> None:
    """What stands in an address where an id is expected, and after it."""
    for number, role in enumerate(Role):
        desk = Desk(hospital)
        desk.cookies["session"] = member(hospital, f"g{number:04}", role).token
        token = desk.token()
        for page in CLOSED:
            if page.permission is None or role is not roles_with(page.permission)[0]:
                continue
            path = re.sub(r"\{\w+\}", odd, page.path)
            if page.method == "GET":
                answer = desk.get(
                    f"{path}?since={odd}&until={odd}&ward={odd}&month={odd}&door={odd}"
                )
            else:
                answer = desk.send(path, {"form_token": token, "sure": "yes"})
            assert answer.status_code < 500, (role, page.method, path)


@pytest.mark.parametrize("page", [p for p in CLOSED if p.again], ids=lambda p: p.path)
def test_a_page_that_asks_for_the_password_again_leads_there_and_back(
    hospital: Hospital, page: Page
) -> None:
    assert page.permission is not None
    someone = member(hospital, "g0001", roles_with(page.permission)[0])
    desk = Desk(hospital)
    desk.cookies["session"] = someone.token
    token = desk.token()
    hospital.clock.ahead += PROVEN + timedelta(seconds=1)
    way = leads_to(tried(desk, page, token))
    assert way.startswith("/console/proof?back=%2Fconsole%2F"), way
    back = httpx.URL(way).params["back"]
    assert leads_to(desk.post("/console/proof", way, back=back, password=someone.password)) == back
    assert desk.get(back).status_code in (200, 404), "an id of nobody"


def test_who_must_change_the_password_gets_no_further(hospital: Hospital) -> None:
    someone = member(hospital, "g0001", Role.SYSTEM_ADMIN)
    with hospital.database.app.begin() as conn:
        conn.exec_driver_sql("UPDATE accounts SET password_at = password_at - interval '91 days'")
    desk = Desk(hospital)
    desk.cookies["session"] = someone.token
    for path in ("/console", "/console/accounts", "/console/proof"):
        assert leads_to(desk.get(path)) == "/console/self/password"
    page = desk.get("/console/self/password").text
    assert "密码已满90天" in page
    assert "/console/accounts" not in page, "no navigation"
    said = {"old": someone.password, "new": "Another-Harbour-28"}
    done = desk.post("/console/self/password", "/console/self/password", **said)
    assert leads_to(done) == "/console"
    assert "密码已修改" in desk.get("/console").text


def test_an_account_of_another_institution_is_unknown(hospital: Hospital) -> None:
    system = member(hospital, "g0001", Role.SYSTEM_ADMIN)
    elsewhere = invited(hospital, "g1001")
    with hospital.database.owner.begin() as conn:
        conn.exec_driver_sql(
            "INSERT INTO institutions (code, name, demo, created_at) "
            "VALUES ('H99010100002', 'other', true, now())"
        )
        conn.exec_driver_sql(
            "UPDATE accounts SET institution = 'H99010100002' WHERE login = 'g1001'"
        )
    desk = Desk(hospital)
    desk.cookies["session"] = system.token
    assert "g1001" not in desk.get("/console/accounts").text
    one = f"/console/accounts/{elsewhere.account}"
    assert code(desk.get(one)) == "account.unknown"
    assert code(desk.post(f"{one}/state", "/console", state="suspended")) == "account.unknown"
