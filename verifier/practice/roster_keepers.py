"""Who keeps which department's roster: medical affairs all, a scheduler those that were given.

An auditor looks at all and changes none. Every other role has no permission of rosters at all
(`verifier.trust.accounts.roles`).
"""

from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from verifier import ledger
from verifier.store.account_tables import Account
from verifier.store.practice_tables import SchedulerDepartment
from verifier.trust.accounts.roles import Role
from verifier.trust.accounts.sessions import SignedIn

from .roster_errors import refuse
from .roster_people import Department, department, departments

EVERYWHERE = frozenset({Role.MEDICAL_AFFAIRS, Role.AUDITOR})
"""Roles whose permissions of rosters are of every department."""


def kept(conn: Connection, institution: str, staff: SignedIn) -> tuple[Department, ...]:
    """The departments whose rosters somebody signed in may open, by code."""
    every = departments(conn, institution)
    if staff.roles & EVERYWHERE:
        return every
    own = given_to(conn, institution, staff.account)
    return tuple(one for one in every if one.code in own)


def check(conn: Connection, institution: str, staff: SignedIn, code: str) -> Department:
    """The department, for who may open its roster.

    Raises `RosterRefused`: `roster.department_unknown`, `roster.department_not_yours`.
    """
    found = department(conn, institution, code)
    if found not in kept(conn, institution, staff):
        raise refuse("roster.department_not_yours", code)
    return found


def given_to(conn: Connection, institution: str, account: str) -> frozenset[str]:
    """Codes of the departments that were given to an account."""
    rows = conn.scalars(
        select(SchedulerDepartment.department).where(
            SchedulerDepartment.account == account,
            SchedulerDepartment.institution == institution,
        )
    )
    return frozenset(rows)


def listed(conn: Connection, institution: str) -> list[tuple[str, str]]:
    """Work number and department of every giving, in that order."""
    rows = conn.execute(
        select(Account.login, SchedulerDepartment.department)
        .join(Account, Account.id == SchedulerDepartment.account)
        .where(SchedulerDepartment.institution == institution)
        .order_by(Account.login, SchedulerDepartment.department)
    )
    return [(row.login, row.department) for row in rows]


def give(
    conn: Connection, institution: str, account: str, code: str, at: datetime, by: str
) -> None:
    """Give a department to a scheduler's account; harmless the second time.

    Raises `RosterRefused` with `roster.department_unknown`.
    """
    department(conn, institution, code)
    values = {
        "account": account, "department": code, "institution": institution, "given_at": at,
        "given_by": by,
    }  # fmt: skip
    statement = insert(SchedulerDepartment).values(values).on_conflict_do_nothing()
    if conn.scalar(statement.returning(SchedulerDepartment.account)) is not None:
        _note(conn, institution, "roster.keeper_given", account, code, by)


def take(conn: Connection, institution: str, account: str, code: str, by: str) -> None:
    """Take a department away, from the next request on."""
    gone = conn.execute(
        delete(SchedulerDepartment).where(
            SchedulerDepartment.account == account,
            SchedulerDepartment.department == code,
            SchedulerDepartment.institution == institution,
        )
    )
    if gone.rowcount:
        _note(conn, institution, "roster.keeper_taken", account, code, by)


def _note(conn: Connection, institution: str, kind: str, account: str, code: str, by: str) -> None:
    ledger.append(conn, institution, kind, {"account": account, "department": code, "by": by})
