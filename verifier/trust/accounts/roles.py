"""Roles of staff and what each may do: one table, from which routes and documents follow.

GB/T 22239-2019 asks for three administrators apart from each other: one keeps the system, one gives
rights, one reads what both did. So nobody holds two of these, and whoever holds one holds nothing
else. An auditor reads and never writes, so an auditor holds no role that writes.
"""

from collections.abc import Iterable, Set
from enum import StrEnum


class Permission(StrEnum):
    """One thing that somebody may do, as `subject:act`."""

    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_MANAGE = "accounts:manage"
    ROLES_GRANT = "roles:grant"
    TERMINALS_READ = "terminals:read"
    TERMINALS_MANAGE = "terminals:manage"
    LEDGER_READ = "ledger:read"
    RECEIPTS_READ = "receipts:read"
    READINGS_TAKE = "readings:take"
    COUNTER_WORK = "counter:work"
    COUNTER_SECOND = "counter:second"
    PEOPLE_EXPORT = "people:export"
    PEOPLE_ERASE = "people:erase"
    PEOPLE_ENROL = "people:enrol"
    PEOPLE_MERGE = "people:merge"
    DUPLICATES_READ = "duplicates:read"
    PRACTICE_READ = "practice:read"
    PRACTICE_REVIEW = "practice:review"
    PRACTICE_REGISTER = "practice:register"
    PHONES_ENROL = "phones:enrol"
    ROSTER_READ = "roster:read"
    ROSTER_EDIT = "roster:edit"
    SITES_READ = "sites:read"
    SITES_DRAW = "sites:draw"
    ALARMS_READ = "alarms:read"
    ALARMS_HANDLE = "alarms:handle"
    EXPECTED_READ = "expected:read"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_MANAGE = "webhooks:manage"
    WATCH_READ = "watch:read"
    WATCH_MANAGE = "watch:manage"
    RATINGS_READ = "ratings:read"
    RATINGS_HANDLE = "ratings:handle"
    CALIBRATION_READ = "calibration:read"
    CALIBRATION_MEASURE = "calibration:measure"
    TRAINING_MANAGE = "training:manage"
    FIGURES_READ = "figures:read"
    PRESENCE_LOOK = "presence:look"
    PRESENCE_READ = "presence:read"
    PRESENCE_EXPLAIN = "presence:explain"
    PRESENCE_WARDS = "presence:wards"

    @property
    def writes(self) -> bool:
        """Whether something is another thing afterwards."""
        return not self.endswith(":read")


class Role(StrEnum):
    """The roles that there are, with their Chinese names."""

    ENROLMENT_CLERK = "enrolment_clerk"
    """建档员"""
    COUNTER = "counter"
    """人工窗口"""
    SCHEDULER = "scheduler"
    """科室排班员"""
    WARD_NURSE = "ward_nurse"
    """病区护士"""
    MEDICAL_AFFAIRS = "medical_affairs"
    """医务科"""
    INSURANCE_OFFICE = "insurance_office"
    """医保办"""
    AUDITOR = "auditor"
    """审计员"""
    HOSPITAL_ADMIN = "hospital_admin"
    """医院管理员"""
    SYSTEM_ADMIN = "system_admin"
    """系统管理员"""
    SECURITY_ADMIN = "security_admin"
    """安全管理员"""
    AUDIT_ADMIN = "audit_admin"
    """审计管理员"""


ADMINS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})

