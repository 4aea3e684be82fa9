"""The registry: practitioners, their registrations with dates, their payment qualification.

A registration is never removed: what was true on a day stays true of that day. Name and face are a
person's (`verifier.identity`); here stand codes and dates.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or_not

from codes.errors import InvalidCode
from codes.nhsa import NhsaKind, parse
from verifier import ledger
from verifier.protocol.values import new_id
from verifier.store.account_tables import Account
from verifier.store.practice_tables import (
    PracticeRegistration,
    Practitioner,
    Qualification,
)

from . import changes

HOSPITAL = ZoneInfo("Asia/Shanghai")

Right = Literal["independent", "supervised", "granted", "none"]
Payment = Literal["normal", "suspended", "ended"]

BASES = {
    "registered": "执业注册",
    "alliance": "医联体",
    "consultation": "会诊",
    "pairing": "对口支援",
    "internet": "互联网诊疗",
    "training": "进修",
    "emergency": "紧急医学救援",
}
"""On what a right to practise rests; all but the first are lawful exceptions with a document."""

PROFESSIONS = {
    NhsaKind.PHYSICIAN: "physician",
    NhsaKind.NURSE: "nurse",
    NhsaKind.PHARMACIST: "pharmacist",
    NhsaKind.TECHNICIAN: "technician",
}


class RegistryRefused(Exception):
    """Codes: `practice.code_malformed`, `practice.code_taken`, `practice.login_taken`,
    `practice.unknown`, `practice.registration_malformed`, `practice.account_unknown`,
    `practice.account_taken`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Registration:
    """A right to practise, from day to day, both included."""

    right: Right
    from_day: date
    to_day: date | None = None
    site: str | None = None
    basis: str = "registered"
    document: str = ""
    supervisor: str | None = None
    """The supervisor's person id, for `supervised`."""

    def check(self) -> None:
        """Raises `RegistryRefused` with `practice.registration_malformed`."""
        wrong = None
        if self.basis not in BASES:
            wrong = f"the basis is one of {', '.join(BASES)}"
        elif self.to_day is not None and self.to_day < self.from_day:
            wrong = "the last day lies before the first"
        elif self.basis != "registered" and not self.document:
            wrong = "an exception names its document"
        elif (self.right == "supervised") != (self.supervisor is not None):
            wrong = "a supervised right names who supervises, and no other does"
        elif self.right == "granted" and self.to_day is None:
            wrong = "a granted right has a last day"
        if wrong:
            raise RegistryRefused("practice.registration_malformed", wrong)


@dataclass(frozen=True)
class Known:
    """A practitioner."""

    person: str
    code: str
    profession: str
    department: str


def add(
    conn: Connection,
    institution: str,
    person: str,
    code: str,
    department: str,
    at: datetime,
    login: str | None = None,
) -> None:
    """Record a practitioner, or change the department. Raises `RegistryRefused`."""
    try:
        profession = PROFESSIONS[parse(code).kind]
    except (InvalidCode, KeyError):
        raise RegistryRefused(
            "practice.code_malformed",
            "a physician's code begins with D, a nurse's with N, HY a pharmacist's, HJ a "
            "technician's, as the insurance platform gives it",
        ) from None
    holder = find(conn, institution, code)
    if holder is not None and holder.person != person:
        raise RegistryRefused("practice.code_taken", f"{code} is somebody else's")
    named = of_login(conn, institution, login) if login else None
    if named is not None and named.person != person:
        raise RegistryRefused("practice.login_taken", f"{login} is somebody else's")
    values = {"code": code, "profession": profession, "department": department, "login": login}
    statement = insert_or_not(Practitioner).values(
        person=person, institution=institution, created_at=at, **values
    )
    conn.execute(statement.on_conflict_do_update(index_elements=["person"], set_=values))
    ledger.append(conn, institution, "practitioner.recorded", {"person": person, "code": code})


def find(conn: Connection, institution: str, code: str) -> Known | None:
    """Who has this code here, or None."""
    return _known(conn, Practitioner.institution == institution, Practitioner.code == code)


def of_person(conn: Connection, institution: str, person: str) -> Known | None:
    """The practitioner that this person is here, or None."""
    return _known(conn, Practitioner.institution == institution, Practitioner.person == person)


def of_login(conn: Connection, institution: str, login: str) -> Known | None:
    """The practitioner with this work number, or None."""
    return _known(conn, Practitioner.institution == institution, Practitioner.login == login)


def own(conn: Connection, institution: str, account: str, login: str) -> frozenset[str]:
    """Who this account is: by the link that a registrar made, and by the work number.

    Both, since an account may have been given another login, or a second one made.
    """
    same = (Practitioner.account == account) | (Practitioner.login == login)
    mine = select(Practitioner.person).where(Practitioner.institution == institution, same)
    return frozenset(conn.scalars(mine))


def account_of(conn: Connection, institution: str, person: str) -> str | None:
    """The login of the account that is linked to the practitioner, or None."""
    mine = (Practitioner.institution == institution, Practitioner.person == person)
    linked = select(Account.login).join(Practitioner, Practitioner.account == Account.id)
    found: str | None = conn.scalar(linked.where(*mine))
    return found


