"""Signing in with a password and a second factor, and staying signed in.

An attempt is counted and committed before its password is looked at, so that many at once cannot
try more than one after another could. Which of login, password and code was wrong, or that the
account is locked, nobody is told.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from verifier import ledger
from verifier.protocol.values import b64url, sha256_b64url
from verifier.store.account_tables import Account, AccountCode, Session
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import Secret, seal, unseal

from . import passwords, second_factor
from .accounts import LOGIN, code_key, roles_of
from .roles import Permission, Role, permissions_of

MOST_FAILURES = 5
LOCKED = timedelta(minutes=15)
IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=12)
PROVEN = timedelta(minutes=5)
_SEEN_EVERY = timedelta(seconds=20)


class SignInRefused(Exception):
    """Codes: `account.sign_in_failed`, `account.code_invalid`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class SignedIn:
    """Who is calling.

    Attributes:
        proven_until: how long the password need not be given again.
        must_change: the password has had its time; nothing but changing it is allowed.
        in_training: what is done in this session is practice (练习) and never real.
    """

    account: str
    institution: str
    login: str
    roles: frozenset[Role]
    permissions: frozenset[Permission]
    proven_until: datetime
    must_change: bool
    in_training: bool = False


@dataclass(frozen=True)
class TakenUp:
    """A new second factor, shown once."""

    login: str
    secret: Secret
    uri: str