_P = Permission
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    # Of a room that is still to be built a role has nothing here yet.
    Role.ENROLMENT_CLERK: frozenset(
        {_P.READINGS_TAKE, _P.PEOPLE_ENROL, _P.PEOPLE_MERGE, _P.EXPECTED_READ}
    ),
    Role.COUNTER: frozenset(
        {
            _P.RECEIPTS_READ,
            _P.READINGS_TAKE,
            _P.COUNTER_WORK,
            _P.COUNTER_SECOND,
            _P.EXPECTED_READ,
        }
    ),
    # Of the departments that the account keeps; medical affairs of all.
    Role.SCHEDULER: frozenset({_P.ROSTER_READ, _P.ROSTER_EDIT}),
    Role.WARD_NURSE: frozenset({_P.PRESENCE_LOOK}),
    Role.MEDICAL_AFFAIRS: frozenset(
        {
            _P.PRACTICE_READ,
            _P.PRACTICE_REVIEW,
            _P.PRACTICE_REGISTER,
            _P.PHONES_ENROL,
            _P.ROSTER_READ,
            _P.ROSTER_EDIT,
            _P.SITES_READ,
            _P.SITES_DRAW,
            _P.ALARMS_READ,
            _P.ALARMS_HANDLE,
            _P.RATINGS_READ,
            _P.RATINGS_HANDLE,
        }
    ),
    # A second person for a merge and at the counter, beside the desk.
    Role.INSURANCE_OFFICE: frozenset(
        {
            _P.RECEIPTS_READ,
            _P.PRACTICE_READ,
            _P.SITES_READ,
            _P.EXPECTED_READ,
            _P.DUPLICATES_READ,
            _P.PEOPLE_MERGE,
            _P.COUNTER_SECOND,
            _P.WATCH_READ,
            _P.WATCH_MANAGE,
            _P.RATINGS_READ,
            _P.RATINGS_HANDLE,
            _P.CALIBRATION_READ,
            _P.CALIBRATION_MEASURE,
            _P.FIGURES_READ,
            _P.PRESENCE_READ,
            _P.PRESENCE_EXPLAIN,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            _P.RECEIPTS_READ,
            _P.LEDGER_READ,
            _P.TERMINALS_READ,
            _P.DUPLICATES_READ,
            _P.PRACTICE_READ,
            _P.ROSTER_READ,
            _P.SITES_READ,
            _P.ALARMS_READ,
            _P.EXPECTED_READ,
            _P.WEBHOOKS_READ,
            _P.WATCH_READ,
            _P.RATINGS_READ,
            _P.CALIBRATION_READ,
            _P.FIGURES_READ,
            _P.PRESENCE_READ,
        }
    ),
    Role.HOSPITAL_ADMIN: frozenset(
        {
            _P.RECEIPTS_READ,
            _P.TERMINALS_READ,
            _P.TERMINALS_MANAGE,
            _P.PEOPLE_EXPORT,
            _P.PEOPLE_ERASE,
            _P.SITES_READ,
            _P.SITES_DRAW,
            _P.ALARMS_READ,
            _P.ALARMS_HANDLE,
            _P.EXPECTED_READ,
            _P.WEBHOOKS_READ,
            _P.RATINGS_READ,
            _P.RATINGS_HANDLE,
            _P.CALIBRATION_READ,
            _P.CALIBRATION_MEASURE,
            _P.TRAINING_MANAGE,
            _P.FIGURES_READ,
            _P.PRESENCE_READ,
            _P.PRESENCE_WARDS,
        }
    ),
    Role.SYSTEM_ADMIN: frozenset(
        {
            _P.ACCOUNTS_READ,
            _P.ACCOUNTS_MANAGE,
            _P.TERMINALS_READ,
            _P.TERMINALS_MANAGE,
            _P.ALARMS_READ,
            _P.ALARMS_HANDLE,
            _P.WEBHOOKS_READ,
            _P.WEBHOOKS_MANAGE,
        }
    ),
    Role.SECURITY_ADMIN: frozenset({_P.ACCOUNTS_READ, _P.ROLES_GRANT}),
    Role.AUDIT_ADMIN: frozenset({_P.ACCOUNTS_READ, _P.LEDGER_READ}),
}

WRITERS = frozenset(Role) - {Role.AUDITOR, Role.AUDIT_ADMIN}


class RolesConflict(Exception):
    """Two roles that nobody may hold together. `str()` names them."""

    code = "role.conflict"


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """What these roles may do together."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


def roles_with(permission: Permission) -> list[Role]:
    """Which roles may do it, in the order of `Role`."""
    return [role for role in Role if permission in PERMISSIONS[role]]


def check_together(roles: Set[Role]) -> None:
    """Raises `RolesConflict` where one person may not hold all of these."""
    if roles & ADMINS and len(roles) > 1:
        raise RolesConflict("an administrator of the system holds no other role: " + _named(roles))
    if Role.AUDITOR in roles and roles & WRITERS:
        raise RolesConflict("an auditor holds no role that writes: " + _named(roles))


def _named(roles: Set[Role]) -> str:
    return ", ".join(sorted(roles))
