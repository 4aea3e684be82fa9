"""Changing shifts (换班, 替班), kept: asked, answered by the colleague alone, applied at once.

Each function works in the caller's transaction and holds the department, the request and both
people until it ends: of two answers at the same time exactly one counts. Who calls has made sure
that `by` (a person's id) is who is signed in; `at` is now.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Connection, select

from verifier import ledger
from verifier.shifts import (
    Assignment,
    ShiftCodes,
    Swap,
    SwapKind,
    SwapRules,
    SwapState,
    accept,
    apply,
    ask,
    decline,
    withdraw,
)
from verifier.store.practice_tables import Practitioner

from . import roster_requests as requests
from . import roster_store as store
from .roster_people import registrations
from .roster_requests import Request

Answer = Literal["accept", "decline"]


def ask_swap(
    conn: Connection,
    institution: str,
    kind: SwapKind,
    given: Assignment,
    accepter: str,
    taken: Assignment | None,
    *,
    codes: ShiftCodes,
    at: datetime,
    expires_at: datetime | None = None,
) -> Request:
    """Ask a colleague, by code, to take `given`, the asker's shift, and for a swap to give `taken`.

    Raises `RosterRefused` (`roster.swap_…`, `roster.physician_not_listed`).
    """
    both = {given.physician, accepter}
    store.hold(conn, institution, given.department)
    ids = store.hold_people(conn, institution, both)
    days = _days(given, taken)
    swap = ask(
        kind, given, accepter, taken, now=at, expires_at=expires_at,
        roster=_roster(conn, institution, both, days),
        rules=_rules(conn, institution, both, codes),
    )  # fmt: skip
    request = requests.put(conn, institution, swap, ids, at)
    _note(conn, institution, "roster.swap_asked", request, request.asker)
    return request


def answer_swap(
    conn: Connection,
    institution: str,
    request: str,
    by: str,
    answer: Answer,
    *,
    codes: ShiftCodes,
    at: datetime,
) -> Swap:
    """The asked physician's yes, with which the roster changes, or no.

    Raises `RosterRefused` (`roster.swap_…`): for an answered or expired request, for anybody else,
    and where the roster does not allow it any more.
    """
    found = _held(conn, institution, request)
    who = found.code_of(by)
    if answer == "decline":
        return _end(conn, institution, found, decline(found.swap, who, now=at), by)
    both = {found.swap.asker, found.swap.accepter}
    ids = store.hold_people(conn, institution, both)
    roster = _roster(conn, institution, both, _days(found.swap.given, found.swap.taken))
    rules = _rules(conn, institution, both, codes)
    swap = accept(found.swap, who, roster=roster, rules=rules, now=at)
    after, before = set(apply(roster, swap, rules=rules, now=at)), set(roster)
    store.remove(conn, institution, before - after, ids)
    store.add(conn, institution, after - before, ids, codes)
    return _end(conn, institution, found, swap, by)


def withdraw_swap(
    conn: Connection, institution: str, request: str, by: str, *, at: datetime
) -> Swap:
    """The asker takes it back before an answer. Raises `RosterRefused` (`roster.swap_…`)."""
    found = _held(conn, institution, request)
    swap = withdraw(found.swap, found.code_of(by), now=at)
    return _end(conn, institution, found, swap, by)


def open_swaps(
    conn: Connection, institution: str, practitioner: str, *, at: datetime
) -> tuple[Request, ...]:
    """The unanswered requests that somebody (a person's id) asked or is asked, oldest first."""
    return requests.open_of(conn, institution, practitioner, at)


def _held(conn: Connection, institution: str, request: str) -> Request:
    """The request, read again once its department is held: in the order of every other change."""
    store.hold(conn, institution, requests.find(conn, institution, request).department)
    return requests.find(conn, institution, request, held=True)


def _end(conn: Connection, institution: str, request: Request, swap: Swap, by: str) -> Swap:
    requests.answered(conn, request, swap)
    _note(conn, institution, f"roster.swap_{SwapState(swap.state).value}", request, by)
    return swap


def _days(given: Assignment, taken: Assignment | None) -> tuple[date, date]:
    days = [shift.day for shift in (given, taken) if shift is not None]
    return min(days), max(days)


def _roster(
    conn: Connection, institution: str, both: Collection[str], days: tuple[date, date]
) -> tuple[Assignment, ...]:
    return store.of_people(conn, institution, both, *days)


def _rules(
    conn: Connection, institution: str, both: Collection[str], codes: ShiftCodes
) -> SwapRules:
    """What holds for these two, as it is stored now."""
    rows = conn.execute(
        select(Practitioner.code, Practitioner.department).where(
            Practitioner.institution == institution, Practitioner.code.in_(both)
        )
    )
    belongs = {(row.code, row.department) for row in rows}
    allowed = registrations(conn, institution, both)
    return SwapRules(
        codes=codes,
        may_practise=lambda who, site, day: any(one.covers(who, site, day) for one in allowed),
        belongs_to=lambda who, department: (who, department) in belongs,
    )


def _note(conn: Connection, institution: str, kind: str, request: Request, by: str) -> None:
    body = {"swap": request.id, "department": request.department, "by": by}
    ledger.append(conn, institution, kind, body)