class Doors:
    """Signs people in and out of one institution."""

    def __init__(self, engine: Engine, keyring: KeyRing, institution: str) -> None:
        self._engine, self._keyring, self._institution = engine, keyring, institution

    def take_up(self, code: str, password: str, at: datetime) -> TakenUp:
        """Set the password, and make a second factor that counts once a code of it was shown.

        Raises `SignInRefused`, `PasswordRefused`.
        """
        with self._engine.begin() as conn:
            row = self._invited(conn, code, at)
            passwords.check_fit(password, row.login)
            secret = second_factor.new_secret()
            self._set(
                conn,
                row.id,
                password=passwords.hashed(password),
                password_at=at,
                totp_sealed=seal(self._totp_key(), secret, _place(row.id)),
                totp_step=None,
            )
        return TakenUp(row.login, secret, second_factor.uri(secret, row.login, self._institution))

    def confirm(self, code: str, totp: str, at: datetime) -> None:
        """The person has the second factor: from now on the account can sign in.

        Raises `SignInRefused`.
        """
        with self._engine.begin() as conn:
            row = self._invited(conn, code, at)
            step = self._step(row, totp, at)
            if step is None:
                raise SignInRefused("account.code_invalid")
            self._set(conn, row.id, state="active", totp_step=step)
            conn.execute(delete(AccountCode).where(AccountCode.account == row.id))
            ledger.append(conn, self._institution, "account.taken_up", {"account": row.id})

    def sign_in(self, login: str, password: str, totp: str, at: datetime) -> str:
        """A session's token. Raises `SignInRefused`."""
        row = self._attempted(login, at)
        right = passwords.matches(password, row.password if row else None)
        if row is None or not right:
            raise SignInRefused("account.sign_in_failed")
        with self._engine.begin() as conn:
            step = self._step(self._row(conn, row.id), totp, at)
            if step is None:
                raise SignInRefused("account.sign_in_failed")
            self._set(conn, row.id, failures=0, locked_until=None, totp_step=step)
            return self._begin(conn, row.id, at)

    def of_token(self, token: str, at: datetime) -> SignedIn | None:
        """Who it is; None when it ended, by 15 idle minutes or 12 hours or otherwise."""
        with self._engine.begin() as conn:
            row = conn.execute(
                select(Session.__table__, Account.login, Account.password_at)
                .join(Account, Account.id == Session.account)
                .where(
                    Session.token_key == _key(token),
                    Session.institution == self._institution,
                    Account.state == "active",
                )
            ).one_or_none()
            if row is None:
                return None
            if at - row.seen_at > IDLE or at - row.begun_at > LONGEST:
                conn.execute(delete(Session).where(Session.token_key == row.token_key))
                return None
            if at - row.seen_at > _SEEN_EVERY:
                self._seen(conn, row.token_key, seen_at=at)
            return self._signed_in(conn, row, at)

    def prove_again(self, token: str, password: str, at: datetime) -> datetime:
        """The password once more, for what must not happen at a desk left alone; until when.

        Raises `SignInRefused`.
        """
        signed_in = self.of_token(token, at)
        row = self._attempted(signed_in.login, at) if signed_in else None
        right = passwords.matches(password, row.password if row else None)
        if row is None or not right:
            raise SignInRefused("account.sign_in_failed")
        with self._engine.begin() as conn:
            self._set(conn, row.id, failures=0, locked_until=None)
            self._seen(conn, _key(token), seen_at=at, proven_at=at)
        return at + PROVEN

    def change_password(self, token: str, old: str, new: str, at: datetime) -> None:
        """Another password; every other session ends. Raises `SignInRefused`, `PasswordRefused`."""
        self.prove_again(token, old, at)
        signed_in = self.of_token(token, at)
        if signed_in is None:
            raise SignInRefused("account.sign_in_failed")
        passwords.check_fit(new, signed_in.login)
        if new == old:
            raise passwords.PasswordRefused("it is the same one")
        with self._engine.begin() as conn:
            self._set(conn, signed_in.account, password=passwords.hashed(new), password_at=at)
            conn.execute(
                delete(Session).where(
                    Session.account == signed_in.account, Session.token_key != _key(token)
                )
            )
            facts = {"account": signed_in.account}
            ledger.append(conn, self._institution, "account.password_changed", facts)

    def sign_out(self, token: str) -> None:
        """End the session; harmless the second time."""
        with self._engine.begin() as conn:
            account = conn.scalar(
                delete(Session)
                .where(Session.token_key == _key(token), Session.institution == self._institution)
                .returning(Session.account)
            )
            if account is not None:
                ledger.append(conn, self._institution, "session.ended", {"account": account})

    def train(self, token: str, *, on: bool) -> None:
        """From now on what is done in this session is practice, or real again; an entry says so."""
        with self._engine.begin() as conn:
            account = conn.scalar(
                update(Session)
                .where(
                    Session.token_key == _key(token),
                    Session.institution == self._institution,
                    Session.in_training.is_(not on),
                )
                .values(in_training=on)
                .returning(Session.account)
            )
            if account is not None:
                kind = "training.begun" if on else "training.ended"
                ledger.append(conn, self._institution, kind, {"account": account})

    def _attempted(self, login: str, at: datetime) -> Row[Any] | None:
        """The account, one failure noted against it already; None where it cannot sign in now."""
        if not LOGIN.fullmatch(login):
            return None
        with self._engine.begin() as conn:
            row = conn.execute(
                select(Account.__table__)
                .where(Account.institution == self._institution, Account.login == login)
                .with_for_update()
            ).one_or_none()
            if row is None or row.state != "active":
                return None
            if row.locked_until is not None and at < row.locked_until:
                return None
            failures = (0 if row.locked_until else row.failures) + 1
            until = at + LOCKED if failures >= MOST_FAILURES else None
            self._set(conn, row.id, failures=failures, locked_until=until)
            if until:
                ledger.append(conn, self._institution, "account.locked", {"account": row.id})
        return row

    def _begin(self, conn: Connection, account: str, at: datetime) -> str:
        conn.execute(delete(Session).where(Session.seen_at < at - IDLE))
        token = b64url(secrets.token_bytes(32))
        values = {
            "token_key": _key(token),
            "institution": self._institution,
            "account": account,
            "begun_at": at,
            "seen_at": at,
            "proven_at": at,
        }
        conn.execute(insert(Session).values(values))
        ledger.append(conn, self._institution, "session.begun", {"account": account})
        return token

    def _signed_in(self, conn: Connection, row: Row[Any], at: datetime) -> SignedIn:
        roles = roles_of(conn, row.account)
        return SignedIn(
            account=row.account,
            institution=row.institution,
            login=row.login,
            roles=roles,
            permissions=permissions_of(roles),
            proven_until=row.proven_at + PROVEN,
            must_change=passwords.expired(row.password_at, at),
            in_training=row.in_training,
        )

    def _invited(self, conn: Connection, code: str, at: datetime) -> Row[Any]:
        row = conn.execute(
            select(Account.__table__, AccountCode.expires_at)
            .join(AccountCode, AccountCode.account == Account.id)
            .where(
                AccountCode.code_key == code_key(self._keyring, self._institution, code),
                AccountCode.institution == self._institution,
            )
            .with_for_update()
        ).one_or_none()
        if row is None or row.state != "invited" or at >= row.expires_at:
            raise SignInRefused("account.code_invalid")
        return row

    def _step(self, row: Row[Any], totp: str, at: datetime) -> int | None:
        if row.totp_sealed is None:
            return None
        secret = unseal(self._totp_key(), row.totp_sealed, _place(row.id))
        return second_factor.step_of(secret, totp, at, row.totp_step)

    def _row(self, conn: Connection, account: str) -> Row[Any]:
        return conn.execute(
            select(Account.__table__)
            .where(Account.id == account, Account.institution == self._institution)
            .with_for_update()
        ).one()

    def _totp_key(self) -> Secret:
        return self._keyring.derive("account-totp", self._institution)

    def _set(self, conn: Connection, account: str, **values: object) -> None:
        conn.execute(
            update(Account)
            .where(Account.id == account, Account.institution == self._institution)
            .values(**values)
        )

    def _seen(self, conn: Connection, token_key: str, **values: datetime) -> None:
        conn.execute(update(Session).where(Session.token_key == token_key).values(**values))


def _key(token: str) -> str:
    """256 random bits need no key to be hashed under."""
    return sha256_b64url(token.encode())


def _place(account: str) -> str:
    return f"accounts.totp/{account}"
