"""Accounts and roles: what one administrator may do, and what it takes two for."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from verifier.api.access import Access
from verifier.api.app import bare_app, openapi
from verifier.identity import institutions
from verifier.protocol.values import new_id
from verifier.trust.accounts.roles import (
    ADMINS,
    PERMISSIONS,
    WRITERS,
    Permission,
    Role,
    RolesConflict,
    check_together,
)
from verifier.trust.terminal_states import State

from ..fixtures import INSTITUTION
from .hospital import Hospital, faceless, invent, open_hospital
from .staff import Member, invited, member

OTHER = "H99010100002"


@pytest.fixture
def system(hospital: Hospital) -> Member:
    return member(hospital, "g0001", Role.SYSTEM_ADMIN)


@pytest.fixture
def security(hospital: Hospital) -> Member:
    return member(hospital, "g0002", Role.SECURITY_ADMIN)


def made_by(system: Member, login: str) -> Member:
    answer = system.ask("POST", "/v1/accounts", json={"login": login})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    return Member(system.hospital, login, said["code"], said["account"])


def give(security: Member, to: Member, role: Role, verb: str = "PUT") -> Any:
    return security.ask(verb, f"/v1/accounts/{to.account}/roles/{role}")


def test_it_takes_two_administrators_to_make_an_account_that_may_do_something(
    system: Member, security: Member
) -> None:
    clerk = made_by(system, "g1001")
    assert give(system, clerk, Role.COUNTER).json()["code"] == "account.forbidden"
    assert security.refused("POST", "/v1/accounts", json={"login": "g1002"}) == "account.forbidden"
    assert give(security, clerk, Role.COUNTER).status_code == 204
    assert clerk.take_up().status_code == 200
    assert clerk.confirm().status_code == 204
    assert clerk.sign_in().status_code == 200
    assert clerk.ask("GET", "/v1/sessions/self").json()["permissions"] == [
        "counter:second",
        "counter:work",
        "expected:read",
        "readings:take",
        "receipts:read",
    ]


def test_a_role_counts_from_the_next_request_on_and_so_does_its_end(
    system: Member, security: Member, hospital: Hospital
) -> None:
    clerk = member(hospital, "g1001")
    assert clerk.refused("GET", "/v1/terminals") == "account.forbidden"
    security.prove()
    give(security, clerk, Role.HOSPITAL_ADMIN)
    assert clerk.ask("GET", "/v1/terminals").status_code == 200
    give(security, clerk, Role.HOSPITAL_ADMIN, "DELETE")
    assert clerk.refused("GET", "/v1/terminals") == "account.forbidden"


def test_whoever_renews_an_account_does_not_get_what_it_could_do(
    system: Member, security: Member, hospital: Hospital
) -> None:
    admin = member(hospital, "g1001", Role.HOSPITAL_ADMIN)
    system.prove()
    taken = system.ask("POST", f"/v1/accounts/{admin.account}/code").json()
    assert admin.refused("GET", "/v1/sessions/self") == "account.session_ended"
    assert admin.sign_in().status_code == 401
    admin.code = taken["code"]
    admin.take_up("Other-Harbour-27")
    admin.confirm()
    assert admin.sign_in().status_code == 200
    assert admin.ask("GET", "/v1/sessions/self").json()["roles"] == []


def test_a_suspended_account_is_out_at_once_and_may_return(
    system: Member, hospital: Hospital
) -> None:
    clerk = member(hospital, "g1001", Role.COUNTER)
    path = f"/v1/accounts/{clerk.account}/state"
    system.prove()
    assert system.ask("POST", path, json={"state": "suspended"}).status_code == 204
    assert clerk.refused("GET", "/v1/sessions/self") == "account.session_ended"
    assert clerk.sign_in().status_code == 401
    assert system.ask("POST", path, json={"state": "active"}).status_code == 204
    assert clerk.sign_in().status_code == 200
    assert system.ask("POST", path, json={"state": "closed"}).status_code == 204
    assert system.refused("POST", path, json={"state": "active"}) == "account.for_good"
    assert system.refused("POST", f"/v1/accounts/{clerk.account}/code") == "account.for_good"


def test_an_account_that_nobody_took_up_is_not_opened_by_a_state(
    system: Member, hospital: Hospital
) -> None:
    clerk = invited(hospital, "g1001")
    path = f"/v1/accounts/{clerk.account}/state"
    assert system.refused("POST", path, json={"state": "active"}) == "account.not_taken_up"


def test_nobody_changes_the_own_account(system: Member, security: Member) -> None:
    own = f"/v1/accounts/{system.account}"
    assert system.refused("POST", f"{own}/state", json={"state": "closed"}) == "account.oneself"
    assert system.refused("POST", f"{own}/code") == "account.oneself"
    assert give(security, security, Role.AUDITOR).json()["code"] == "account.oneself"


@pytest.mark.parametrize("login", ["AB", "a", "x" * 33, "张三", "a b c", "../etc"])
def test_a_login_is_a_work_number(system: Member, login: str) -> None:
    code = system.refused("POST", "/v1/accounts", json={"login": login})
    assert code in ("account.login_malformed", "request.malformed")


def test_a_login_is_one_persons(system: Member) -> None:
    made_by(system, "g1001")
    assert system.refused("POST", "/v1/accounts", json={"login": "g1001"}) == "account.login_taken"


@pytest.mark.parametrize("one", sorted(ADMINS))
@pytest.mark.parametrize("other", sorted(Role))
def test_nobody_holds_an_administrators_role_and_another(one: Role, other: Role) -> None:
    if one is not other:
        with pytest.raises(RolesConflict):
            check_together({one, other})


@pytest.mark.parametrize("writer", sorted(WRITERS))
def test_an_auditor_holds_no_role_that_writes(writer: Role) -> None:
    with pytest.raises(RolesConflict):
        check_together({Role.AUDITOR, writer})


def test_auditors_have_no_permission_to_write() -> None:
    for role in (Role.AUDITOR, Role.AUDIT_ADMIN):
        assert not any(permission.writes for permission in PERMISSIONS[role])
    assert {p for ps in PERMISSIONS.values() for p in ps} == set(Permission)


def test_two_administrators_in_one_are_refused_by_the_interface_and_by_the_table(
    security: Member, hospital: Hospital
) -> None:
    admin = invited(hospital, "g1001", Role.SYSTEM_ADMIN)
    assert give(security, admin, Role.AUDIT_ADMIN).json()["code"] == "role.conflict"
    with pytest.raises(IntegrityError), hospital.database.owner.begin() as conn:
        conn.execute(
            text("INSERT INTO account_roles VALUES (:account, 'audit_admin', now(), NULL)"),
            {"account": admin.account},
        )


def test_staff_read_a_receipt_of_their_institution(hospital: Hospital) -> None:
    answer = hospital.terminal().decide(faceless(invent(1)))
    reader = member(hospital, "g1001", Role.COUNTER)
    found = reader.ask("GET", f"/v1/receipts/{answer.receipt_id}")
    assert (found.status_code, found.text) == (200, answer.receipt)
    clerk = member(hospital, "g1002", Role.SCHEDULER)
    assert clerk.refused("GET", f"/v1/receipts/{answer.receipt_id}") == "account.forbidden"


def test_a_terminal_revoked_by_staff_is_refused_at_its_next_request(
    system: Member, hospital: Hospital
) -> None:
    terminal = hospital.terminal()
    assert terminal.ask().status_code == 200
    path = f"/v1/terminals/{terminal.id}/state"
    assert system.ask("POST", path, json={"state": "revoked"}).status_code == 204
    assert terminal.ask().json()["code"] == "terminal.suspended"
    assert system.refused("POST", path, json={"state": "active"}) == "terminal.for_good"
    (line,) = system.ask("GET", "/v1/terminals").json()["terminals"]
    assert (line["id"], line["state"]) == (terminal.id, State.REVOKED)
    with hospital.database.app.connect() as conn:
        said = conn.scalar(text("SELECT body->>'by' FROM ledger WHERE kind = 'terminal.revoked'"))
    assert said == system.account


def test_an_auditor_reads_what_was_done_page_by_page(system: Member, hospital: Hospital) -> None:
    made_by(system, "g1001")
    reader = member(hospital, "g0003", Role.AUDIT_ADMIN)
    first = reader.ask("GET", "/v1/ledger/entries?limit=2").json()
    rest = reader.ask("GET", f"/v1/ledger/entries?after={first['next']}").json()
    seqs = [entry["seq"] for entry in first["entries"] + rest["entries"]]
    assert seqs == sorted(set(seqs))
    assert rest["next"] is None
    (made,) = [
        entry["body"]
        for entry in reader.ask("GET", "/v1/ledger/entries?kind=account.created").json()["entries"]
        if entry["body"]["by"] != "operator"
    ]
    assert made["by"] == system.account
    assert "g1001" not in str(first) + str(rest), "no work number, ids"
    assert system.refused("GET", "/v1/ledger/entries") == "account.forbidden"


def staff_routes() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, verbs in openapi(bare_app())["paths"].items():
        for verb, operation in verbs.items():
            if Access(operation["x-access"]) in (Access.STAFF, Access.READER):
                yield verb.upper(), path, operation


BODIES: dict[str, dict[str, Any]] = {
    "/v1/accounts": {"login": "g9999"},
    "/v1/accounts/{account_id}/state": {"state": "suspended"},
    "/v1/terminals/{terminal_id}/state": {"state": "suspended"},
    "/v1/practice/windows/{window_id}/review": {"approve": True},
    "/v1/practice/windows/{window_id}/correction": {"ends_at": "2026-01-01T00:00:00Z"},
}


def filled(path: str, account: str = "", terminal: str = "") -> str:
    known = {
        "{account_id}": account or new_id(),
        "{terminal_id}": terminal or new_id(),
        "{desk_id}": terminal or new_id(),
        "{receipt_id}": new_id(),
        "{window_id}": new_id(),
        "{role}": "counter",
        "{first}": "1",
        "{second}": "2",
        "{leaf}": "A" * 43,
    }
    for name, value in known.items():
        path = path.replace(name, value)
    return path


def test_every_route_is_open_to_the_roles_that_it_names_and_to_no_other(
    hospital: Hospital,
) -> None:
    tried = 0
    for number, role in enumerate(Role):
        someone = member(hospital, f"g20{number:02d}", role)
        for verb, path, operation in staff_routes():
            if "x-permission" not in operation:
                continue
            answer = someone.ask(verb, filled(path), json=BODIES.get(path))
            refused = answer.status_code == 403 and answer.json()["code"] == "account.forbidden"
            assert refused == (role not in operation["x-roles"]), (role, verb, path, answer.text)
            tried += 1
    assert tried >= len(Role) * 12


def test_every_route_of_another_institution_is_closed_to_every_role(hospital: Hospital) -> None:
    terminal = hospital.terminal()
    account = invited(hospital, "g1001").account
    with hospital.database.app.begin() as conn:
        institutions.ensure(conn, OTHER, "另一家", demo=True)
    with open_hospital(
        hospital.database, hospital.keyring, hospital.gallery, institution=OTHER
    ) as other:
        for number, role in enumerate(Role):
            at_home = member(other, f"g20{number:02d}", role)
            abroad = Member(hospital, at_home.login, "", at_home.account)
            abroad.token = at_home.token
            for verb, path, operation in staff_routes():
                body = BODIES.get(path)
                away = abroad.ask(verb, filled(path, account, terminal.id), json=body)
                assert away.json()["code"] == "account.session_ended", (role, verb, path)
                if role in operation.get("x-roles", ()) and "_id}" in path:
                    through = at_home.ask(verb, filled(path, account, terminal.id), json=body)
                    assert through.status_code == 404, (role, verb, path, through.text)
        system = member(other, "g3000", Role.SYSTEM_ADMIN)
        assert system.ask("GET", "/v1/terminals").json() == {"terminals": []}
        logins = {line["login"] for line in system.ask("GET", "/v1/accounts").json()["accounts"]}
        assert "g1001" not in logins
    with hospital.database.app.connect() as conn:
        state = conn.scalar(text("SELECT state FROM accounts WHERE id = :id"), {"id": account})
    assert state == "invited", INSTITUTION
