"""Accounts and terminals on the pages, without a browser."""

import re

import pytest

from console.accounts import MOST_SHOWN
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital
from tests.verifier.serving.staff import Member, invited, member
from verifier.trust import terminal_states
from verifier.trust.accounts.roles import Role
from verifier.trust.terminal_states import State

from .desk import Desk, code, leads_to

ACCOUNTS, TERMINALS = "/console/accounts", "/console/terminals"


def at_a_desk(hospital: Hospital, somebody: Member) -> Desk:
    desk = Desk(hospital)
    desk.cookies["session"] = somebody.token
    return desk


@pytest.fixture
def system(hospital: Hospital) -> Desk:
    """A system administrator's desk."""
    return at_a_desk(hospital, member(hospital, "g0001", Role.SYSTEM_ADMIN))


@pytest.fixture
def security(hospital: Hospital) -> Desk:
    """A security administrator's desk."""
    return at_a_desk(hospital, member(hospital, "g0002", Role.SECURITY_ADMIN))


def shown_code(text: str) -> str:
    found = re.search(r"<code>([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})</code>", text)
    assert found is not None
    return found[1]


def test_an_account_is_made_and_its_code_is_shown_once(hospital: Hospital, system: Desk) -> None:
    made = system.post(f"{ACCOUNTS}/new", f"{ACCOUNTS}/new", login="g1001")
    assert made.status_code == 200
    someone = Member(hospital, "g1001", shown_code(made.text), "")
    assert "g1001" in system.get(ACCOUNTS).text
    assert someone.code not in system.get(ACCOUNTS).text
    assert someone.take_up().status_code == 200


@pytest.mark.parametrize(
    ("login", "said"), [("张三", "工号是3至32位"), ("g0001", "这个工号已有账号"), ("", "工号是")]
)
def test_a_login_that_will_not_do_is_asked_for_again(system: Desk, login: str, said: str) -> None:
    answer = system.post(f"{ACCOUNTS}/new", f"{ACCOUNTS}/new", login=login)
    assert answer.status_code in (409, 422)
    assert said in answer.text
    assert f'value="{login}"' in answer.text


def test_what_somebody_types_is_text_and_never_markup(system: Desk) -> None:
    answer = system.post(f"{ACCOUNTS}/new", f"{ACCOUNTS}/new", login='"><script>alert(1)')
    assert "<script>alert" not in answer.text
    assert "<script>alert" not in system.get(f"{ACCOUNTS}?number=<script>alert(1)").text


def test_an_account_is_suspended_opened_renewed_and_closed(
    hospital: Hospital, system: Desk
) -> None:
    clerk = member(hospital, "g1001", Role.COUNTER)
    one = f"{ACCOUNTS}/{clerk.account}"
    assert leads_to(system.post(f"{one}/state", one, state="suspended")) == one
    assert "g1001 已停用" in system.get(one).text
    assert clerk.refused("GET", "/v1/sessions/self") == "account.session_ended"
    system.post(f"{one}/state", one, state="active")
    assert "g1001 已恢复" in system.get(one).text
    assert shown_code(system.post(f"{one}/code", one).text)
    assert "待启用" in system.get(one).text
    assert code(system.post(f"{one}/state", one, state="active")) == "account.not_taken_up"
    assert code(system.post(f"{one}/state", one, state="closed")) == "form.malformed", "not sure"
    assert leads_to(system.post(f"{one}/state", one, state="closed", sure="yes")) == one
    page = system.get(one).text
    assert "账号已注销" in page
    assert f'action="{one}' not in page, "nothing more to do"
    assert code(system.post(f"{one}/code", one)) == "account.for_good"


def test_nobody_is_offered_to_change_the_own_account(hospital: Hospital, system: Desk) -> None:
    own = re.search(rf'{ACCOUNTS}/([\w-]{{22}})">g0001<', system.get(ACCOUNTS).text)
    assert own is not None
    one = f"{ACCOUNTS}/{own[1]}"
    assert "这是您自己的账号" in system.get(one).text
    assert code(system.post(f"{one}/state", one, state="suspended")) == "account.oneself"


