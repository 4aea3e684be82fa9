"""Accounts: made by one administrator, given rights by another, taken up by the person alone.

Who makes an account gets a one-time code for the person and no rights over what the account may do;
who gives rights gets no code. So to act under another's name takes two administrators, or the
operator on the server itself, and each step is a ledger entry.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from pydantic import BaseModel
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from verifier import ledger
from verifier.protocol.registration import code_of, normalised
from verifier.protocol.values import b64url, new_id
from verifier.store.account_tables import Account, AccountCode, AccountRole, Session
from verifier.trust.keys import KeyRing

from .roles import Role, check_together

CODE_LIFE = timedelta(hours=24)
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{2,31}")
STATES = ("active", "suspended", "closed")
OPERATOR = "operator"
"""In ledger entries: somebody with the server itself, not with an account."""


class AccountRefused(Exception):
    """An account cannot be so.

    Codes: `account.unknown`, `account.login_malformed`, `account.login_taken`, `account.oneself`,
    `account.for_good`, `account.not_taken_up`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Made:
    """An account and the code with which its person takes it up. The code is kept nowhere."""

    account: str
    code: str
    expires_at: datetime


class Listed(BaseModel):
    """An account as administrators see it."""

    id: str
    login: str
    state: str
    roles: list[Role]
    locked_until: datetime | None
    created_at: datetime


def create(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    login: str,
    at: datetime,
    by: str | None = None,
) -> Made:
    """An account without any rights, and its code. `by` is an account; None the operator.

    Raises `AccountRefused`: `account.login_malformed`, `account.login_taken`.
    """
    if not LOGIN.fullmatch(login):
        raise AccountRefused(
            "account.login_malformed",
            "a login is a work number: 3 to 32 of a-z, 0-9, dot, hyphen and underscore",
        )
    account = new_id()
    values = {"id": account, "institution": institution, "login": login, "created_at": at}
    try:
        with conn.begin_nested():
            conn.execute(insert(Account).values(state="invited", **values))
    except IntegrityError as error:
        raise AccountRefused("account.login_taken", f"{login} is taken") from error
    _note(conn, institution, "account.created", account, by)
    return _coded(conn, keyring, institution, account, at)


def renew(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    account: str,
    at: datetime,
    by: str | None = None,
) -> Made:
    """A new code for who lost the password or the telephone; what was before counts no more.

    The roles go as well, unless the operator does it: else whoever keeps accounts could take over
    one that may do more. Raises `AccountRefused`.
    """
    row = _locked(conn, institution, account, by)
    if row.state == "closed":
        raise _closed(row)
    if by is not None:
        conn.execute(delete(AccountRole).where(AccountRole.account == account))
    _set(
        conn,
        account,
        state="invited",
        password=None,
        password_at=None,
        totp_sealed=None,
        totp_step=None,
        failures=0,
        locked_until=None,
    )
    _shut_out(conn, account)
    _note(conn, institution, "account.renewed", account, by)
    return _coded(conn, keyring, institution, account, at)


def change_state(conn: Connection, institution: str, account: str, state: str, by: str) -> None:
    """Suspend, close (for good) or open again; who is signed in is signed out at once.

    Raises `AccountRefused`.
    """
    row = _locked(conn, institution, account, by)
    if row.state == state:
        return
    if row.state == "closed":
        raise _closed(row)
    if row.state == "invited" and state == "active":
        raise AccountRefused("account.not_taken_up", f"{row.login} was not taken up yet")
    _set(conn, account, state=state, failures=0, locked_until=None)
    _shut_out(conn, account)
    _note(conn, institution, f"account.{state}", account, by)


def grant(
    conn: Connection,
    institution: str,
    account: str,
    role: Role,
    at: datetime,
    by: str | None = None,
) -> None:
    """Give a role; harmless the second time. Raises `AccountRefused`, `RolesConflict`."""
    row = _locked(conn, institution, account, by)
    if row.state == "closed":
        raise _closed(row)
    held = roles_of(conn, account)
    if role in held:
        return
    check_together(held | {role})
    values = {"account": account, "role": role.value, "granted_at": at, "granted_by": by}
    conn.execute(insert(AccountRole).values(values))
    _note(conn, institution, "role.granted", account, by, role=role.value)


def take_away(conn: Connection, institution: str, account: str, role: Role, by: str) -> None:
    """Take a role away, from the next request on. Raises `AccountRefused`."""
    _locked(conn, institution, account, by)
    gone = conn.execute(
        delete(AccountRole).where(AccountRole.account == account, AccountRole.role == role.value)
    )
    if gone.rowcount:
        _note(conn, institution, "role.taken_away", account, by, role=role.value)


def roles_of(conn: Connection, account: str) -> frozenset[Role]:
    """What the account holds now."""
    held = conn.scalars(select(AccountRole.role).where(AccountRole.account == account))
    return frozenset(Role(role) for role in held)


def listed(conn: Connection, institution: str) -> list[Listed]:
    """The institution's accounts, by login."""
    rows = conn.execute(
        select(Account.__table__).where(Account.institution == institution).order_by(Account.login)
    ).mappings()
    return [
        Listed(**{"roles": sorted(roles_of(conn, row["id"])), **_shown(dict(row))}) for row in rows
    ]


def named(conn: Connection, institution: str, login: str) -> str:
    """The id of the account with this login. Raises `AccountRefused`."""
    found = conn.scalar(
        select(Account.id).where(Account.institution == institution, Account.login == login)
    )
    return found or _unknown(login)


def code_key(keyring: KeyRing, institution: str, code: str) -> str:
    """As which a code is kept."""
    key = keyring.derive("account-code", institution)
    return b64url(hmac.digest(key, normalised(code).encode(), "sha256"))


def _coded(
    conn: Connection, keyring: KeyRing, institution: str, account: str, at: datetime
) -> Made:
    conn.execute(delete(AccountCode).where(AccountCode.account == account))
    made = Made(account, code_of(secrets.randbits(80)), at + CODE_LIFE)
    values = {
        "code_key": code_key(keyring, institution, made.code),
        "institution": institution,
        "account": account,
        "expires_at": made.expires_at,
    }
    conn.execute(insert(AccountCode).values(values))
    return made


def _locked(conn: Connection, institution: str, account: str, by: str | None) -> Account:
    """The row, held until the transaction ends. Nobody changes an own account."""
    if account == by:
        raise AccountRefused("account.oneself", "nobody changes the own account")
    row = conn.execute(
        select(Account.__table__)
        .where(Account.id == account, Account.institution == institution)
        .with_for_update()
    ).one_or_none()
    return row or _unknown(account)  # type: ignore[return-value]  # a row has the same fields


def _set(conn: Connection, account: str, **values: object) -> None:
    conn.execute(update(Account).where(Account.id == account).values(**values))


def _shut_out(conn: Connection, account: str) -> None:
    conn.execute(delete(Session).where(Session.account == account))
    conn.execute(delete(AccountCode).where(AccountCode.account == account))


def _note(
    conn: Connection, institution: str, kind: str, account: str, by: str | None, **more: str
) -> None:
    ledger.append(conn, institution, kind, {"account": account, "by": by or OPERATOR, **more})


def _shown(row: dict[str, object]) -> dict[str, object]:
    return {name: row[name] for name in Listed.model_fields if name in row}


def _closed(row: Account) -> AccountRefused:
    return AccountRefused("account.for_good", f"{row.login} is closed")


def _unknown(account: str) -> NoReturn:
    raise AccountRefused("account.unknown", f"there is no account {account}")