def link(conn: Connection, institution: str, person: str, login: str | None, by: str) -> None:
    """Say which account is the practitioner's own, or that none is; `by` is an account.

    Raises `RegistryRefused`: `practice.account_unknown`, `practice.account_taken`,
    `practice.unknown`.
    """
    account = None
    if login is not None:
        here = (Account.institution == institution, Account.login == login)
        account = conn.scalar(select(Account.id).where(*here))
        if account is None:
            raise RegistryRefused("practice.account_unknown", "no account has this login")
        holder = conn.scalar(select(Practitioner.person).where(Practitioner.account == account))
        if holder not in (None, person):
            raise RegistryRefused("practice.account_taken", "it is another practitioner's")
    mine = (Practitioner.institution == institution, Practitioner.person == person)
    if conn.execute(update(Practitioner).where(*mine).values(account=account)).rowcount == 0:
        raise RegistryRefused("practice.unknown", "nobody such practises here")
    facts = {"person": person, "account": account, "by": by}
    ledger.append(conn, institution, "practitioner.account_linked", facts)


def login_of(conn: Connection, institution: str, person: str) -> str | None:
    """The practitioner's work number, or None."""
    mine = (Practitioner.institution == institution, Practitioner.person == person)
    found: str | None = conn.scalar(select(Practitioner.login).where(*mine))
    return found


def matching(conn: Connection, institution: str, said: str, most: int) -> list[Known]:
    """Practitioners whose code or work number has this in it, by code."""
    columns = (Practitioner.person, Practitioner.code, Practitioner.profession)
    part = Practitioner.code.icontains(said, autoescape=True)
    named = Practitioner.login.icontains(said, autoescape=True)
    rows = conn.execute(
        select(*columns, Practitioner.department)
        .where(Practitioner.institution == institution, part | named)
        .order_by(Practitioner.code)
        .limit(most)
    )
    return [Known(*row) for row in rows]


def register(
    conn: Connection,
    institution: str,
    person: str,
    said: Registration,
    at: datetime,
    by: str | None = None,
) -> str:
    """Record a registration; its id. Raises `RegistryRefused`."""
    said.check()
    if of_person(conn, institution, person) is None:
        raise RegistryRefused("practice.unknown", "nobody such practises here")
    registration = new_id()
    conn.execute(
        insert(PracticeRegistration).values(
            id=registration,
            institution=institution,
            practitioner=person,
            site=said.site,
            basis=said.basis,
            practice_right=said.right,
            supervisor=said.supervisor,
            document=said.document,
            from_day=said.from_day,
            to_day=said.to_day,
            recorded_at=at,
            ended_at=None,
        )
    )
    changes.note(conn, institution, person, "registration.recorded", at)
    facts = {"person": person, "registration": registration, "form": said.right, "by": by}
    ledger.append(conn, institution, "practice.registered", facts)
    return registration


def end(conn: Connection, institution: str, registration: str, at: datetime, by: str) -> None:
    """End a registration before its last day. Raises `RegistryRefused` with `practice.unknown`."""
    mine = (PracticeRegistration.id == registration, PracticeRegistration.ended_at.is_(None))
    person = conn.scalar(
        update(PracticeRegistration)
        .where(*mine, PracticeRegistration.institution == institution)
        .values(ended_at=at)
        .returning(PracticeRegistration.practitioner)
    )
    if person is None:
        raise RegistryRefused("practice.unknown", "no such registration is in force")
    changes.note(conn, institution, person, "registration.ended", at)
    facts = {"person": person, "registration": registration, "by": by}
    ledger.append(conn, institution, "practice.registration_ended", facts)


def qualify(
    conn: Connection,
    institution: str,
    person: str,
    state: Payment,
    since: datetime,
    source: str,
    at: datetime,
) -> None:
    """Record the payment qualification (医保支付资格) from a moment on, with where it is from."""
    conn.execute(
        insert(Qualification).values(
            id=new_id(),
            institution=institution,
            practitioner=person,
            state=state,
            since=since,
            source=source,
            recorded_at=at,
        )
    )
    changes.note(conn, institution, person, f"qualification.{state}", at)
    facts = {"person": person, "state": state, "source": source}
    ledger.append(conn, institution, "practice.qualification", facts)


_RIGHT = text("""
SELECT practice_right, supervisor FROM practice_registrations
WHERE practitioner = :person AND from_day <= :day AND (to_day IS NULL OR to_day >= :day)
  AND (ended_at IS NULL OR ended_at > :at)
  AND (CAST(:site AS text) IS NULL OR site IS NULL OR site = :site)
ORDER BY array_position(ARRAY['independent','granted','supervised','none'], practice_right), id
LIMIT 1
""")


@dataclass(frozen=True)
class InForce:
    """The strongest right of a moment."""

    right: Right
    supervisor: str | None


def right_at(conn: Connection, person: str, site: str | None, at: datetime) -> InForce | None:
    """The right at a moment, at a site or at any; None where no registration covers the day."""
    day = at.astimezone(HOSPITAL).date()
    bound = {"person": person, "day": day, "site": site, "at": at}
    row = conn.execute(_RIGHT, bound).one_or_none()
    return None if row is None else InForce(row[0], row[1])


def count(conn: Connection, institution: str) -> int:
    """How many practitioners there are."""
    mine = select(func.count()).where(Practitioner.institution == institution)
    return int(conn.scalar(mine.select_from(Practitioner)) or 0)


def _known(conn: Connection, *where: Any) -> Known | None:
    columns = (Practitioner.person, Practitioner.code, Practitioner.profession)
    row = conn.execute(select(*columns, Practitioner.department).where(*where)).one_or_none()
    return None if row is None else Known(*row)