def test_roles_are_given_and_taken_and_some_never_go_together(
    hospital: Hospital, security: Desk
) -> None:
    one = f"{ACCOUNTS}/{invited(hospital, 'g1001').account}"
    assert leads_to(security.post(f"{one}/roles", one, role="counter")) == one
    assert "角色已授予" in security.get(one).text
    assert code(security.post(f"{one}/roles", one, role="auditor")) == "role.conflict"
    assert leads_to(security.post(f"{one}/roles/taken", one, role="counter")) == one
    assert leads_to(security.post(f"{one}/roles", one, role="auditor")) == one
    assert code(security.post(f"{one}/roles", one, role="king")) == "form.malformed"


def test_each_administrator_is_offered_only_the_own_part(
    hospital: Hospital, system: Desk, security: Desk
) -> None:
    one = f"{ACCOUNTS}/{invited(hospital, 'g1001').account}"
    assert "发新码" in system.get(one).text
    assert "授予</button>" not in system.get(one).text
    assert "授予</button>" in security.get(one).text
    assert "发新码" not in security.get(one).text
    auditor = at_a_desk(hospital, member(hospital, "g0003", Role.AUDIT_ADMIN))
    assert "<h2>" not in auditor.get(one).text, "reads, and changes nothing"


def test_accounts_are_found_by_work_number_and_by_role(hospital: Hospital, system: Desk) -> None:
    invited(hospital, "nurse.1", Role.COUNTER)
    for number in range(MOST_SHOWN):
        invited(hospital, f"d{number:04d}")
    assert "还有 2 个没有列出" in system.get(ACCOUNTS).text
    assert "nurse.1" not in system.get(ACCOUNTS).text
    assert "nurse.1" in system.get(f"{ACCOUNTS}?role=counter").text
    narrow = system.get(f"{ACCOUNTS}?number=NURSE").text
    assert "nurse.1" in narrow
    assert "d0001" not in narrow
    assert "没有符合的账号" in system.get(f"{ACCOUNTS}?number=nobody").text


def test_a_terminal_is_suspended_reinstated_and_revoked(hospital: Hospital, system: Desk) -> None:
    terminal = hospital.terminal()
    one = f"{TERMINALS}/{terminal.id}"
    assert "医保结算" in system.get(TERMINALS).text
    assert "还没有连接过" in system.get(TERMINALS).text
    assert leads_to(system.post(f"{one}/state", one, state="suspended")) == one
    assert terminal.ask().json()["code"] == "terminal.suspended"
    system.post(f"{one}/state", one, state="active")
    assert terminal.ask().status_code == 200
    assert code(system.post(f"{one}/state", one, state="revoked")) == "form.malformed", "not sure"
    assert code(system.post(f"{one}/state", one, state="clone_suspected")) == "form.malformed"
    system.post(f"{one}/state", one, state="revoked", sure="yes")
    assert "已吊销" in system.get(one).text
    assert code(system.post(f"{one}/state", one, state="active")) == "terminal.for_good"


def test_a_terminal_that_may_be_copied_stands_out_and_can_only_be_revoked(
    hospital: Hospital, system: Desk
) -> None:
    terminal = hospital.terminal()
    with hospital.database.app.begin() as conn:
        terminal_states.move(conn, terminal.id, State.CLONE_SUSPECTED)
    page = system.get(f"{TERMINALS}/{terminal.id}").text
    assert "密钥疑似被复制" in page
    assert 'value="revoked"' in page
    assert 'value="active"' not in page


def test_an_auditor_sees_terminals_and_is_offered_nothing(hospital: Hospital) -> None:
    terminal = hospital.terminal()
    desk = at_a_desk(hospital, member(hospital, "g0004", Role.AUDITOR))
    page = desk.get(f"{TERMINALS}/{terminal.id}").text
    assert terminal.id in page
    assert "/state" not in page


def test_a_terminal_of_another_institution_is_not_there(hospital: Hospital, system: Desk) -> None:
    terminal = hospital.terminal()
    with hospital.database.owner.begin() as conn:
        conn.exec_driver_sql(
            "INSERT INTO institutions (code, name, demo, created_at) "
            "VALUES ('H99010100002', 'other', true, now())"
        )
        conn.exec_driver_sql("UPDATE terminals SET institution = 'H99010100002'")
    one = f"{TERMINALS}/{terminal.id}"
    assert INSTITUTION != "H99010100002"
    assert system.get(one).status_code == 404
    assert system.post(f"{one}/state", TERMINALS, state="suspended").status_code == 404
