"""Whose roster an account may open."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from verifier.practice import roster_keepers as keepers
from verifier.protocol.values import now
from verifier.shifts import RosterRefused
from verifier.store.schema import LedgerEntry
from verifier.trust.accounts import accounts
from verifier.trust.accounts.roles import PERMISSIONS, Permission, Role, permissions_of
from verifier.trust.accounts.sessions import SignedIn
from verifier.trust.keys import KeyRing

from .hospital import EMERGENCY, LUNG, Hospital


def signed_in(conn: Connection, keyring: KeyRing, hospital: Hospital, role: Role) -> SignedIn:
    login = f"g{role.value[:8]}"
    made = accounts.create(conn, keyring, hospital.code, login, now())
    roles = frozenset({role})
    until = now() + timedelta(minutes=5)
    return SignedIn(
        made.account, hospital.code, login, roles, permissions_of(roles), until, must_change=False
    )


def test_a_scheduler_opens_what_was_given_and_nothing_else(
    conn: Connection, keyring: KeyRing, hospital: Hospital
) -> None:
    staff = signed_in(conn, keyring, hospital, Role.SCHEDULER)
    assert keepers.kept(conn, hospital.code, staff) == ()
    for _ in range(2):
        keepers.give(conn, hospital.code, staff.account, LUNG, now(), "operator")
    assert [one.code for one in keepers.kept(conn, hospital.code, staff)] == [LUNG]
    assert keepers.check(conn, hospital.code, staff, LUNG).shown.department == "呼吸内科"
    with pytest.raises(RosterRefused, match="department_not_yours"):
        keepers.check(conn, hospital.code, staff, EMERGENCY)
    assert keepers.listed(conn, hospital.code) == [(staff.login, LUNG)]
    keepers.take(conn, hospital.code, staff.account, LUNG, "operator")
    keepers.take(conn, hospital.code, staff.account, LUNG, "operator")
    assert keepers.kept(conn, hospital.code, staff) == ()
    entries = select(LedgerEntry.kind).where(LedgerEntry.kind.like("roster.%"))
    kinds = conn.scalars(entries.order_by(LedgerEntry.seq)).all()
    assert kinds == ["roster.keeper_given", "roster.keeper_taken"]


@pytest.mark.parametrize("role", [Role.MEDICAL_AFFAIRS, Role.AUDITOR])
def test_medical_affairs_and_auditors_open_every_department(
    conn: Connection, keyring: KeyRing, hospital: Hospital, role: Role
) -> None:
    staff = signed_in(conn, keyring, hospital, role)
    assert [one.code for one in keepers.kept(conn, hospital.code, staff)] == [EMERGENCY, LUNG]


def test_who_may_change_a_roster() -> None:
    editors = {role for role in Role if Permission.ROSTER_EDIT in PERMISSIONS[role]}
    readers = {role for role in Role if Permission.ROSTER_READ in PERMISSIONS[role]}
    assert editors == {Role.SCHEDULER, Role.MEDICAL_AFFAIRS}
    assert readers == editors | {Role.AUDITOR}


def test_a_department_that_is_not_there_is_given_to_nobody(
    conn: Connection, keyring: KeyRing, hospital: Hospital
) -> None:
    staff = signed_in(conn, keyring, hospital, Role.SCHEDULER)
    with pytest.raises(RosterRefused, match="department_unknown"):
        keepers.give(conn, hospital.code, staff.account, "x", now(), "operator")
