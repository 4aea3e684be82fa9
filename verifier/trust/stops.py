"""What was stopped stays stopped in a database that is restored from before.

The ledger says of every act what it was. Those after which somebody or something may do less are
also lines of the list beside the keys, written when they are sealed, within seconds. A restore does
them again, on the safe side: what was opened again since, staff open again.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, select, update

from verifier import ledger
from verifier.store.account_tables import Account, AccountCode, AccountRole, Session
from verifier.store.schema import Client, LedgerEntry, Terminal
from verifier.store.terminal_tables import TerminalInvitation

from .erasures import Erasure, ErasureList, Said
from .listing import record

_SUBJECTS = {
    "terminal.suspended": "terminal",
    "terminal.clone_suspected": "terminal",
    "terminal.revoked": "terminal",
    "terminal.key_rotated": "terminal",
    "account.suspended": "account",
    "account.closed": "account",
    "account.renewed": "account",
    "account.password_changed": "account",
    "role.taken_away": "account",
    "client.registered": "client",
    "client.suspended": "client",
}
STOPS = frozenset(_SUBJECTS)
"""Kinds of entries after which less is allowed, or another key or password counts."""


def write_down(conn: Connection, kept: ErasureList, seqs: list[int]) -> int:
    """A line for each of these entries that is a stop; how many. Raises as `record` does."""
    rows = conn.execute(
        select(LedgerEntry.kind, LedgerEntry.body, LedgerEntry.leaf)
        .where(LedgerEntry.seq.in_(seqs), LedgerEntry.kind.in_(STOPS))
        .order_by(LedgerEntry.seq)
    ).all()
    for kind, body, leaf in rows:
        record(conn, kept, _said(kind, body, leaf))
    return len(rows)


def again(conn: Connection, institution: str, line: Erasure) -> bool:
    """Do a stop again in a database that is older than it; whether anything was to be stopped."""
    if _entered(conn, institution, line):  # here the line alone was missing, not the stop
        return False
    done = _AGAIN[_SUBJECTS[line.act]](conn, institution, line)
    if done:
        body = {"act": line.act, "subject": line.subject}
        ledger.append(conn, institution, "restore.stopped", body)
    return done


def let_nobody_in(conn: Connection, institution: str) -> None:
    """End what a back-up holds open: sessions, and codes that may have been used since."""
    for table in (Session, AccountCode, TerminalInvitation):
        mine = delete(table).where(table.institution == institution)
        if table is TerminalInvitation:
            mine = mine.where(TerminalInvitation.terminal.is_(None))
        conn.execute(mine)


def _said(kind: str, body: Mapping[str, Any], leaf: str) -> Said:
    subject, role = str(body[_SUBJECTS[kind]]), str(body.get("role", ""))
    return Said("stopped", subject, act=kind, role=role, leaf=leaf)


def _entered(conn: Connection, institution: str, line: Erasure) -> bool:
    mine = (LedgerEntry.institution == institution, LedgerEntry.kind == line.act)
    known = select(LedgerEntry.seq).where(*mine, LedgerEntry.leaf == line.leaf).limit(1)
    return conn.scalar(known) is not None


def _terminal(conn: Connection, institution: str, line: Erasure) -> bool:
    """A key that was changed is as one that was revoked: the new one is not in the database."""
    to = {"terminal.suspended": "suspended", "terminal.clone_suspected": "clone_suspected"}
    state = to.get(line.act, "revoked")
    before = ("active",) if state == "suspended" else ("active", "suspended")
    done = conn.execute(
        update(Terminal)
        .where(Terminal.id == line.subject, Terminal.institution == institution)
        .where(Terminal.state.in_(before))
        .values(state=state)
    )
    return bool(done.rowcount)


def _account(conn: Connection, institution: str, line: Erasure) -> bool:
    """A password that was changed, or an account that was renewed, counts as it was no more."""
    if line.act == "role.taken_away":
        mine = select(Account.id).where(Account.institution == institution)
        gone = (AccountRole.account == line.subject, AccountRole.role == line.role)
        return bool(
            conn.execute(delete(AccountRole).where(*gone, AccountRole.account.in_(mine))).rowcount
        )
    state = "closed" if line.act == "account.closed" else "suspended"
    done = conn.execute(
        update(Account)
        .where(Account.id == line.subject, Account.institution == institution)
        .where(Account.state.not_in((state, "closed")))
        .values(state=state)
    )
    return bool(done.rowcount)


def _client(conn: Connection, institution: str, line: Erasure) -> bool:
    done = conn.execute(
        update(Client)
        .where(Client.id == line.subject, Client.institution == institution)
        .where(Client.state == "active")
        .values(state="suspended")
    )
    return bool(done.rowcount)


_AGAIN: dict[str, Callable[[Connection, str, Erasure], bool]] = {
    "terminal": _terminal,
    "account": _account,
    "client": _client,
}
